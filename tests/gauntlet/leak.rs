//! LEAK: no answer, value, log line or cache gives a secret, or anything that was typed, away.

use crate::kit::{
    Answer, FORGOT_PASSWORD, FORGOT_USERNAME, NEW, NEWER, Site, Verdict, form, holds_and_catches,
    mailed_token,
};
use regain::identity::{EmailAddress, Identifier, IdentityClaims};
use regain::mail::Delivery;
use regain::password::Password;
use regain::sqlite::SqliteFlows;
use regain::testing::mocks::MockMailer;
use regain::testing::{Someone, World};
use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

rows! { "LEAK":
    "CVE-2025-58434" => leak_cve_2025_58434_flowise_token_in_the_answer,
    "CVE-2020-35234" => leak_cve_2020_35234_easy_wp_smtp_mails_in_the_log,
    "CVE-2016-9450" => leak_cve_2016_9450_drupal_reset_page_in_a_cache,
    "CVE-2026-6345" => leak_cve_2026_6345_mattermost_password_of_a_new_user,
}

/// What a story shows to those who look on: the answers, the values, the log.
struct Seen {
    texts: Vec<String>,
    canaries: Vec<String>,
}

fn check_seen(seen: &Seen) -> Verdict {
    ensure!(!seen.texts.is_empty() && !seen.canaries.is_empty(), "there is nothing to look for");
    for text in &seen.texts {
        let folded = text.to_ascii_lowercase();
        for canary in &seen.canaries {
            let found = folded.contains(&canary.to_ascii_lowercase());
            ensure!(!found, "{canary} is in {text}");
        }
    }
    Ok(())
}

const TYPED: &str = "somebody.unheard.of";

/// A story with everything in it, right and wrong, and what its pages answer.
struct Story {
    site: Site,
    ana: Someone,
    answers: Vec<(String, Answer)>,
    canaries: Vec<String>,
}

impl Story {
    async fn told_on(site: Site) -> Self {
        let ana = site.world.person("Anastasia").await;
        let mut story = Self { site, ana, answers: Vec::new(), canaries: Vec::new() };
        story.tell().await;
        story
    }

    async fn tell(&mut self) {
        let ana = self.ana.clone();
        for page in
            [FORGOT_PASSWORD, FORGOT_USERNAME, "/recovery/link", "/recovery/new-password", "/recovery/disown"]
        {
            self.get(page).await;
            self.post(page, &[]).await;
            self.post(page, &[("token", "x"), ("password", NEW)]).await;
            self.post(page, &[("token", &"A".repeat(64)), ("password", NEW)]).await;
        }
        for typed in [&ana.username, TYPED] {
            self.post(FORGOT_PASSWORD, &[("identifier", typed)]).await;
        }
        let claims = &ana.claims;
        let names = [("given_name", claims.given_name.as_str()), ("family_name", "Lindqvist")];
        let rest = [
            ("birth_day", "2"),
            ("birth_month", "4"),
            ("birth_year", "1961"),
            ("record_number", &claims.record_number),
        ];
        self.post(FORGOT_USERNAME, &[&names[..], &rest].concat()).await;
        self.site.world.work().await;
        self.use_the_link().await;
        self.post(FORGOT_PASSWORD, &[("identifier", &ana.email)]).await;
        self.canaries.extend([
            ana.username,
            ana.email,
            ana.password,
            claims.record_number.clone(),
            "Lindqvist".to_owned(),
        ]);
        self.canaries.extend([NEW, NEWER, TYPED, "too short to take"].map(str::to_owned));
        let hash =
            self.site.world.account(&self.ana).await.unwrap().password.clone().expect("a password is set");
        self.canaries.push(hash.as_str().to_owned());
    }

    async fn use_the_link(&mut self) {
        let Some(token) = self.token() else { return };
        self.get(&format!("/recovery/link?token={token}")).await;
        self.post("/recovery/link", &[("token", &token)]).await;
        self.post("/recovery/new-password", &[("token", &token), ("password", "too short to take")]).await;
        self.post("/recovery/new-password", &[("token", &token), ("password", NEW)]).await;
        self.post("/recovery/new-password", &[("token", &token), ("password", NEWER)]).await;
        self.post("/recovery/link", &[("token", &token)]).await;
        self.get(&format!("/recovery/link?token={token}")).await;
        self.canaries.extend([token[24..].to_owned(), token]);
    }

    fn token(&self) -> Option<String> {
        let mailed = !self.site.world.mailbox.mails().is_empty();
        mailed.then(|| mailed_token(&self.site.world, &self.ana))
    }

    async fn get(&mut self, target: &str) {
        let answer = self.site.get(target, &[]).await;
        self.answers.push((format!("GET {target}"), answer));
    }

    async fn post(&mut self, page: &str, fields: &[(&str, &str)]) {
        let answer = self.site.post(page, &[], form(fields)).await;
        self.answers.push((format!("POST {page}"), answer));
    }

    /// The bearer's own forms carry the bearer's own token.
    fn shown(&self) -> Vec<String> {
        let own = self.token().map(|token| format!("name=\"token\" value=\"{token}\"")).unwrap_or_default();
        let without = |answer: &Answer| format!("{answer:?}").replace(&own, "");
        self.answers
            .iter()
            .map(|(what, answer)| format!("{}\n{}", what.split('?').next().unwrap(), without(answer)))
            .collect()
    }
}

/// Every value that passes a host's hands, as a careless log line would print it.
async fn values(story: &Story) -> Vec<String> {
    fn print(value: &dyn Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let (world, ana) = (&story.site.world, &story.ana);
    let (identifier, password) = (ana.identifier(), Password::new(NEWER));
    let account = world.account(ana).await.unwrap();
    let token = world.link_of(ana);
    let row = world.flows.load(world.realm(), token.flow()).await.unwrap().unwrap();
    let mail = world.mailbox.mails().remove(0);
    let claims = IdentityClaims::new(ana.claims.clone());
    let hash = world.recovery.hash_new_password(&account, &password).await.unwrap();
    let signed_in = world.recovery.sign_in(&identifier, &Password::new(NEW), &world.client()).await;
    let refused =
        world.recovery.sign_in(&identifier, &Password::new("too short to take"), &world.client()).await;
    let looked = world.recovery.look(&token).await;
    let chosen = world.recovery.choose_password(&token, &password, &world.client()).await;
    let asked = world.recovery.ask_password(&Identifier::parse(TYPED), &world.client()).await;
    let weak = world.recovery.hash_new_password(&account, &Password::new("too short to take")).await;
    let address = EmailAddress::parse(&ana.email).unwrap();
    let prepared = password.prepare().unwrap();
    let mut values: Vec<&dyn Debug> =
        vec![&identifier, &password, &prepared, &account, &token, &row, &mail, &claims, &ana.claims];
    values.extend([
        &hash as &dyn Debug,
        &signed_in,
        &refused,
        &looked,
        &chosen,
        &asked,
        &weak,
        &address,
        &account.person,
    ]);
    let mut texts: Vec<String> = values.into_iter().map(print).collect();
    texts.extend(world.events.take().iter().map(|event| print(event)));
    texts.extend(world.audit().await.iter().map(|line| print(line)));
    texts
}

async fn seen_of_regain() -> Seen {
    let story = Story::told_on(Site::new()).await;
    let mut texts = story.shown();
    texts.extend(values(&story).await);
    let worked = story.answers.iter().any(|(_, answer)| answer.body.contains("Your new password is set"));
    assert!(worked, "the story comes to its end");
    Seen { texts, canaries: story.canaries }
}

struct FlowiseUser {
    email: &'static str,
    temp_token: &'static str,
}

impl FlowiseUser {
    fn forgot_password(&self, email: &str) -> String {
        if email != self.email {
            return "{}".to_owned();
        }
        format!("{{\"user\":{{\"id\":1,\"tempToken\":\"{}\",\"status\":\"active\"}}}}", self.temp_token)
    }
}

/// Flowise up to 3.0.5: the answer to "forgot password" was the user's record, `tempToken` included.
#[tokio::test]
async fn leak_cve_2025_58434_flowise_token_in_the_answer() {
    let user = FlowiseUser { email: "ana@home.example", temp_token: "f3a9c1d2e4b5" };
    let canaries = vec![user.email.to_owned(), user.temp_token.to_owned()];
    let twin =
        Seen { texts: vec![user.forgot_password(user.email), user.forgot_password("nobody")], canaries };
    holds_and_catches(check_seen(&seen_of_regain().await), check_seen(&twin), "f3a9c1d2e4b5 is in");
}

/// Mattermost: what was answered about a user who was just made had the password in it.
#[tokio::test]
async fn leak_cve_2026_6345_mattermost_password_of_a_new_user() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug`, which is the fault")]
    struct User {
        username: &'static str,
        password: &'static str,
    }
    let made = User { username: "new.user", password: NEW };
    let twin = Seen { texts: vec![format!("created {made:?}")], canaries: vec![NEW.to_owned()] };
    holds_and_catches(
        check_seen(&seen_of_regain().await),
        check_seen(&twin),
        "forty-one copper kettles whistle is in",
    );
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs something with every log line kept, down to `TRACE`.
///
/// A place in the code that logs is registered by the thread that comes to it first. While `tracing` knows of one
/// subscriber only, it asks that thread's own: another test's thread, which has none, would switch the place off for all.
/// So there is a second subscriber, which wants nothing.
async fn logged(work: impl Future<Output = Vec<String>>) -> Seen {
    let silent =
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::OFF).finish();
    let silent = tracing::Dispatch::new(silent);
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let canaries = work.await;
    drop((guard, silent));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    Seen { texts: text.lines().map(str::to_owned).collect(), canaries }
}

/// The whole story, once more on SQLite, and one in which every mail fails.
async fn story_for_the_log() -> Vec<String> {
    tracing::trace!("the log is kept");
    let story = Story::told_on(Site::new()).await;
    values(&story).await;
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(|_| Delivery::RetryLater("mailbox unavailable".into()));
    let folder = tempfile::tempdir().unwrap();
    let flows = Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
    let stored = Story::told_on(Site::build(World::builder().flows(flows))).await;
    let broken = Story::told_on(Site::build(World::builder().mailer(Arc::new(mailer)))).await;
    [story.canaries, stored.canaries, broken.canaries].concat()
}

/// Easy WP SMTP: its debug log, readable for all, had whole mails in it, reset links included.
#[tokio::test]
async fn leak_cve_2020_35234_easy_wp_smtp_mails_in_the_log() {
    let regain = logged(story_for_the_log()).await;
    assert!(
        regain.texts.iter().any(|line| line.contains("mail not delivered")),
        "the log has regain's own lines"
    );
    let twin = logged(async {
        let mail = format!("To: ana@home.example\n\nhttps://portal.mercy.example/?key={NEW}");
        tracing::debug!(mail, "smtp: sent");
        vec![NEW.to_owned()]
    });
    holds_and_catches(check_seen(&regain), check_seen(&twin.await), "smtp: sent");
}

/// The ticket of a browser that asked, which is no session and names nobody.
const TICKET: &str = "__Host-regain-ask=.; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600";

/// No page may be kept or told on, no cookie is set but for the ticket of who asks, and what a page says does not depend on who looks at it.
fn check_caches(answers: &[(String, Answer)]) -> Verdict {
    for (what, answer) in answers {
        let says = |name: &str| answer.header(name).unwrap_or_default();
        ensure!(says("cache-control") == "no-store", "{what} may be cached: {:?}", says("cache-control"));
        ensure!(says("referrer-policy") == "no-referrer", "{what} may be told on by a referrer");
        let asks = what.as_str() == "POST /recovery/forgot-password";
        let cookie = answer.header("set-cookie");
        ensure!(cookie.is_none() || asks && cookie == Some(TICKET), "{what} sets a cookie: {cookie:?}");
        for header in ["etag", "last-modified", "expires", "age", "access-control-allow-origin"] {
            ensure!(answer.header(header).is_none(), "{what} has the header {header}");
        }
        // By language, and by nothing that tells people apart.
        let vary = answer.header("vary");
        ensure!(vary.is_none_or(|by| by == "accept-language"), "{what} varies by {vary:?}");
    }
    Ok(())
}

/// Whether a page may be cached was decided by the session, and who resets a password has none yet.
fn drupal(path: &str) -> Answer {
    let session: Option<&str> = None;
    let cache = if session.is_some() || path == "/user/login" { "no-store" } else { "public, max-age=600" };
    let headers = [("cache-control", cache), ("referrer-policy", "no-referrer")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Answer { status: 200, headers, body: "Hello ana, choose a new password".to_owned() }
}

/// Drupal 8: the reset page was cached without regard to the user it was made for.
#[tokio::test]
async fn leak_cve_2016_9450_drupal_reset_page_in_a_cache() {
    let story = Story::told_on(Site::new()).await;
    let mut answers = story.answers.clone();
    for page in ["/recovery/link", FORGOT_PASSWORD, "/recovery/new-password"] {
        for method in ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH", "X"] {
            let answer = story.site.send(method.parse().unwrap(), page, &[], axum::body::Body::empty()).await;
            answers.push((format!("{method} {page}"), answer));
        }
        let plain = story.site.get(page, &[]).await;
        let headers = [
            ("cookie", "session=1"),
            ("authorization", "Basic x"),
            ("if-none-match", "*"),
            ("range", "bytes=0-9"),
        ];
        let asked = story.site.get(page, &headers).await;
        assert_eq!(plain, asked, "{page} depends on who looks at it");
        answers.push((format!("POST {page} too long"), story.site.post(page, &[], "x".repeat(70_000)).await));
        let forged = story.site.post(page, &[("origin", "https://evil.test")], "").await;
        answers.push((format!("POST {page} forged"), forged));
        answers.push((
            format!("POST {page} as JSON"),
            story.site.post(page, &[("content-type", "text/json")], "{}").await,
        ));
    }
    let twin = ["/user/login", "/user/reset/1"].map(|path| (format!("GET {path}"), drupal(path)));
    holds_and_catches(check_caches(&answers), check_caches(&twin), "GET /user/reset/1 may be cached");
}
