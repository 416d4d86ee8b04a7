//! SD-5: the waiting time.

use super::{Clinic, Office, RISKS, finding};
use regain::desk::Desk;
use regain::desk::case::{CaseStateKind, Need};
use regain::recovery::ConfigError;
use regain::testing::{TestClock, World};
use std::sync::Arc;
use time::Duration;

#[tokio::test]
async fn nothing_goes_out_a_millisecond_before_the_waiting_is_over() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    office.world.clock.advance(Duration::DAY - Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved);
    assert_eq!(office.links_to(&ana.email).await, 0);
    office.world.clock.advance(Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
    assert_eq!(office.links_to(&ana.email).await, 1);
}

/// A reading past the end that was put right releases nothing: the worker claims by the highest reading, and the case says no.
#[tokio::test]
async fn a_clock_that_steps_back_makes_it_wait_longer_and_never_shorter() {
    let clock = Arc::new(TestClock::default());
    let office = Office::build(World::builder().clock(clock.clone()));
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    clock.advance(Duration::DAY);
    let _ = office.world.recovery.ask_password(&ana.identifier(), &office.world.client()).await;
    clock.advance(-Duration::MINUTE);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved);
    clock.advance(Duration::minutes(10));
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
}

#[tokio::test]
async fn another_waiting_time_is_kept_too() {
    let office = Office::with(World::new(), |builder| builder.waiting_time(Duration::HOUR));
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    let view = office.approve(&view, Need::Password).await.unwrap();
    office.world.clock.advance(Duration::HOUR);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
}

/// SD-1, SD-5
#[test]
fn a_desk_without_a_risk_analysis_or_with_too_short_a_waiting_time_does_not_build() {
    let builder = || Desk::builder(World::new().recovery, Arc::new(Clinic::default()));
    for document in [None, Some(""), Some("        "), Some("short"), Some("a\nlong name of it")] {
        let built = match document {
            None => builder().build(),
            Some(document) => builder().risk_analysis(document).build(),
        };
        assert!(matches!(built.map(drop), Err(ConfigError::Invalid { .. })), "{document:?}");
    }
    let waits = [
        (Duration::ZERO, false),
        (Duration::HOUR - Duration::MILLISECOND, false),
        (Duration::HOUR, true),
        (Duration::days(7), true),
        (Duration::days(7) + Duration::MILLISECOND, false),
    ];
    for (wait, builds) in waits {
        let built = builder().risk_analysis(RISKS).waiting_time(wait).build();
        assert_eq!(built.is_ok(), builds, "{wait}");
    }
    assert!(builder().risk_analysis(RISKS).danger_waiting_time(Duration::ZERO).build().is_ok());
}

#[test]
fn a_service_has_one_desk() {
    let world = World::new();
    let build =
        || Desk::builder(world.recovery.clone(), Arc::new(Clinic::default())).risk_analysis(RISKS).build();
    let desk = build().unwrap();
    assert_eq!(desk.risk_analysis().unwrap().document(), RISKS);
    assert!(build().is_err());
}
