//! Nodes whose clocks differ by minutes, on one database. What holds: a link lives for its time by the clock of the node
//! that issued it, on every node that can be told so by a worker; where no such worker runs any more, the difference
//! is added, and never more than the tolerance of five minutes; a lease that looks over to a fast clock costs a second
//! mail under one name, and nothing else.

use crate::{Site, on_postgres};
use regain::RecoveryError;
use regain::clock::Timestamp;
use regain::memory::{Mailbox, MemoryAccounts};
use regain::password::Password;
use regain::postgres::SchemaName;
use regain::store::{Claim, Commit, Committed, Depth, MailOutcome, MailSettlement};
use regain::testing::{START, TestClock, World};
use std::sync::Arc;
use time::Duration;

/// Two nodes, the first with a clock that is right.
struct Nodes {
    right: World,
    wrong: World,
}

impl Nodes {
    /// The other clock is ahead by so much, or behind.
    async fn with_a_clock_ahead_by(site: &Site, skew: Duration) -> Self {
        let schema = site.schema();
        let (accounts, mailbox) = (Arc::new(MemoryAccounts::new()), Arc::new(Mailbox::new()));
        let right = node(site, &schema, &accounts, &mailbox, Duration::ZERO).await;
        let wrong = node(site, &schema, &accounts, &mailbox, skew).await;
        Self { right, wrong }
    }

    fn advance(&self, span: Duration) {
        self.right.clock.advance(span);
        self.wrong.clock.advance(span);
    }
}

async fn node(
    site: &Site,
    schema: &SchemaName,
    accounts: &Arc<MemoryAccounts>,
    mailbox: &Arc<Mailbox>,
    skew: Duration,
) -> World {
    let builder = World::builder().flows(site.open(schema).await).accounts(accounts.clone());
    let mut world = builder.mailer(mailbox.clone()).clock(Arc::new(TestClock::at(START + skew))).build();
    world.mailbox = mailbox.clone();
    world
}

const MILLISECOND: Duration = Duration::MILLISECOND;
const LIFE: Duration = Duration::minutes(30);
const NOT_USABLE: Result<(), RecoveryError> = Err(RecoveryError::LinkNotUsable);

async fn look(node: &World, link: &regain::RecoveryToken) -> Result<(), RecoveryError> {
    node.recovery.look(link).await.map(drop)
}

#[tokio::test]
async fn a_link_is_dead_on_every_node_once_the_worker_of_one_saw_its_end() {
    on_postgres(async |site| {
        for skew in [Duration::minutes(4), -Duration::minutes(4)] {
            let nodes = Nodes::with_a_clock_ahead_by(site, skew).await;
            let ana = nodes.wrong.person("Ana").await;
            let link = nodes.wrong.fresh_link(&ana).await;
            nodes.advance(LIFE - Duration::minutes(4) - MILLISECOND);
            assert_eq!(look(&nodes.right, &link).await, Ok(()), "its time has not come on any node");
            let (first, last) =
                if skew.is_positive() { (&nodes.wrong, &nodes.right) } else { (&nodes.right, &nodes.wrong) };
            nodes.advance(
                MILLISECOND + if skew.is_positive() { Duration::minutes(4) } else { Duration::ZERO },
            );
            assert_eq!(look(last, &link).await, Ok(()), "by this clock there are four minutes left");
            first.work().await;
            assert_eq!(look(last, &link).await, NOT_USABLE);
            let password = Password::new("violet harbour tin whistle 7");
            let chosen = last.recovery.choose_password(&link, &password, &last.client()).await;
            assert_eq!(chosen.map(drop), NOT_USABLE);
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_of_a_fast_node_that_is_gone_lives_longer_by_no_more_than_the_difference() {
    on_postgres(async |site| {
        let skew = Duration::minutes(4);
        let nodes = Nodes::with_a_clock_ahead_by(site, skew).await;
        let ana = nodes.wrong.person("Ana").await;
        let link = nodes.wrong.fresh_link(&ana).await;
        nodes.advance(LIFE + skew - MILLISECOND);
        nodes.right.work().await;
        assert_eq!(look(&nodes.right, &link).await, Ok(()));
        nodes.advance(MILLISECOND);
        assert_eq!(look(&nodes.right, &link).await, NOT_USABLE);
    })
    .await;
}

#[tokio::test]
async fn a_link_from_further_ahead_than_five_minutes_is_refused_elsewhere() {
    on_postgres(async |site| {
        let nodes = Nodes::with_a_clock_ahead_by(site, Duration::minutes(5) + MILLISECOND).await;
        let ana = nodes.wrong.person("Ana").await;
        let link = nodes.wrong.fresh_link(&ana).await;
        assert_eq!(look(&nodes.wrong, &link).await, Ok(()));
        assert_eq!(look(&nodes.right, &link).await, NOT_USABLE);
    })
    .await;
}

#[tokio::test]
async fn a_fast_clock_takes_over_a_mail_that_is_under_way_and_it_is_settled_once() {
    on_postgres(async |site| {
        let nodes = Nodes::with_a_clock_ahead_by(site, Duration::minutes(3)).await;
        let (right, realm) = (&nodes.right, nodes.right.realm().clone());
        let ana = right.person("Ana").await;
        right.recovery.ask_password(&ana.identifier(), &right.client()).await.unwrap();
        let now = right.clock.timestamp();
        let claim = |limit| Claim {
            realm: realm.clone(),
            due_by: now,
            lease_until: now.plus(Duration::MINUTE),
            limit,
        };
        // The right node takes the flow on and is slow; the fast one sees the lease as over.
        assert_eq!(right.flows.claim_flows(&claim(9)).await.unwrap().len(), 1);
        nodes.wrong.worker.step().await.unwrap();
        let mails = nodes.wrong.mailbox.to(&ana.email);
        assert_eq!(mails.len(), 1);
        // The same with a mail.
        let link = right.link_of(&ana);
        let password = Password::new("violet harbour tin whistle 7");
        right.recovery.choose_password(&link, &password, &right.client()).await.unwrap();
        let under_way = right.flows.claim_mails(&claim(9)).await.unwrap();
        assert_eq!(under_way.len(), 1, "the notice");
        nodes.wrong.work().await;
        assert_eq!(nodes.wrong.mailbox.to(&ana.email).len(), 2, "the fast node sends it");
        let late = |outcome| MailSettlement { id: under_way[0].id, attempts: under_way[0].attempts, outcome };
        for outcome in
            [MailOutcome::Retry(now), MailOutcome::Dead { at: now, why: "x".to_owned(), keep_until: None }]
        {
            let commit = Commit { settlements: vec![late(outcome)], ..Commit::new(realm.clone()) };
            assert_eq!(right.flows.commit(commit).await.unwrap(), Committed::Done);
        }
        assert_eq!(right.flows.depth(&realm).await.unwrap(), Depth::default(), "nothing comes back");
    })
    .await;
}

#[tokio::test]
async fn work_that_a_fast_node_died_over_is_late_by_no_more_than_the_difference() {
    on_postgres(async |site| {
        let skew = Duration::minutes(3);
        let nodes = Nodes::with_a_clock_ahead_by(site, skew).await;
        let ana = nodes.right.person("Ana").await;
        nodes.right.recovery.ask_password(&ana.identifier(), &nodes.right.client()).await.unwrap();
        let fast: Timestamp = nodes.wrong.clock.timestamp();
        let lease = Duration::MINUTE;
        let realm = nodes.right.realm().clone();
        let claim = Claim { realm, due_by: fast, lease_until: fast.plus(lease), limit: 9 };
        assert_eq!(nodes.wrong.flows.claim_flows(&claim).await.unwrap().len(), 1);
        nodes.right.clock.advance(skew + lease - MILLISECOND);
        assert!(nodes.right.work().await.is_idle());
        nodes.right.clock.advance(MILLISECOND);
        nodes.right.work().await;
        let _ = nodes.right.link_of(&ana);
    })
    .await;
}
