//! SESS: a new password ends every session, and none of before is the new person's.

use crate::kit::{FORM, NEW, Site, Verdict, form, holds_and_catches, mailed_token};
use async_trait::async_trait;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::clock::Timestamp;
use regain::desk::case::{EvidenceKind, Finding, Need, Whither};
use regain::desk::{Decision, Desk, DeskHost, Ial, Seen, Staff, StaffId, StaffRole, Subject};
use regain::entropy::{Entropy as _, SystemEntropy};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::SignedIn;
use regain::sqlite::SqliteAccounts;
use regain::store::StoreError;
use regain::testing::{Someone, TestClock, World};
use regain::web::{ClientAddress, SessionHost, WebConfig, sign_in_router};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use time::Duration;

rows! { "SESS":
    "CVE-2026-34828" => sess_cve_2026_34828_listmonk_sessions_outlive_a_reset,
    "CVE-2023-40273" => sess_cve_2023_40273_airflow_sessions_outlive_an_admins_reset,
    "CVE-2019-10641" => sess_cve_2019_10641_contao_sessions_outlive_a_change,
    "CVE-2021-41268" => sess_cve_2021_41268_symfony_remembered_sessions_outlive_a_change,
    "CVE-2019-12203" => sess_cve_2019_12203_silverstripe_session_fixed_by_the_change_form,
}

/// The example accounts, which may be away while a password is to be set.
struct Accounts {
    sqlite: SqliteAccounts,
    away: AtomicBool,
    clock: Arc<TestClock>,
    _folder: TempDir,
}

impl Accounts {
    async fn open(clock: Arc<TestClock>) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
        Arc::new(Self { sqlite, away: AtomicBool::new(false), clock, _folder: folder })
    }

    async fn begin(&self, cookie: &str, account: &AccountId, life: Duration) {
        let now = self.clock.timestamp();
        let end = Timestamp::from(now.to_datetime() + life);
        self.sqlite.begin_session(&digest(cookie), account, now, end).await.unwrap();
    }

    async fn whose(&self, cookie: &str) -> Option<AccountId> {
        self.sqlite.session(&digest(cookie), self.clock.timestamp()).await.unwrap()
    }
}

fn digest(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

#[async_trait]
impl AccountStore for Accounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.sqlite.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.sqlite.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.sqlite.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::plain("the accounts are away"));
        }
        self.sqlite.set_password(change).await
    }
}

/// Sessions of two people, of whom one gets a new password.
trait Sessions {
    /// A session of Ana's, or of Ben's, that lives so long.
    async fn begin(&self, of_ana: bool, life: Duration) -> String;
    async fn goes_on(&self, session: &str) -> bool;
    async fn ana_gets_a_new_password(&self);
}

/// How the new password gets there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// On the page, at once.
    Page,
    /// On the page, but set by the worker once the accounts are there again.
    Worker,
    /// On the page, by a link that two people of the support desk have sent.
    Desk,
}

struct Regain {
    site: Site,
    accounts: Arc<Accounts>,
    ana: Someone,
    route: Route,
}

impl Regain {
    async fn by(route: Route) -> Self {
        let clock = Arc::new(TestClock::default());
        let accounts = Accounts::open(clock.clone()).await;
        let site = Site::build(World::builder().clock(clock).served_accounts(accounts.clone()));
        let ana = site.world.person("Ana").await;
        let ben = site.world.person("Ben").await;
        for someone in [&ana, &ben] {
            // The scene is set in memory; what is served lies in the file.
            let account = site.world.account(someone).await.unwrap();
            accounts.sqlite.put(&[account], site.world.recovery.blind_index()).await.unwrap();
        }
        Self { site, accounts, ana, route }
    }
}

/// Everybody is a patient.
struct Clinic;

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

impl Regain {
    /// Without a waiting time: sessions of an hour would end by themselves.
    async fn two_people_send_a_link(&self) {
        let world = &self.site.world;
        let desk = Desk::builder(world.recovery.clone(), Arc::new(Clinic))
            .risk_analysis("Risk analysis of 2026-03-02")
            .danger_waiting_time(Duration::ZERO)
            .build()
            .unwrap();
        let [ida, jon] =
            ["ida", "jon"].map(|name| Staff::new(StaffId::new(name).unwrap(), StaffRole::ranked(1)));
        let view = desk.open(&ida, &self.ana.id).await.unwrap();
        let view = desk.assign(&ida, Seen::of(&view), &ida.id).await.unwrap();
        let (kind, level, need) = (EvidenceKind::PhotoIdInPerson, Ial::Two, Need::Password);
        let finding = Finding { kind, level, need, new_address: None };
        let view = desk.record_evidence(&ida, Seen::of(&view), finding).await.unwrap();
        let to = Whither::OnFile(view.addresses[0].address);
        desk.approve(&jon, Seen::of(&view), Decision { need, to }).await.unwrap();
        world.work().await;
    }
}

impl Sessions for Regain {
    async fn begin(&self, of_ana: bool, life: Duration) -> String {
        let (cookie, ben) = (fresh_cookie(), Identifier::parse("ben"));
        let ben = self.accounts.find_by_identifier(&ben).await.unwrap()[0].id.clone();
        let account = if of_ana { &self.ana.id } else { &ben };
        self.accounts.begin(&cookie, account, life).await;
        cookie
    }

    async fn goes_on(&self, session: &str) -> bool {
        self.accounts.whose(session).await.is_some()
    }

    async fn ana_gets_a_new_password(&self) {
        let world = &self.site.world;
        match self.route {
            Route::Page | Route::Worker => drop(world.fresh_link(&self.ana).await),
            Route::Desk => self.two_people_send_a_link().await,
        }
        let token = mailed_token(world, &self.ana);
        assert!(!self.site.choose(&token, "short").await);
        let away = self.route == Route::Worker;
        self.accounts.away.store(away, Ordering::SeqCst);
        assert!(self.site.choose(&token, NEW).await);
        self.accounts.away.store(false, Ordering::SeqCst);
        world.clock.advance(Duration::minutes(2));
        world.work().await;
        let page = world.recovery.sign_in(&self.ana.identifier(), &Password::new(NEW), &world.client()).await;
        assert!(page.is_ok(), "the new password is set");
    }
}

fn fresh_cookie() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A service that ends some of Ana's sessions, by how long they live.
struct Twin {
    ends: fn(Duration) -> bool,
    sessions: RefCell<BTreeMap<String, (bool, Duration)>>,
}

impl Twin {
    fn that_ends(ends: fn(Duration) -> bool) -> Self {
        Self { ends, sessions: RefCell::default() }
    }
}

impl Sessions for Twin {
    async fn begin(&self, of_ana: bool, life: Duration) -> String {
        let cookie = fresh_cookie();
        self.sessions.borrow_mut().insert(cookie.clone(), (of_ana, life));
        cookie
    }

    async fn goes_on(&self, session: &str) -> bool {
        self.sessions.borrow().contains_key(session)
    }

    async fn ana_gets_a_new_password(&self) {
        self.sessions.borrow_mut().retain(|_, (of_ana, life)| !*of_ana || !(self.ends)(*life));
    }
}

async fn check_sessions(subject: &impl Sessions) -> Verdict {
    let lives = [Duration::HOUR, Duration::DAY, Duration::days(30), Duration::days(3_650)];
    let mut sessions = Vec::new();
    for life in [lives, lives].concat() {
        sessions.push((life, subject.begin(true, life).await));
    }
    let bens = subject.begin(false, Duration::days(30)).await;
    for (life, session) in &sessions {
        ensure!(subject.goes_on(session).await, "a session of {life} ended by itself");
    }
    subject.ana_gets_a_new_password().await;
    for (life, session) in &sessions {
        ensure!(!subject.goes_on(session).await, "a session of {life} goes on");
    }
    ensure!(subject.goes_on(&bens).await, "somebody else's session ended");
    let next = subject.begin(true, Duration::HOUR).await;
    ensure!(subject.goes_on(&next).await, "no session begins with the new password");
    Ok(())
}

/// SE-1, of sessions for an hour as of those for ten years. listmonk: a reset set the password, and left the sessions.
#[tokio::test]
async fn sess_cve_2026_34828_listmonk_sessions_outlive_a_reset() {
    let twin = check_sessions(&Twin::that_ends(|_| false)).await;
    holds_and_catches(check_sessions(&Regain::by(Route::Page).await).await, twin, "a session of 1h goes on");
}

/// Airflow: the same, where it was an admin who reset the password.
#[tokio::test]
async fn sess_cve_2023_40273_airflow_sessions_outlive_an_admins_reset() {
    let twin = check_sessions(&Twin::that_ends(|_| false)).await;
    holds_and_catches(check_sessions(&Regain::by(Route::Desk).await).await, twin, "a session of 1h goes on");
}

/// Contao: the same, on whatever way the password got there; here it is the worker that goes on after a fault.
#[tokio::test]
async fn sess_cve_2019_10641_contao_sessions_outlive_a_change() {
    let twin = check_sessions(&Twin::that_ends(|_| false)).await;
    holds_and_catches(
        check_sessions(&Regain::by(Route::Worker).await).await,
        twin,
        "a session of 1h goes on",
    );
}

/// Symfony: "remember me" went on after the sessions had ended.
#[tokio::test]
async fn sess_cve_2021_41268_symfony_remembered_sessions_outlive_a_change() {
    let twin = check_sessions(&Twin::that_ends(|life| life <= Duration::DAY)).await;
    let fault = "a session of 30d goes on";
    for route in [Route::Page, Route::Worker] {
        holds_and_catches(check_sessions(&Regain::by(route).await).await, twin.clone(), fault);
    }
}

/// A browser that was given a cookie by somebody else, and in which Ana chooses a password and signs in.
trait ChangeForm {
    /// Somebody else's own cookie, that goes on.
    async fn mallorys(&self) -> String;
    /// All cookies that are set on the way to the new password, and the one that is set by the sign-in after.
    async fn change_with(&self, cookie: &str) -> (Vec<String>, String);
    async fn is_anas(&self, cookie: &str) -> bool;
}

struct Host(Arc<Accounts>);

#[async_trait]
impl SessionHost for Host {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        let cookie = fresh_cookie();
        self.0.begin(&cookie, &signed_in.account, Duration::HOUR).await;
        Ok(([(SET_COOKIE, format!("session={cookie}"))], Redirect::to("/home")).into_response())
    }
}

impl ChangeForm for Regain {
    async fn mallorys(&self) -> String {
        self.begin(false, Duration::DAY).await
    }

    async fn change_with(&self, cookie: &str) -> (Vec<String>, String) {
        let world = &self.site.world;
        world.fresh_link(&self.ana).await;
        let token = mailed_token(world, &self.ana);
        let cookie = format!("session={cookie}");
        let headers = [("cookie", cookie.as_str()), ("content-type", FORM)];
        let mut set = Vec::new();
        for (path, fields) in [
            ("/recovery/link", vec![("token", token.as_str())]),
            ("/recovery/new-password", vec![("token", &token), ("password", "short")]),
            ("/recovery/new-password", vec![("token", &token), ("password", NEW)]),
            ("/recovery/new-password", vec![("token", &token), ("password", NEW)]),
        ] {
            let shown = self.site.get(&format!("/recovery/link?token={token}"), &headers).await;
            let posted = self.site.post(path, &headers, form(&fields)).await;
            set.extend(
                [shown, posted].iter().filter_map(|answer| answer.header("set-cookie")).map(str::to_owned),
            );
        }
        let sign_in = form(&[("identifier", &self.ana.username), ("password", NEW)]);
        let answer = self.site.post("/sign-in", &headers, sign_in).await;
        let session = answer.header("set-cookie").and_then(|set| set.strip_prefix("session="));
        (set, session.expect("the new password signs in").to_owned())
    }

    async fn is_anas(&self, cookie: &str) -> bool {
        self.accounts.whose(cookie).await.as_ref() == Some(&self.ana.id)
    }
}

/// SilverStripe: the form went on in the session that the browser had, and made it that of whoever had changed a password.
#[derive(Default)]
struct SilverStripe(RefCell<BTreeMap<String, &'static str>>);

impl ChangeForm for SilverStripe {
    async fn mallorys(&self) -> String {
        self.0.borrow_mut().insert("m".to_owned(), "mallory");
        "m".to_owned()
    }

    async fn change_with(&self, cookie: &str) -> (Vec<String>, String) {
        self.0.borrow_mut().insert(cookie.to_owned(), "ana");
        (vec![], cookie.to_owned())
    }

    async fn is_anas(&self, cookie: &str) -> bool {
        self.0.borrow().get(cookie) == Some(&"ana")
    }
}

async fn check_fixation(subject: &impl ChangeForm) -> Verdict {
    for cookie in [subject.mallorys().await, "0123456789abcdef0123456789abcdef".to_owned()] {
        let (on_the_way, session) = subject.change_with(&cookie).await;
        ensure!(on_the_way.is_empty(), "before any sign-in a cookie is set: {on_the_way:?}");
        ensure!(!subject.is_anas(&cookie).await, "a session of before is Ana's now");
        ensure!(subject.is_anas(&session).await, "the session after is not Ana's");
        ensure!(session != cookie, "the session after is the one of before");
    }
    Ok(())
}

/// SE-4. SilverStripe: see [`SilverStripe`].
#[tokio::test]
async fn sess_cve_2019_12203_silverstripe_session_fixed_by_the_change_form() {
    let mut regain = Regain::by(Route::Page).await;
    let host = Arc::new(Host(regain.accounts.clone()));
    let pages =
        sign_in_router(regain.site.world.recovery.clone(), host, WebConfig::new(ClientAddress::Socket));
    regain.site = regain.site.merge(pages);
    let twin = check_fixation(&SilverStripe::default()).await;
    holds_and_catches(check_fixation(&regain).await, twin, "a session of before is Ana's now");
}
