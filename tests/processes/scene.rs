//! The scene: a database, a relay, four portals, and people who have forgotten their passwords.

use crate::cluster::Cluster;
use crate::mails::MailFolder;
use crate::people::{Person, Told};
use crate::portals::{COUNT, ORIGIN, Portal};
use crate::relay::Relay;
use crate::{AFTERMATH, TROUBLE};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use regain::password::{Argon2Hasher, Password, PasswordHasher as _};
use sqlx::{PgConnection, Row as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// People who have an account and do nothing: their passwords stay.
const BYSTANDERS: usize = 100;

/// People who sign in at once when all is calm.
const AT_LAST: usize = 8;

/// The portals' key.
pub const KEY: [u8; 32] = [0x5a; 32];

/// Reproducible numbers (Steele, Lea and Flood 2014).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    pub fn time_within(&mut self, span: Duration) -> Duration {
        Duration::from_millis(u64::try_from(self.below(usize::try_from(span.as_millis()).unwrap())).unwrap())
    }
}

pub struct Scene {
    pub cluster: Cluster,
    pub relay: Arc<Relay>,
    pub portals: Arc<Vec<Portal>>,
    pub mails: Arc<MailFolder>,
    pub mail_folder: PathBuf,
    pub people: Vec<Arc<Person>>,
    pub began: Instant,
    _folder: TempDir,
}

impl Scene {
    pub async fn set(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cluster, mail_folder) = (Cluster::start().await, folder.path().join("mails"));
        let relay = Arc::new(Relay::start(&mail_folder).await);
        let key = folder.path().join("portal.key");
        std::fs::write(&key, KEY).unwrap();
        let common = [
            ("--database", cluster.url()),
            ("--key-file", key.display().to_string()),
            ("--smtp", format!("smtp://127.0.0.1:{}", relay.port)),
            ("--origin", ORIGIN.to_owned()),
            ("--people", (count + BYSTANDERS).to_string()),
        ];
        let mut common: Vec<String> =
            common.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        // This is about processes that die, not about how long two processors hash.
        common.push("--cheap-hashes".to_owned());
        let portals: Vec<Portal> = (0..COUNT).map(|n| Portal::new(n, &common, folder.path())).collect();
        join_all(portals.iter().map(Portal::start)).await;
        join_all(portals.iter().map(Portal::wait_until_up)).await;

        let mut database = cluster.connect().await.unwrap();
        let people = people(&mut database, count).await;
        keep_a_log_of_passwords(&mut database).await;
        let mails = Arc::new(MailFolder::new(&mail_folder));
        tokio::spawn(carry(mails.clone()));
        let (portals, began) = (Arc::new(portals), Instant::now());
        Self { cluster, relay, portals, mails, mail_folder, people, began, _folder: folder }
    }

    /// Everybody comes at a time of their own, and goes through the pages.
    pub async fn everybody(&self, seed: u64) -> Vec<Told> {
        let mut dice = Dice(seed);
        let give_up = self.began + TROUBLE + AFTERMATH;
        let tasks: Vec<_> = self
            .people
            .iter()
            .map(|person| {
                let wait = dice.time_within(TROUBLE * 9 / 10);
                let visit = person.visit(self, Dice(seed ^ person.id.unsigned_abs()), give_up);
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    visit.live().await
                })
            })
            .collect();
        join_all(tasks).await.into_iter().map(Result::unwrap).collect()
    }

    /// Until nothing waits any more, or for so long.
    pub async fn settle(&self, limit: Duration) {
        join_all(self.portals.iter().map(Portal::wait_until_up)).await;
        let end = Instant::now() + limit;
        let mut database = self.cluster.connect().await.unwrap();
        while Instant::now() < end && waiting(&mut database).await > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// All is calm: who may have a new password, and is not in with it yet, tries it. A few at a time.
    pub async fn sign_in_at_last(&self, told: Vec<Told>) -> Vec<Told> {
        let give_up = Instant::now() + AFTERMATH;
        let tries = told.into_iter().zip(&self.people).map(async |(mut told, person)| {
            told.signs_in = told.signed_in;
            if told.may_have_new_password() && !told.signed_in {
                told.signs_in = person.visit(self, Dice(1), give_up).opens_at_last().await;
            }
            told
        });
        stream::iter(tries).buffered(AT_LAST).collect().await
    }

    /// How the portals' logs end, for whoever has to find out what went wrong.
    pub fn print_logs(&self) {
        for portal in self.portals.iter() {
            let log = portal.log();
            let lines: Vec<&str> = log.lines().collect();
            println!(
                "portal on port {}:\n{}",
                portal.port,
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
        }
    }
}

/// Mails come into the boxes.
async fn carry(mails: Arc<MailFolder>) {
    loop {
        mails.refresh();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn waiting(database: &mut PgConnection) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM regain.outbox)
               + (SELECT count(*) FROM regain.flow WHERE state IN ('requested', 'password_chosen'))";
    sqlx::query(sql).fetch_one(database).await.unwrap().try_get(0).unwrap()
}

/// The first of those that four portals made at the same time; each gets a password that it will have forgotten.
async fn people(database: &mut PgConnection, count: usize) -> Vec<Arc<Person>> {
    let rows = sqlx::query("SELECT * FROM users ORDER BY id").fetch_all(&mut *database).await.unwrap();
    assert_eq!(rows.len(), count + BYSTANDERS, "four portals that start at once add people once");
    let people: Vec<Person> =
        rows.iter().take(count).enumerate().map(|(n, row)| Person::read(n, row)).collect();
    for person in &people {
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&person.id.to_be_bytes());
        let forgotten = Password::new(person.old_password()).prepare().unwrap();
        let hash = Argon2Hasher::danger_for_tests().hash(&forgotten, salt).unwrap();
        let set =
            sqlx::query("UPDATE users SET password = $1 WHERE id = $2").bind(hash.as_str()).bind(person.id);
        set.execute(&mut *database).await.unwrap();
    }
    people.into_iter().map(Arc::new).collect()
}

/// The database itself notes each password that is set.
async fn keep_a_log_of_passwords(database: &mut PgConnection) {
    let sql = "CREATE TABLE password_log (user_id bigint NOT NULL);
         CREATE FUNCTION log_password() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN INSERT INTO password_log VALUES (NEW.id); RETURN NEW; END';
         CREATE TRIGGER log_password AFTER UPDATE OF password ON users FOR EACH ROW EXECUTE FUNCTION log_password()";
    sqlx::raw_sql(sql).execute(database).await.unwrap();
}
