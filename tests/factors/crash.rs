//! A process that dies between the count and the outcome.

use super::{NEW, choose, prove, with_app, wrong_code};
use regain::RecoveryError;
use regain::testing::{Cut, World};
use time::Duration;

/// What a commit looks like that settles a wrong code, and the last one before the factor is disabled.
const REFUSAL: &str = "flows.commit(spends=0,flows=0 insert 0 update,mails=0,settled=0,audit=1)";
const LAST: &str = "flows.commit(spends=0,flows=0 insert 0 update,mails=1,settled=0,audit=2)";

/// RL-7: the count was committed before; so dying gives no further guess, and a minute later the factor is disabled and its
/// owner told.
#[tokio::test]
async fn dying_before_the_outcome_gives_no_further_guess() {
    let (world, trace) = World::traced();
    let (ana, app) = with_app(&world).await;
    let ticket = world.ticket(&ana).await;
    for call in [REFUSAL; 9].into_iter().chain([LAST]) {
        trace.cut(call, Cut::OnTheWayThere);
        let tried = world.recovery.sign_in_factor(&ticket, &wrong_code(), &world.client()).await;
        assert_eq!(tried, Err(RecoveryError::Unavailable));
    }
    assert!(!trace.has_cuts_left());
    let right = world.recovery.sign_in_factor(&ticket, &world.code_of(&app), &world.client()).await;
    assert_eq!(right, Err(RecoveryError::FactorNotAccepted), "ten were counted");
    world.clock.advance(Duration::minutes(1));
    let right = world.recovery.sign_in_factor(&ticket, &world.code_of(&app), &world.client()).await;
    assert_eq!(right, Err(RecoveryError::FactorNotAccepted));
    assert!(world.has_disabled(&ana).await);
    world.work().await;
    assert_eq!(world.subjects_to(&ana).len(), 1);
}

/// At each call in turn: a right code signs in, or is still good, or was used by a sign-in of which only the answer was lost.
#[tokio::test]
async fn a_crash_at_any_call_of_a_sign_in_leaves_all_or_nothing() {
    let mut places = 0;
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for before in 0.. {
            let (world, trace) = World::traced();
            let (ana, app) = with_app(&world).await;
            let link = world.fresh_link(&ana).await;
            let (ticket, code) = (world.ticket(&ana).await, world.code_of(&app));
            trace.cut_nth(before, cut);
            let first = world.recovery.sign_in_factor(&ticket, &code, &world.client()).await;
            if trace.has_cuts_left() {
                break;
            }
            places += 1;
            let what = format!("{cut:?} after {before} calls");
            assert_eq!(first, Err(RecoveryError::Unavailable), "{what}");
            let whole = super::lines(&world, "account.signed_in").await == 1;
            assert_eq!(world.recovery.look(&link).await.is_err(), whole, "{what}: the link dies with it");
            let second = world.recovery.sign_in_factor(&ticket, &code, &world.client()).await;
            assert_eq!(second.is_ok(), !whole, "{what}: {second:?}");
        }
    }
    assert!(places >= 14, "only {places} places for a crash");
}

/// The same for a link: it is proven and the code used, or neither.
#[tokio::test]
async fn a_crash_at_any_call_of_a_proof_leaves_all_or_nothing() {
    let mut places = 0;
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for before in 0.. {
            let (world, trace) = World::traced();
            let (ana, app) = with_app(&world).await;
            let (link, code) = (world.fresh_link(&ana).await, world.code_of(&app));
            trace.cut_nth(before, cut);
            let _ = prove(&world, &link, &code).await;
            if trace.has_cuts_left() {
                break;
            }
            places += 1;
            let what = format!("{cut:?} after {before} calls");
            let proven = super::lines(&world, "account.factor_accepted").await == 1;
            assert_eq!(choose(&world, &link, NEW).await.is_ok(), proven, "{what}");
            if !proven {
                assert!(prove(&world, &link, &code).await.is_ok(), "{what}: the code is good still");
                assert!(choose(&world, &link, NEW).await.is_ok(), "{what}");
            }
        }
    }
    assert!(places >= 18, "only {places} places for a crash");
}
