//! INJ: what is typed stays what it is: no line of a header, no mark-up of a page, no word of a command.

use crate::kit::{
    FORGOT_PASSWORD, FORGOT_USERNAME, Site, Verdict, form, holds_and_catches, mailed_token, sources,
};
use async_trait::async_trait;
use axum::response::{IntoResponse as _, Redirect, Response};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regain::identity::{EmailAddress, Identifier};
use regain::recovery::SignedIn;
use regain::store::StoreError;
use regain::testing::World;
use regain::web::{ClientAddress, SessionHost, WebConfig, sign_in_router};
use std::sync::Arc;

rows! { "INJ":
    "CVE-2026-48019" => inj_cve_2026_48019_laravel_line_break_passes_the_rule,
    "CVE-2021-38189" => inj_cve_2021_38189_lettre_commands_in_a_body,
    "CVE-2020-28247" => inj_cve_2020_28247_lettre_arguments_of_sendmail,
    "CVE-2021-27909" => inj_cve_2021_27909_mautic_script_on_the_reset_page,
    "CVE-2019-15107" => inj_cve_2019_15107_webmin_command_by_the_password_page,
}

/// Whether this is an address, on file or typed.
type Rule = fn(&str) -> bool;

fn regains_rule(address: &str) -> bool {
    // What was typed is trimmed; an address on file is taken as it is.
    let (on_file, typed) = (EmailAddress::parse(address).is_ok(), Identifier::parse(address));
    assert!(typed.email_key().is_none_or(|key| !key.chars().any(char::is_control)), "{address:?}");
    on_file
}

/// Laravel: a pattern that ends in `$`, which also matches before a line break at the end.
fn laravels_rule(address: &str) -> bool {
    let address = address.strip_suffix('\n').unwrap_or(address);
    let (local, domain) = address.split_once('@').unwrap_or_default();
    !local.is_empty() && domain.contains('.') && !address.chars().any(|c| c.is_control() || c == ' ')
}

/// No control character and no separator, in any place of an otherwise good address.
fn check_rule(rule: Rule) -> Verdict {
    for good in ["ana@home.example", "Ana.Silva+portal@Home.Example"] {
        ensure!(rule(good), "{good} is no address");
        let controls = (0..0x20_u8)
            .map(char::from)
            .chain(['\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{2029}', '\u{b}']);
        for bad in controls.map(String::from).chain(["\r\n", " ", "\u{a0}", "\u{3000}"].map(str::to_owned)) {
            for at in 0..=good.len() {
                let address = format!("{}{bad}{}", &good[..at], &good[at..]);
                ensure!(!rule(&address), "{address:?} is an address");
            }
        }
    }
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let any = prop::string::string_regex("(?s).{0,12}@(?s).{0,12}\\.[a-z]{2}").unwrap();
    let random = TestRunner::new(config).run(&any, |address| {
        let clean = address.chars().all(|c| !c.is_control() && !c.is_whitespace() && !",;<>\"\\".contains(c));
        prop_assert!(clean || !rule(&address), "{address:?} is an address");
        Ok(())
    });
    random.map_err(|error| error.to_string())
}

/// Laravel: see [`laravels_rule`].
#[test]
fn inj_cve_2026_48019_laravel_line_break_passes_the_rule() {
    holds_and_catches(
        check_rule(regains_rule),
        check_rule(laravels_rule),
        "\"ana@home.example\\n\" is an address",
    );
}

/// No lettre older than this is locked.
fn check_floor(lock: &str, floor: [u32; 3]) -> Verdict {
    let mut found = 0;
    for package in lock.split("[[package]]") {
        let Some((_, rest)) = package.split_once("name = \"lettre\"\nversion = \"") else { continue };
        let version = rest.split('"').next().unwrap_or_default();
        let numbers: Vec<u32> = version.split(['.', '-']).map_while(|number| number.parse().ok()).collect();
        ensure!(numbers[..] >= floor[..], "lettre {version} is older than {floor:?}");
        found += 1;
    }
    ensure!(found == 1, "{found} versions of lettre are locked");
    Ok(())
}

const LOCK: &str = include_str!("../../Cargo.lock");
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// lettre before 0.9.6 and 0.10.0-rc.3: a line with a dot alone ended the mail, and what came after was read as commands.
/// What goes over the line is tried in `tests/smtp`; here it is which lettre that is.
#[test]
fn inj_cve_2021_38189_lettre_commands_in_a_body() {
    let twin = "[[package]]\nname = \"lettre\"\nversion = \"0.9.5\"\n";
    holds_and_catches(check_floor(LOCK, [0, 10, 0]), check_floor(twin, [0, 10, 0]), "lettre 0.9.5 is older");
}

/// Nothing that hands a mail to a program is switched on.
fn check_transports(manifest: &str) -> Verdict {
    let lines: Vec<_> = manifest.lines().filter(|line| line.contains("lettre")).collect();
    ensure!(!lines.is_empty(), "lettre is not there");
    for line in &lines {
        ensure!(!line.contains("sendmail"), "mails are handed to a program: {line}");
        let whole = line.trim_start().starts_with("lettre =");
        ensure!(!whole || line.contains("default-features = false"), "all transports are there: {line}");
    }
    Ok(())
}

/// lettre before 0.9.5: an address that began with a dash was an option of `sendmail`.
#[test]
fn inj_cve_2020_28247_lettre_arguments_of_sendmail() {
    check_floor(LOCK, [0, 10, 0]).unwrap();
    let twin =
        "lettre = { version = \"0.11\", default-features = false, features = [\"sendmail-transport\"] }";
    holds_and_catches(check_transports(MANIFEST), check_transports(twin), "handed to a program");
    let bare = check_transports("lettre = \"0.11\"");
    holds_and_catches(check_transports(MANIFEST), bare, "all transports are there");
}

/// Pages, and what they answer to something typed, in every field and by every page.
trait Pages {
    async fn answers(&self, typed: &str) -> Vec<String>;
}

struct Home;

#[async_trait]
impl SessionHost for Home {
    async fn begin(&self, _: SignedIn) -> Result<Response, StoreError> {
        Ok(Redirect::to("/home").into_response())
    }
}

const FIELDS: [&str; 9] = [
    "identifier",
    "password",
    "token",
    "given_name",
    "family_name",
    "birth_day",
    "birth_month",
    "birth_year",
    "record_number",
];

impl Pages for Site {
    async fn answers(&self, typed: &str) -> Vec<String> {
        let ana = self.world.person("Ana").await;
        self.world.fresh_link(&ana).await;
        let token = mailed_token(&self.world, &ana);
        let all: Vec<_> = FIELDS.iter().map(|field| (*field, typed)).collect();
        let with_link = [("token", token.as_str()), ("password", typed), (typed, typed)];
        let mut answers = Vec::new();
        for page in [
            FORGOT_PASSWORD,
            FORGOT_USERNAME,
            "/recovery/link",
            "/recovery/new-password",
            "/recovery/disown",
            "/sign-in",
        ] {
            let query = format!("{page}?{}&{}", form(&all), form(&[(typed, typed)]));
            let agent = typed.replace(|c: char| c.is_control() || !c.is_ascii(), "");
            let headers = [("user-agent", agent.as_str()), ("referer", &agent), ("accept-language", &agent)];
            answers.push(self.get(&query, &headers).await);
            answers.push(self.post(&query, &headers, form(&all)).await);
            answers.push(self.post(page, &headers, form(&with_link[..2])).await);
            answers.push(self.post(page, &headers, form(&with_link)).await);
            answers.push(self.post(page, &[], typed.to_owned()).await);
            answers.push(self.post(page, &[("content-type", "text/html")], typed.to_owned()).await);
        }
        self.world.accounts.remove(&ana.id).await;
        self.world.clock.advance(time::Duration::DAY);
        answers.iter().map(|answer| format!("{answer:?}")).collect()
    }
}

/// Mautic: the form of the reset came back with what had been typed, as it was.
struct Mautic;

impl Pages for Mautic {
    async fn answers(&self, typed: &str) -> Vec<String> {
        vec![format!("<form><input name=\"identifier\" value=\"{typed}\"></form>")]
    }
}

/// Nothing that was typed comes back, in whatever coat.
async fn check_pages(subject: &impl Pages) -> Verdict {
    for typed in [
        "\"><script>xq7391(1)</script>",
        "'><svg/onload=xq7391()>",
        "<img src=x onerror=xq7391(1)>",
        "javascript:xq7391(1)",
        "xq7391\" onfocus=alert(1) autofocus=\"",
        "xq7391\r\nSet-Cookie: a=b\r\n\r\n<b>",
        "{{7*7}}${7*7}<%= xq7391 %>",
        "\u{ff1c}script\u{ff1e}xq7391",
        "xq7391 is a plain word",
    ] {
        let answers = subject.answers(typed).await;
        ensure!(!answers.is_empty(), "no page answers");
        for answer in answers {
            ensure!(!answer.contains("xq7391"), "{typed:?} comes back:\n{answer}");
            ensure!(
                !answer.contains(">49<") && !answer.contains("a=b"),
                "{typed:?} is carried out:\n{answer}"
            );
        }
    }
    Ok(())
}

/// Mautic: see [`Mautic`].
#[tokio::test]
async fn inj_cve_2021_27909_mautic_script_on_the_reset_page() {
    let world = World::new();
    let pages = sign_in_router(world.recovery.clone(), Arc::new(Home), WebConfig::new(ClientAddress::Socket));
    let site = Site::of(world).merge(pages);
    holds_and_catches(check_pages(&site).await, check_pages(&Mautic).await, "comes back");
}

/// Of `std::process` the number of this process is used, and nothing else; and nothing goes round it.
fn check_sources(sources: &[(String, String)]) -> Verdict {
    ensure!(!sources.is_empty(), "no source was read");
    for (file, text) in sources {
        for (at, _) in text.match_indices("process::") {
            let used = &text[at + "process::".len()..];
            ensure!(
                used.starts_with("id()"),
                "{file} uses process::{}",
                used.lines().next().unwrap_or_default()
            );
        }
        for word in [
            "Command::new",
            "use std::process",
            "libc::",
            "posix_spawn",
            "execve",
            "/bin/sh",
            "cmd.exe",
            "sendmail",
        ] {
            ensure!(!text.contains(word), "{file} has {word}");
        }
    }
    Ok(())
}

/// Webmin: the old password was put into a shell command.
#[test]
fn inj_cve_2019_15107_webmin_command_by_the_password_page() {
    for twin in [
        "fn change(old: &str) { std::process::Command::new(\"sh\").arg(\"-c\").arg(old); }",
        "use std::process; fn change(old: &str) { process::Command::new(\"passwd\"); }",
        "use tokio::process::*; fn change(old: &str) { Command::new(old); }",
    ] {
        let twin = check_sources(&[("webmin.rs".to_owned(), twin.to_owned())]);
        holds_and_catches(check_sources(&sources()), twin, "webmin.rs ");
    }
}
