//! Mails as files: what a mail program makes of them, and what is left on the disk.

use mail_parser::{Message as Parsed, MessageParser};
use regain::account::{Account, AddressOnFile};
use regain::entropy::SystemEntropy;
use regain::identity::{EmailAddress, Identifier};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Delivery, EmlMailer, Mailer, Message, Sender, Service};
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::Setup;
use regain::{Client, Recovery, Worker};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const LONG_NAME: &str = "Clínica São José da Póvoa – portal das doentes e dos doentes, consultas e análises";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("a valid address")
}

/// The mail with a link for a person with this address on file.
async fn link_for(to: &str) -> Message {
    let accounts = Arc::new(MemoryAccounts::new());
    let sender = Sender::new(address("portal@clinica.example"))
        .named("Clínica São José, \"recepção\"")
        .expect("a valid name")
        .reply_to(address("help@clinica.example"));
    let recovery = Recovery::builder(Setup {
        realm: Realm::new("clinic").expect("a valid realm"),
        keys: KeyRing::new(1, KeyRing::generate_key(&SystemEntropy).expect("randomness")),
        links: Links::new(
            TrustedOrigin::parse("https://clinica.example").expect("an origin"),
            "/recovery",
            "/sign-in",
        )
        .expect("plain paths"),
        service: Service::new(LONG_NAME, "call +351 22 000 00 00").expect("a valid service"),
        sender,
        accounts: accounts.clone(),
        flows: Arc::new(MemoryFlows::new()),
    })
    .build()
    .expect("the configuration builds");
    let mut ana = Account::new(AccountId::new("1").expect("an id"), "ana");
    ana.addresses = vec![AddressOnFile::Email(address(to))];
    accounts.put(ana, recovery.blind_index());
    recovery
        .ask_password(&Identifier::parse("ana"), &Client::unknown())
        .await
        .expect("the ask is taken down");
    let mailbox = Arc::new(Mailbox::new());
    Worker::new(recovery, mailbox.clone()).drain().await.expect("the worker works");
    mailbox.mails().pop().expect("a mail went out")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

async fn written(message: &Message) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = EmlMailer::new(folder.path()).expect("the folder can be written to");
    assert!(matches!(mailer.send(message).await, Delivery::Sent));
    let [file] = &files(folder.path())[..] else { panic!("not one file") };
    let text = fs::read_to_string(file).expect("the file can be read");
    (folder, text)
}

fn parsed(text: &str) -> Parsed<'_> {
    MessageParser::default().parse(text).expect("a mail")
}

#[tokio::test]
async fn a_mail_program_finds_every_header() {
    let message = link_for("Ana.Silva@Example.ORG").await;
    let (_folder, text) = written(&message).await;
    let mail = parsed(&text);
    assert_eq!(mail.subject(), Some(message.subject.as_str()));
    assert!(message.subject.contains(LONG_NAME));
    assert_eq!(mail.message_id(), Some(message.message_id.as_str()));
    assert_eq!(mail.date().map(|date| date.to_timestamp()), Some(message.date.unix_timestamp()));
    let from = mail.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!(from.address(), Some("portal@clinica.example"));
    assert_eq!(from.name(), Some("Clínica São José, \"recepção\""));
    let answers = mail.reply_to().and_then(|to| to.first()).expect("an address for answers");
    assert_eq!(answers.address(), Some("help@clinica.example"));
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(mail.header_raw("Content-Language").map(str::trim), Some("en"));
    assert_eq!(mail.header_raw("MIME-Version").map(str::trim), Some("1.0"));
}

/// NO-7: byte for byte, and nothing beside it.
#[tokio::test]
async fn it_goes_to_the_bytes_on_file_without_a_name() {
    let message = link_for("Ana.Silva+portal@Example.ORG").await;
    let (_folder, text) = written(&message).await;
    assert_eq!(parsed(&text).header_raw("To").map(str::trim), Some("Ana.Silva+portal@Example.ORG"));
    assert_eq!(text.matches("@Example.ORG").count(), 1);
}

#[tokio::test]
async fn both_parts_and_the_link_arrive_whole() {
    let message = link_for("ana@example.org").await;
    let (_folder, text) = written(&message).await;
    let mail = parsed(&text);
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    let (plain, html) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML"));
    assert_eq!(lines(&plain), lines(&message.text));
    assert_eq!(lines(&html), lines(&message.html));
    let link = message.text.split_whitespace().find(|word| word.contains("/link?token=")).expect("a link");
    assert_eq!(link.len(), "https://clinica.example/recovery/link?token=".len() + 64);
    assert!(html.contains(&format!("href=\"{link}\"")));
    assert_eq!(mail.attachment_count(), 0);
}

/// RFC 5322, 2.1.1: no line over 998 bytes, none that ends in a bare LF; header in ASCII.
#[tokio::test]
async fn every_line_is_one_that_mail_systems_carry() {
    let message = link_for("ana@example.org").await;
    let (_folder, text) = written(&message).await;
    for line in text.split_inclusive('\n') {
        assert!(line.len() <= 1000 && line.ends_with("\r\n"), "{line:?}");
        assert!(line.is_ascii(), "{line:?}");
    }
}

#[tokio::test]
async fn a_second_try_replaces_the_first() {
    let message = link_for("ana@example.org").await;
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = EmlMailer::new(folder.path()).expect("the folder can be written to");
    assert!(matches!(mailer.send(&message).await, Delivery::Sent));
    let first = fs::read(&files(folder.path())[0]).expect("the file can be read");
    assert!(matches!(mailer.send(&message).await, Delivery::Sent));
    let [file] = &files(folder.path())[..] else { panic!("not one file") };
    assert_eq!(fs::read(file).expect("the file can be read"), first);
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(name, format!("{}.eml", message.message_id));
}

#[tokio::test]
async fn nobody_else_can_read_it() {
    let message = link_for("ana@example.org").await;
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("data/mail");
    let mailer = EmlMailer::new(&folder).expect("the folder can be created");
    assert!(matches!(mailer.send(&message).await, Delivery::Sent));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&files(&folder)[0]), 0o600);
    assert_eq!(mode(&folder), 0o700);
}

#[tokio::test]
async fn an_international_address_is_written_or_refused_but_never_panics() {
    for to in ["ana@bücher.example", "josé@example.org", "用户@例子.example"] {
        let message = link_for(to).await;
        let folder = tempfile::tempdir().expect("a folder");
        let mailer = EmlMailer::new(folder.path()).expect("the folder can be written to");
        match mailer.send(&message).await {
            Delivery::Sent => {
                let text = fs::read_to_string(&files(folder.path())[0]).expect("the file can be read");
                assert_eq!(parsed(&text).header_raw("To").map(str::trim), Some(to));
            }
            Delivery::Refused(error) | Delivery::RetryLater(error) => panic!("{to} is refused: {error}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_folder_that_goes_away_makes_the_mail_wait() {
    let message = link_for("ana@example.org").await;
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("mail");
    let mailer = EmlMailer::new(&folder).expect("the folder can be created");
    fs::remove_dir(&folder).expect("the folder can be removed");
    assert!(matches!(mailer.send(&message).await, Delivery::RetryLater(_)));
    fs::create_dir(&folder).expect("the folder can be created");
    assert!(matches!(mailer.send(&message).await, Delivery::Sent));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let error = EmlMailer::new(file.path().join("mail")).expect_err("a file is no folder");
    assert!(error.to_string().contains("let the process create and write"), "{error}");
}

/// A process that was killed leaves drafts.
#[test]
fn drafts_of_a_killed_process_are_cleared_and_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let (draft, mail) = (folder.path().join(".draft-0"), folder.path().join("a.eml"));
    std::fs::write(&draft, "half a mail").unwrap();
    std::fs::write(&mail, "a mail").unwrap();
    regain::mail::EmlMailer::new(folder.path()).unwrap();
    assert!(!draft.exists(), "the draft is gone");
    assert!(mail.exists(), "what was sent stays");
}

/// Each clears the drafts of the dead, and would take those of the living for such.
#[test]
fn nodes_may_start_at_once_on_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        for _ in 0..100 {
            EmlMailer::new(folder.path()).expect("a node starts");
        }
    };
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(start))));
}
