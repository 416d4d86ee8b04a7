//! What only a file can do: races on it, and a database that is locked, broken, gone, or from the future.

use futures_util::future::join_all;
use regain::budget::Quota;
use regain::language::LanguageTag;
use regain::recovery::{Chosen, Limits};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::{Commit, Committed, FlowWrite, StoreErrorKind};
use regain::testing::{Someone, World};
use regain::{Client, RecoveryError, RecoveryToken};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, SqliteConnection};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

struct Site {
    world: World,
    folder: TempDir,
}

async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let flows = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
    Site { world: World::with(Arc::new(flows), Arc::new(accounts)), folder }
}

async fn raw(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_regains_both_credentials_on_sqlite() {
    let Site { world, folder: _folder } = site().await;
    let ana = world.person("Ana").await;
    world.recovery.ask_username(&ana.claims(), &Client::unknown()).await.unwrap();
    world.work().await;
    assert!(world.mailbox.to(&ana.email)[0].text.contains(&ana.username));
    let link = world.fresh_link(&ana).await;
    world.accounts.begin_session(&ana.id).await;
    let password = regain::password::Password::new("violet harbour tin whistle 7");
    assert_eq!(world.recovery.choose_password(&link, &password, &Client::unknown()).await, Ok(Chosen::Done));
    assert_eq!(world.accounts.sessions(&ana.id).await, 0, "all sessions are ended");
    assert!(world.recovery.sign_in(&ana.identifier(), &password, &world.client()).await.is_ok());
    let old = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await;
    assert_eq!(old.map(drop), Err(RecoveryError::NotAccepted));
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_a_row_is_that_of_its_mails() {
    let Site { world, folder: _folder } = site().await;
    let spanish = LanguageTag::parse("es-MX").unwrap();
    let ana = world.person_with("Ana", |account| account.language = Some(spanish.clone())).await;
    let stored = world.accounts.get(&ana.id).await.unwrap().unwrap();
    assert_eq!(stored.language, Some(spanish));
    let link = world.fresh_link(&ana).await;
    let password = regain::password::Password::new("violet harbour tin whistle 7");
    assert_eq!(world.recovery.choose_password(&link, &password, &Client::unknown()).await, Ok(Chosen::Done));
    world.work().await;
    let subjects: Vec<_> = world.mailbox.to(&ana.email).into_iter().map(|mail| mail.subject).collect();
    let expected =
        ["Elija una contraseña nueva para Mercy Clinic", "Su contraseña de Mercy Clinic se cambió"];
    assert_eq!(subjects, expected);
}

/// RC-6, GHSA-r3xq-68wh-gwvh. `REGAIN_RACE_ROUNDS` sets how often.
#[tokio::test(flavor = "multi_thread")]
async fn of_64_redemptions_at_once_one_succeeds_and_its_password_is_set() {
    let rounds: u32 = std::env::var("REGAIN_RACE_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let flows = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
    let mut limits = Limits::default();
    // The budget of a link would let only 20 of 64 race.
    limits.choices_per_link = Quota::new(64, time::Duration::HOUR);
    let builder = World::builder().flows(Arc::new(flows)).accounts(Arc::new(accounts));
    let world = Arc::new(builder.configure(move |builder| builder.limits(limits)).build());
    let all: Vec<u32> = (0..rounds).collect();
    for some in all.chunks(ROUNDS_AT_ONCE) {
        let races = with_links(&world, some).await.into_iter();
        join_all(races.map(|(ana, link)| redeem_64_times_at_once(&world, ana, link))).await;
    }
    println!("sqlite: one success in {rounds}/{rounds} rounds of 64");
}

/// Rounds side by side share transactions.
const ROUNDS_AT_ONCE: usize = 8;

/// Somebody with a link for each round. Time goes on, so that no budget of all asks together is in the way.
async fn with_links(world: &World, rounds: &[u32]) -> Vec<(Someone, RecoveryToken)> {
    let mut people = Vec::new();
    for round in rounds {
        let ana = world.person(&format!("ana{round}")).await;
        world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
        world.clock.advance(time::Duration::seconds(1));
        people.push(ana);
    }
    world.work().await;
    people.into_iter().map(|ana| (ana.clone(), world.link_of(&ana))).collect()
}

async fn redeem_64_times_at_once(world: &Arc<World>, ana: Someone, link: RecoveryToken) {
    let tries = (0..64).map(|n| {
        let (world, link) = (world.clone(), link.clone());
        let password = regain::password::Password::new(format!("violet {n} harbour tin whistle"));
        tokio::spawn(async move {
            let chosen = world.recovery.choose_password(&link, &password, &world.client()).await;
            (chosen, password)
        })
    });
    let mut won = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        let (chosen, password) = attempt.await.unwrap();
        match chosen {
            Ok(chosen) => won.push((chosen, password)),
            Err(RecoveryError::LinkNotUsable) => {}
            Err(error) => panic!("{}: {error:?}", ana.username),
        }
    }
    assert_eq!(won.len(), 1, "of 64 at once one succeeds: {}", ana.username);
    assert_eq!(won[0].0, Chosen::Done);
    let signed_in = world.recovery.sign_in(&ana.identifier(), &won[0].1, &world.client()).await;
    assert!(signed_in.is_ok(), "and it is that one's password that is set: {}", ana.username);
}

async fn ask(world: &World, name: &str) -> Result<(), RecoveryError> {
    let identifier = regain::identity::Identifier::parse(name);
    world.recovery.ask_password(&identifier, &world.client()).await.map(drop)
}

/// What is the matter with the store just now.
async fn trouble(world: &World) -> StoreErrorKind {
    world.flows.commit(Commit::new(world.realm().clone())).await.unwrap_err().kind()
}

async fn requests(world: &World) -> usize {
    world.audit().await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_makes_people_wait_and_nothing_is_half_done() {
    let Site { world, folder } = site().await;
    let mut other = raw(&folder.path().join("flows.db")).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    assert_eq!(ask(&world, "ana").await, Err(RecoveryError::Unavailable));
    assert_eq!(trouble(&world).await, StoreErrorKind::Busy);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(requests(&world).await, 0);
    assert_eq!(ask(&world, "ana").await, Ok(()), "it goes on without a restart");
    assert_eq!(requests(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_midway_makes_people_wait_and_nothing_is_half_done() {
    let Site { world, folder } = site().await;
    assert_eq!(ask(&world, "ana").await, Ok(()));
    let mut other = raw(&folder.path().join("flows.db")).await;
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON regain_audit BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::raw_sql(full).execute(&mut other).await.unwrap();
    assert_eq!(ask(&world, "bo").await, Err(RecoveryError::Unavailable));
    sqlx::raw_sql("DROP TRIGGER full").execute(&mut other).await.unwrap();
    let depth = world.flows.depth(world.realm()).await.unwrap();
    assert_eq!(depth.live_flows, 1, "the flow went with its audit line");
    for _ in 0..5 {
        assert_eq!(ask(&world, "bo").await, Ok(()), "and so did the budget");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_noticed_before_anything_is_written_to_nowhere() {
    let Site { world, folder } = site().await;
    assert_eq!(ask(&world, "ana").await, Ok(()));
    fs::rename(folder.path().join("flows.db"), folder.path().join("elsewhere.db")).unwrap();
    assert_eq!(ask(&world, "bo").await, Err(RecoveryError::Unavailable));
    assert_eq!(trouble(&world).await, StoreErrorKind::Unreachable);
    fs::rename(folder.path().join("elsewhere.db"), folder.path().join("flows.db")).unwrap();
    assert_eq!(ask(&world, "bo").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_or_from_a_newer_regain_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flows.db");
    fs::write(&file, vec![b'x'; 8192]).unwrap();
    let kind = async |file| SqliteFlows::open(file).await.map(drop).unwrap_err().kind();
    assert_eq!(kind(file).await, StoreErrorKind::Damaged, "a file that is no database");
    let nowhere = folder.path().join("no/such/folder/flows.db");
    assert_eq!(kind(nowhere).await, StoreErrorKind::Unreachable);

    let newer = folder.path().join("newer.db");
    SqliteFlows::open(&newer).await.unwrap().close().await;
    let mut other = raw(&newer).await;
    sqlx::query("UPDATE regain_schema SET version = 99").execute(&mut other).await.unwrap();
    let error = SqliteFlows::open(&newer).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::SchemaNewer);
    assert!(error.to_string().contains("newer"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_does_not_keep_the_worker_from_the_others() {
    let Site { world, folder } = site().await;
    let ana = world.person("Ana").await;
    assert_eq!(ask(&world, "nobody").await, Ok(()));
    let mut other = raw(&folder.path().join("flows.db")).await;
    sqlx::query("UPDATE regain_flow SET state = 'nonsense', id = x'00'").execute(&mut other).await.unwrap();
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    let _ = world.link_of(&ana);
}

/// One caller's conflict is nobody else's, though they share a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn callers_that_share_a_transaction_do_not_share_a_refusal() {
    let Site { world, folder: _folder } = site().await;
    assert_eq!(ask(&world, "ana").await, Ok(()));
    let (_, first) = world.flows.audit_after(world.realm(), 0, 1).await.unwrap().remove(0);
    let stored = world.flows.load(world.realm(), first.flow).await.unwrap().unwrap();
    let doubles = (0..32).map(|_| {
        let commit =
            Commit { flows: vec![FlowWrite::Insert(stored.clone())], ..Commit::new(world.realm().clone()) };
        world.flows.commit(commit)
    });
    let names: Vec<String> = (0..32).map(|n| format!("user{n}")).collect();
    let asks = names.iter().map(|name| ask(&world, name));
    let (refused, asked) = tokio::join!(join_all(doubles), join_all(asks));
    assert!(refused.into_iter().all(|answer| answer.unwrap() == Committed::Conflict));
    assert!(asked.into_iter().all(|answer| answer == Ok(())));
    assert_eq!(requests(&world).await, 33);
}
