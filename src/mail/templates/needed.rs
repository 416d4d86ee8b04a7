//! Without what a mail is of no use: its link, its code, its username, and the address that says "this wasn't me".

use crate::jinja::markup::{self, Piece as Markup, unescaped};
use crate::mail::letter::{Drafted, Piece, on_one_line};
use crate::mail::{self, LetterContent};
use zeroize::Zeroizing;

/// Mail programs cut longer mails off, at 102 kB or so, and a link with them.
const LONGEST_BODY: usize = 100_000;
/// A header line has at most 998 bytes (RFC 5322, 2.1.1), and more of them when it is encoded.
const LONGEST_SUBJECT: usize = 300;

/// What is wrong with a piece that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error(
        "the subject is one line of 1 to {LONGEST_SUBJECT} bytes, without control characters and without =?"
    )]
    Subject,
    #[error("a mail has at most {LONGEST_BODY} bytes")]
    TooLong,
    #[error("it has to show {0}")]
    Word(&'static str),
    #[error("it has to show {0}, with nothing but space or < and > around it")]
    Address(&'static str),
    #[error("it has to have a link to {0}, with words in it")]
    Link(&'static str),
}

/// Looks at a piece: when templates are built, and again at each mail.
pub(super) fn check(piece: Piece, written: &str, draft: &Drafted<'_>) -> Result<(), Flaw> {
    match piece {
        Piece::Subject => subject(written),
        _ if written.len() > LONGEST_BODY => Err(Flaw::TooLong),
        Piece::Text => needed(draft).into_iter().try_for_each(|needed| in_text(written, &needed)),
        Piece::Html => {
            let page = Page::read(written);
            needed(draft).into_iter().try_for_each(|needed| page.shows(&needed))
        }
    }
}

fn subject(written: &str) -> Result<(), Flaw> {
    let fits = (1..=LONGEST_SUBJECT).contains(&written.len());
    if fits && mail::is_plain(written) && on_one_line(written) == written {
        Ok(())
    } else {
        Err(Flaw::Subject)
    }
}

/// Something that has to be there, by the name of its variable.
enum Needed {
    Word(&'static str, Zeroizing<String>),
    Address(&'static str, Zeroizing<String>),
}

fn needed(draft: &Drafted<'_>) -> Vec<Needed> {
    let Drafted { voice, content, disown, .. } = *draft;
    let word = |name, word: &str| Needed::Word(name, Zeroizing::new(on_one_line(word)));
    let address = |name, address: &str| Needed::Address(name, voice.leading_to(address));
    let mut needed: Vec<_> = disown.iter().map(|button| address("disown.url", &button.url)).collect();
    match content {
        LetterContent::UsernameReminder { username, .. } => needed.push(word("username", username)),
        LetterContent::RecoveryLink { link, code, .. } => {
            needed.push(address("link", link));
            needed.extend(code.iter().map(|code| word("code", code)));
        }
        LetterContent::SharedLinks { accounts, .. } => {
            for account in accounts {
                needed.push(word("accounts[].username", &account.username));
                needed.push(address("accounts[].link", &account.link));
                needed.push(address("accounts[].disown.url", &account.disown.url));
            }
        }
        LetterContent::AddressCode(told) => needed.push(word("code", &told.code)),
        _ => {}
    }
    needed
}

fn in_text(text: &str, needed: &Needed) -> Result<(), Flaw> {
    match needed {
        Needed::Word(name, word) if !text.contains(&**word) => Err(Flaw::Word(name)),
        // Mail programs make a link of it, and take along what stands beside it.
        Needed::Address(name, address) if !words(text).any(|word| word == **address) => {
            Err(Flaw::Address(name))
        }
        _ => Ok(()),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>'))
}

/// What can be read and followed in an HTML part, also where no picture is shown.
struct Page {
    text: Zeroizing<String>,
    links: Vec<Link>,
}

struct Link {
    address: Zeroizing<String>,
    /// Where its words begin in the text.
    from: usize,
    /// Where they end; none while it is open.
    to: Option<usize>,
}

impl Page {
    fn read(html: &str) -> Self {
        let mut page = Self { text: Zeroizing::new(String::with_capacity(html.len())), links: Vec::new() };
        markup::read(html, |piece| match piece {
            Markup::Text(text) => page.text.push_str(&Zeroizing::new(unescaped(text))),
            Markup::Tag { tag, .. } if tag.name == "a" || tag.name == "/a" => {
                let end = page.text.len();
                if let Some(open) = page.links.last_mut().filter(|link| link.to.is_none()) {
                    open.to = Some(end);
                }
                if tag.name == "a" {
                    page.links.push(Link { address: Zeroizing::new(tag.value("href")), from: end, to: None });
                }
            }
            Markup::Tag { .. } => {}
        });
        page
    }

    fn shows(&self, needed: &Needed) -> Result<(), Flaw> {
        match needed {
            Needed::Word(name, word) if !self.text.contains(&**word) => Err(Flaw::Word(name)),
            Needed::Address(name, address) if !self.leads_to(address) => Err(Flaw::Link(name)),
            _ => Ok(()),
        }
    }

    fn leads_to(&self, address: &str) -> bool {
        let has_words = |link: &Link| {
            let words = self.text.get(link.from..link.to.unwrap_or(self.text.len()));
            words.is_some_and(|words| words.chars().any(char::is_alphanumeric))
        };
        self.links.iter().any(|link| *link.address == address && has_words(link))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page::read(html)
    }

    #[test]
    fn a_link_counts_where_somebody_can_follow_it() {
        let to = "https://a.org/link?token=x&lang=es";
        for html in [
            "<a href=\"https://a.org/link?token=x&#38;lang=es\">Go <b>on</b></a>",
            "<p>One<a href=x>two</a><A class=b HREF='https:&#x2f;&#x2f;a.org&#x2f;link?token=x&amp;lang=es'>Go",
        ] {
            assert!(page(html).leads_to(to), "{html}");
        }
        for html in [
            "https://a.org/link?token=x&lang=es",
            "<a href=\"https://a.org/link?token=x&#38;lang=es\"><img src=go.png></a>",
            "<a href=\"https://a.org/link?token=x&#38;lang=es\"></a> Go on",
            "<a href=\"https://a.org/link?token=x&#38;lang=es\"> <a href=other>Go on</a></a>",
            "<!-- <a href=\"https://a.org/link?token=x&#38;lang=es\">Go</a> -->",
            "<title><a href=\"https://a.org/link?token=x&#38;lang=es\">Go</a></title>",
            "<b href=\"https://a.org/link?token=x&#38;lang=es\">Go</b>",
            "<a href=\"https://a.org/link?token=x&#38;lang=es.\">Go</a>",
        ] {
            assert!(!page(html).leads_to(to), "{html}");
        }
    }

    #[test]
    fn a_word_counts_where_somebody_reads_it() {
        let needed = || Needed::Word("code", Zeroizing::new("<BCDF>".to_owned()));
        assert_eq!(page("<p title=a>&lt;BC<b>DF</b>&#62;").shows(&needed()), Ok(()));
        for html in
            ["<BCDF>", "<p title='&lt;BCDF&gt;'>", "<!-- &lt;BCDF&gt; -->", "<style>&lt;BCDF&gt;</style>"]
        {
            assert_eq!(page(html).shows(&needed()), Err(Flaw::Word("code")), "{html}");
        }
    }

    #[test]
    fn an_address_in_a_text_stands_alone() {
        let needed = || Needed::Address("link", Zeroizing::new("https://a.org/x".to_owned()));
        for text in ["https://a.org/x", "Go on:\nhttps://a.org/x\nor not", "(<https://a.org/x>)"] {
            assert_eq!(in_text(text, &needed()), Ok(()), "{text}");
        }
        for text in ["https://a.org/xy", "https://a.org/x.", "(https://a.org/x)", "\"https://a.org/x\""] {
            assert_eq!(in_text(text, &needed()), Err(Flaw::Address("link")), "{text}");
        }
    }

    #[test]
    fn a_subject_is_one_plain_line() {
        assert_eq!(subject("Elija una contraseña nueva"), Ok(()));
        for wicked in ["", "a\r\nBcc: x", "a\nb", "=?utf-8?q?=0D=0ABcc?=", "a\u{2028}b", &"a".repeat(301)] {
            assert_eq!(subject(wicked), Err(Flaw::Subject), "{wicked:?}");
        }
    }
}
