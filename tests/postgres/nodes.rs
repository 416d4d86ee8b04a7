//! Several nodes on one database.

use crate::{on_postgres, sql};
use futures_util::future::join_all;
use regain::audit::{Actor, AuditRecord};
use regain::budget::{BudgetKey, Quota, Spend};
use regain::clock::Timestamp;
use regain::ids::{FlowId, MailId, Realm};
use regain::memory::{Mailbox, MemoryAccounts};
use regain::store::{Claim, Commit, Committed, FlowStore as _, OutboxMail};
use regain::testing::{TestClock, World};
use sqlx::Connection as _;
use std::collections::HashSet;
use std::sync::Arc;

const PEOPLE: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_share_the_work_and_each_mail_goes_out_once() {
    on_postgres(async |site| {
        let schema = site.schema();
        let (accounts, clock, mailbox) =
            (Arc::new(MemoryAccounts::new()), Arc::<TestClock>::default(), Arc::new(Mailbox::new()));
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let builder = World::builder().flows(site.open(&schema).await).accounts(accounts.clone());
            nodes.push(builder.clock(clock.clone()).mailer(mailbox.clone()).build());
        }
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let person = nodes[0].person(&format!("ana{number}")).await;
            nodes[0].recovery.ask_password(&person.identifier(), &nodes[0].client()).await.unwrap();
            people.push(person);
        }
        let work = |node: &World| {
            let worker = node.worker.clone();
            tokio::spawn(async move { worker.drain().await.unwrap() })
        };
        let progress = join_all([work(&nodes[0]), work(&nodes[1])]).await;
        let sent: Vec<_> = progress.into_iter().map(|node| node.unwrap().mails).collect();
        assert_eq!(sent.iter().sum::<usize>(), PEOPLE, "{sent:?}");
        assert!(sent.iter().all(|sent| *sent > 0), "both take part: {sent:?}");
        for person in &people {
            assert_eq!(mailbox.to(&person.email).len(), 1, "each mail goes out once");
        }
        let names: HashSet<_> = mailbox.mails().into_iter().map(|mail| mail.message_id).collect();
        assert_eq!(names.len(), PEOPLE, "under a name of its own");
    })
    .await;
}

/// Both nodes' claims begin at the same moment: when a lock that both wait for is given back.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_claim_at_the_same_moment_each_gets_other_mails() {
    on_postgres(async |site| {
        let schema = site.schema();
        let nodes = [site.open(&schema).await, site.open(&schema).await];
        let mails = (0..50).map(mail).collect();
        nodes[0].commit(Commit { mails, ..Commit::new(realm()) }).await.unwrap();
        let mut raw = site.raw().await;
        let mut locked = raw.begin().await.unwrap();
        sqlx::raw_sql(sql("LOCK TABLE REGAIN.outbox IN EXCLUSIVE MODE", &schema))
            .execute(&mut *locked)
            .await
            .unwrap();
        let at = Timestamp::from_millis;
        let claim = Claim { realm: realm(), due_by: at(10), lease_until: at(20), limit: 25 };
        let claims = nodes.map(|node| {
            let claim = claim.clone();
            tokio::spawn(async move { node.claim_mails(&claim).await.unwrap() })
        });
        let waiting = "SELECT count(*) FROM pg_locks
             WHERE NOT granted AND relation = 'REGAIN.outbox'::regclass";
        loop {
            let waiting = sqlx::query_scalar(sql(waiting, &schema)).fetch_one(&mut *locked).await;
            if waiting.unwrap_or(0_i64) == 2 {
                break;
            }
        }
        locked.commit().await.unwrap();
        let claimed: Vec<_> =
            join_all(claims).await.into_iter().flat_map(|mails| mails.unwrap()).map(|mail| mail.id).collect();
        let distinct: HashSet<_> = claimed.iter().collect();
        assert_eq!((claimed.len(), distinct.len()), (50, 50));
    })
    .await;
}

fn mail(number: u8) -> OutboxMail {
    OutboxMail {
        id: MailId::from_bytes([number; 16]),
        realm: realm(),
        flow: FlowId::from_bytes([number; 16]),
        letter: "x".to_owned(),
        sealed: vec![],
        attempts: 0,
        created_at: Timestamp::from_millis(0),
        due_at: Timestamp::from_millis(0),
    }
}

fn realm() -> Realm {
    Realm::new("clinic").unwrap()
}

/// Every transaction locks budgets in one order, whatever order they are spent in: nobody waits in a circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn budgets_spent_in_any_order_never_deadlock() {
    on_postgres(async |site| {
        let mut raw = site.raw().await;
        let schema = site.schema();
        let pool = site.pool(16).await;
        let store = Arc::new(regain::postgres::PostgresFlows::with_pool(pool, schema).await.unwrap());
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        let before: i64 = sqlx::query_scalar(deadlocks).fetch_one(&mut raw).await.unwrap();
        let commits = (0..400_u32).map(|number| {
            let store = store.clone();
            // Six budgets that are there and new ones too, in an order that is never the same.
            let key = move |place: u32| match place {
                6 => number / 3 + 100,
                place => (place * (1 + number % 5) + number) % 7,
            };
            let spend = |key: u32| Spend {
                key: BudgetKey::from_bytes([u8::try_from(key).unwrap_or(0); 32]),
                quota: Quota::new(100_000, time::Duration::HOUR),
                at: Timestamp::from_millis(i64::from(number)),
            };
            let mut commit =
                Commit { spends: (0..7).map(|place| spend(key(place))).collect(), ..Commit::new(realm()) };
            if number % 4 == 0 {
                commit.clears = vec![spend(6).key, spend(2).key];
            }
            tokio::spawn(async move { store.commit(commit).await })
        });
        for done in join_all(commits.collect::<Vec<_>>()).await {
            assert_eq!(done.unwrap().unwrap(), Committed::Done);
        }
        // Connections tell what they counted when they end.
        store.close().await;
        let after: i64 = sqlx::query_scalar(deadlocks).fetch_one(&mut raw).await.unwrap();
        assert_eq!(after, before, "nobody waited in a circle");
    })
    .await;
}

/// RL-6: what two nodes spend at once is counted once and for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_spend_at_once_get_no_more_than_the_budget() {
    on_postgres(async |site| {
        let schema = site.schema();
        let nodes = [site.open(&schema).await, site.open(&schema).await];
        let spend = Spend {
            key: BudgetKey::from_bytes([1; 32]),
            quota: Quota::new(150, time::Duration::HOUR),
            at: Timestamp::from_millis(0),
        };
        let commits = (0..400).map(|number| {
            let store = nodes[number % 2].clone();
            let commit = Commit { spends: vec![spend], ..Commit::new(realm()) };
            tokio::spawn(async move { store.commit(commit).await })
        });
        let answers = join_all(commits.collect::<Vec<_>>()).await;
        let done = answers.into_iter().filter(|answer| matches!(answer, Ok(Ok(Committed::Done)))).count();
        assert_eq!(done, 150);
    })
    .await;
}

fn line(number: u8) -> AuditRecord {
    AuditRecord {
        realm: realm(),
        at: Timestamp::from_millis(1),
        flow: FlowId::from_bytes([number; 16]),
        version: 1,
        event: "x".to_owned(),
        reason: None,
        actor: Actor::Host,
        account: None,
        client: None,
    }
}

/// A reader goes on after the highest position that was read: nothing may turn up below it.
#[tokio::test]
async fn an_audit_line_that_is_committed_late_is_still_read() {
    on_postgres(async |site| {
        let schema = site.schema();
        let store = site.open(&schema).await;
        let mut slow = site.raw().await;
        let mut late = slow.begin().await.unwrap();
        let insert = "INSERT INTO REGAIN.audit (realm, at, flow, version, event, actor)
             VALUES ('clinic', 1, decode('0102030405060708090a0b0c0d0e0f10', 'hex'), 1, 'late', 'host')";
        sqlx::raw_sql(sql(insert, &schema)).execute(&mut *late).await.unwrap();
        store.commit(Commit { audit: vec![line(1), line(2)], ..Commit::new(realm()) }).await.unwrap();
        let seen = store.audit_after(&realm(), 0, 9).await.unwrap();
        assert_eq!(seen.len(), 2);
        late.commit().await.unwrap();
        let rest = store.audit_after(&realm(), seen[1].0, 9).await.unwrap();
        assert_eq!(rest.iter().map(|(_, line)| &line.event[..]).collect::<Vec<_>>(), ["late"]);
    })
    .await;
}

/// Readers at once give each line one position.
#[tokio::test(flavor = "multi_thread")]
async fn readers_at_once_number_the_record_once() {
    on_postgres(async |site| {
        let (store, realm) = (site.open(&site.schema()).await, realm());
        for round in 0..10 {
            store
                .commit(Commit { audit: vec![line(round); 20], ..Commit::new(realm.clone()) })
                .await
                .unwrap();
            let reads = join_all((0..8).map(|_| store.audit_after(&realm, 0, 1_000))).await;
            for read in reads {
                let positions: Vec<u64> = read.unwrap().into_iter().map(|(position, _)| position).collect();
                assert_eq!(positions, (1..=20 * (u64::from(round) + 1)).collect::<Vec<_>>());
            }
        }
    })
    .await;
}
