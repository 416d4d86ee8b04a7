use regain::identity::IdentityClaims;
use regain::keys::KeyRing;
use regain::mail::Delivery;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::testing::mocks::MockMailer;
use regain::testing::{TestClock, World, WorldBuilder};
use regain::worker::SentAgain;
use std::sync::Arc;
use time::Duration;

fn old() -> KeyRing {
    KeyRing::new(1, [7; 32])
}

fn new() -> KeyRing {
    KeyRing::new(2, [9; 32])
}

fn both() -> KeyRing {
    old().with_key(2, [9; 32]).unwrap()
}

fn next() -> KeyRing {
    old().with_next_key(2, [9; 32]).unwrap()
}

/// Nodes with different rings on the same tables, by the same clock.
struct Nodes {
    flows: Arc<MemoryFlows>,
    accounts: Arc<MemoryAccounts>,
    clock: Arc<TestClock>,
}

impl Nodes {
    fn new() -> Self {
        Self { flows: Arc::default(), accounts: Arc::new(MemoryAccounts::new()), clock: Arc::default() }
    }

    fn builder(&self, keys: KeyRing) -> WorldBuilder {
        let builder = World::builder().flows(self.flows.clone()).accounts(self.accounts.clone());
        builder.clock(self.clock.clone()).keys(keys)
    }

    fn node(&self, keys: KeyRing) -> World {
        self.builder(keys).build()
    }

    /// A node whose mails wait.
    fn without_mail(&self, keys: KeyRing) -> World {
        let mut mailer = MockMailer::new();
        mailer.expect_send().returning(|_| Delivery::RetryLater("the mail system is down".into()));
        self.builder(keys).mailer(Arc::new(mailer)).build()
    }
}

/// Two nodes in the middle of a rotation must not seal each other's values back and forth.
#[tokio::test]
async fn a_key_that_is_to_come_is_no_old_key() {
    let nodes = Nodes::new();
    let ahead = nodes.without_mail(both());
    let ana = ahead.person("Ana").await;
    ahead.recovery.ask_password(&ana.identifier(), &ahead.client()).await.unwrap();
    let behind = nodes.node(next());
    assert_eq!(behind.worker.old_keys_in_use().await.unwrap(), Vec::<u32>::new());
    behind.work().await;
    assert_eq!(behind.subjects_to(&ana).len(), 1);
}

#[tokio::test]
async fn what_waits_is_sealed_anew_and_the_old_key_is_needed_no_more() {
    let nodes = Nodes::new();
    let before = nodes.without_mail(old());
    let (ana, bo) = (before.person("Ana").await, before.person("Bo").await);
    let claims = IdentityClaims::new(ana.claims.clone());
    before.recovery.ask_username(&claims, &before.client()).await.unwrap();
    before.work().await;
    before.recovery.ask_password(&bo.identifier(), &before.client()).await.unwrap();
    assert_eq!(before.worker.old_keys_in_use().await.unwrap(), Vec::<u32>::new());

    let during = nodes.without_mail(both());
    assert_eq!(during.worker.old_keys_in_use().await.unwrap(), [1]);
    during.worker.step().await.unwrap();
    nodes.clock.advance(Duration::minutes(10));
    during.work().await;
    assert_eq!(during.worker.old_keys_in_use().await.unwrap(), Vec::<u32>::new());

    let after = nodes.node(new());
    nodes.clock.advance(Duration::minutes(15));
    after.work().await;
    assert_eq!(after.subjects_to(&ana).len(), 1);
    assert_eq!(after.subjects_to(&bo).len(), 1);
    after.recovery.look(&after.link_of(&bo)).await.unwrap();
}

/// The overlap: first every node can open the new key, then it becomes the newest, then the old one goes.
#[tokio::test]
async fn a_rotation_under_traffic_loses_nobody() {
    let nodes = Nodes::new();
    let steps = [[old(), next()], [next(), next()], [next(), both()], [both(), both()], [both(), new()]];
    let mut number = 0;
    for rings in steps {
        let worlds = rings.map(|ring| nodes.node(ring));
        for (asking, working, choosing) in [(0, 1, 0), (1, 0, 1), (1, 1, 0), (0, 0, 1)] {
            number += 1;
            let person = worlds[asking].person(&format!("Ana{number}")).await;
            let asked = &worlds[asking];
            asked.recovery.ask_password(&person.identifier(), &asked.client()).await.unwrap();
            worlds[working].work().await;
            let link = worlds[working].link_of(&person);
            let password = Password::new(format!("violet harbour tin whistle {number}"));
            let world = &worlds[choosing];
            world.recovery.choose_password(&link, &password, &world.client()).await.unwrap();
            world.recovery.sign_in(&person.identifier(), &password, &world.client()).await.unwrap();
        }
        nodes.clock.advance(Duration::minutes(15));
        worlds[1].work().await;
        nodes.clock.advance(Duration::HOUR);
        worlds[1].work().await;
    }
}

/// Losing an old key harms what was made under it and nothing else.
#[tokio::test]
async fn a_lost_key_costs_only_what_was_sealed_with_it() {
    let nodes = Nodes::new();
    let before = nodes.without_mail(old());
    let (ana, bo) = (before.person("Ana").await, before.person("Bo").await);
    let claims = IdentityClaims::new(ana.claims.clone());
    before.recovery.ask_username(&claims, &before.client()).await.unwrap();
    before.work().await;
    let after = nodes.node(new());
    let link = after.fresh_link(&bo).await;
    after.recovery.look(&link).await.unwrap();
    nodes.clock.advance(Duration::DAY);
    after.work().await;
    let dead = after.worker.dead_letters(9).await.unwrap();
    assert_eq!(dead.iter().map(|letter| &letter.why[..]).collect::<Vec<_>>(), ["unreadable"]);
    assert_eq!(after.mailbox.to(&ana.email).len(), 0);

    let found_again = nodes.node(both());
    assert_eq!(found_again.worker.send_again(dead[0].id).await.unwrap(), SentAgain::Queued);
    found_again.work().await;
    assert_eq!(found_again.mailbox.to(&ana.email).len(), 1);
}
