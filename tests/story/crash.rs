use super::{NEW, OTHER, choose, is_dead, sign_in, told};
use regain::RecoveryError;
use regain::recovery::Chosen;
use regain::testing::{Cut, Someone, World};
use time::Duration;

const SET: &str = "accounts.set_password";
/// The commit that consumes the link.
const CONSUME: &str = "flows.commit(spends=0,flows=0 insert 1 update,mails=0";
/// The commit that completes the flow, with its notice.
const COMPLETE: &str = "flows.commit(spends=0,flows=0 insert 1 update,mails=1";
/// Longer than a request has for applying a password, and than a worker's lease.
const LATER: Duration = Duration::minutes(2);

async fn completed_once(world: &World, ana: &Someone, what: &str) {
    assert!(sign_in(world, ana, NEW).await.is_ok(), "{what}: the new password signs in");
    assert!(sign_in(world, ana, &ana.password).await.is_err(), "{what}: the old one does not");
    let lines = told(world).await;
    let completions = lines.iter().filter(|line| *line == "password.completed").count();
    assert_eq!(
        (completions, world.subjects_to(ana).len()),
        (1, 2),
        "{what}: one completion, one notice: {lines:?}"
    );
}

/// CR-5: wherever between two writes a crash falls, the chosen password is set once and told once.
#[tokio::test]
async fn a_worker_finishes_what_a_crash_left_after_a_password_was_chosen() {
    let places = [
        (SET, Cut::OnTheWayThere),
        (SET, Cut::OnTheWayBack),
        (COMPLETE, Cut::OnTheWayThere),
        (COMPLETE, Cut::OnTheWayBack),
    ];
    for (call, cut) in places {
        let what = format!("{call} {cut:?}");
        let (world, trace) = World::traced();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        trace.cut(call, cut);
        assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Pending), "{what}");
        assert!(!trace.has_cuts_left(), "{what}: the crash did not happen");
        assert!(is_dead(&world, &link).await, "{what}: the link is used up");
        world.clock.advance(LATER);
        world.work().await;
        completed_once(&world, &ana, &what).await;
    }
}

/// Right after the choice the request itself goes on: a worker that is awake does not do it twice.
#[tokio::test]
async fn a_worker_leaves_a_choice_to_the_request_for_ten_seconds() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    trace.cut(SET, Cut::OnTheWayThere);
    choose(&world, &link, NEW).await.unwrap();
    world.clock.advance(Duration::milliseconds(9_999));
    world.work().await;
    assert!(sign_in(&world, &ana, NEW).await.is_err());
    world.clock.advance(Duration::milliseconds(1));
    world.work().await;
    completed_once(&world, &ana, "after ten seconds").await;
}

/// The answer to the one commit that consumes the link is lost: the choice stands all the same.
#[tokio::test]
async fn a_choice_whose_answer_was_lost_is_carried_out() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    trace.cut(CONSUME, Cut::OnTheWayBack);
    // The commit that counts the choice comes first, with a spend.
    assert_eq!(choose(&world, &link, NEW).await, Err(RecoveryError::Unavailable));
    assert!(is_dead(&world, &link).await);
    world.clock.advance(LATER);
    world.work().await;
    completed_once(&world, &ana, "answer lost").await;
}

/// The same commit never arrived: nothing happened, and the link still works.
#[tokio::test]
async fn a_choice_that_was_lost_can_be_made_again() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    trace.cut(CONSUME, Cut::OnTheWayThere);
    assert_eq!(choose(&world, &link, NEW).await, Err(RecoveryError::Unavailable));
    assert!(sign_in(&world, &ana, NEW).await.is_err());
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    world.work().await;
    completed_once(&world, &ana, "made again").await;
}

/// The accounts are away for hours; the choice waits for them.
#[tokio::test]
async fn a_choice_waits_for_accounts_that_are_away_longer_than_a_link_lives() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let attempts = 1 + 12 * 60 / 5;
    (0..attempts).for_each(|_| trace.cut(SET, Cut::OnTheWayThere));
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Pending));
    while trace.has_cuts_left() {
        world.clock.advance(Duration::minutes(5));
        world.work().await;
    }
    world.clock.advance(LATER);
    world.work().await;
    completed_once(&world, &ana, "after half a day").await;
}

/// RC-7: whatever the host decided meanwhile counts for more than the pending choice.
#[tokio::test]
async fn a_pending_choice_gives_way_to_a_change_at_the_host() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    trace.cut(SET, Cut::OnTheWayThere);
    choose(&world, &link, NEW).await.unwrap();
    let changed = world.hash(OTHER);
    world.change(&ana, |account| account.password = Some(changed)).await;
    world.clock.advance(LATER);
    world.work().await;
    assert!(sign_in(&world, &ana, NEW).await.is_err());
    assert!(sign_in(&world, &ana, OTHER).await.is_ok());
    assert_eq!(told(&world).await.last().unwrap(), "password.superseded");
    assert_eq!(world.subjects_to(&ana).len(), 1, "no notice of a change that was none");
}

/// Another process takes over: it has nothing but the tables and the keys.
#[tokio::test]
async fn another_process_finishes_what_a_crash_left() {
    let (world, trace) = World::traced();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    trace.cut(SET, Cut::OnTheWayThere);
    choose(&world, &link, NEW).await.unwrap();
    let next = World::builder()
        .flows(world.flows.clone())
        .accounts(world.accounts.clone())
        .clock(world.clock.clone())
        .build();
    drop(world);
    next.clock.advance(LATER);
    next.work().await;
    assert!(sign_in(&next, &ana, NEW).await.is_ok());
    assert_eq!(next.subjects_to(&ana), ["Your password for Mercy Clinic was changed"]);
}

/// A crash while resolving an ask: it is resolved again, and one mail goes out.
#[tokio::test]
async fn an_ask_whose_resolving_broke_off_is_resolved_again() {
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for call in ["accounts.find_by_identifier", "flows.commit(spends=2,flows=0 insert 1 update,mails=1"] {
            let (world, trace) = World::traced();
            let ana = world.person("Ana").await;
            world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
            trace.cut(call, cut);
            world.work().await;
            assert!(!trace.has_cuts_left(), "{call} {cut:?}: the crash did not happen");
            world.clock.advance(LATER);
            world.work().await;
            assert_eq!(world.subjects_to(&ana).len(), 1, "{call} {cut:?}");
            assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "{call} {cut:?}");
        }
    }
}

/// NO-1, CR-5: the password was set, the node died before it could say so, and the account was changed again meanwhile. The
/// recovery is completed all the same, and the owner is told.
#[tokio::test]
async fn a_password_that_was_set_is_told_also_when_the_account_has_moved_on() {
    for (call, cut) in [(SET, Cut::OnTheWayBack), (COMPLETE, Cut::OnTheWayThere)] {
        let what = format!("{call} {cut:?}");
        let (world, trace) = World::traced();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        trace.cut(call, cut);
        assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Pending), "{what}");
        let changed = world.hash(OTHER);
        world.change(&ana, |account| account.password = Some(changed)).await;
        world.clock.advance(LATER);
        world.work().await;
        assert!(sign_in(&world, &ana, OTHER).await.is_ok(), "{what}: what the host decided counts");
        assert!(sign_in(&world, &ana, NEW).await.is_err(), "{what}");
        assert_eq!(told(&world).await.last().unwrap(), "password.completed", "{what}");
        assert_eq!(world.subjects_to(&ana).len(), 2, "{what}: the link, and the notice");
    }
}
