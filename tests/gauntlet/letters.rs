//! INJ: a letter says what it says and to whom it says it, whatever names and addresses are on file (NO-6).
//!
//! Each letter is read as a mail program reads it, and held against the same letter of a service and a person with
//! plain names: as many headers, lines and tags as that one has, and no link but to the configured origin.

use crate::frame::{Frame, read};
use crate::kit::{ORIGIN, Verdict, holds_and_catches, on_file};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regain::account::{Account, AccountStatus};
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::AccountId;
use regain::mail::{EmlMailer, Sender, Service};
use regain::memory::MemoryAccounts;
use regain::password::{Argon2Hasher, HashPool};
use regain::recovery::{AskedNotice, Credential, Recovery};
use regain::testing::World;
use regain::{Client, Worker};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;
use time::macros::date;

rows! { "INJ":
    "CVE-2024-41953" => inj_cve_2024_41953_zitadel_display_name_in_html,
    "CVE-2017-18892" => inj_cve_2017_18892_mattermost_site_name_in_html,
    "CVE-2026-45067" => inj_cve_2026_45067_symfony_mime_line_break_in_address,
}

/// Which letter, and what all the names in it are.
#[derive(Debug, Clone)]
struct Case {
    letter: Letter,
    username: String,
    given_name: String,
    service: String,
    support: String,
    sender: String,
    address: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Username,
    Link,
    Changed,
    Asked,
}

const LETTERS: [Letter; 4] = [Letter::Username, Letter::Link, Letter::Changed, Letter::Asked];
const ADDRESS: &str = "ana@home.example";

impl Case {
    fn plain(letter: Letter) -> Self {
        let [username, given_name, service, support, sender] = [(); 5].map(|()| "Plain".to_owned());
        Self { letter, username, given_name, service, support, sender, address: ADDRESS.to_owned() }
    }

    /// What a person is called.
    fn of_person(letter: Letter, name: &str) -> Self {
        Self { username: name.to_owned(), given_name: name.to_owned(), ..Self::plain(letter) }
    }

    /// What the host calls itself.
    fn of_service(letter: Letter, name: &str) -> Self {
        let [service, support, sender] = [(); 3].map(|()| name.to_owned());
        Self { service, support, sender, ..Self::plain(letter) }
    }
}

/// Writes letters.
trait Writer {
    /// All mails that go out, as they go out.
    async fn write(&self, case: &Case) -> Vec<String>;
}

struct Regain {
    folder: TempDir,
    mailer: Arc<EmlMailer>,
    pool: HashPool,
}

impl Regain {
    fn new() -> Self {
        // Each mail is synced to the disk twice: in memory, where the system has such a folder, that takes no time.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mailer = Arc::new(EmlMailer::new(folder.path()).unwrap());
        Self { folder, mailer, pool: HashPool::new(1, 64).unwrap() }
    }

    fn recovery(&self, case: &Case, later: Option<&str>, accounts: Arc<MemoryAccounts>) -> Recovery {
        let mut setup = World::builder().setup();
        // What has control characters or encoded words, or is too long, is no name of a service or a sender.
        setup.service = Service::new(&case.service, &case.support)
            .unwrap_or_else(|_| Service::new(&fitting(&case.service), &fitting(&case.support)).unwrap());
        let sender = Sender::new(EmailAddress::parse("portal@mercy.example").unwrap());
        setup.sender = sender
            .clone()
            .named(&case.sender)
            .unwrap_or_else(|_| sender.named(&fitting(&case.sender)).unwrap());
        if let Some(name) = later {
            name.clone_into(&mut setup.service.name);
        }
        setup.accounts = accounts;
        Recovery::builder(setup)
            .hasher(Arc::new(Argon2Hasher::danger_for_tests()))
            .hash_pool(self.pool.clone())
            .asked_notice(AskedNotice::WhenNotPossible)
            .build()
            .unwrap()
    }
}

/// The text without what a service's or a sender's name may not have.
fn fitting(text: &str) -> String {
    let printed: String = text.chars().filter(|c| !c.is_control() && *c != '?').collect();
    let printed = &printed[..printed.floor_char_boundary(120)];
    if printed.is_empty() { "x".to_owned() } else { printed.to_owned() }
}

impl Regain {
    /// With a service that is called something else after it was built.
    async fn write_with(&self, case: &Case, later: Option<&str>) -> Vec<String> {
        let accounts = Arc::new(MemoryAccounts::new());
        let recovery = self.recovery(case, later, accounts.clone());
        let Some(account) = account(case) else { return vec![] };
        let id = account.id.clone();
        accounts.put(account, recovery.blind_index());
        let client = Client::unknown();
        let asked = match case.letter {
            Letter::Username => {
                let claims = TypedClaims {
                    given_name: given_name(case),
                    family_name: "Lindqvist".to_owned(),
                    birth_date: "1961-04-02".to_owned(),
                    record_number: "MRN-1".to_owned(),
                    ..TypedClaims::default()
                };
                recovery.ask_username(&IdentityClaims::new(claims), &client).await.map(drop)
            }
            Letter::Link | Letter::Asked => {
                recovery.ask_password(&Identifier::parse(&case.address), &client).await.map(drop)
            }
            Letter::Changed => recovery.credential_changed(&id, Credential::Password).await,
        };
        asked.unwrap();
        Worker::new(recovery, self.mailer.clone()).drain().await.unwrap();
        self.taken()
    }

    /// The mails in the folder, which is empty then.
    fn taken(&self) -> Vec<String> {
        let take = |entry: std::io::Result<fs::DirEntry>| {
            let file = entry.unwrap().path();
            let text = fs::read_to_string(&file).unwrap();
            fs::remove_file(file).unwrap();
            text
        };
        fs::read_dir(self.folder.path()).unwrap().map(take).collect()
    }
}

fn account(case: &Case) -> Option<Account> {
    let mut account = Account::new(AccountId::new("1").unwrap(), &case.username);
    account.addresses = vec![on_file(EmailAddress::parse(&case.address).ok()?.as_str())];
    let person = Person::new(given_name(case), "Lindqvist").with_birth_date(date!(1961 - 04 - 02));
    account.person = Some(person.with_record_number("MRN-1"));
    if case.letter == Letter::Asked {
        account.status = AccountStatus::Disabled;
    }
    Some(account)
}

/// Nobody types a control character and is found.
fn given_name(case: &Case) -> String {
    let found = case.letter == Letter::Username;
    let name = if found { fitting(&case.given_name) } else { case.given_name.clone() };
    format!("Ana {name}")
}

impl Writer for Regain {
    async fn write(&self, case: &Case) -> Vec<String> {
        self.write_with(case, None).await
    }
}

#[rustfmt::skip]
const PIECES: [&str; 36] = [
    "<a href=\"https://evil.test/x\">sign in</a>", "<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>",
    "</p><h1>", "</title>", "<!--", "-->", "]]>", "&lt;a href=//evil.test&gt;", "&#60;b&#62;", "<b", "<", ">", "\"",
    "https://evil.test/login", "[x](https://evil.test)", "javascript:alert(1)", "www.evil.test", "{{ **url }}",
    "{% raw %}", "\r\nBcc: mallory@evil.test", "\nBcc: mallory@evil.test", "\rBcc: mallory@evil.test",
    "\r\n\r\nanother text", "\r\n.\r\nMAIL FROM:<mallory@evil.test>\r\n", "%0d%0aBcc: mallory@evil.test",
    "=?utf-8?q?=0D=0ABcc:_mallory@evil.test?=", "=?utf-8?b?DQpCY2M6IG1AZXZpbC50ZXN0?=", "mallory@evil.test, ",
    "<mallory@evil.test>", "\"Mercy\" <mallory@evil.test>", "\u{85}x", "\u{2028}https://evil.test", "\u{202e}", "\0", "é",
];

/// Read once: a pattern that stands alone is read anew for each case.
fn text(pattern: &str) -> impl Strategy<Value = String> + use<> {
    prop::string::string_regex(pattern).unwrap()
}

fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => text("[a-zA-Z <>&\"'=.,:;@/\\\\]{1,12}"),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

fn case() -> impl Strategy<Value = Case> {
    let letter = prop::sample::select(&LETTERS[..]);
    (letter, [name(), name(), name(), name(), name()]).prop_map(|(letter, names)| {
        let [username, given_name, service, support, sender] = names;
        Case { letter, username, given_name, service, support, sender, address: ADDRESS.to_owned() }
    })
}

/// Every piece as such a name in every letter, and so many mixtures of all names.
fn check_letters(subject: &impl Writer, named: fn(Letter, &str) -> Case, mixtures: u32) -> Verdict {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let write = |case: &Case| -> Result<Frame, String> {
        let mails = runtime.block_on(subject.write(case));
        let [mail] = &mails[..] else {
            return Err(format!("{} mails for one {:?}", mails.len(), case.letter));
        };
        read(mail, &case.address)
    };
    let plain: BTreeMap<Letter, Frame> = LETTERS
        .iter()
        .map(|letter| write(&Case::plain(*letter)).map(|frame| (*letter, frame)))
        .collect::<Result<_, _>>()?;
    let check = |case: &Case| -> Verdict {
        let (frame, plain) = (write(case)?, &plain[&case.letter]);
        ensure!(frame == *plain, "{frame:?} is not {plain:?}");
        Ok(())
    };
    for letter in LETTERS {
        for piece in PIECES {
            check(&named(letter, piece)).map_err(|why| format!("{letter:?} with {piece:?}: {why}"))?;
        }
    }
    let config = Config { cases: mixtures, failure_persistence: None, ..Config::default() };
    let mixed = TestRunner::new(config).run(&case(), |case| check(&case).map_err(TestCaseError::fail));
    mixed.map_err(|error| error.to_string())
}

/// A service that forgets to escape one of the names, or to look at the address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    Zitadel,
    Mattermost,
    Symfony,
}

impl Writer for Twin {
    async fn write(&self, case: &Case) -> Vec<String> {
        let escape = |text: &str, forgets: Twin| {
            if *self == forgets {
                return text.to_owned();
            }
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
        };
        let (user, service) =
            (escape(&case.username, Twin::Zitadel), escape(&case.service, Twin::Mattermost));
        let html =
            format!("<p>{user}, your link of {service}:</p><a href=\"{ORIGIN}/link?token=x\">Go on</a>");
        let part = |kind: &str, text: &str| format!("--b\r\nContent-Type: text/{kind}\r\n\r\n{text}\r\n");
        vec![format!(
            "From: portal@mercy.example\r\nTo: {}\r\nSubject: Your link\r\nMessage-ID: <1@mercy.example>\r\n\
             Date: Mon, 2 Mar 2026 09:00:00 +0000\r\nAuto-Submitted: auto-generated\r\nContent-Language: en\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n{}{}--b--\r\n",
            case.address,
            part("plain", "Go on."),
            part("html", &html)
        )]
    }
}

/// ZITADEL: the display name of a user went into the HTML of mails as it was.
#[test]
fn inj_cve_2024_41953_zitadel_display_name_in_html() {
    let twin = check_letters(&Twin::Zitadel, Case::of_person, 1);
    let regain = check_letters(&Regain::new(), Case::of_person, 2_000);
    holds_and_catches(regain, twin, "a link to https://evil.test/x");
}

/// A name that a host puts in past `Service::new` makes no header either: such a mail does not go out.
fn assert_that_no_name_gets_into_a_header() {
    let regain = Regain::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    for name in ["x\r\nBcc: mallory@evil.test", "x\ny", "x\0", "=?utf-8?q?=0D=0ABcc:_mallory@evil.test?="] {
        assert!(Service::new(name, "call 1").is_err() && Service::new("x", name).is_err(), "{name:?}");
        let sender = Sender::new(EmailAddress::parse("portal@mercy.example").unwrap());
        assert!(sender.named(name).is_err(), "{name:?}");
        let write = |later: Option<&str>| {
            runtime.block_on(regain.write_with(&Case::plain(Letter::Link), later)).len()
        };
        assert_eq!((write(Some("Mercy")), write(Some(name))), (1, 0), "{name:?}");
    }
}

/// Mattermost: the name of the site did.
#[test]
fn inj_cve_2017_18892_mattermost_site_name_in_html() {
    assert_that_no_name_gets_into_a_header();
    let twin = check_letters(&Twin::Mattermost, Case::of_service, 1);
    holds_and_catches(
        check_letters(&Regain::new(), Case::of_service, 1),
        twin,
        "a link to https://evil.test/x",
    );
}

#[rustfmt::skip]
const ADDRESSES: [&str; 30] = [
    "ana@home.example\r\nBcc: mallory@evil.test", "ana@home.example\nBcc: mallory@evil.test", "ana@home.example\n",
    "ana@home.example\r", "ana@home.example\r\n\r\ntext", "ana\r\n@home.example", "ana@home\r\n.example",
    "ana@home.example\0", "ana@home.example\u{85}", "ana@home.example\u{2028}Bcc: m@evil.test", "ana@home.example\t",
    "ana@home.example, mallory@evil.test", "ana@home.example;mallory@evil.test", "ana@home.example mallory@evil.test",
    "mallory@evil.test,ana@home.example", "<mallory@evil.test>ana@home.example", "Ana <ana@home.example>",
    "\"ana\r\nBcc: m@evil.test\"@home.example", "\"ana\"@home.example", "ana(\r\n)@home.example", "ana@home.example>",
    "ana@home.example> RCPT TO:<mallory@evil.test", "ana%0d%0aBcc:m@home.example", "ana@evil.test@home.example",
    "ana@[127.0.0.1]", "=?utf-8?q?ana=0D=0ABcc:m=40evil.test?=@home.example", "group:ana@home.example;",
    "ana@home.example:25", "ana,mallory@home.example", "ana@home.example\u{ff0c}mallory@evil.test",
];

/// Whatever the address on file is: if a mail goes out at all, it is one mail to that address.
fn check_addresses(subject: &impl Writer) -> Verdict {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let check = |address: &str| -> Verdict {
        let case = Case { address: address.to_owned(), ..Case::plain(Letter::Link) };
        for mail in runtime.block_on(subject.write(&case)) {
            read(&mail, address).map_err(|why| format!("for {address:?} {why}"))?;
        }
        Ok(())
    };
    for plain in
        [ADDRESS, "Ana.Silva+portal@Home.Example", "o'hara@home.example", "ana@xn--bcher-kva.example"]
    {
        let case = Case { address: plain.to_owned(), ..Case::plain(Letter::Link) };
        ensure!(runtime.block_on(subject.write(&case)).len() == 1, "no mail goes to {plain}");
        check(plain)?;
    }
    ADDRESSES.iter().try_for_each(|address| check(address))?;
    let breaks = prop::sample::select(
        &["\r\n", "\n", "\r", "\0", " ", ",", ";", "<", ">", "\"", ":", "\u{2028}", "é"][..],
    );
    let mixed = (text("[a-z.@:<>\"]{0,8}"), breaks, text("[a-zA-Z.@: ]{0,8}"), prop::bool::ANY).prop_map(
        |(a, b, c, end)| {
            if end { format!("{a}{b}{c}@home.example") } else { format!("ana@{a}{b}{c}") }
        },
    );
    let config = Config { cases: 1_000, failure_persistence: None, ..Config::default() };
    let mixed = TestRunner::new(config).run(&mixed, |address| check(&address).map_err(TestCaseError::fail));
    mixed.map_err(|error| error.to_string())
}

/// Symfony Mime: a line break in an address was written into the header as it was.
#[test]
fn inj_cve_2026_45067_symfony_mime_line_break_in_address() {
    let fault = "the headers are [\"Auto-Submitted\", \"Bcc\"";
    holds_and_catches(check_addresses(&Regain::new()), check_addresses(&Twin::Symfony), fault);
}
