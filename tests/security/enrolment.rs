//! Binding an authenticator app.

use super::*;
use regain::factor::{FactorKind, FactorState};
use regain::store::DocumentKind;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_first_right_code_binds_the_app_and_brings_ten_recovery_codes() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let enrolment = info.begin_totp(&label(" My phone ")).await.unwrap();
    let confirmed = info.confirm_totp(enrolment.id, &app(&world, &enrolment)).await.unwrap();
    let codes: BTreeSet<String> =
        confirmed.codes.expect("codes").expose().map(|code| code.to_string()).collect();
    assert_eq!(codes.len(), 10);
    let view = view(&world, &ana).await;
    let shown: Vec<_> = view.factors.iter().map(|factor| (factor.kind, factor.state)).collect();
    let active = FactorState::Active;
    assert_eq!(shown, [(FactorKind::Totp, active), (FactorKind::RecoveryCodes, active)]);
    assert_eq!((view.factors[0].id, &*view.factors[0].label), (enrolment.id, "My phone"));
    assert_eq!(view.factors[1].remaining, Some(10));
    assert_eq!(view.level_needed, AuthLevel::SecondFactor);
}

#[tokio::test]
async fn a_second_app_brings_no_codes() {
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    world.clock.advance(MINUTE);
    let (_, confirmed) = bind(&world, &signed_in(&world, &ana), "Tablet").await;
    assert!(confirmed.codes.is_none());
    assert_eq!(view(&world, &ana).await.factors.len(), 3);
}

#[tokio::test]
async fn nothing_is_asked_for_before_the_app_is_confirmed_and_it_is_afterwards() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let enrolment = info.begin_totp(&label("My phone")).await.unwrap();
    let link = world.fresh_link(&ana).await;
    assert!(!world.recovery.look(&link).await.unwrap().factor_needed);
    assert_eq!(view(&world, &ana).await.factors[0].state, FactorState::Pending);
    info.confirm_totp(enrolment.id, &app(&world, &enrolment)).await.unwrap();
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.unwrap().factor_needed);
}

#[tokio::test]
async fn the_app_is_told_who_and_where_and_the_secret_is_160_bits() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let enrolment = by_password(&world, &ana).begin_totp(&label("My phone")).await.unwrap();
    let uri = enrolment.uri();
    assert!(uri.starts_with("otpauth://totp/Mercy%20Clinic:ana?secret="), "{}", *uri);
    assert!(uri.contains("&issuer=Mercy%20Clinic&algorithm=SHA1&digits=6&period=30"), "{}", *uri);
    assert_eq!(enrolment.secret().replace(' ', "").len(), 32);
    assert_eq!(enrolment.expires_at - world.clock.timestamp().to_datetime(), 15 * MINUTE);
    let debug = format!("{enrolment:?}");
    assert!(!debug.contains(enrolment.secret().split(' ').next().unwrap()), "{debug}");
}

/// MF-6.
#[tokio::test]
async fn the_secret_lies_sealed_in_the_table() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let enrolment = by_password(&world, &ana).begin_totp(&label("My phone")).await.unwrap();
    let rows = world.flows.documents_of(world.realm(), DocumentKind::Security, &ana.id, 10).await.unwrap();
    let text = enrolment.secret();
    let first = TotpSecret::import_base32(&text).unwrap().uri("", "");
    assert!(first.contains(&text.replace(' ', "")));
    for row in rows {
        let hay = String::from_utf8_lossy(&row.sealed).into_owned();
        assert!(!hay.contains("My phone") && !hay.contains("record/") && !hay.contains(&text[..4]));
    }
}

#[tokio::test]
async fn the_secret_is_shown_again_in_its_own_session_only() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let enrolment = by_password(&world, &ana).begin_totp(&label("My phone")).await.unwrap();
    let again = by_password(&world, &ana).enrolment(enrolment.id).await.unwrap();
    assert_eq!((again.id, again.uri()), (enrolment.id, enrolment.uri()));
    let other = info(&world, &other_session(&world, &ana, AuthLevel::SecondFactor));
    assert_eq!(other.enrolment(enrolment.id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    world.clock.advance(15 * MINUTE);
    let late = by_password(&world, &ana).enrolment(enrolment.id).await;
    assert_eq!(late.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert!(view(&world, &ana).await.factors.is_empty(), "what is too late is not shown");
}

#[tokio::test]
async fn a_wrong_code_may_be_mended_four_times() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let enrolment = info.begin_totp(&label("My phone")).await.unwrap();
    for _ in 0..4 {
        let refused = info.confirm_totp(enrolment.id, &wrong(&world, &enrolment)).await;
        assert_eq!(refused.unwrap_err(), RecoveryError::CodeNotUsable);
    }
    assert!(info.confirm_totp(enrolment.id, &app(&world, &enrolment)).await.is_ok());

    let bo = world.person("Bo").await;
    let info = by_password(&world, &bo);
    let enrolment = info.begin_totp(&label("My phone")).await.unwrap();
    for _ in 0..5 {
        let refused = info.confirm_totp(enrolment.id, &wrong(&world, &enrolment)).await;
        assert_eq!(refused.unwrap_err(), RecoveryError::CodeNotUsable);
    }
    let right = info.confirm_totp(enrolment.id, &app(&world, &enrolment)).await;
    assert_eq!(right.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    let again = info.begin_totp(&label("My phone")).await.unwrap();
    assert!(info.confirm_totp(again.id, &app(&world, &again)).await.is_ok());
}

#[tokio::test]
async fn a_code_is_good_for_a_quarter_of_an_hour_after_the_beginning_and_no_longer() {
    for (later, bound) in [(15 * MINUTE - Duration::MILLISECOND, true), (15 * MINUTE, false)] {
        let world = World::new();
        let ana = world.person("Ana").await;
        let info = by_password(&world, &ana);
        let enrolment = info.begin_totp(&label("My phone")).await.unwrap();
        world.clock.advance(later);
        let confirmed = info.confirm_totp(enrolment.id, &app(&world, &enrolment)).await;
        assert_eq!(confirmed.is_ok(), bound, "after {later}");
    }
}

#[tokio::test]
async fn beginning_anew_drops_what_was_begun_before() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let first = info.begin_totp(&label("My phone")).await.unwrap();
    let second = info.begin_totp(&label("My phone")).await.unwrap();
    assert_ne!(first.uri(), second.uri());
    let old = info.confirm_totp(first.id, &app(&world, &first)).await;
    assert_eq!(old.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert!(info.confirm_totp(second.id, &app(&world, &second)).await.is_ok());
}

#[tokio::test]
async fn nobody_binds_a_sixth_app() {
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    for n in 2..=5 {
        world.clock.advance(Duration::HOUR);
        bind(&world, &signed_in(&world, &ana), &format!("App {n}")).await;
    }
    world.clock.advance(Duration::HOUR);
    let sixth = signed_in(&world, &ana).begin_totp(&label("App 6")).await;
    assert_eq!(sixth.unwrap_err(), REFUSED(ChangeRefused::TooMany));
}

/// NIST SP 800-63B-4 4.2.1.1: codes are bound to what they stand in for; where there is nothing, there are none.
#[tokio::test]
async fn codes_go_with_the_last_app_and_not_before() {
    let world = World::new();
    let (ana, first) = protected(&world, "Ana").await;
    world.clock.advance(MINUTE);
    let (second, _) = bind(&world, &signed_in(&world, &ana), "Tablet").await;
    signed_in(&world, &ana).remove(first).await.unwrap();
    assert_eq!(view(&world, &ana).await.factors.len(), 2);
    signed_in(&world, &ana).remove(second).await.unwrap();
    let view = view(&world, &ana).await;
    assert!(view.factors.is_empty());
    assert_eq!(view.level_needed, AuthLevel::Password);
}
