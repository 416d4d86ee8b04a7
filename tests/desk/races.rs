//! Two things at once, and processes that die between two calls.

use super::{Clinic, Office, RISKS, button_of, finding, jon, links_in, press};
use async_trait::async_trait;
use regain::clock::Clock as _;
use regain::desk::Desk;
use regain::desk::case::{CaseStateKind, Need};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::store::{Commit, Committed, FlowStore, StoreError};
use regain::testing::{Cut, FlowStoreLayer, Layered, Trace, World};
use std::sync::{Arc, Mutex};
use time::Duration;
use tokio::sync::Notify;

/// Longer than a worker's lease.
const LATER: Duration = Duration::minutes(2);

/// Several workers at the end of the waiting: one link.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_workers_one_sends_the_link() {
    for _ in 0..10 {
        let office = Office::new();
        let ana = office.world.person("Ana").await;
        office.approved(&ana).await;
        office.world.clock.advance(Duration::DAY);
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let worker = office.world.worker.clone();
                tokio::spawn(async move { worker.drain().await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap().unwrap();
        }
        assert_eq!(office.links_to(&ana.email).await, 1);
        assert_eq!(office.count("case.acted").await, 1);
    }
}

/// CR-4, CR-5: at each call of the worker in turn, lost on the way there and on the way back: one link in the end.
#[tokio::test]
async fn a_crash_at_any_point_leaves_one_link_or_none_yet() {
    let mut places = 0;
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for before in 0.. {
            let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
            let world = World::builder()
                .flows(trace.flows(Arc::new(MemoryFlows::new())))
                .accounts(accounts.clone())
                .served_accounts(trace.accounts(accounts))
                .build();
            let office = Office::of(world);
            let ana = office.world.person("Ana").await;
            let view = office.approved(&ana).await;
            office.world.work().await;
            office.world.clock.advance(Duration::DAY);
            trace.cut_nth(before, cut);
            let _ = office.world.worker.drain().await;
            let fell = !trace.has_cuts_left();
            for _ in 0..3 {
                office.world.clock.advance(LATER);
                let _ = office.world.worker.drain().await;
            }
            let what = format!("{cut:?} after {before} calls");
            let mut mails = office.world.mailbox.to(&ana.email);
            mails.retain(|mail| mail.text.contains("?token="));
            mails.dedup_by(|a, b| a.message_id == b.message_id);
            assert_eq!(mails.len(), 1, "{what}");
            assert!(office.world.recovery.look(&office.world.link_of(&ana)).await.is_ok(), "{what}");
            assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted, "{what}");
            assert_eq!(office.count("case.acted").await, 1, "{what}");
            assert_eq!(office.count("password.link_sent").await, 1, "{what}");
            if !fell {
                break;
            }
            places += 1;
        }
    }
    assert!(places >= 12, "only {places} places for a crash");
}

/// Stops before a commit that it is told to wait for, until it is let go.
#[derive(Default)]
struct Stopping {
    flows: MemoryFlows,
    stops_at: Mutex<Option<&'static str>>,
    reached: Notify,
    let_go: Notify,
}

struct Shared(Arc<Stopping>);

#[async_trait]
impl FlowStoreLayer for Shared {
    fn inner(&self) -> &dyn FlowStore {
        &self.0.flows
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let stops = {
            let mut at = self.0.stops_at.lock().unwrap();
            let here = at.is_some_and(|event| commit.audit.iter().any(|line| line.event == event));
            here.then(|| at.take()).is_some()
        };
        if stops {
            self.0.reached.notify_one();
            self.0.let_go.notified().await;
        }
        self.0.flows.commit(commit).await
    }
}

fn stopping() -> (Arc<Stopping>, Arc<Office>) {
    let stopping = Arc::new(Stopping::default());
    let store: Arc<dyn FlowStore> = Arc::new(Layered(Shared(stopping.clone())));
    (stopping, Arc::new(Office::build(World::builder().flows(store))))
}

/// A link that is being sent while its owner objects is dead when it arrives.
#[tokio::test]
async fn of_the_release_and_the_objection_the_objection_wins() {
    for stops_at in ["case.acted", "account.disowned"] {
        let (stopping, office) = stopping();
        let ana = office.world.person("Ana").await;
        let view = office.approved(&ana).await;
        office.world.work().await;
        let letter = button_of(&office.world, &ana);
        office.world.clock.advance(Duration::DAY);
        *stopping.stops_at.lock().unwrap() = Some(stops_at);
        let slow_office = office.clone();
        let slow_letter = letter.clone();
        let slow = tokio::spawn(async move {
            if stops_at == "case.acted" {
                slow_office.world.work().await;
            } else {
                assert!(press(&slow_office.world, &slow_letter).await);
            }
        });
        stopping.reached.notified().await;
        if stops_at == "case.acted" {
            assert!(press(&office.world, &letter).await);
        } else {
            office.world.work().await;
        }
        stopping.let_go.notify_one();
        slow.await.unwrap();
        office.world.work().await;
        let live = office.world.flows.live_links(office.world.realm(), &ana.id).await.unwrap();
        assert!(live.is_empty(), "{stops_at}");
        let state = office.state(view.case.id()).await;
        let expected = if stops_at == "case.acted" { CaseStateKind::Disputed } else { CaseStateKind::Acted };
        assert_eq!(state, expected, "{stops_at}");
        office.world.clock.advance(Duration::days(2));
        office.world.work().await;
        assert!(links_in(&office.world.mailbox, &ana.email) <= 1);
    }
}

/// The call read the clock, and its commit comes 23 hours later: the notices have been out for an hour when a day has passed
/// since the call.
#[tokio::test]
async fn an_approval_that_hangs_before_its_commit_waits_as_long_as_any() {
    let (stopping, office) = stopping();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    *stopping.stops_at.lock().unwrap() = Some("case.approved");
    let (slow_office, slow_view) = (office.clone(), view.clone());
    let slow = tokio::spawn(async move { slow_office.approve(&slow_view, Need::Password).await });
    stopping.reached.notified().await;
    office.world.clock.advance(Duration::hours(23));
    stopping.let_go.notify_one();
    let waits_until = slow.await.unwrap().unwrap().case.due_at();
    for hours in [1, 22] {
        office.world.clock.advance(Duration::hours(hours));
        office.world.work().await;
        assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved, "{hours}");
    }
    office.world.clock.advance(Duration::HOUR);
    assert_eq!(waits_until, Some(office.world.clock.now().into()));
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
}

/// The call ends between its two commits, and no worker runs for a day: the waiting begins when one does.
#[tokio::test]
async fn an_approval_whose_call_is_cut_off_waits_from_when_a_worker_sees_it() {
    let (stopping, office) = stopping();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    *stopping.stops_at.lock().unwrap() = Some("case.waiting");
    let (slow_office, slow_view) = (office.clone(), view.clone());
    let slow = tokio::spawn(async move { slow_office.approve(&slow_view, Need::Password).await });
    stopping.reached.notified().await;
    slow.abort();
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(office.count("case.waiting").await, 1);
    office.world.clock.advance(Duration::DAY - Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved);
    office.world.clock.advance(Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
}

/// The same, and a worker was quicker than the call: who decided sees the case as it stands.
#[tokio::test]
async fn of_the_call_and_a_worker_one_begins_the_waiting() {
    let (stopping, office) = stopping();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    *stopping.stops_at.lock().unwrap() = Some("case.waiting");
    let (slow_office, slow_view) = (office.clone(), view.clone());
    let slow = tokio::spawn(async move { slow_office.approve(&slow_view, Need::Password).await });
    stopping.reached.notified().await;
    office.world.work().await;
    stopping.let_go.notify_one();
    let seen = slow.await.unwrap().unwrap().case;
    assert_eq!(seen, office.desk.view(&jon(), view.case.id()).await.unwrap().case);
    assert_eq!(office.count("case.waiting").await, 1);
}

/// An approval that is being written while its subject objects does not come to be.
#[tokio::test]
async fn of_the_approval_and_the_objection_the_objection_wins() {
    for stops_at in ["case.approved", "account.disowned"] {
        let (stopping, office) = stopping();
        let ana = office.world.person("Ana").await;
        let view = office.evidenced(&ana, finding(Need::Password)).await;
        office.world.work().await;
        let letter = button_of(&office.world, &ana);
        *stopping.stops_at.lock().unwrap() = Some(stops_at);
        let (slow_office, slow_view, slow_letter) = (office.clone(), view.clone(), letter.clone());
        let slow = tokio::spawn(async move {
            if stops_at == "case.approved" {
                let _ = slow_office.approve(&slow_view, Need::Password).await;
            } else {
                assert!(press(&slow_office.world, &slow_letter).await);
            }
        });
        stopping.reached.notified().await;
        if stops_at == "case.approved" {
            assert!(press(&office.world, &letter).await);
        } else {
            let _ = office.approve(&view, Need::Password).await;
        }
        stopping.let_go.notify_one();
        slow.await.unwrap();
        assert_eq!(office.state(view.case.id()).await, CaseStateKind::Disputed, "{stops_at}");
        office.world.clock.advance(Duration::days(2));
        office.world.work().await;
        assert_eq!(links_in(&office.world.mailbox, &ana.email), 0, "{stops_at}");
    }
}

/// A sign-in on a node that has no desk ends the case all the same.
#[tokio::test]
async fn a_node_without_a_desk_stops_and_carries_out_cases_too() {
    let (flows, accounts) = (Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()));
    let clock = Arc::new(regain::testing::TestClock::default());
    let node =
        || World::builder().flows(flows.clone()).accounts(accounts.clone()).clock(clock.clone()).build();
    let (plain, office) = (node(), Office::of(node()));
    let (ana, bea) = (office.world.person("Ana").await, office.world.person("Bea").await);
    let view = office.approved(&ana).await;
    let other = office.approved(&bea).await;
    plain.recovery.sign_in(&ana.identifier(), &ana.password(), &plain.client()).await.unwrap();
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Lapsed);
    clock.advance(Duration::DAY);
    plain.work().await;
    assert_eq!(office.state(other.case.id()).await, CaseStateKind::Acted);
    assert_eq!(links_in(&plain.mailbox, &bea.email), 1);
    assert!(Desk::builder(plain.recovery, Arc::new(Clinic::default())).risk_analysis(RISKS).build().is_ok());
}
