//! Once more, before something that needs it (MF-8).

use super::{WRONG, session, with_app, wrong_code};
use regain::RecoveryError;
use regain::account::AccountStatus;
use regain::factor::{AuthLevel, FactorProof};
use regain::password::Password;
use regain::recovery::SignedIn;
use regain::testing::{Someone, World};

async fn step_up(
    world: &World,
    who: &Someone,
    password: &str,
    proof: Option<&FactorProof>,
) -> Result<SignedIn, RecoveryError> {
    let session = session(who, AuthLevel::Password);
    world.recovery.step_up(&session, &Password::new(password), proof, &world.client()).await
}

#[tokio::test]
async fn password_and_factor_together_are_the_highest_level() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    assert_eq!(step_up(&world, &ana, &ana.password, None).await, Err(RecoveryError::FactorNeeded));
    let code = world.code_of(&app);
    let signed_in = step_up(&world, &ana, &ana.password, Some(&code)).await.unwrap();
    assert_eq!((&signed_in.account, signed_in.level), (&ana.id, AuthLevel::SecondFactor));
    let again = step_up(&world, &ana, &ana.password, Some(&code)).await;
    assert_eq!(again, Err(RecoveryError::FactorNotAccepted), "a code is good once");
    let bea = world.person("Bea").await;
    let signed_in = step_up(&world, &bea, &bea.password, None).await.unwrap();
    assert_eq!(signed_in.level, AuthLevel::Password);
}

/// A session is no password: a wrong one is refused, costs the factor nothing, and counts like one at the sign-in.
#[tokio::test]
async fn a_wrong_password_is_refused_before_the_factor_is_counted() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    for _ in 0..12 {
        let tried = step_up(&world, &ana, WRONG, Some(&wrong_code())).await;
        assert_eq!(tried, Err(RecoveryError::NotAccepted));
    }
    assert!(!world.has_disabled(&ana).await);
    for _ in 12..100 {
        assert_eq!(step_up(&world, &ana, WRONG, None).await, Err(RecoveryError::NotAccepted));
    }
    let code = world.code_of(&app);
    assert_eq!(
        step_up(&world, &ana, &ana.password, Some(&code)).await,
        Err(RecoveryError::NotAccepted),
        "shut"
    );
    let signed_in = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await;
    assert_eq!(signed_in.map(drop), Err(RecoveryError::NotAccepted), "one count for both");
}

#[tokio::test]
async fn ten_wrong_codes_disable_the_factor_here_as_well() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    for _ in 0..10 {
        let tried = step_up(&world, &ana, &ana.password, Some(&wrong_code())).await;
        assert_eq!(tried, Err(RecoveryError::FactorNotAccepted));
    }
    let tried = step_up(&world, &ana, &ana.password, Some(&world.code_of(&app))).await;
    assert_eq!(tried, Err(RecoveryError::FactorNotAccepted));
}

#[tokio::test]
async fn the_session_of_a_disabled_or_deleted_account_steps_up_to_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
    assert_eq!(step_up(&world, &ana, &ana.password, None).await, Err(RecoveryError::NotAccepted));
    world.accounts.remove(&ana.id).await;
    assert_eq!(step_up(&world, &ana, &ana.password, None).await, Err(RecoveryError::NotAccepted));
    assert_eq!(world.hasher.take_verifications(), 2, "one hash each");
}
