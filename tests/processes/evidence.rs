//! What is left when all is over: rows, mails, and what people were told. Read, not judged.

use crate::mails::{Mail, on_disk};
use crate::people::Told;
use crate::scene::{KEY, Scene};
use regain::audit::AuditTrail;
use regain::clock::Timestamp;
use regain::ids::Realm;
use regain::keys::KeyRing;
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _, Verification};
use regain::postgres::PostgresFlows;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone)]
pub struct Flow {
    pub id: Vec<u8>,
    pub version: i64,
    pub state: String,
    pub purpose: String,
    pub is_open: bool,
}

/// A line of the audit record.
#[derive(Debug, Clone)]
pub struct Line {
    pub flow: Vec<u8>,
    pub version: i64,
    pub event: String,
    pub account: Option<Vec<u8>>,
}

/// Which of the passwords that somebody knew the stored hash is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    Old,
    New,
    Neither,
}

#[derive(Debug, Clone)]
pub struct User {
    pub email: String,
    pub username: String,
    pub stored: Stored,
    /// How often the database saw it set.
    pub times_set: i64,
    /// Of one who took part.
    pub told: Option<Told>,
    pub mistaken: bool,
}

#[derive(Debug, Clone)]
pub struct Evidence {
    pub flows: Vec<Flow>,
    pub audit: Vec<Line>,
    /// What regain's own verification of the audit record has found.
    pub breaks: Vec<String>,
    pub waiting_mails: i64,
    pub dead_letters: i64,
    pub users: Vec<User>,
    pub mails: Vec<Mail>,
}

pub async fn gather(scene: &Scene, told: Vec<Told>) -> Evidence {
    let mut database = scene.cluster.connect().await.unwrap();
    Evidence {
        flows: all(&mut database, FLOWS, flow).await,
        audit: all(&mut database, AUDIT, line).await,
        breaks: breaks(scene).await,
        waiting_mails: count(&mut database, "SELECT count(*) FROM regain.outbox").await,
        dead_letters: count(&mut database, "SELECT count(*) FROM regain.dead_letter").await,
        users: users(scene, told, &mut database).await,
        mails: on_disk(&scene.mail_folder),
    }
}

const FLOWS: &str = "SELECT id, version, state, purpose,
    coalesce(live_link AND expires_at > extract(epoch FROM now()) * 1000, false) AS is_open FROM regain.flow";
const AUDIT: &str = "SELECT flow, version, event, account FROM regain.audit";
const USERS: &str = "SELECT id, login, email, password,
    (SELECT count(*) FROM password_log WHERE user_id = id) AS times_set FROM users ORDER BY id";

fn flow(row: &PgRow) -> Result<Flow, sqlx::Error> {
    Ok(Flow {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        state: row.try_get("state")?,
        purpose: row.try_get("purpose")?,
        is_open: row.try_get("is_open")?,
    })
}

fn line(row: &PgRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        flow: row.try_get("flow")?,
        version: row.try_get("version")?,
        event: String::from_utf8_lossy(row.try_get("event")?).into_owned(),
        account: row.try_get("account")?,
    })
}

async fn all<T>(
    database: &mut PgConnection,
    sql: &'static str,
    read: fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Vec<T> {
    let rows = sqlx::query(sql).fetch_all(database).await.unwrap();
    rows.iter().map(|row| read(row).unwrap()).collect()
}

async fn count(database: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(database).await.unwrap().try_get(0).unwrap()
}

async fn breaks(scene: &Scene) -> Vec<String> {
    let flows = Arc::new(PostgresFlows::connect(&scene.cluster.url()).await.unwrap());
    let trail = AuditTrail::new(Realm::new("mercy").unwrap(), &KeyRing::new(1, KEY), flows.clone());
    let report = trail.verify(Timestamp::from_millis(0), None).await.unwrap();
    flows.close().await;
    assert!(report.checkpoints > 0, "the portals have closed nothing");
    report.findings.iter().map(|finding| format!("{finding:?}")).collect()
}

async fn users(scene: &Scene, told: Vec<Told>, database: &mut PgConnection) -> Vec<User> {
    let rows = sqlx::query(USERS).fetch_all(database).await.unwrap();
    let mut told = told.into_iter().map(Some).collect::<Vec<_>>();
    told.resize(rows.len(), None);
    let mut users = Vec::with_capacity(rows.len());
    for ((row, told), number) in rows.iter().zip(told).zip(0..) {
        let person = scene.people.get(number);
        let hash: String = row.try_get("password").unwrap();
        users.push(User {
            email: row.try_get("email").unwrap(),
            username: row.try_get("login").unwrap(),
            times_set: row.try_get("times_set").unwrap(),
            stored: match person {
                Some(person) => stored(hash, person.old_password(), person.new_password()).await,
                // Nobody's password fits the hash that bystanders share.
                None if hash == Argon2Hasher::default().dummy().as_str() => Stored::Old,
                None => Stored::Neither,
            },
            mistaken: person.is_some_and(|person| person.kind == crate::people::Kind::Mistaken),
            told,
        });
    }
    users
}

/// What was compared once: a comparison takes a while, and evidence is gathered several times.
static KNOWN: Mutex<BTreeMap<(String, String), Stored>> = Mutex::new(BTreeMap::new());

async fn stored(hash: String, old: String, new: String) -> Stored {
    let key = (hash, new);
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return *known;
    }
    let (hash, new) = key.clone();
    let compared = tokio::task::spawn_blocking(move || {
        let hash = Arc::new(PasswordHash::parse(&hash).unwrap());
        let fits = |password: String| {
            let prepared = Password::new(password).prepare().unwrap();
            Argon2Hasher::default().verify(&prepared, &hash).is_ok_and(Verification::is_right)
        };
        // No hash fits two passwords.
        if fits(new) {
            Stored::New
        } else if fits(old) {
            Stored::Old
        } else {
            Stored::Neither
        }
    });
    let stored = compared.await.unwrap();
    KNOWN.lock().unwrap().insert(key, stored);
    stored
}

impl Evidence {
    /// Who went away without having got in, and what they were told.
    pub fn left_outside(&self) -> Vec<(&str, &Told)> {
        let told = self.users.iter().filter_map(|user| Some((user, user.told.as_ref()?)));
        let outside = told.filter(|(user, told)| !user.mistaken && !told.signed_in);
        outside.map(|(user, told)| (user.username.as_str(), told)).collect()
    }

    /// A calm run proves nothing.
    pub fn assert_that_it_was_hard(&self) {
        let told: Vec<&Told> = self.users.iter().filter_map(|user| user.told.as_ref()).collect();
        let unclear = told
            .iter()
            .map(|told| told.asks_for_password.unclear + u32::from(told.unclear_choice))
            .sum::<u32>();
        assert!(unclear > 0, "no request was left without an answer");
        let through = told.iter().filter(|told| told.signed_in).count();
        assert!(through * 10 > told.len() * 8, "only {through} of {} people got through", told.len());
        let mut ids: Vec<&str> = self.mails.iter().map(|mail| mail.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() < self.mails.len(), "no mail was sent twice, so that no double could be found");
    }
}
