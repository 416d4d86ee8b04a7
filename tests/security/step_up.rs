//! What a session has to be before anything changes (MF-8).

use super::*;
use futures_util::future::BoxFuture;
use regain::account::AccountStatus;
use regain::recovery::ConfigError;
use regain::security::SecurityRules;

/// One change, tried; whatever it brings is dropped.
type Change = for<'a> fn(&'a SecurityInfo, FactorId) -> BoxFuture<'a, Result<(), RecoveryError>>;

/// Every call that changes something, or shows a secret.
const CHANGES: [(&str, Change); 6] = [
    ("begin", |info, _| Box::pin(async { info.begin_totp(&label("x")).await.map(drop) })),
    ("show again", |info, id| Box::pin(async move { info.enrolment(id).await.map(drop) })),
    ("remove", |info, id| Box::pin(async move { info.remove(id).await })),
    ("disable", |info, id| Box::pin(async move { info.disable(id).await })),
    ("regenerate", |info, _| Box::pin(async { info.regenerate_codes().await.map(drop) })),
    ("propose", |info, _| {
        Box::pin(async { info.propose_address(&email("new@home.example"), None).await.map(drop) })
    }),
];

#[tokio::test]
async fn an_old_or_a_weak_session_changes_nothing_and_is_told_so() {
    for (name, change) in CHANGES {
        let world = World::new();
        let (ana, id) = protected(&world, "Ana").await;
        let old = signed_in(&world, &ana);
        world.clock.advance(15 * MINUTE);
        let weak = by_password(&world, &ana);
        let before = traces(&world, &ana).await;
        for session in [old, weak] {
            let told = change(&session, id).await;
            assert_eq!(told.unwrap_err(), RecoveryError::StepUpRequired, "{name}");
        }
        assert_eq!(traces(&world, &ana).await, before, "{name}");
    }
}

#[tokio::test]
async fn a_fresh_session_of_the_highest_level_may() {
    for (name, change) in CHANGES {
        let world = World::new();
        let (ana, id) = protected(&world, "Ana").await;
        let fresh = signed_in(&world, &ana);
        world.clock.advance(15 * MINUTE - Duration::MILLISECOND);
        assert_ne!(change(&fresh, id).await, Err(RecoveryError::StepUpRequired), "{name}");
    }
}

#[tokio::test]
async fn without_a_factor_the_password_is_the_highest_level() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let list = view(&world, &ana).await;
    assert_eq!((list.level_needed, list.step_up_needed), (AuthLevel::Password, false));
    bind(&world, &by_password(&world, &ana), "My phone").await;
    let list = view(&world, &ana).await;
    assert_eq!((list.level_needed, list.step_up_needed), (AuthLevel::SecondFactor, true));
    let host = world.with_factor("Bo").await;
    assert_eq!(view(&world, &host).await.level_needed, AuthLevel::SecondFactor);
}

/// What somebody began by the password alone is not finished after the owner has put a factor before the account.
#[tokio::test]
async fn an_enrolment_from_before_the_first_factor_is_not_confirmed_by_password_afterwards() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let thief = info(&world, &other_session(&world, &ana, AuthLevel::Password));
    let begun = thief.begin_totp(&label("thief")).await.unwrap();
    bind(&world, &by_password(&world, &ana), "My phone").await;
    let refused = thief.confirm_totp(begun.id, &app(&world, &begun)).await;
    assert_eq!(refused.unwrap_err(), RecoveryError::StepUpRequired);
    assert_eq!(view(&world, &ana).await.factors.iter().filter(|it| it.label == "thief").count(), 1);
    world.clock.advance(15 * MINUTE);
    assert!(view(&world, &ana).await.factors.iter().all(|factor| factor.label != "thief"));
}

#[tokio::test]
async fn a_session_of_an_account_that_is_gone_or_disabled_sees_nothing() {
    let world = World::new();
    let (ana, id) = protected(&world, "Ana").await;
    world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
    for account_is in ["disabled", "gone"] {
        let info = signed_in(&world, &ana);
        assert_eq!(info.list().await.unwrap_err(), RecoveryError::StepUpRequired, "{account_is}");
        assert_eq!(info.remove(id).await.unwrap_err(), RecoveryError::StepUpRequired, "{account_is}");
        world.accounts.remove(&ana.id).await;
    }
}

#[test]
fn a_step_up_that_lasts_for_a_day_does_not_build() {
    let built = |within, most| {
        let mut rules = SecurityRules::default();
        (rules.step_up_within, rules.most_addresses) = (within, most);
        let setup = World::builder().setup();
        regain::Recovery::builder(setup).security_rules(rules).build().map(drop)
    };
    assert!(matches!(built(Duration::DAY, 4), Err(ConfigError::Weaker { .. })));
    assert!(matches!(built(Duration::ZERO, 4), Err(ConfigError::Invalid { .. })));
    assert!(matches!(built(Duration::HOUR, 0), Err(ConfigError::Invalid { .. })));
    assert!(matches!(built(Duration::HOUR, 17), Err(ConfigError::Invalid { .. })));
    assert!(built(Duration::HOUR, 16).is_ok() && built(Duration::MINUTE, 1).is_ok());
}
