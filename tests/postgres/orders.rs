//! Commits at once are like commits one after the other, in some order.

use crate::batches::{at, at_once, flow, line, mail, paper, realm, spend};
use crate::on_postgres;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use regain::ids::{FlowId, MailId, Realm};
use regain::memory::MemoryFlows;
use regain::store::{
    Claim, Commit, Committed, DocumentWrite, FlowStore, FlowWrite, MailOutcome, MailSettlement,
};
use std::collections::BTreeMap;
/// What one commit does, small enough that any two are likely to meet.
#[derive(Debug, Clone)]
struct Wish {
    spends: Vec<(u8, u32)>,
    clears: Vec<u8>,
    writes: Vec<(bool, u8, u64, Option<bool>)>,
    settles: Vec<(u8, u8)>,
    papers: Vec<(bool, u8, u64)>,
}

fn wish() -> impl Strategy<Value = Wish> {
    let spends = vec((1_u8..4, 1_u32..4), 0..3);
    let version = prop_oneof![5 => Just(2_u64), 1 => 1_u64..4];
    let writes = vec((prop::bool::weighted(0.1), 1_u8..6, version, prop::option::of(any::<bool>())), 0..3);
    let settles = vec((1_u8..4, 0_u8..3), 0..3);
    let version = prop_oneof![5 => Just(2_u64), 1 => 1_u64..4];
    let papers = vec((prop::bool::weighted(0.3), 1_u8..5, version), 0..3);
    (spends, vec(1_u8..4, 0..2), writes, settles, papers).prop_map(
        |(spends, clears, writes, settles, papers)| Wish { spends, clears, writes, settles, papers },
    )
}

impl Wish {
    fn commit(&self, realm: &Realm, n: u8) -> Commit {
        let write = |&(insert, flow, version, link): &(bool, u8, u64, Option<bool>)| {
            let link_of = link.map(|ana| if ana { "ana" } else { "bo" });
            let record = self::flow(realm, flow, version, link_of);
            if insert { FlowWrite::Insert(record) } else { FlowWrite::Update(record) }
        };
        let settle = |&(mail, outcome): &(u8, u8)| MailSettlement {
            id: MailId::from_bytes([mail; 16]),
            attempts: 0,
            outcome: match outcome {
                0 => MailOutcome::Sent,
                1 => MailOutcome::Retry(at(i64::from(n) + 50)),
                _ => MailOutcome::Dead {
                    at: at(i64::from(n)),
                    why: "refused".into(),
                    keep_until: n.is_multiple_of(2).then_some(at(5_000)),
                },
            },
        };
        let paper = |&(insert, name, version): &(bool, u8, u64)| {
            let document = self::paper(realm, name, version, n);
            if insert { DocumentWrite::Insert(document) } else { DocumentWrite::Update(document) }
        };
        Commit {
            documents: self.papers.iter().map(paper).collect(),
            spends: self.spends.iter().map(|(key, count)| spend(*key, *count)).collect(),
            clears: self.clears.iter().map(|key| spend(*key, 1).key).collect(),
            flows: self.writes.iter().map(write).collect(),
            settlements: self.settles.iter().map(settle).collect(),
            audit: vec![line(realm, n, "a"), line(realm, n, "b")],
            mails: vec![mail(realm, 100 + n)],
            ..Commit::new(realm.clone())
        }
    }
}

/// Four flows, two of them with a link out, two documents, three mails, a budget that is half spent.
fn scene(realm: &Realm) -> Commit {
    Commit {
        flows: [(1, Some("ana")), (2, None), (3, Some("bo")), (4, None)]
            .map(|(n, link)| FlowWrite::Insert(flow(realm, n, 1, link)))
            .to_vec(),
        documents: (1..3).map(|n| DocumentWrite::Insert(paper(realm, n, 1, 0))).collect(),
        mails: (1..4).map(|n| mail(realm, n)).collect(),
        spends: vec![spend(1, 9)],
        ..Commit::new(realm.clone())
    }
}

/// All that can be seen of a store. Looking changes it: budgets are seen by what they still give.
async fn picture(store: &dyn FlowStore, realm: &Realm) -> String {
    let mut flows = Vec::new();
    for n in 1..7 {
        flows.push(store.load(realm, FlowId::from_bytes([n; 16])).await.unwrap());
    }
    let mut papers = Vec::new();
    for n in 1..5 {
        let paper = paper(realm, n, 0, 0);
        let stored = store.document(realm, paper.kind, paper.id).await.unwrap();
        papers.push(stored.map(|document| (document.version, document.sealed)));
    }
    let mut budgets = BTreeMap::new();
    for (key, count) in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)] {
        let probe = Commit { spends: vec![spend(key, count)], ..Commit::new(realm.clone()) };
        budgets.insert((key, count), store.commit(probe).await.unwrap());
    }
    let claim = Claim { realm: realm.clone(), due_by: at(1_000), lease_until: at(2_000), limit: 99 };
    let mut mails = store.claim_mails(&claim).await.unwrap();
    mails.sort_by_key(|mail| mail.id);
    let mut dead = store.dead_letters(realm, 99).await.unwrap();
    dead.sort_by_key(|letter| letter.id);
    let mut lines: Vec<_> =
        store.audit_after(realm, 0, 99).await.unwrap().into_iter().map(|(_, line)| line).collect();
    // Lines of different commits may come in any order.
    lines.sort_by_key(|line| line.flow);
    format!("{flows:?}\n{papers:?}\n{budgets:?}\n{mails:?}\n{dead:?}\n{lines:?}")
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, place| {
        let mut longer = order.clone();
        longer.insert(place, count - 1);
        longer
    };
    shorter.iter().flat_map(|order| (0..count).map(move |place| insert(order, place))).collect()
}

/// Whether there is an order in which the commits, one after the other, have these answers and leave this picture.
async fn some_order_explains(wishes: &[Wish], realm: &Realm, answers: &[Committed], seen: &str) -> bool {
    for order in orders(wishes.len()) {
        let memory = MemoryFlows::new();
        memory.commit(scene(realm)).await.unwrap();
        let mut fits = true;
        for place in order {
            let commit = wishes[place].commit(realm, u8::try_from(place).unwrap());
            fits &= memory.commit(commit).await.unwrap() == answers[place];
        }
        if fits && picture(&memory, realm).await == seen {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn commits_at_once_are_like_commits_one_after_the_other() {
    let cases = std::env::var("REGAIN_BATCH_CASES").map_or(100, |cases| cases.parse().unwrap());
    on_postgres(async |site| {
        let store = site.open(&site.schema()).await;
        let config = Config { failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
        let mut runner = TestRunner::new(config);
        let (mut done, mut refused, mut lost) = (0, 0, 0);
        for case in 0..cases {
            let wishes = vec(wish(), 2..5).new_tree(&mut runner).unwrap().current();
            let realm = realm(&format!("case-{case}"));
            assert_eq!(store.commit(scene(&realm)).await.unwrap(), Committed::Done);
            let commits = (0..).zip(&wishes).map(|(n, wish)| wish.commit(&realm, n)).collect();
            let answers = at_once(&store, commits).await;
            let answers: Vec<Committed> = answers.into_iter().map(|answer| answer.unwrap()).collect();
            for answer in &answers {
                match answer {
                    Committed::Done => done += 1,
                    Committed::OverBudget { .. } => refused += 1,
                    Committed::Conflict => lost += 1,
                }
            }
            let seen = picture(&*store, &realm).await;
            let explained = some_order_explains(&wishes, &realm, &answers, &seen).await;
            assert!(explained, "case {case}: {wishes:#?}\n{answers:?}\n{seen}");
        }
        let enough = cases / 10;
        assert!(
            done > enough && refused > enough && lost > enough,
            "{done} done, {refused} refused, {lost} lost"
        );
    })
    .await;
}
