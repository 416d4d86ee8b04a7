//! ENUM: everybody who asks gets one answer, whoever is asked about.

use crate::kit::{Answer, FORGOT_PASSWORD, FORGOT_USERNAME, NEW, Site, Verdict, form, holds_and_catches};
use axum::response::{IntoResponse as _, Redirect, Response};
use regain::recovery::{AskedNotice, SignedIn};
use regain::store::StoreError;
use regain::testing::{Someone, World};
use regain::web::{ClientAddress, SessionHost, WebConfig, sign_in_router};
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

rows! { "ENUM":
    "CVE-2017-5537" => enum_cve_2017_5537_weblate_another_message_for_unknown,
    "CVE-2022-39307" => enum_cve_2022_39307_grafana_status_tells,
    "CVE-2024-41952" => enum_cve_2024_41952_zitadel_setting_without_effect,
    "CVE-2021-21424" => enum_cve_2021_21424_symfony_disabled_accounts_differ,
    "CVE-2024-24766" => enum_cve_2024_24766_casaos_two_errors_at_sign_in,
    "GHSA-vr5f-php7-rg24" => enum_ghsa_vr5f_php7_rg24_pimcore_failure_to_mail_tells,
}

/// How an account, or none, can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Unknown,
    UnknownAddress,
    Malformed,
    Known,
    Disabled,
    MayNotChange,
    NoAddress,
    NoPassword,
    MustChange,
    WithFactor,
    Shared,
    WithLink,
    OverLimit,
}

const KINDS: [Kind; 13] = [
    Kind::Unknown,
    Kind::UnknownAddress,
    Kind::Malformed,
    Kind::Known,
    Kind::Disabled,
    Kind::MayNotChange,
    Kind::NoAddress,
    Kind::NoPassword,
    Kind::MustChange,
    Kind::WithFactor,
    Kind::Shared,
    Kind::WithLink,
    Kind::OverLimit,
];

/// Answers those who ask about somebody of a kind.
trait Service {
    async fn forgot_password(&self, kind: Kind) -> Answer;
    async fn forgot_username(&self, kind: Kind) -> Answer;
    /// A sign-in that fails.
    async fn sign_in(&self, kind: Kind) -> Answer;
}

struct Regain {
    site: Site,
    people: BTreeMap<Kind, Someone>,
}

struct NoSessions;

#[async_trait::async_trait]
impl SessionHost for NoSessions {
    async fn begin(&self, _: SignedIn) -> Result<Response, StoreError> {
        Ok(Redirect::to("/home").into_response())
    }
}

impl Regain {
    async fn new(notice: AskedNotice) -> Self {
        let site = Site::build(World::builder().configure(move |builder| builder.asked_notice(notice)));
        let config = WebConfig::new(ClientAddress::Socket);
        let sign_in = sign_in_router(site.world.recovery.clone(), Arc::new(NoSessions), config);
        let site = site.merge(sign_in);
        let world = &site.world;
        let mut people = BTreeMap::from([
            (Kind::Known, world.person("Ana").await),
            (Kind::Disabled, world.disabled("Dora").await),
            (Kind::MayNotChange, world.may_not_change("Mia").await),
            (Kind::NoAddress, world.no_address("Ned").await),
            (Kind::NoPassword, world.person_without_password("Nora").await),
            (Kind::MustChange, world.person_with("Max", |account| account.must_change_password = true).await),
            (Kind::WithFactor, world.with_factor("Fay").await),
            (Kind::WithLink, world.person("Lea").await),
            (Kind::OverLimit, world.person("Olga").await),
        ]);
        let (mut shared, _) = world.sharing_an_email("Eva", "Emil").await;
        shared.username.clone_from(&shared.email);
        people.insert(Kind::Shared, shared);
        // By address, so that the budget of the username is still whole.
        site.ask(&people[&Kind::WithLink].email).await;
        world.work().await;
        // Olga's mails of the day are used up, by asks for her address.
        for _ in 0..5 {
            site.ask(&people[&Kind::OverLimit].email).await;
            world.work().await;
        }
        Self { site, people }
    }

    fn typed(&self, kind: Kind) -> String {
        match kind {
            Kind::Unknown => "nobody".to_owned(),
            Kind::UnknownAddress => "nobody@home.example".to_owned(),
            Kind::Malformed => "ill\0formed".to_owned(),
            known => self.people[&known].username.clone(),
        }
    }

    async fn post(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.site.post(page, &[], form(fields)).await;
        self.site.world.work().await;
        answer
    }
}

impl Service for Regain {
    async fn forgot_password(&self, kind: Kind) -> Answer {
        self.post(FORGOT_PASSWORD, &[("identifier", &self.typed(kind))]).await
    }

    async fn forgot_username(&self, kind: Kind) -> Answer {
        let record = match kind {
            Kind::Unknown => "MRN-99999",
            Kind::UnknownAddress => "MRN-88888",
            Kind::Malformed => "\0",
            known => &self.people[&known].claims.record_number,
        };
        let name = self.people.get(&kind).map_or("Nobody", |who| &who.claims.given_name);
        let fields = [("given_name", name), ("family_name", "Lindqvist"), ("record_number", record)];
        let born = [("birth_day", "2"), ("birth_month", "4"), ("birth_year", "1961")];
        self.post(FORGOT_USERNAME, &[&fields[..], &born].concat()).await
    }

    async fn sign_in(&self, kind: Kind) -> Answer {
        self.post("/sign-in", &[("identifier", &self.typed(kind)), ("password", NEW)]).await
    }
}

/// Byte for byte one answer, up to the budget and beyond it, on every page.
async fn check_answers(subject: &impl Service) -> Verdict {
    for time in 0..7 {
        let expected = subject.forgot_password(KINDS[0]).await;
        for kind in &KINDS[1..] {
            let answer = subject.forgot_password(*kind).await;
            ensure!(
                answer == expected,
                "forgot password, time {time}: {kind:?} is answered otherwise\n{answer:?}"
            );
        }
        let expected = subject.forgot_username(KINDS[0]).await;
        for kind in &KINDS[1..] {
            let answer = subject.forgot_username(*kind).await;
            ensure!(
                answer == expected,
                "forgot username, time {time}: {kind:?} is answered otherwise\n{answer:?}"
            );
        }
    }
    Ok(())
}

async fn check_sign_in(subject: &impl Service) -> Verdict {
    for time in 0..3 {
        let expected = subject.sign_in(KINDS[0]).await;
        for kind in &KINDS[1..] {
            let answer = subject.sign_in(*kind).await;
            ensure!(answer == expected, "sign-in, time {time}: {kind:?} is answered otherwise\n{answer:?}");
        }
    }
    Ok(())
}

/// A twin says what it answers to an ask, and to a sign-in.
struct Twin {
    ask: fn(Kind) -> (u16, &'static str),
    sign_in: fn(Kind) -> (u16, &'static str),
}

const SENT: (u16, &str) = (200, "If you have an account, a mail is on its way.");
const WRONG: (u16, &str) = (401, "Wrong username or password.");

fn is_known(kind: Kind) -> bool {
    !matches!(kind, Kind::Unknown | Kind::UnknownAddress | Kind::Malformed)
}

impl Twin {
    fn asked(ask: fn(Kind) -> (u16, &'static str)) -> Self {
        Self { ask, sign_in: |_| WRONG }
    }
}

fn answer((status, body): (u16, &str)) -> Answer {
    Answer { status, headers: vec![], body: body.to_owned() }
}

impl Service for Twin {
    async fn forgot_password(&self, kind: Kind) -> Answer {
        answer((self.ask)(kind))
    }

    async fn forgot_username(&self, _: Kind) -> Answer {
        answer(SENT)
    }

    async fn sign_in(&self, kind: Kind) -> Answer {
        answer((self.sign_in)(kind))
    }
}

async fn regain_answers() -> Verdict {
    check_answers(&Regain::new(AskedNotice::Never).await).await
}

/// Weblate: the form said that no account has the address.
#[tokio::test]
async fn enum_cve_2017_5537_weblate_another_message_for_unknown() {
    let twin = Twin::asked(|kind| if is_known(kind) { SENT } else { (200, "No account has this address.") });
    holds_and_catches(regain_answers().await, check_answers(&twin).await, "Known is answered otherwise");
}

/// Grafana: 404 for a user who is not there, with the same words.
#[tokio::test]
async fn enum_cve_2022_39307_grafana_status_tells() {
    let twin = Twin::asked(|kind| if is_known(kind) { SENT } else { (404, SENT.1) });
    holds_and_catches(regain_answers().await, check_answers(&twin).await, "Known is answered otherwise\n200");
}

/// ZITADEL: with unknown usernames ignored, those without a password of their own were still answered otherwise.
#[tokio::test]
async fn enum_cve_2024_41952_zitadel_setting_without_effect() {
    let twin = Twin::asked(|kind| match kind {
        Kind::NoPassword => (200, "Please set up your account first."),
        _ => SENT,
    });
    // Uniform answers are no setting of regain's; of those that there are, none changes an answer.
    let configured = check_answers(&Regain::new(AskedNotice::WhenNotPossible).await).await;
    holds_and_catches(configured, check_answers(&twin).await, "NoPassword is answered otherwise");
    let with = Regain::new(AskedNotice::WhenNotPossible).await;
    let without = Regain::new(AskedNotice::Never).await;
    for kind in KINDS {
        assert_eq!(with.forgot_password(kind).await, without.forgot_password(kind).await, "{kind:?}");
        assert_eq!(with.forgot_username(kind).await, without.forgot_username(kind).await, "{kind:?}");
    }
    life_changes_no_answer().await;
}

async fn life_changes_no_answer() {
    let ask = async |life: Duration| {
        let site = Site::build(
            World::builder().configure(move |builder| builder.link_life(life).request_life(life)),
        );
        let ana = site.world.person("Ana").await;
        (site.ask(&ana.username).await, site.ask("nobody").await)
    };
    let short = ask(Duration::MINUTE).await;
    assert_eq!(short.0, short.1);
    assert_eq!(short, ask(Duration::DAY).await);
}

/// Symfony: locked, disabled and expired accounts were told so.
#[tokio::test]
async fn enum_cve_2021_21424_symfony_disabled_accounts_differ() {
    let twin = Twin::asked(|kind| match kind {
        Kind::Disabled => (200, "Account is disabled."),
        Kind::MayNotChange => (200, "Account is locked."),
        _ => SENT,
    });
    holds_and_catches(regain_answers().await, check_answers(&twin).await, "Disabled is answered otherwise");
}

/// CasaOS: `User does not exist` and `Invalid password` were two errors.
#[tokio::test]
async fn enum_cve_2024_24766_casaos_two_errors_at_sign_in() {
    let sign_in =
        |kind| if is_known(kind) { (401, "Invalid password") } else { (401, "User does not exist") };
    let twin = Twin { ask: |_| SENT, sign_in };
    let regain = check_sign_in(&Regain::new(AskedNotice::Never).await).await;
    holds_and_catches(regain, check_sign_in(&twin).await, "Known is answered otherwise\n401");
}

/// Pimcore: the mail went out while the asker waited, and only where there was one to send could sending fail.
#[tokio::test]
async fn enum_ghsa_vr5f_php7_rg24_pimcore_failure_to_mail_tells() {
    let twin = Twin::asked(|kind| match kind {
        Kind::NoAddress => (500, "The mail could not be sent."),
        Kind::OverLimit => (429, "Too many mails to this account."),
        _ => SENT,
    });
    holds_and_catches(regain_answers().await, check_answers(&twin).await, "NoAddress is answered otherwise");
}
