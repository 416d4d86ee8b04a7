//! STORE: whoever reads all tables can redeem nothing, and reads no secret.

use crate::kit::{NEW, NEWER, Site, Verdict, form, holds_and_catches};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::account::{AccountStore, Applied};
use regain::mail::Delivery;
use regain::sqlite::SqliteFlows;
use regain::store::StoreError;
use regain::testing::mocks::{MockAccountStore, MockMailer};
use regain::testing::{Someone, World};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

rows! { "STORE":
    "CVE-2021-22911" => store_cve_2021_22911_rocket_chat_stored_tokens_read_by_injection,
    "CVE-2019-9053" => store_cve_2019_9053_cms_made_simple_stored_token_read_by_injection,
    "CVE-2020-15105" => store_cve_2020_15105_django_two_factor_auth_password_kept_between_steps,
}

/// Tables that somebody reads in full.
trait Tables {
    /// Goes one step on: asked, mail waits, mailed, looked at, refused, chosen, done. `None` at the end.
    async fn step(&self) -> Option<&'static str>;
    /// All that is stored, as bytes.
    async fn dump(&self) -> Vec<Vec<u8>>;
    /// What must be in no table: secrets, and what was typed.
    fn canaries(&self) -> Vec<String>;
    async fn redeem(&self, token: &str) -> bool;
}

/// On SQLite, so that the files are all there is to read. The mail system is down, so that mails wait.
struct Regain {
    site: Site,
    ana: Someone,
    folder: tempfile::TempDir,
    mailed: Arc<Mutex<Vec<String>>>,
    steps: Mutex<usize>,
}

impl Regain {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flows = Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
        let world = World::builder();
        let people = Arc::new(regain::memory::MemoryAccounts::new());
        let mailed = Arc::new(Mutex::new(Vec::new()));
        let world = world
            .flows(flows)
            .accounts(people.clone())
            .served_accounts(Arc::new(that_cannot_be_written(people)))
            .mailer(Arc::new(that_keeps_and_fails(mailed.clone())))
            .build();
        let ana = world.person("Anastasia").await;
        Self { site: Site::of(world), ana, folder, mailed, steps: Mutex::new(0) }
    }

    fn token(&self) -> Option<String> {
        let mails = self.mailed.lock().unwrap();
        let (_, rest) = mails.last()?.split_once("?token=")?;
        Some(rest.split_whitespace().next()?.to_owned())
    }

    async fn post(&self, page: &str, password: &str) {
        let token = self.token().unwrap_or_default();
        let fields = [("token", token.as_str()), ("password", password)];
        self.site.post(page, &[], form(&fields[..if password.is_empty() { 1 } else { 2 }])).await;
    }
}

/// A host's accounts that can be read, but not written: a chosen password stays pending.
fn that_cannot_be_written(people: Arc<regain::memory::MemoryAccounts>) -> MockAccountStore {
    let mut accounts = MockAccountStore::new();
    let by_identifier = people.clone();
    accounts.expect_find_by_identifier().returning(move |id| now(by_identifier.find_by_identifier(id)));
    let by_identity = people.clone();
    accounts.expect_find_by_identity().returning(move |key| now(by_identity.find_by_identity(key)));
    accounts.expect_get().returning(move |id| now(people.get(id)));
    accounts
        .expect_set_password()
        .returning(|_| Err::<Applied, _>(StoreError::plain("the directory is read-only")));
    accounts
}

fn now<T>(work: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(work).expect("memory answers at once")
}

fn that_keeps_and_fails(mailed: Arc<Mutex<Vec<String>>>) -> MockMailer {
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(move |mail| {
        mailed.lock().unwrap().push(mail.text.to_string());
        Delivery::RetryLater("the mail system is down".into())
    });
    mailer
}

impl Tables for Regain {
    async fn step(&self) -> Option<&'static str> {
        let step = *self.steps.lock().unwrap();
        *self.steps.lock().unwrap() += 1;
        Some(match step {
            0 => {
                self.site.ask(&self.ana.username).await;
                self.site
                    .post(crate::kit::FORGOT_USERNAME, &[], form(&[("record_number", "MRN-00001")]))
                    .await;
                "asked"
            }
            1 => {
                self.site.world.worker.step().await.unwrap();
                "mail waits"
            }
            2 => {
                self.post("/recovery/link", "").await;
                "looked at"
            }
            3 => {
                self.post("/recovery/new-password", "too short").await;
                "refused"
            }
            4 => {
                self.post("/recovery/new-password", NEW).await;
                "chosen"
            }
            _ => return None,
        })
    }

    async fn dump(&self) -> Vec<Vec<u8>> {
        let mut dump = files(self.folder.path());
        let world = &self.site.world;
        if let Some(token) = self.token() {
            let token = regain::RecoveryToken::parse(&token).unwrap();
            let row =
                world.flows.load(world.realm(), token.flow()).await.unwrap().expect("the flow is there");
            dump.extend([row.id.as_bytes().to_vec(), row.digest.unwrap_or_default().to_vec()]);
            dump.extend([row.epoch.unwrap_or_default().to_vec(), row.sealed.unwrap_or_default()]);
        }
        dump
    }

    fn canaries(&self) -> Vec<String> {
        let ana = &self.ana;
        let mut canaries = vec![ana.username.clone(), ana.email.clone(), ana.password.clone()];
        canaries.extend([NEW, NEWER, "too short", "MRN-00001"].map(str::to_owned));
        if let Some(token) = self.token() {
            canaries.extend([token[24..].to_owned(), token]);
        }
        canaries
    }

    async fn redeem(&self, token: &str) -> bool {
        self.site.choose(token, NEWER).await
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

/// A reader of all tables tries whatever is stored as a token, in every spelling.
async fn check_redeeming(subject: &impl Tables) -> Verdict {
    while let Some(step) = subject.step().await {
        let dump = subject.dump().await;
        for guess in guesses(&dump) {
            ensure!(!subject.redeem(&guess).await, "{step}: {guess} out of the tables was redeemed");
        }
    }
    Ok(())
}

/// No secret and nothing that was typed is in any table after any step, plain, in hexadecimal or in base64.
async fn check_secrecy(subject: &impl Tables) -> Verdict {
    while let Some(step) = subject.step().await {
        let dump = subject.dump().await;
        for canary in subject.canaries() {
            let bytes = canary.as_bytes();
            let raw = Base64UrlUnpadded::decode_vec(&canary).unwrap_or(bytes.to_vec());
            for wanted in [bytes.to_vec(), hex(bytes).into(), base64(bytes).into(), hex(&raw).into(), raw] {
                let found = wanted.len() > 5
                    && dump.iter().any(|part| part.windows(wanted.len()).any(|at| at == wanted));
                ensure!(!found, "{step}: {canary} is in the tables");
            }
        }
    }
    Ok(())
}

/// Short values only: a file as a whole is no token.
fn guesses(dump: &[Vec<u8>]) -> Vec<String> {
    let short: Vec<&Vec<u8>> = dump.iter().filter(|part| (1..=200).contains(&part.len())).collect();
    let mut guesses = Vec::new();
    for part in &short {
        guesses.extend([
            String::from_utf8_lossy(part).into_owned(),
            hex(part),
            base64(part),
            hex(&Sha256::digest(part)),
        ]);
        for other in &short {
            guesses.extend([base64(&[&part[..], other].concat()), hex(&[&part[..], other].concat())]);
        }
    }
    guesses
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

const TOKEN: &str = "tok-5f1e0c77a1b94d2d";

/// Its name, and what is stored then.
type Step = (&'static str, fn() -> String);

/// A twin with one row: what is stored at each step, and what is taken for a token.
struct Twin {
    steps: &'static [Step],
    at: Mutex<usize>,
    takes: fn(&str) -> bool,
}

impl Twin {
    fn new(steps: &'static [Step], takes: fn(&str) -> bool) -> Self {
        Self { steps, at: Mutex::new(0), takes }
    }
}

impl Tables for Twin {
    async fn step(&self) -> Option<&'static str> {
        let mut at = self.at.lock().unwrap();
        *at += 1;
        self.steps.get(*at - 1).map(|(name, _)| *name)
    }

    async fn dump(&self) -> Vec<Vec<u8>> {
        let at = *self.at.lock().unwrap();
        self.steps[..at].iter().map(|(_, stored)| stored().into_bytes()).collect()
    }

    fn canaries(&self) -> Vec<String> {
        vec![NEW.to_owned()]
    }

    async fn redeem(&self, token: &str) -> bool {
        (self.takes)(token)
    }
}

/// Rocket.Chat: the token stood in the user's record as it was mailed, and injection read it out bit by bit.
#[tokio::test(flavor = "multi_thread")]
async fn store_cve_2021_22911_rocket_chat_stored_tokens_read_by_injection() {
    let twin = Twin::new(&[("mailed", || TOKEN.to_owned())], |token| token == TOKEN);
    let fault = "tok-5f1e0c77a1b94d2d out of the tables";
    holds_and_catches(check_redeeming(&Regain::new().await).await, check_redeeming(&twin).await, fault);
}

/// CMS Made Simple: the stored code was itself a digest, and that digest was what the link carried.
#[tokio::test(flavor = "multi_thread")]
async fn store_cve_2019_9053_cms_made_simple_stored_token_read_by_injection() {
    let twin = Twin::new(&[("mailed", || hex(&Sha256::digest("ana")))], |token| {
        token == hex(&Sha256::digest("ana"))
    });
    holds_and_catches(
        check_redeeming(&Regain::new().await).await,
        check_redeeming(&twin).await,
        "out of the tables",
    );
}

/// django-two-factor-auth: the password stood in the session, in plain, while the second step was waited for.
#[tokio::test(flavor = "multi_thread")]
async fn store_cve_2020_15105_django_two_factor_auth_password_kept_between_steps() {
    let steps: &[Step] = &[
        ("asked", String::new),
        ("between steps", || format!("{{\"step\":\"token\",\"password\":\"{NEW}\"}}")),
    ];
    let twin = Twin::new(steps, |_| false);
    let fault = "between steps: forty-one copper kettles whistle";
    holds_and_catches(check_secrecy(&Regain::new().await).await, check_secrecy(&twin).await, fault);
}
