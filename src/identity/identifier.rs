//! Identifiers: what anyone typed into the field "username or e-mail".
//!
//! Anyone may type anything here, a mebibyte or a control character included. So parsing never fails and
//! never does more work than a bound allows; what cannot name an account is merely *malformed*, and is
//! answered like an unknown one. Rule: one person's spelling variants make one canonical form (RL-8), two
//! people's identifiers never do (ID-6).

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::email::EmailAddress;
use super::text;

/// An identifier longer than this many bytes is malformed, and only this much of it is looked at.
pub const MAX_IDENTIFIER_BYTES: usize = 1024;
/// A character in UTF-8 has at most this many bytes.
const MAX_CHARACTER_BYTES: usize = 4;

/// What somebody typed to say which account they mean: a username or an e-mail address.
///
/// ```
/// use regain::identity::Identifier;
///
/// let typed = Identifier::parse("  Bob@Example.org ");
/// assert_eq!(typed.email_key(), Some("bob@example.org"));
/// assert_eq!(typed.canonical(), Identifier::parse("bob@example.ORG").canonical());
/// assert!(Identifier::parse("bob\0").is_malformed());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    typed: Zeroizing<String>,
    username: Option<Zeroizing<String>>,
    email: Option<Zeroizing<String>>,
    canonical: Zeroizing<String>,
}

impl Identifier {
    /// Reads what was typed. White space at either end is dropped.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let bounded = text::prefix(typed, MAX_IDENTIFIER_BYTES).trim();
        let fits = typed.len() <= MAX_IDENTIFIER_BYTES;
        // What is too long is kept too long, so that it is still malformed when it is read again.
        let kept =
            if fits { bounded } else { text::prefix(typed, MAX_IDENTIFIER_BYTES + MAX_CHARACTER_BYTES) };
        let username = if fits { username_key(bounded) } else { None };
        let email = if fits { email_key(bounded) } else { None };
        // A full-width address is a username to us, and must share the budget of the address it looks like.
        let canonical = email
            .clone()
            .or_else(|| username.as_deref().and_then(email_key))
            .or_else(|| username.clone())
            .unwrap_or_else(|| text::budget_fold(bounded));
        Self {
            typed: Zeroizing::new(kept.to_owned()),
            username: username.map(Zeroizing::new),
            email: email.map(Zeroizing::new),
            canonical: Zeroizing::new(canonical),
        }
    }

    /// The key to find it by as a username, if it can be one.
    #[must_use]
    pub fn username_key(&self) -> Option<&str> {
        self.username.as_deref().map(String::as_str)
    }

    /// The key to find it by as an e-mail address, if it is one.
    #[must_use]
    pub fn email_key(&self) -> Option<&str> {
        self.email.as_deref().map(String::as_str)
    }

    /// Whether it can name no account. Outwardly this makes no difference (ID-5).
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.username.is_none() && self.email.is_none()
    }

    /// What budgets are keyed on: the same for every spelling of one identifier (RL-8).
    ///
    /// It may be empty or, for something malformed, hold any characters: digest it before use as a key.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// What was typed, without white space at the ends; of something too long, the first
    /// [`MAX_IDENTIFIER_BYTES`] and a little more. [`Identifier::parse`] gives the same identifier again.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(..)")
    }
}

/// The key under which a username is stored and found, or `None` if it cannot be a username.
///
/// For hosts: apply it at registration, and keep the key in a unique column with binary collation (UN-1).
/// It follows `UsernameCaseMapped` of RFC 8265: width mapped, lower case per character, NFC, Bidi rule; no
/// controls, no invisible characters, none that stands for others (the Kelvin sign, `ﬁ`). Unlike
/// RFC 8265 it accepts symbols such as emoji, and single spaces inside.
///
/// ```
/// use regain::identity::username_key;
///
/// assert_eq!(username_key("Ｂｏｂ"), Some("bob".into()));
/// assert_eq!(username_key("\u{212A}im"), None); // the Kelvin sign is no `k`
/// assert_eq!(username_key(" bob"), None);
/// ```
#[must_use]
pub fn username_key(username: &str) -> Option<String> {
    if username.len() > MAX_IDENTIFIER_BYTES {
        return None;
    }
    let key = username_pass(username)?;
    // UN-1: a key that a second pass would change is no key.
    let stable = username_pass(&key)? == key;
    let spaced = key.is_empty() || key.split(' ').any(str::is_empty);
    (stable && !spaced && text::follows_bidi_rule(&key)).then_some(key)
}

fn username_pass(username: &str) -> Option<String> {
    // RFC 8265, 3.3.1: the width is mapped first, so that full-width letters are not refused below.
    if username.chars().any(text::is_refused) {
        return None;
    }
    let usual: String = username.chars().map(text::width_mapped).nfc().collect();
    let refused =
        |c: char| text::is_refused(c) || text::has_compatibility_form(c) || (c.is_whitespace() && c != ' ');
    let unmapped = username.chars().map(text::width_mapped);
    if unmapped.chain(usual.chars()).any(refused) {
        return None;
    }
    Some(text::lower_nfc(&usual))
}

fn email_key(typed: &str) -> Option<String> {
    EmailAddress::parse(typed).ok().map(|address| address.key().as_str().to_owned())
}
