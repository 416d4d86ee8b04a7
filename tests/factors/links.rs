//! A link of an account with a factor: both together, and neither alone (MF-1, MF-9).

use super::{NEW, choose, lines, opens, prove, with_app, wrong_code};
use regain::RecoveryError;
use regain::budget::Quota;
use regain::factor::{FactorKind, FactorProof, FactorState};
use regain::memory::MemoryFlows;
use regain::recovery::{Chosen, Limits};
use regain::store::{Commit, FlowStore as _, FlowWrite};
use regain::testing::World;
use std::sync::Arc;
use time::Duration;

const NOT_ACCEPTED: RecoveryError = RecoveryError::FactorNotAccepted;

#[tokio::test]
async fn link_and_code_set_a_password_and_the_factor_stays() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    let view = world.recovery.look(&link).await.unwrap();
    assert!(view.factor_needed);
    assert_eq!((view.factor_kinds, view.at_least), (vec![FactorKind::Totp], 8));
    assert_eq!(choose(&world, &link, NEW).await, Err(RecoveryError::FactorNeeded));
    let view = prove(&world, &link, &world.code_of(&app)).await.expect("the code is right");
    assert!(!view.factor_needed && view.factor_kinds.is_empty());
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    assert!(opens(&world, &ana, NEW).await);
    world.next_code();
    let ana = regain::testing::Someone { password: NEW.to_owned(), ..ana };
    let ticket = world.ticket(&ana).await;
    assert!(world.recovery.sign_in_factor(&ticket, &world.code_of(&app), &world.client()).await.is_ok());
    assert_eq!(world.factors_of(&ana).await[0].state, FactorState::Active);
    assert_eq!(lines(&world, "account.factor_accepted").await, 1);
}

/// MF-3: what proved one link proves nothing more.
#[tokio::test]
async fn a_code_that_proved_a_link_is_used_up() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let code = world.code_of(&app);
    let first = world.fresh_link(&ana).await;
    prove(&world, &first, &code).await.unwrap();
    let second = world.fresh_link(&ana).await;
    assert_eq!(prove(&world, &second, &code).await, Err(NOT_ACCEPTED));
    assert_eq!(
        choose(&world, &second, NEW).await,
        Err(RecoveryError::FactorNeeded),
        "the first one was proven"
    );
    assert_eq!(choose(&world, &first, NEW).await, Err(RecoveryError::LinkNotUsable));
    let ticket = world.ticket(&ana).await;
    let signed_in = world.recovery.sign_in_factor(&ticket, &code, &world.client()).await;
    assert_eq!(signed_in, Err(NOT_ACCEPTED));
}

#[tokio::test]
async fn a_recovery_code_proves_a_link_once() {
    let world = World::new();
    let (ana, _) = with_app(&world).await;
    let [code, ..] = world.enrol_codes(&ana).await;
    let code = FactorProof::RecoveryCode(code);
    let link = world.fresh_link(&ana).await;
    prove(&world, &link, &code).await.unwrap();
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    let again = world.fresh_link(&ana).await;
    assert_eq!(prove(&world, &again, &code).await, Err(NOT_ACCEPTED));
}

/// RL-7, RC-12
#[tokio::test]
async fn five_wrong_codes_end_a_link() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    for _ in 0..4 {
        assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
    }
    assert!(world.recovery.look(&link).await.is_ok(), "four are forgiven");
    assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
    assert_eq!(prove(&world, &link, &world.code_of(&app)).await, Err(RecoveryError::LinkNotUsable));
    assert_eq!(lines(&world, "password.exhausted").await, 1);
    assert_eq!(lines(&world, "account.factor_refused").await, 5);
}

#[tokio::test]
async fn the_fifth_code_may_be_the_right_one() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    for _ in 0..4 {
        assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
    }
    assert!(prove(&world, &link, &world.code_of(&app)).await.is_ok());
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
}

/// RC-12: new links give no new tries, and a factor that was guessed at too often is disabled.
#[tokio::test]
async fn ten_codes_a_day_are_compared_for_one_account() {
    let world = World::builder()
        .configure(|builder| {
            let mut limits = Limits::default();
            limits.factors_per_account = Quota::new(6, Duration::DAY);
            builder.limits(limits)
        })
        .build();
    let (ana, app) = with_app(&world).await;
    for tries in [5, 1] {
        let link = world.fresh_link(&ana).await;
        for _ in 0..tries {
            assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
        }
        if tries == 1 {
            assert_eq!(prove(&world, &link, &world.code_of(&app)).await, Err(NOT_ACCEPTED), "in silence");
        }
        world.clock.advance(Duration::HOUR);
    }
    assert!(!world.has_disabled(&ana).await);
    world.clock.advance(Duration::DAY);
    let link = world.fresh_link(&ana).await;
    assert!(prove(&world, &link, &world.code_of(&app)).await.is_ok(), "the next day");
}

/// RL-1
#[tokio::test]
async fn the_tenth_wrong_code_behind_links_disables_the_factor() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    for _ in 0..2 {
        let link = world.fresh_link(&ana).await;
        for _ in 0..5 {
            assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
        }
        world.clock.advance(Duration::HOUR);
    }
    assert!(world.has_disabled(&ana).await);
    world.clock.advance(Duration::DAY);
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.unwrap().factor_kinds.is_empty());
    assert_eq!(prove(&world, &link, &world.code_of(&app)).await, Err(NOT_ACCEPTED));
    assert_eq!(choose(&world, &link, NEW).await, Err(RecoveryError::FactorNeeded));
}

/// MF-10
#[tokio::test]
async fn another_accounts_code_proves_no_link() {
    let world = World::new();
    let (ana, _) = with_app(&world).await;
    let bea = world.person("Bea").await;
    let app = world.enrol_totp(&bea).await;
    let link = world.fresh_link(&ana).await;
    assert_eq!(prove(&world, &link, &world.code_of(&app)).await, Err(NOT_ACCEPTED));
    let own = world.fresh_link(&bea).await;
    assert!(prove(&world, &own, &world.code_of(&app)).await.is_ok());
}

/// BIND: a factor that is bound, or lost, while a link is out makes the link void, proven or not.
#[tokio::test]
async fn a_change_of_the_factors_voids_a_link_also_one_that_was_proven() {
    for change in ["bound", "lost"] {
        for proven in [false, true] {
            let world = World::new();
            let (ana, app) = with_app(&world).await;
            let link = world.fresh_link(&ana).await;
            if proven {
                prove(&world, &link, &world.code_of(&app)).await.unwrap();
            }
            match change {
                "bound" => drop(world.enrol_totp(&ana).await),
                _ => world.lose_factors(&ana).await,
            }
            let chosen = choose(&world, &link, NEW).await;
            assert_eq!(chosen, Err(RecoveryError::LinkNotUsable), "{change}, proven: {proven}");
        }
    }
}

/// STORE: whoever can write the flows' table can say that a link needs no factor, or that it was proven. Neither helps.
#[tokio::test]
async fn a_forged_row_proves_nothing() {
    for (state, factor) in
        [("factor_proven", "needed"), ("link_sent", "not_needed"), ("factor_proven", "not_needed")]
    {
        let flows = Arc::new(MemoryFlows::new());
        let world = World::builder().flows(flows.clone()).build();
        let (ana, app) = with_app(&world).await;
        let link = world.fresh_link(&ana).await;
        let mut row = flows.load(world.realm(), link.flow()).await.unwrap().unwrap();
        row.version += 1;
        row.state = state.to_owned();
        row.factor = Some(factor.to_owned());
        row.code = None;
        let mut commit = Commit::new(world.realm().clone());
        commit.flows.push(FlowWrite::Update(row));
        flows.commit(commit).await.unwrap();
        let what = format!("{state}, {factor}");
        assert!(choose(&world, &link, NEW).await.is_err(), "{what}");
        let _ = prove(&world, &link, &wrong_code()).await;
        assert!(choose(&world, &link, NEW).await.is_err(), "{what}");
        assert!(!opens(&world, &ana, NEW).await, "{what}");
        drop(app);
    }
}

/// RL-1: a recovery opens a password that was shut, and wears out or removes no factor.
#[tokio::test]
async fn a_completed_recovery_opens_a_shut_password_and_forgives_no_factor() {
    let world = World::builder()
        .configure(|builder| {
            let mut limits = Limits::default();
            limits.sign_ins_per_identifier = Quota::new(2_400, Duration::DAY);
            builder.limits(limits)
        })
        .build();
    let (ana, app) = with_app(&world).await;
    for _ in 0..100 {
        assert!(!opens(&world, &ana, super::WRONG).await);
    }
    assert!(!opens(&world, &ana, &ana.password).await, "shut");
    let link = world.fresh_link(&ana).await;
    assert_eq!(prove(&world, &link, &wrong_code()).await, Err(NOT_ACCEPTED));
    prove(&world, &link, &world.code_of(&app)).await.unwrap();
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    assert!(opens(&world, &ana, NEW).await);
    assert_eq!(world.factors_of(&ana).await.len(), 1);
}

/// Proving twice asks for nothing more, and a link without a factor needs none.
#[tokio::test]
async fn a_link_that_needs_no_proof_takes_any_in_silence() {
    let world = World::new();
    let bea = world.person("Bea").await;
    let link = world.fresh_link(&bea).await;
    assert!(!prove(&world, &link, &wrong_code()).await.unwrap().factor_needed);
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    prove(&world, &link, &world.code_of(&app)).await.unwrap();
    assert!(prove(&world, &link, &wrong_code()).await.is_ok());
    assert_eq!(lines(&world, "account.factor_refused").await, 0);
}

/// A link that is too late, disowned or of nobody: the same answer, before anything is counted.
#[tokio::test]
async fn a_dead_link_counts_nothing_against_the_factor() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let link = world.fresh_link(&ana).await;
    world.clock.advance(Duration::minutes(30));
    for _ in 0..20 {
        assert_eq!(prove(&world, &link, &wrong_code()).await, Err(RecoveryError::LinkNotUsable));
    }
    let unknown = regain::RecoveryToken::parse(&"A".repeat(64)).unwrap();
    assert_eq!(prove(&world, &unknown, &world.code_of(&app)).await, Err(RecoveryError::LinkNotUsable));
    assert!(!world.has_disabled(&ana).await);
}
