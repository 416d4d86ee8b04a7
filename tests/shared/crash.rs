//! One commit: wherever a crash falls, everybody has their link and the mail lists them all, or nothing happened.

use super::{FAMILY, ask, link_of, member, names, newest, told};
use regain::store::FlowStore;
use regain::testing::{Cut, SeedAccounts, World};
use std::sync::Arc;
use time::Duration;

/// Longer than a worker's lease.
const LATER: Duration = Duration::minutes(2);

/// CR-4, CR-5: at each call of the worker in turn, lost on the way there and on the way back.
#[tokio::test]
async fn a_crash_leaves_all_of_the_list_or_nothing() {
    let mut places = 0;
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for before in 0.. {
            let (world, trace) = World::traced();
            let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
            ask(&world, &ana.username).await;
            let asked = regain::identity::Identifier::parse(FAMILY);
            world.recovery.ask_password(&asked, &world.client()).await.unwrap();
            trace.cut_nth(before, cut);
            let _ = world.worker.drain().await;
            let fell = !trace.has_cuts_left();
            for _ in 0..3 {
                world.clock.advance(LATER);
                let _ = world.worker.drain().await;
            }
            let what = format!("{cut:?} after {before} calls");
            let mut mails = world.mailbox.to(FAMILY);
            mails.dedup_by(|a, b| a.message_id == b.message_id);
            assert_eq!(mails.iter().map(names).collect::<Vec<_>>(), [["ana", "bo"]], "{what}");
            for who in [&ana, &bo] {
                assert!(world.recovery.look(&link_of(&newest(&world), who)).await.is_ok(), "{what}");
            }
            let lines = told(&world, &[]).await;
            let shared = lines.iter().filter(|line| *line == "password.shared").count();
            let sent = lines.iter().filter(|line| *line == "password.link_sent").count();
            assert_eq!((shared, sent), (1, 3), "{what}: {lines:?}");
            if !fell {
                break;
            }
            places += 1;
        }
    }
    assert!(places >= 12, "only {places} places for a crash");
}

/// Several workers that take the same asks up, and asks for one of the accounts at the same time: each account has one
/// live link at the end, and it opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asks_for_the_address_and_for_a_username_at_once_leave_each_account_one_link() {
    for _ in 0..20 {
        let world = World::new();
        let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
        for typed in [FAMILY, "ana", FAMILY, "bo"] {
            let typed = regain::identity::Identifier::parse(typed);
            world.recovery.ask_password(&typed, &world.client()).await.unwrap();
        }
        let workers: Vec<_> = (0..4).map(|_| world.worker.clone()).collect();
        let running: Vec<_> =
            workers.into_iter().map(|worker| tokio::spawn(async move { worker.drain().await })).collect();
        for worker in running {
            worker.await.unwrap().unwrap();
        }
        for who in [&ana, &bo] {
            let live = world.flows.live_links(world.realm(), &who.id).await.unwrap();
            assert_eq!(live.len(), 1, "{}", who.username);
        }
        assert_eq!(told(&world, &[]).await.iter().filter(|line| *line == "password.shared").count(), 2);
    }
}

/// The list, its flows and its mail in a database.
#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_list_is_shared_out_on_sqlite() {
    use regain::sqlite::{SqliteAccounts, SqliteFlows};
    let folder = tempfile::tempdir().unwrap();
    let flows: Arc<dyn FlowStore> =
        Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
    let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
    let accounts: Arc<dyn SeedAccounts> = Arc::new(accounts);
    shares_out(&World::with(flows, accounts)).await;
}

/// As on SQLite.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_list_is_shared_out_on_postgres() {
    use regain::postgres::PostgresFlows;
    let url = std::env::var("REGAIN_POSTGRES");
    let url = url.expect("set REGAIN_POSTGRES to the URL of a database for tests");
    let flows: Arc<dyn FlowStore> = Arc::new(PostgresFlows::connect(&url).await.unwrap());
    let realm = format!("shared-{}", std::process::id());
    shares_out(&World::builder().realm(&realm).flows(flows).build()).await;
}

async fn shares_out(world: &World) {
    let (ana, bo) = (member(world, "Ana").await, member(world, "Bo").await);
    ask(world, FAMILY).await;
    ask(world, FAMILY).await;
    assert_eq!(
        world.mailbox.to(FAMILY).iter().map(names).collect::<Vec<_>>(),
        [["ana", "bo"], ["ana", "bo"]]
    );
    let mail = newest(world);
    assert!(super::choose(world, &link_of(&mail, &bo), super::NEW).await);
    assert!(world.recovery.look(&link_of(&mail, &ana)).await.is_ok());
    // A row that was shared out is read again.
    let asked = world.audit().await.into_iter().find(|line| line.event == "password.shared").unwrap().flow;
    let row = world.flows.load(world.realm(), asked).await.unwrap().unwrap();
    assert!(row.expires_at.is_some() && row.account.is_none() && row.sealed.is_none());
    assert!(regain::flow::RecoveryFlow::try_from(row).is_ok());
}
