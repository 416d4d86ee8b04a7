//! "This wasn't me", said with the notice of a changed address, and what it takes back.

use super::addresses::{NEW, NEWER, change, code_to, on_file, propose};
use super::host::Host;
use super::*;
use regain::security::{AddressChanged, ProposalState};
use regain::store::DocumentKind;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// The button in the latest mail with this subject to an address.
fn letter(world: &World, address: &str, subject: &str) -> String {
    let mails = world.mailbox.to(address);
    let mail = mails.iter().rev().find(|mail| mail.subject.contains(subject)).expect(subject);
    let (_, rest) = mail.text.split_once("/recovery/disown?letter=").expect("a button");
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn press(world: &World, letter: &str) -> bool {
    let Ok(token) = world.recovery.read_disown_token(letter) else { return false };
    let pressed = world.recovery.disown_all(&token, &world.client()).await.is_ok();
    world.work().await;
    pressed
}

const CHANGED: &str = "was changed";
const NOW_ON_FILE: &str = "is now on file";

#[tokio::test]
async fn whoever_had_the_old_address_has_it_back_at_the_press_of_a_button() {
    for (button_at, subject) in [("ana@home.example", CHANGED), (NEW, NOW_ON_FILE)] {
        let world = World::new();
        let ana = world.person("Ana").await;
        change(&world, &ana, NEW).await;
        world.clock.advance(Duration::days(7) - Duration::MILLISECOND);
        assert!(press(&world, &letter(&world, button_at, subject)).await);
        assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
        for address in [NEW, &ana.email] {
            let told =
                world.mailbox.to(address).into_iter().filter(|mail| mail.subject.contains("taken back"));
            assert_eq!(told.count(), 1, "{address}");
        }
        assert_eq!(count(&world, "account.address_taken_back").await, 1);
        let view = view(&world, &ana).await;
        assert!(view.on_hold_until.is_some());
        // For a day no address is changed, by nobody.
        let refused = signed_in(&world, &ana).propose_address(&email(NEWER), None).await;
        assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::Held));
        world.clock.advance(Duration::days(1));
        world.work().await;
        assert_eq!(count(&world, "account.address_taken_back").await, 1);
        change(&world, &ana, NEWER).await;
    }
}

#[tokio::test]
async fn after_seven_days_the_address_stays_and_the_old_one_is_forgotten() {
    let world = World::new();
    let ana = world.person("Ana").await;
    change(&world, &ana, NEW).await;
    let button = letter(&world, &ana.email, CHANGED);
    world.clock.advance(Duration::days(7));
    assert!(!press(&world, &button).await);
    assert_eq!(on_file(&world, &ana).await, [NEW]);
    assert!(view(&world, &ana).await.proposals.is_empty());
    world.clock.advance(Duration::days(2));
    world.work().await;
    let rows = world.flows.documents_of(world.realm(), DocumentKind::Security, &ana.id, 10).await.unwrap();
    assert!(rows.is_empty(), "nothing is left of the old address");
}

#[tokio::test]
async fn the_button_of_another_letter_takes_back_no_address() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    let other = letter(&world, &ana.email, "Choose a new password");
    change(&world, &ana, NEW).await;
    assert!(press(&world, &other).await);
    assert_eq!(on_file(&world, &ana).await, [NEW]);
    // But it still can be.
    assert!(press(&world, &letter(&world, &ana.email, CHANGED)).await);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
}

/// Whoever took an account by changing its address cannot make that final by changing it once more.
#[tokio::test]
async fn a_dispute_takes_back_all_that_came_after_the_change_too() {
    let world = World::new();
    let ana = world.person("Ana").await;
    change(&world, &ana, NEW).await;
    let first = letter(&world, &ana.email, CHANGED);
    change(&world, &ana, NEWER).await;
    signed_in(&world, &ana).propose_address(&email("more@home.example"), None).await.unwrap();
    world.work().await;
    let more = code_to(&world, "more@home.example");
    signed_in(&world, &ana).confirm_address(&more).await.unwrap();
    assert_eq!(on_file(&world, &ana).await, [NEWER, "more@home.example"]);
    assert!(press(&world, &first).await);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
}

#[tokio::test]
async fn a_dispute_of_the_second_change_leaves_the_first() {
    let world = World::new();
    let ana = world.person("Ana").await;
    change(&world, &ana, NEW).await;
    change(&world, &ana, NEWER).await;
    assert!(press(&world, &letter(&world, NEW, CHANGED)).await);
    assert_eq!(on_file(&world, &ana).await, [NEW]);
}

#[tokio::test]
async fn what_was_begun_is_dropped_with_any_letter() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    let button = letter(&world, &ana.email, "Choose a new password");
    let begun = by_password(&world, &ana).begin_totp(&label("thief")).await.unwrap();
    let code = propose(&world, &ana, NEW).await;
    assert!(press(&world, &button).await);
    let info = by_password(&world, &ana);
    let bound = info.confirm_totp(begun.id, &app(&world, &begun)).await;
    assert_eq!(bound.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert!(info.confirm_address(&code).await.is_err());
    assert!(view(&world, &ana).await.proposals.is_empty());
    world.clock.advance(Duration::days(1));
    let late = by_password(&world, &ana).confirm_address(&code).await;
    assert_eq!(late.unwrap_err(), RecoveryError::CodeNotUsable);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
}

/// Confirmed, and not set yet because the host did not answer: it is never set after "this wasn't me", whatever letter said
/// so.
#[tokio::test]
async fn a_change_that_is_not_made_yet_is_withdrawn() {
    let host = Arc::new(Host::default());
    let world = host.world();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    let button = letter(&world, &ana.email, "Choose a new password");
    let code = propose(&world, &ana, NEW).await;
    host.answers(false);
    let confirmed = signed_in(&world, &ana).confirm_address(&code).await;
    assert_eq!(confirmed.unwrap(), AddressChanged::Pending);
    assert!(press(&world, &button).await);
    host.answers(true);
    for _ in 0..3 {
        world.clock.advance(10 * MINUTE);
        world.work().await;
    }
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    assert_eq!(count(&world, "account.address_set").await, 0);
}

/// A node was just setting the address when it was disputed and taken back, and comes too late: the second look finds it.
#[tokio::test]
async fn a_change_that_is_made_while_it_is_disputed_does_not_stay() {
    let host = Arc::new(Host::default());
    let world = Arc::new(host.world());
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    host.stops.store(true, SeqCst);
    let (slow, who) = (world.clone(), session(&world, &ana, AuthLevel::Password));
    let client = world.client();
    let setting =
        tokio::spawn(async move { slow.recovery.security_info(&who, &client).confirm_address(&code).await });
    host.reached.notified().await;
    world.clock.advance(Duration::SECOND);
    world.worker.step().await.unwrap();
    assert!(press(&world, &letter(&world, &ana.email, CHANGED)).await);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    host.let_go.notify_one();
    assert!(setting.await.unwrap().is_err(), "it is not told as done");
    assert_eq!(on_file(&world, &ana).await, [NEW], "it came late");
    assert_eq!(view(&world, &ana).await.proposals[0].state, ProposalState::Disputed);
    world.clock.advance(5 * MINUTE);
    world.work().await;
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    assert!(view(&world, &ana).await.proposals.is_empty());
}

/// Taking back is repeated until the host has done it.
#[tokio::test]
async fn a_host_that_does_not_answer_takes_it_back_later() {
    let host = Arc::new(Host::default());
    let world = host.world();
    let ana = world.person("Ana").await;
    change(&world, &ana, NEW).await;
    host.answers(false);
    let button = letter(&world, &ana.email, CHANGED);
    let token = world.recovery.read_disown_token(&button).unwrap();
    world.recovery.disown_all(&token, &world.client()).await.unwrap();
    world.worker.step().await.unwrap();
    assert_eq!(on_file(&world, &ana).await, [NEW]);
    host.answers(true);
    world.change(&ana, |account| account.username = "ana.maria".into()).await;
    world.clock.advance(2 * MINUTE);
    world.work().await;
    assert_eq!(on_file(&world, &ana).await, [&*ana.email], "whatever else has changed");
}

/// Somebody at the host has put another address on file since: that is not overwritten.
#[tokio::test]
async fn what_the_host_has_changed_since_stays() {
    let world = World::new();
    let ana = world.person("Ana").await;
    change(&world, &ana, NEW).await;
    world.change(&ana, |account| account.addresses = vec![email("desk@home.example")]).await;
    assert!(press(&world, &letter(&world, &ana.email, CHANGED)).await);
    assert_eq!(on_file(&world, &ana).await, ["desk@home.example"]);
}
