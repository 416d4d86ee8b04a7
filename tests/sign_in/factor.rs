//! The second step: what it takes, and that nothing is told of why it failed.

use super::{WRONG, try_with};
use regain::RecoveryError;
use regain::account::{AccountStatus, AddressOnFile};
use regain::client::Client;
use regain::factor::{AuthLevel, FactorKind, FactorProof, TotpSecret};
use regain::identity::EmailAddress;
use regain::recovery::{ChangeReason, PendingSignIn, SignInStep, SignInTicket, SignedIn};
use regain::testing::{Someone, World};
use time::Duration;

const NOT_ACCEPTED: Result<SignedIn, RecoveryError> = Err(RecoveryError::FactorNotAccepted);

async fn prove(world: &World, ticket: &SignInTicket, proof: &FactorProof) -> Result<SignedIn, RecoveryError> {
    world.recovery.sign_in_factor(ticket, proof, &world.client()).await
}

async fn pending(world: &World, who: &Someone) -> PendingSignIn {
    match world.recovery.sign_in(&who.identifier(), &who.password(), &world.client()).await {
        Ok(SignInStep::FactorNeeded(pending)) => pending,
        other => panic!("no factor is asked for: {other:?}"),
    }
}

/// A code that no app of these shows now.
fn wrong_code() -> FactorProof {
    FactorProof::Totp(TotpSecret::from_random([255; 20]).code(7))
}

async fn with_app(world: &World) -> (Someone, TotpSecret) {
    let ana = world.person("Ana").await;
    let app = world.enrol_totp(&ana).await;
    (ana, app)
}

#[tokio::test]
async fn password_and_code_sign_in_and_the_password_alone_does_not() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let PendingSignIn { ticket, kinds, .. } = pending(&world, &ana).await;
    assert_eq!(kinds, [FactorKind::Totp]);
    let signed_in = prove(&world, &ticket, &world.code_of(&app)).await.expect("the code is right");
    assert_eq!((&signed_in.account, signed_in.level), (&ana.id, AuthLevel::SecondFactor));
    assert_eq!(signed_in.change_required, None);
}

/// MF-3
#[tokio::test]
async fn a_code_signs_in_once_and_the_next_one_again() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let (ticket, code) = (world.ticket(&ana).await, world.code_of(&app));
    assert!(prove(&world, &ticket, &code).await.is_ok());
    assert_eq!(prove(&world, &ticket, &code).await, NOT_ACCEPTED);
    assert_eq!(prove(&world, &world.ticket(&ana).await, &code).await, NOT_ACCEPTED);
    world.next_code();
    assert_eq!(prove(&world, &ticket, &code).await, NOT_ACCEPTED, "still in its delay, and used");
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok());
}

/// MF-4: the code of the present step and of the one before, and no other.
#[tokio::test]
async fn codes_of_other_times_are_refused() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let (old, ticket) = (world.code_of(&app), world.ticket(&ana).await);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(prove(&world, &ticket, &old).await, NOT_ACCEPTED, "the step before last");
    world.clock.advance(Duration::seconds(30));
    let ahead = world.code_of(&app);
    world.clock.advance(Duration::seconds(-30));
    assert_eq!(prove(&world, &ticket, &ahead).await, NOT_ACCEPTED, "the next step");
}

/// MF-3: a clock that steps back makes no code good again.
#[tokio::test]
async fn a_code_from_before_the_last_used_one_is_refused_also_when_the_clock_steps_back() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let old = world.code_of(&app);
    world.next_code();
    let (ticket, code) = (world.ticket(&ana).await, world.code_of(&app));
    assert!(prove(&world, &ticket, &code).await.is_ok());
    assert_eq!(prove(&world, &ticket, &old).await, NOT_ACCEPTED);
    for _ in 0..2 {
        world.clock.advance(Duration::seconds(-30));
        for code in [&code, &old] {
            assert_eq!(prove(&world, &world.ticket(&ana).await, code).await, NOT_ACCEPTED);
        }
    }
}

/// MF-10
#[tokio::test]
async fn a_code_of_another_account_is_refused_and_stays_unused_for_its_own() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let bea = world.person("Bea").await;
    world.enrol_totp(&bea).await;
    let [code, ..] = world.enrol_codes(&ana).await;
    world.enrol_codes(&bea).await;
    let code = FactorProof::RecoveryCode(code);
    let of_bea = world.ticket(&bea).await;
    assert_eq!(prove(&world, &of_bea, &world.code_of(&app)).await, NOT_ACCEPTED);
    assert_eq!(prove(&world, &of_bea, &code).await, NOT_ACCEPTED);
    let signed_in = prove(&world, &world.ticket(&ana).await, &code).await.unwrap();
    assert_eq!(signed_in.account, ana.id);
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once() {
    let world = World::new();
    let (ana, _) = with_app(&world).await;
    let codes = world.enrol_codes(&ana).await;
    assert_eq!(pending(&world, &ana).await.kinds, [FactorKind::Totp, FactorKind::RecoveryCodes]);
    for (left, code) in (0..10).rev().zip(codes) {
        let code = FactorProof::RecoveryCode(code);
        let ticket = world.ticket(&ana).await;
        assert_eq!(prove(&world, &ticket, &code).await.unwrap().level, AuthLevel::SecondFactor);
        assert_eq!(prove(&world, &ticket, &code).await, NOT_ACCEPTED);
        let remaining = world.factors_of(&ana).await.into_iter().find_map(|view| view.remaining);
        assert_eq!(remaining, Some(left));
    }
}

/// RL-1: ten tries are compared, the next right code is not, and the owner hears of it once.
#[tokio::test]
async fn ten_wrong_codes_disable_the_app_and_recovery_codes_go_on() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let [code, ..] = world.enrol_codes(&ana).await;
    let ticket = world.ticket(&ana).await;
    for tried in 0..10 {
        assert!(!world.has_disabled(&ana).await, "after {tried}");
        assert_eq!(prove(&world, &ticket, &wrong_code()).await, NOT_ACCEPTED);
    }
    assert!(world.has_disabled(&ana).await);
    for _ in 0..3 {
        world.next_code();
        assert_eq!(prove(&world, &ticket, &world.code_of(&app)).await, NOT_ACCEPTED);
    }
    let PendingSignIn { ticket, kinds, .. } = pending(&world, &ana).await;
    assert_eq!(kinds, [FactorKind::RecoveryCodes], "the app is not offered any more");
    assert!(prove(&world, &ticket, &FactorProof::RecoveryCode(code)).await.is_ok(), "a count of its own");
    world.work().await;
    assert_eq!(
        world.subjects_to(&ana),
        ["A second step for signing in at Mercy Clinic does not work any more"]
    );
    let lines = world.audit().await;
    let disabled = lines.iter().filter(|line| line.event == "account.factor_disabled");
    assert_eq!(disabled.count(), 1);
}

/// RL-1, MF-2: nothing is left that could be proven, and the account is protected as before.
#[tokio::test]
async fn an_account_whose_factors_are_all_disabled_is_not_signed_in_by_its_password() {
    let world = World::new();
    let (ana, _) = with_app(&world).await;
    let ticket = world.ticket(&ana).await;
    for _ in 0..10 {
        assert_eq!(prove(&world, &ticket, &wrong_code()).await, NOT_ACCEPTED);
    }
    assert!(pending(&world, &ana).await.kinds.is_empty());
}

/// RL-3
#[tokio::test]
async fn a_right_code_forgives_wrong_ones_and_the_password_does_not() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    for _ in 0..5 {
        for _ in 0..9 {
            assert_eq!(prove(&world, &world.ticket(&ana).await, &wrong_code()).await, NOT_ACCEPTED);
        }
        assert!(prove(&world, &world.ticket(&ana).await, &world.code_of(&app)).await.is_ok());
        world.next_code();
    }
    assert!(!world.has_disabled(&ana).await);
}

/// RL-3: knowing the password does not give more tries at it while the factor is to come.
#[tokio::test]
async fn a_right_password_without_its_factor_clears_no_count() {
    let world = World::builder().configure(super::no_aloud_limits).build();
    let (ana, app) = with_app(&world).await;
    for _ in 0..99 {
        assert!(try_with(&world, &ana.username, WRONG).await.is_err());
    }
    // The hundredth is right, and its factor never comes.
    let ticket = world.ticket(&ana).await;
    assert_eq!(try_with(&world, &ana.username, &ana.password).await, Err(RecoveryError::NotAccepted), "shut");
    // The whole sign-in opens it again.
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok());
    assert!(matches!(pending(&world, &ana).await, PendingSignIn { .. }));
}

/// RC-7
#[tokio::test]
async fn a_link_dies_with_the_whole_sign_in_and_not_with_half_of_it() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    let ticket = world.ticket(&ana).await;
    assert_eq!(prove(&world, &ticket, &wrong_code()).await, NOT_ACCEPTED);
    assert!(world.recovery.look(&link).await.is_ok());
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok());
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
}

/// A ticket lives for five minutes, to the millisecond, also when the clock steps back.
#[tokio::test]
async fn a_ticket_lives_for_five_minutes() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let PendingSignIn { ticket, expires_at, .. } = pending(&world, &ana).await;
    world.clock.advance(Duration::minutes(5) - Duration::MILLISECOND);
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok());
    world.next_code();
    let late = pending(&world, &ana).await;
    assert!(late.expires_at > expires_at);
    world.clock.advance(Duration::minutes(5));
    assert_eq!(prove(&world, &late.ticket, &world.code_of(&app)).await, NOT_ACCEPTED);
    world.clock.advance(Duration::minutes(-2));
    assert_eq!(
        prove(&world, &late.ticket, &world.code_of(&app)).await,
        NOT_ACCEPTED,
        "once late, always late"
    );
}

#[tokio::test]
async fn a_ticket_dies_with_any_change_of_the_account() {
    for change in ["password", "address", "disabled", "host factor", "another app", "factors lost", "deleted"]
    {
        let world = World::new();
        let (ana, app) = with_app(&world).await;
        let ticket = world.ticket(&ana).await;
        let other = world.hash("another password altogether");
        match change {
            "password" => world.change(&ana, |account| account.password = Some(other)).await,
            "address" => {
                let new = AddressOnFile::Email(EmailAddress::parse("new@home.example").unwrap());
                world.change(&ana, |account| account.addresses.push(new)).await;
            }
            "disabled" => world.change(&ana, |account| account.status = AccountStatus::Disabled).await,
            "host factor" => world.change(&ana, |account| account.factors.push("key".into())).await,
            "another app" => drop(world.enrol_totp(&ana).await),
            "factors lost" => world.lose_factors(&ana).await,
            _ => world.accounts.remove(&ana.id).await,
        }
        assert_eq!(prove(&world, &ticket, &world.code_of(&app)).await, NOT_ACCEPTED, "{change}");
        assert!(world.recovery.sign_in_challenge(&ticket).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn a_ticket_that_was_made_up_or_altered_or_is_of_another_realm_is_of_no_use() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let text = world.ticket(&ana).await.expose();
    let mut altered = text.to_string();
    altered.replace_range(60..61, if &altered[60..61] == "A" { "B" } else { "A" });
    let pharmacy = World::builder().realm("pharmacy").accounts(world.accounts.clone()).build();
    pharmacy.enrol_totp(&ana).await;
    let elsewhere = pharmacy.ticket(&ana).await.expose();
    for text in [altered.as_str(), &elsewhere, &"A".repeat(400), "AAAA"] {
        let ticket = SignInTicket::parse(text).unwrap();
        assert_eq!(prove(&world, &ticket, &world.code_of(&app)).await, NOT_ACCEPTED);
    }
    for text in ["", "not a ticket!", &format!("{}=", *text), &"A".repeat(1 << 20)] {
        assert!(SignInTicket::parse(text).is_err());
    }
    assert!(prove(&world, &SignInTicket::parse(&text).unwrap(), &world.code_of(&app)).await.is_ok());
}

/// The network has a budget that refuses aloud, the same for every ticket.
#[tokio::test]
async fn one_network_tries_thirty_codes_in_five_minutes() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let ticket = world.ticket(&ana).await;
    let here = Client::at("192.0.2.1".parse().unwrap());
    let nobody = SignInTicket::parse("AAAA").unwrap();
    for _ in 0..30 {
        let tried = world.recovery.sign_in_factor(&nobody, &wrong_code(), &here).await;
        assert_eq!(tried, NOT_ACCEPTED);
    }
    for ticket in [&nobody, &ticket] {
        let tried = world.recovery.sign_in_factor(ticket, &world.code_of(&app), &here).await;
        assert!(matches!(tried, Err(RecoveryError::TooManyAttempts { .. })));
    }
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok(), "from elsewhere");
}

/// RL-5: a storm of sign-ins by somebody who does not know the password costs the factor nothing.
#[tokio::test]
async fn who_does_not_know_the_password_cannot_wear_out_a_factor() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let forged = SignInTicket::parse(&"B".repeat(600)).unwrap();
    for _ in 0..200 {
        assert!(try_with(&world, &ana.username, "").await.is_err());
        assert_eq!(prove(&world, &forged, &wrong_code()).await, NOT_ACCEPTED);
    }
    assert!(prove(&world, &world.ticket(&ana).await, &world.code_of(&app)).await.is_ok());
}

/// The upgrade of a hash at the first step does not make the ticket of the same sign-in void.
#[tokio::test]
async fn an_old_cost_is_hashed_anew_and_the_ticket_is_good() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let old = super::old_hash(&ana.password);
    world.change(&ana, |account| account.password = Some(old)).await;
    let ticket = world.ticket(&ana).await;
    assert_eq!(world.hasher.take_hashes(), 1);
    assert!(prove(&world, &ticket, &world.code_of(&app)).await.is_ok());
}

/// PW-1: eight characters were enough with a factor, and are not without.
#[tokio::test]
async fn a_short_password_has_to_be_changed_once_the_factor_is_gone() {
    let world = World::new();
    let short = "t7#kQ.2w";
    let hash = world.hash(short);
    let ana = world.person_with("Ana", |account| account.password = Some(hash)).await;
    let ana = Someone { password: short.to_owned(), ..ana };
    let app = world.enrol_totp(&ana).await;
    let signed_in = prove(&world, &world.ticket(&ana).await, &world.code_of(&app)).await.unwrap();
    assert_eq!(signed_in.change_required, None);
    world.lose_factors(&ana).await;
    let signed_in = try_with(&world, &ana.username, short).await.unwrap();
    assert_eq!(signed_in.change_required, Some(ChangeReason::TooShort));
}

/// PW-6: on evidence, and for no other reason, however old it is.
#[tokio::test]
async fn a_compromised_password_has_to_be_changed_and_an_old_one_does_not() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    world.clock.advance(Duration::days(36_500));
    let signed_in = prove(&world, &world.ticket(&ana).await, &world.code_of(&app)).await.unwrap();
    assert_eq!(signed_in.change_required, None);
    world.recovery.mark_password_compromised(&ana.id).await.unwrap();
    world.next_code();
    let signed_in = prove(&world, &world.ticket(&ana).await, &world.code_of(&app)).await.unwrap();
    assert_eq!(signed_in.change_required, Some(ChangeReason::Compromised));
    let nobody = regain::ids::AccountId::new("nobody").unwrap();
    assert_eq!(world.recovery.mark_password_compromised(&nobody).await, Ok(()));
}

/// Nothing of a ticket, a code or an account is in what can be logged.
#[tokio::test]
async fn a_pending_sign_in_shows_nothing() {
    let world = World::new();
    let (ana, _) = with_app(&world).await;
    let pending = pending(&world, &ana).await;
    let shown = format!("{pending:?}");
    for secret in [ana.id.as_str(), &ana.username, &ana.email, &pending.ticket.expose()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
