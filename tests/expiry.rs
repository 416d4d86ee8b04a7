//! Time: to the millisecond, and with a clock that leaps or steps back.

use regain::flow::StateKind;
use regain::identity::Identifier;
use regain::password::Password;
use regain::recovery::Chosen;
use regain::testing::{START, Someone, World};
use regain::{RecoveryError, RecoveryToken};
use time::Duration;

const MS: Duration = Duration::milliseconds(1);
const LIFE: Duration = Duration::minutes(30);
const NEW: &str = "forty-one copper kettles whistle";

async fn choose(world: &World, link: &RecoveryToken) -> Result<Chosen, RecoveryError> {
    world.recovery.choose_password(link, &Password::new(NEW), &world.client()).await
}

async fn with_link() -> (World, Someone, RecoveryToken) {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    (world, ana, link)
}

/// RC-4: the last millisecond is good, the boundary itself is too late.
#[tokio::test]
async fn a_link_works_up_to_its_last_millisecond() {
    for (moment, usable) in [(-MS, true), (Duration::ZERO, false), (MS, false), (LIFE * 100, false)] {
        let (world, _, link) = with_link().await;
        let view = world.recovery.look(&link).await.unwrap();
        assert_eq!(view.expires_at, START + LIFE);
        world.clock.set(START + LIFE + moment);
        assert_eq!(world.recovery.look(&link).await.is_ok(), usable, "at {moment} of its end");
        let chosen = choose(&world, &link).await;
        let expected = if usable { Ok(Chosen::Done) } else { Err(RecoveryError::LinkNotUsable) };
        assert_eq!(chosen, expected, "at {moment} of its end");
    }
}

#[tokio::test]
async fn disowning_comes_too_late_at_the_same_millisecond() {
    for (moment, usable) in [(-MS, true), (Duration::ZERO, false)] {
        let (world, _, link) = with_link().await;
        world.clock.set(START + LIFE + moment);
        assert_eq!(world.recovery.disown(&link, &world.client()).await.is_ok(), usable);
    }
}

/// Within the last millisecond, fractions are rounded down, once.
#[tokio::test]
async fn a_link_of_another_life_ends_when_that_is_over() {
    let life = Duration::minutes(5);
    let world = World::builder().configure(move |builder| builder.link_life(life)).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    world.clock.set(START + life - MS);
    assert!(world.recovery.look(&link).await.is_ok());
    world.clock.set(START + life);
    assert!(world.recovery.look(&link).await.is_err());
    assert!(world.mailbox.to(&ana.email)[0].text.contains("for 5 minutes"));
}

#[tokio::test]
async fn an_ask_is_resolved_up_to_its_last_millisecond() {
    for (moment, mails) in [(-MS, 1), (Duration::ZERO, 0), (MS, 0)] {
        let world = World::new();
        let ana = world.person("Ana").await;
        world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
        world.clock.set(START + Duration::HOUR + moment);
        world.work().await;
        assert_eq!(world.mailbox.mails().len(), mails, "at {moment} of its end");
    }
}

/// The worker writes the end down; the row holds nothing of the link any more.
#[tokio::test]
async fn an_expired_link_is_ended_in_the_table_too() {
    let (world, _, link) = with_link().await;
    world.clock.set(START + LIFE);
    world.work().await;
    let row = world.flows.load(world.realm(), link.flow()).await.unwrap().unwrap();
    assert_eq!(row.state, StateKind::Expired.code());
    assert_eq!((row.digest, row.account, row.due_at), (None, None, None));
}

/// Dead stays dead, whether or not the worker wrote it down.
#[tokio::test]
async fn a_clock_that_steps_back_revives_no_link() {
    for writes_down in [true, false] {
        let (world, _, link) = with_link().await;
        world.clock.set(START + LIFE);
        assert!(world.recovery.look(&link).await.is_err());
        if writes_down {
            world.work().await;
        }
        for back in [MS, Duration::minutes(10), LIFE] {
            world.clock.set(START + LIFE - back);
            assert!(world.recovery.look(&link).await.is_err(), "{back} before its end");
            assert_eq!(
                choose(&world, &link).await,
                Err(RecoveryError::LinkNotUsable),
                "{back} before its end"
            );
        }
    }
}

/// A leap of the clock that was put right before anybody asked harms nobody who asks then, nor is a link
/// issued after it good for a millisecond longer.
#[tokio::test]
async fn after_a_leap_that_was_corrected_new_links_live_as_long_as_ever() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.clock.set(START + Duration::days(365));
    world.work().await;
    assert!(world.recovery.ask_password(&Identifier::parse("nobody"), &world.client()).await.is_ok());
    world.clock.set(START);
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.is_ok());
    world.clock.set(START + LIFE - MS);
    assert!(world.recovery.look(&link).await.is_ok());
    world.clock.set(START + LIFE);
    assert_eq!(choose(&world, &link).await, Err(RecoveryError::LinkNotUsable));
}

/// A leap past a link's end kills it, also when it is put right: nobody knows which of the readings was true.
#[tokio::test]
async fn a_leap_past_its_end_kills_a_link_for_good() {
    let (world, ana, link) = with_link().await;
    world.clock.set(START + Duration::DAY);
    assert!(world.recovery.look(&link).await.is_err());
    world.clock.set(START + Duration::MINUTE);
    assert!(world.recovery.look(&link).await.is_err());
    // A new one is to be had.
    let new = world.fresh_link(&ana).await;
    assert_eq!(choose(&world, &new).await, Ok(Chosen::Done));
}

/// A clock that stands before a link's issue has stepped back; five minutes are forgiven between nodes.
#[tokio::test]
async fn a_clock_more_than_five_minutes_before_the_issue_refuses_the_link() {
    let tolerance = Duration::minutes(5);
    for (back, usable) in [(MS, true), (tolerance, true), (tolerance + MS, false), (Duration::DAY, false)] {
        let (world, _, link) = with_link().await;
        world.clock.set(START - back);
        assert_eq!(world.recovery.look(&link).await.is_ok(), usable, "{back} before its issue");
        assert_eq!(choose(&world, &link).await.is_ok(), usable, "{back} before its issue");
    }
}

/// Refused is not dead: once the clock is right again, the link works.
#[tokio::test]
async fn a_link_refused_for_a_clock_far_behind_works_once_the_clock_is_right() {
    let (world, _, link) = with_link().await;
    world.clock.set(START - Duration::HOUR);
    assert!(world.recovery.look(&link).await.is_err());
    world.clock.set(START + Duration::MINUTE);
    assert_eq!(choose(&world, &link).await, Ok(Chosen::Done));
}

/// Work does not wait for a clock that stepped back.
#[tokio::test]
async fn an_ask_before_a_step_back_is_resolved_after_it() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.clock.advance(-Duration::minutes(2));
    world.work().await;
    assert_eq!(world.mailbox.mails().len(), 1);
}

/// RL-6: a clock that steps back refills no budget.
#[tokio::test]
async fn a_clock_that_steps_back_refills_no_budget() {
    let world = World::new();
    let ask = async || world.recovery.ask_password(&Identifier::parse("ana"), &world.client()).await;
    while ask().await.is_ok() {}
    world.clock.advance(-Duration::minutes(50));
    assert!(matches!(ask().await, Err(RecoveryError::TooManyAttempts { .. })));
}
