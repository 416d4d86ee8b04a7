//! UNI: two people's identifiers are never one, whatever a collation or a normalisation makes of them.

use crate::kit::{Site, Verdict, address_of, holds_and_catches, on_file};
use regain::account::Account;
use regain::identity::{EmailAddress, Identifier};
use regain::ids::AccountId;
use regain::sqlite::SqliteAccounts;
use regain::testing::World;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

rows! { "UNI":
    "CVE-2024-27295" => uni_cve_2024_27295_directus_look_alike_by_collation,
    "GHSA-7rqj-j65f-68wh" => uni_ghsa_7rqj_j65f_68wh_authjs_validated_before_normalised,
}

/// An account with this username and address; somebody types this. Where mail goes.
trait Recoverer {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String>;
}

struct InMemory;

impl Recoverer for InMemory {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let site = Site::new();
        site.world
            .person_with("Somebody", |account| {
                account.username = username.to_owned();
                account.addresses = vec![on_file(address)];
            })
            .await;
        ask(&site, typed).await
    }
}

struct OnSqlite(tempfile::TempDir);

impl Recoverer for OnSqlite {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let file = tempfile::NamedTempFile::new_in(self.0.path()).unwrap();
        let accounts = Arc::new(SqliteAccounts::open(file.path()).await.unwrap());
        let site = Site::build(World::builder().served_accounts(accounts.clone()));
        let mut account = Account::new(AccountId::new("1").unwrap(), username);
        account.addresses = vec![on_file(address)];
        accounts.put(&[account], site.world.recovery.blind_index()).await.unwrap();
        ask(&site, typed).await
    }
}

async fn ask(site: &Site, typed: &str) -> Vec<String> {
    site.ask(typed).await;
    site.world.work().await;
    site.world.mailbox.mails().iter().map(address_of).collect()
}

/// Somebody types what another person's identifier only looks like.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("jose", "jos\u{e9}"),
    ("jos\u{e9}", "jose"),
    ("jos\u{e9}", "jos\u{e8}"),
    ("mike", "m\u{131}ke"),
    ("mike", "m\u{130}ke"),
    ("mike", "mi\u{307}ke"),
    ("mike", "mi\u{212A}e"),
    ("mike", "mi\u{43a}e"),
    ("strasse", "stra\u{df}e"),
    ("strasse", "stra\u{1e9e}e"),
    ("silas", "\u{17f}ilas"),
    ("fiona", "\u{fb01}ona"),
    ("anna", "\u{430}nna"),
    ("anna", "an\u{200d}na"),
    ("anna", "an\u{ad}na"),
    ("anna", "anna\u{200b}"),
    ("anna", "\u{202e}anna"),
    ("anna", "an\u{fe0f}na"),
    ("anna", "\u{1d4b6}nna"),
    ("anna", "\u{24d0}nna"),
    ("anna", "a\u{f1}a"),
    ("aeon", "\u{e6}on"),
    ("jorgen", "j\u{f8}rgen"),
    ("lukasz", "\u{142}ukasz"),
    ("muller", "m\u{fc}ller"),
    ("mueller", "m\u{fc}ller"),
    ("anna1", "anna\u{b9}"),
    ("anna1", "anna\u{661}"),
    ("\u{3c3}", "\u{3c2}"),
    ("\u{304b}\u{306a}", "\u{30ab}\u{30ca}"),
    ("anna", "anna\0"),
    ("anna", "anna%"),
    ("anna", "ann_"),
    ("anna", "anna'"),
];

async fn check_look_alikes(subject: &impl Recoverer) -> Verdict {
    let plain = subject.mailed("anna", "Anna@Home.Example", "anna@home.example").await;
    ensure!(plain == ["Anna@Home.Example"], "the address on file was mailed as {plain:?}");
    for (real, typed) in LOOK_ALIKES {
        let address = format!("{real}@home.example");
        let mailed = subject.mailed(real, &address, typed).await;
        ensure!(mailed.is_empty(), "username {typed:?} for {real:?} mailed {mailed:?}");
        let mailed = subject.mailed(real, &address, &format!("{typed}@home.example")).await;
        ensure!(mailed.is_empty(), "{typed:?} for {real:?} mailed {mailed:?}");
        let mailed =
            subject.mailed("somebody", &format!("a@{}.example", "home"), &format!("a@{typed}.example")).await;
        ensure!(mailed.is_empty(), "domain {typed:?} mailed {mailed:?}");
    }
    Ok(())
}

/// Directus: MySQL compared without case and accents, and the mail went to what was typed.
struct Directus;

impl Recoverer for Directus {
    async fn mailed(&self, _: &str, address: &str, typed: &str) -> Vec<String> {
        let ai_ci = |text: &str| -> String {
            text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
        };
        if address == "Anna@Home.Example" {
            return vec![address.to_owned()];
        }
        Vec::from_iter((ai_ci(address) == ai_ci(typed)).then(|| typed.to_owned()))
    }
}

/// Directus: see [`Directus`].
#[tokio::test(flavor = "multi_thread")]
async fn uni_cve_2024_27295_directus_look_alike_by_collation() {
    check_look_alikes(&OnSqlite(tempfile::tempdir().unwrap())).await.unwrap();
    holds_and_catches(
        check_look_alikes(&InMemory).await,
        check_look_alikes(&Directus).await,
        "mailed [\"jos\u{e9}@home.example\"]",
    );
}

/// Reads an address and says to which one mail would go, if to any.
type Reader = fn(&str) -> Option<String>;

fn regain(typed: &str) -> Option<String> {
    let identifier = Identifier::parse(typed);
    let key = identifier.email_key()?.to_owned();
    // What the host has on file is read by the same rule, so both have to agree.
    EmailAddress::parse(typed.trim()).ok().map(|address| {
        assert_eq!(address.key().as_str(), key);
        address.as_str().to_owned()
    })
}

/// However an address is written: what is accepted has one `@`, before and after every normalisation, and its key is
/// read as the same key again.
fn check_reader(reader: Reader) -> Verdict {
    let ats = [
        "\u{ff20}",
        "\u{fe6b}",
        "@",
        "\u{ff20}@",
        "@\u{ff20}",
        "@\u{fe6b}",
        "\u{fe6b}\u{fe6b}",
        "@\u{200b}@",
        "\u{e0040}",
    ];
    let dots = [".", "\u{3002}", "\u{ff0e}", "\u{ff61}", "\u{2024}"];
    let more = [
        "",
        ",evil.test",
        "\u{ff0c}evil.test",
        "\u{ff1b}evil.test",
        "\u{fe50}evil.test",
        "\u{2100}",
        "\u{ff1c}x\u{ff1e}",
        "\u{a0}x",
        "\u{fe13}",
    ];
    for at in ats {
        for dot in dots {
            for end in more {
                for typed in [
                    format!("ana{at}home{dot}example{end}"),
                    format!("mallory@evil{dot}test{at}home.example{end}"),
                    format!("\"mallory@evil.test\"{at}home{dot}example{end}"),
                    format!("mallory{at}evil.test@home{dot}example{end}"),
                ] {
                    check_accepted(&typed, reader)?;
                }
            }
        }
    }
    ensure!(reader("ana@home.example").is_some(), "a plain address is refused");
    Ok(())
}

fn check_accepted(typed: &str, reader: Reader) -> Verdict {
    let Some(to) = reader(typed) else { return Ok(()) };
    for form in [to.clone(), to.nfkc().collect(), to.nfkd().collect(), to.nfc().collect::<String>()] {
        ensure!(form.matches('@').count() == 1, "{typed:?} is accepted as {to:?}, which may become {form:?}");
        let clean = form.chars().all(|c| !c.is_whitespace() && !",;<>\"/".contains(c));
        ensure!(clean, "{typed:?} is accepted as {to:?}, which may become {form:?}");
    }
    Ok(())
}

/// Auth.js: one `@` was counted first, and only then look-alikes of `@` were normalised.
#[tokio::test]
async fn uni_ghsa_7rqj_j65f_68wh_authjs_validated_before_normalised() {
    let twin = |typed: &str| (typed.matches('@').count() == 1).then(|| typed.nfkc().collect());
    holds_and_catches(check_reader(regain), check_reader(twin), "which may become");
}
