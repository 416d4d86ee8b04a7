//! What the button does.

use super::{ask, choose, count, letter_of, lines, look, press};
use regain::RecoveryError;
use regain::account::AccountStatus;
use regain::recovery::DisownRules;
use regain::testing::World;
use time::Duration;

#[tokio::test]
async fn the_link_of_the_letter_ends_and_new_ones_are_on_hold_for_a_day() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    assert!(look(&world, &letter).await.is_ok());
    assert!(press(&world, &letter).await.is_ok());
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
    let told = lines(&world).await;
    assert!(told.contains(&"password.disowned".to_owned()), "{told:?}");
    assert_eq!(told.last().unwrap(), "account.disowned: recovery_link");

    world.work().await;
    let before = world.subjects_to(&ana);
    assert_eq!(before.last().unwrap(), "We have stopped the recovery of your account at Mercy Clinic");
    ask(&world, &ana).await;
    assert_eq!(world.subjects_to(&ana), before, "asks on hold come to nothing");
    assert_eq!(count(&world, "password.dismissed: on_hold").await, 1);

    world.clock.advance(Duration::DAY);
    let link = world.fresh_link(&ana).await;
    assert!(choose(&world, &link).await);
}

#[tokio::test]
async fn a_letter_of_another_kind_ends_the_live_link_too() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    world.work().await;
    let reminder = letter_of(&world, &ana);
    let link = world.fresh_link(&ana).await;
    assert!(press(&world, &reminder).await.is_ok());
    assert!(world.recovery.look(&link).await.is_err());
    assert_eq!(count(&world, "password.superseded").await, 1);
    // While a hold lasts, no username is sent either.
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    world.work().await;
    assert_eq!(count(&world, "username.dismissed: on_hold").await, 1);
}

#[tokio::test]
async fn the_page_of_a_link_does_the_same() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    assert!(world.recovery.disown(&link, &world.client()).await.is_ok());
    ask(&world, &ana).await;
    assert_eq!(count(&world, "password.dismissed: on_hold").await, 1);
    // The letter's own button was used with it.
    assert!(press(&world, &letter).await.is_ok());
    assert_eq!(count(&world, "account.disowned: recovery_link").await, 1);
}

#[tokio::test]
async fn whoever_came_in_by_a_password_of_the_last_days_is_signed_out() {
    for (days, signed_out) in [(6, true), (8, false)] {
        let world = World::new();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        assert!(choose(&world, &link).await);
        world.work().await;
        world.accounts.begin_session(&ana.id).await;
        world.clock.advance(Duration::days(days));
        ask(&world, &ana).await;
        assert!(press(&world, &letter_of(&world, &ana)).await.is_ok());
        assert_eq!(world.accounts.sessions(&ana.id).await == 0, signed_out, "after {days} days");
    }
}

#[tokio::test]
async fn without_a_change_of_the_password_sessions_go_on() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.accounts.begin_session(&ana.id).await;
    ask(&world, &ana).await;
    assert!(press(&world, &letter_of(&world, &ana)).await.is_ok());
    world.clock.advance(Duration::MINUTE);
    world.work().await;
    assert_eq!(world.accounts.sessions(&ana.id).await, 1);
}

#[tokio::test]
async fn it_works_for_an_account_that_cannot_be_recovered_and_without_a_hold() {
    let hold_nothing = || {
        let mut rules = DisownRules::default();
        rules.hold = Duration::ZERO;
        rules
    };
    let world = World::builder().configure(move |builder| builder.disown_rules(hold_nothing())).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
    assert!(press(&world, &letter).await.is_ok());
    world.change(&ana, |account| account.status = AccountStatus::Active).await;
    assert!(world.recovery.look(&link).await.is_err());
    world.clock.advance(Duration::milliseconds(1));
    let link = world.fresh_link(&ana).await;
    assert!(choose(&world, &link).await);
}

#[test]
fn rules_beyond_their_bounds_do_not_build() {
    let bounds = [
        (Duration::days(7), Duration::days(30), true),
        (Duration::days(7) + Duration::SECOND, Duration::days(7), false),
        (-Duration::SECOND, Duration::days(7), false),
        (Duration::DAY, Duration::days(31), false),
    ];
    for (hold, signs_out_within, builds) in bounds {
        let mut rules = DisownRules::default();
        (rules.hold, rules.signs_out_within) = (hold, signs_out_within);
        let setup = World::builder().setup();
        let built = regain::Recovery::builder(setup).disown_rules(rules).build();
        assert_eq!(built.is_ok(), builds, "{hold} {signs_out_within}");
    }
}
