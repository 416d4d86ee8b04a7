//! Commits that go together get the answers that they would get alone.

use crate::{Site, on_postgres, sql};
use futures_util::future::join_all;
use regain::audit::{Actor, AuditRecord};
use regain::budget::{BudgetKey, Quota, Spend};
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use regain::postgres::PostgresFlows;
use regain::store::{
    Commit, Committed, Document, DocumentKind, DocumentWrite, FlowStore, FlowWrite, MailOutcome,
    MailSettlement, OutboxMail, StoreError,
};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::task::JoinHandle;

pub(crate) fn realm(name: &str) -> Realm {
    Realm::new(name).unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn flow(realm: &Realm, n: u8, version: u64, link_of: Option<&str>) -> FlowRecord {
    FlowRecord {
        id: FlowId::from_bytes([n; 16]),
        realm: realm.clone(),
        purpose: "password".into(),
        version,
        state: if link_of.is_some() { "link_sent" } else { "superseded" }.into(),
        reason: None,
        account: link_of.map(|name| AccountId::new(name).unwrap()),
        live_link: link_of.is_some(),
        digest: None,
        code: None,
        epoch: None,
        factor: None,
        attempts: 0,
        sealed: Some(vec![n, 0, 0xff]),
        created_at: at(1_000),
        opened_at: None,
        expires_at: Some(at(9_000)),
        high: None,
        due_at: None,
    }
}

pub(crate) fn line(realm: &Realm, n: u8, event: &str) -> AuditRecord {
    AuditRecord {
        realm: realm.clone(),
        at: at(1),
        flow: FlowId::from_bytes([n; 16]),
        version: 1,
        event: event.into(),
        reason: None,
        actor: Actor::Host,
        account: None,
        client: None,
    }
}

pub(crate) fn mail(realm: &Realm, n: u8) -> OutboxMail {
    OutboxMail {
        id: MailId::from_bytes([n; 16]),
        realm: realm.clone(),
        flow: FlowId::from_bytes([n; 16]),
        letter: "x".into(),
        sealed: vec![n],
        attempts: 0,
        created_at: at(0),
        due_at: at(0),
    }
}

pub(crate) fn paper(realm: &Realm, n: u8, version: u64, sealed: u8) -> Document {
    Document {
        realm: realm.clone(),
        kind: if n.is_multiple_of(2) { DocumentKind::Security } else { DocumentKind::Case },
        id: DocumentId::from_bytes([n; 16]),
        version,
        account: Some(AccountId::new("ana").unwrap()),
        open: true,
        sealed: vec![sealed],
        created_at: at(0),
        due_at: None,
        keep_until: None,
    }
}

pub(crate) fn spend(n: u8, count: u32) -> Spend {
    Spend {
        key: BudgetKey::from_bytes([n; 32]),
        quota: Quota::new(count, time::Duration::HOUR),
        at: at(i64::from(n)),
    }
}

pub(crate) fn ask(realm: &Realm, n: u8) -> Commit {
    Commit {
        flows: vec![FlowWrite::Insert(flow(realm, n, 1, None))],
        audit: vec![line(realm, n, "asked")],
        spends: vec![spend(n, 5), spend(255, 10_000)],
        ..Commit::new(realm.clone())
    }
}

/// All of them are on their way before the first is done: there is one thread, and the store works on it too.
pub(crate) async fn at_once(
    store: &PostgresFlows,
    commits: Vec<Commit>,
) -> Vec<Result<Committed, StoreError>> {
    join_all(commits.into_iter().map(|commit| store.commit(commit))).await
}

async fn transactions(site: &Site, schema: &regain::postgres::SchemaName, table: &str) -> i64 {
    let count = format!("SELECT count(DISTINCT xmin::text) FROM REGAIN.{table}");
    sqlx::query_scalar(sql(&count, schema)).fetch_one(&mut site.raw().await).await.unwrap()
}

#[tokio::test]
async fn commits_at_once_are_two_transactions() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        let answers = at_once(&store, (1..=100).map(|n| ask(&realm, n)).collect()).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(Committed::Done))), "{answers:?}");
        for table in ["flow", "audit", "budget"] {
            assert_eq!(transactions(site, &schema, table).await, 2, "{table}");
        }
    })
    .await;
}

/// One that fails, one that is there already, one that is over budget, one that is too late: the others do not notice.
#[tokio::test]
async fn one_that_cannot_be_done_takes_nobody_along() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        let before = Commit { mails: vec![mail(&realm, 1)], ..ask(&realm, 1) };
        assert_eq!(store.commit(before).await.unwrap(), Committed::Done);
        let mut poisoned = ask(&realm, 2);
        poisoned.flows =
            vec![FlowWrite::Insert(FlowRecord { state: "no \0 in text".into(), ..flow(&realm, 2, 1, None) })];
        let there_already = Commit { spends: vec![], ..ask(&realm, 1) };
        let same_mail = Commit { mails: vec![mail(&realm, 1)], ..ask(&realm, 3) };
        let over = Commit { spends: vec![spend(9, 1), spend(9, 1)], ..ask(&realm, 4) };
        let late =
            Commit { flows: vec![FlowWrite::Update(flow(&realm, 1, 7, None))], ..Commit::new(realm.clone()) };
        let elsewhere = Commit {
            flows: vec![FlowWrite::Insert(flow(&self::realm("other"), 5, 1, None))],
            ..ask(&realm, 5)
        };
        let cases = [
            (poisoned, None),
            (there_already, Some("Conflict")),
            (same_mail, Some("Conflict")),
            (over, Some("OverBudget { retry_at: Timestamp(3600009) }")),
            (late, Some("Conflict")),
            (elsewhere, None),
        ];
        for (round, (bad, wanted)) in (1..).zip(cases) {
            let mut commits: Vec<Commit> = (0..10).map(|n| ask(&realm, round * 20 + n)).collect();
            commits.insert(5, bad);
            let mut answers = at_once(&store, commits).await;
            let answer = answers.remove(5);
            assert_eq!(
                answer.as_ref().ok().map(|answer| format!("{answer:?}")).as_deref(),
                wanted,
                "{answer:?}"
            );
            assert!(answers.iter().all(|answer| matches!(answer, Ok(Committed::Done))), "{answers:?}");
        }
        let left: i64 = sqlx::query_scalar(sql(
            "SELECT count(*) FROM REGAIN.flow WHERE id IN ('\\x02020202020202020202020202020202',
             '\\x03030303030303030303030303030303', '\\x04040404040404040404040404040404')",
            &schema,
        ))
        .fetch_one(&mut site.raw().await)
        .await
        .unwrap();
        assert_eq!(left, 0, "what was refused was not written");
    })
    .await;
}

/// Commits wait while somebody else holds the budgets.
async fn hold<'c>(
    raw: &'c mut PgConnection,
    schema: &regain::postgres::SchemaName,
) -> sqlx::Transaction<'c, sqlx::Postgres> {
    let mut held = raw.begin().await.unwrap();
    let lock = sql("LOCK TABLE REGAIN.budget IN EXCLUSIVE MODE", schema);
    sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
    held
}

/// The connections that wait for what is held.
async fn waiting(raw: &mut PgConnection, schema: &regain::postgres::SchemaName, count: usize) -> Vec<i32> {
    let pids =
        "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'REGAIN.budget'::regclass ORDER BY pid";
    loop {
        let pids: Vec<i32> = sqlx::query_scalar(sql(pids, schema)).fetch_all(&mut *raw).await.unwrap();
        if pids.len() >= count {
            return pids;
        }
        tokio::task::yield_now().await;
    }
}

fn spawn(store: &Arc<PostgresFlows>, commit: Commit) -> JoinHandle<Result<Committed, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.commit(commit).await })
}

/// As many transactions as go at once.
const LANES: usize = 2;

#[tokio::test]
async fn a_caller_that_goes_away_spoils_nothing() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        let (mut raw, mut eye) = (site.raw().await, site.raw().await);
        let held = hold(&mut raw, &schema).await;
        let mut under_way = Vec::new();
        for lane in 1..=LANES {
            under_way
                .extend((0..5).map(|n| spawn(&store, ask(&realm, u8::try_from(lane * 10 + n).unwrap()))));
            waiting(&mut eye, &schema, lane).await;
        }
        let in_line: Vec<_> = (100..110).map(|n| spawn(&store, ask(&realm, n))).collect();
        tokio::task::yield_now().await;
        under_way[0].abort();
        in_line[0].abort();
        held.commit().await.unwrap();
        for (n, asked) in under_way.into_iter().chain(in_line).enumerate() {
            match asked.await {
                Ok(answer) => assert_eq!(answer.unwrap(), Committed::Done, "{n}"),
                Err(gone) => assert!(gone.is_cancelled(), "{gone}"),
            }
        }
        let there = async |n| store.load(&realm, FlowId::from_bytes([n; 16])).await.unwrap().is_some();
        assert!(there(10).await, "what was under way is done, with or without a caller");
        assert!(!there(100).await, "whose turn had not come has wanted nothing");
        assert!(there(101).await);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_tells_all_of_its_callers() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        let (mut raw, mut eye) = (site.raw().await, site.raw().await);
        let held = hold(&mut raw, &schema).await;
        let under_way: Vec<_> = (0..20).map(|n| spawn(&store, ask(&realm, n))).collect();
        let pids = waiting(&mut eye, &schema, 1).await;
        sqlx::query("SELECT pg_terminate_backend(pid) FROM unnest($1) AS pid")
            .bind(pids)
            .execute(&mut eye)
            .await
            .unwrap();
        for asked in under_way {
            let error = asked.await.unwrap().unwrap_err();
            assert!(std::error::Error::source(&error).is_some(), "{error}");
        }
        held.commit().await.unwrap();
        let answers = at_once(&store, (0..20).map(|n| ask(&realm, n)).collect()).await;
        assert!(
            answers.iter().all(|answer| matches!(answer, Ok(Committed::Done))),
            "nothing was there: {answers:?}"
        );
    })
    .await;
}

/// A node that stands still in the middle holds one budget: who needs that one is told so, and all the others go on.
#[tokio::test]
async fn a_budget_that_is_never_given_back_stops_only_who_spends_from_it() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        let one = |n: u8| Commit { spends: vec![spend(n, 5)], ..ask(&realm, n) };
        assert_eq!(store.commit(one(1)).await.unwrap(), Committed::Done);
        let mut raw = site.raw().await;
        let mut held = raw.begin().await.unwrap();
        let lock = sql("SELECT FROM REGAIN.budget WHERE realm = 'clinic' FOR UPDATE", &schema);
        sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
        let stuck = Commit { flows: vec![], ..one(1) };
        let mut commits: Vec<Commit> = (2..12).map(one).collect();
        commits.insert(3, stuck);
        let mut answers = at_once(&store, commits).await;
        let stuck = answers.remove(3).unwrap_err();
        assert!(stuck.to_string().contains("too busy"), "{stuck}");
        assert!(answers.iter().all(|answer| matches!(answer, Ok(Committed::Done))), "{answers:?}");
        held.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_when_the_store_is_closed_is_told() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let store = site.open(&schema).await;
        store.commit(ask(&realm, 0)).await.unwrap();
        let (mut raw, mut eye) = (site.raw().await, site.raw().await);
        let held = hold(&mut raw, &schema).await;
        let mut asked = Vec::new();
        for lane in 1..=LANES {
            asked.push(spawn(&store, ask(&realm, u8::try_from(lane).unwrap())));
            waiting(&mut eye, &schema, lane).await;
        }
        asked.push(spawn(&store, ask(&realm, 100)));
        tokio::task::yield_now().await;
        let closing = tokio::spawn(async move { store.close().await });
        tokio::task::yield_now().await;
        held.commit().await.unwrap();
        closing.await.unwrap();
        let last = asked.pop().unwrap().await.unwrap();
        for under_way in asked {
            assert_eq!(under_way.await.unwrap().unwrap(), Committed::Done, "what was under way is finished");
        }
        assert!(last.is_err(), "{last:?}");
    })
    .await;
}

/// Several nodes change the same flows, mails and budgets, each in an order of its own: nobody waits in a circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_change_the_same_rows_never_wait_in_a_circle() {
    on_postgres(async |site| {
        let (schema, realm) = (site.schema(), realm("clinic"));
        let mut nodes = Vec::new();
        for _ in 0..4 {
            let pool = site.pool(4).await;
            nodes.push(Arc::new(PostgresFlows::with_pool(pool, schema.clone()).await.unwrap()));
        }
        let first = Commit {
            flows: (0..12).map(|n| FlowWrite::Insert(flow(&realm, n, 1, None))).collect(),
            documents: (0..12).map(|n| DocumentWrite::Insert(paper(&realm, n, 1, 0))).collect(),
            mails: (0..12).map(|n| mail(&realm, n)).collect(),
            ..Commit::new(realm.clone())
        };
        nodes[0].commit(first).await.unwrap();
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        let before: i64 = sqlx::query_scalar(deadlocks).fetch_one(&mut site.raw().await).await.unwrap();
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let commits = (0..600).map(|number: u32| {
            let (node, realm) = (nodes[number as usize % 4].clone(), realm.clone());
            tokio::spawn(async move {
                let places =
                    (0..4).map(|place| u8::try_from((number * 7 + place * (1 + number % 5)) % 12).unwrap());
                let places: std::collections::BTreeSet<u8> = places.collect();
                // Not in the order of the keys.
                let places: Vec<u8> = places.into_iter().rev().collect();
                let version = u64::from(NEXT.fetch_add(1, Ordering::Relaxed)) / 200 + 2;
                let outcome = MailOutcome::Retry(at(i64::from(number)));
                // Names that several nodes derive alike, and are the first to write.
                let named =
                    |n: &u8| DocumentWrite::Insert(paper(&realm, n + 100 + (number / 60) as u8 * 12, 1, 0));
                let first =
                    Commit { documents: places.iter().map(named).collect(), ..Commit::new(realm.clone()) };
                let next = |n: &u8| DocumentWrite::Update(paper(&realm, *n, version, 0));
                let commit = Commit {
                    documents: places.iter().map(next).collect(),
                    flows: places
                        .iter()
                        .map(|n| FlowWrite::Update(flow(&realm, *n, version, None)))
                        .collect(),
                    settlements: places
                        .iter()
                        .map(|n| MailSettlement {
                            id: mail(&realm, *n).id,
                            attempts: 0,
                            outcome: outcome.clone(),
                        })
                        .collect(),
                    spends: places.iter().map(|n| spend(*n, 100_000)).collect(),
                    ..Commit::new(realm.clone())
                };
                let papers_only = Commit { documents: commit.documents.clone(), ..Commit::new(realm) };
                let commit = if number.is_multiple_of(2) { papers_only } else { commit };
                let (first, commit) =
                    futures_util::future::join(node.commit(first), node.commit(commit)).await;
                first.and(commit)
            })
        });
        let mut done = 0;
        for answer in join_all(commits.collect::<Vec<_>>()).await {
            done += usize::from(answer.unwrap().unwrap() == Committed::Done);
        }
        assert!(done > 0, "some were done");
        // Connections tell what they counted when they end.
        for node in &nodes {
            node.close().await;
        }
        let after: i64 = sqlx::query_scalar(deadlocks).fetch_one(&mut site.raw().await).await.unwrap();
        assert_eq!(after, before, "nobody waited in a circle");
    })
    .await;
}
