//! A signed-in person changes the password (PW-13).

use super::{NEW, WRONG, lines, opens, session, with_app};
use regain::RecoveryError;
use regain::account::Recoverability;
use regain::factor::AuthLevel;
use regain::password::Password;
use regain::recovery::{ChangeReason, Chosen};
use regain::security::AuthSession;
use regain::testing::{Cut, Someone, World, signed_in};
use regain::token::DisownToken;
use time::Duration;

async fn change(
    world: &World,
    session: &AuthSession,
    present: &str,
    new: &str,
) -> Result<Chosen, RecoveryError> {
    let (present, new) = (Password::new(present), Password::new(new));
    world.recovery.change_password(session, &present, &new, &world.client()).await
}

fn by_password(who: &Someone) -> AuthSession {
    session(who, AuthLevel::Password)
}

/// "This wasn't me" of the latest mail to somebody.
fn button(world: &World, who: &Someone) -> DisownToken {
    let mails = world.mailbox.to(&who.email);
    let text = mails.iter().rev().find_map(|mail| mail.text.split_once("?letter=")).expect("a button").1;
    world.recovery.read_disown_token(text.split_whitespace().next().unwrap()).unwrap()
}

#[tokio::test]
async fn the_present_password_sets_a_new_one() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.recovery.mark_password_compromised(&ana.id).await.unwrap();
    world.change(&ana, |account| account.must_change_password = true).await;
    let link = world.fresh_link(&ana).await;
    world.accounts.begin_session(&ana.id).await;
    assert_eq!(change(&world, &by_password(&ana), &ana.password, NEW).await, Ok(Chosen::Done));
    assert!(opens(&world, &ana, NEW).await && !opens(&world, &ana, &ana.password).await);
    assert_eq!(world.accounts.sessions(&ana.id).await, 0, "every session is ended");
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
    world.work().await;
    assert_eq!(world.subjects_to(&ana).last().unwrap(), "Your password for Mercy Clinic was changed");
    let step = world.recovery.sign_in(&ana.identifier(), &Password::new(NEW), &world.client()).await;
    assert_eq!(
        signed_in(step.unwrap()).change_required,
        None::<ChangeReason>,
        "it is not compromised any more"
    );
    assert_eq!(lines(&world, "password.password_chosen").await, 1);
    assert_eq!(lines(&world, "password.completed").await, 1);
}

/// PW-12, PW-13
#[tokio::test]
async fn neither_a_wrong_password_nor_a_weak_one_changes_anything() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let here = by_password(&ana);
    assert_eq!(change(&world, &here, WRONG, NEW).await, Err(RecoveryError::NotAccepted));
    for weak in ["lindqvist 1961", "short", &ana.password] {
        let refused = change(&world, &here, &ana.password, weak).await;
        assert!(matches!(refused, Err(RecoveryError::PasswordRefused(_))), "{weak}: {refused:?}");
    }
    let held = |account: &mut regain::account::Account| account.recoverability = Recoverability::LegalHold;
    world.change(&ana, held).await;
    assert_eq!(change(&world, &here, &ana.password, NEW).await, Err(RecoveryError::NotAccepted));
    assert!(opens(&world, &ana, &ana.password).await);
}

/// RL-3: whoever knows the password may be refused a hundred weak ones.
#[tokio::test]
async fn refused_new_passwords_do_not_shut_the_present_one() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for _ in 0..110 {
        assert!(change(&world, &by_password(&ana), &ana.password, "weak").await.is_err());
    }
    assert!(opens(&world, &ana, &ana.password).await);
}

/// MF-9: no path sets a password of an account with a factor without the factor.
#[tokio::test]
async fn a_session_from_before_the_factor_has_to_step_up_first() {
    let world = World::new();
    let (ana, app) = with_app(&world).await;
    let weak = by_password(&ana);
    assert_eq!(change(&world, &weak, &ana.password, NEW).await, Err(RecoveryError::FactorNeeded));
    let code = world.code_of(&app);
    let stepped = world.recovery.step_up(&weak, &ana.password(), Some(&code), &world.client()).await.unwrap();
    let strong = AuthSession { level: stepped.level, ..weak };
    assert_eq!(change(&world, &strong, &ana.password, NEW).await, Ok(Chosen::Done));
    assert_eq!(world.factors_of(&ana).await.len(), 1, "the factor stays");
}

/// Somebody disowned a mail a minute ago, and changes the password at once: they shall, and are not signed out again.
#[tokio::test]
async fn a_change_right_after_this_was_not_me_is_made() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    world.recovery.disown_all(&button(&world, &ana), &world.client()).await.unwrap();
    for later in [0, 60] {
        world.clock.advance(Duration::seconds(later));
        let present = if later == 0 { ana.password.as_str() } else { NEW };
        let new = if later == 0 { NEW } else { "an unhurried walrus paints fences" };
        assert_eq!(
            change(&world, &by_password(&ana), present, new).await,
            Ok(Chosen::Done),
            "after {later} s"
        );
    }
    world.accounts.begin_session(&ana.id).await;
    world.clock.advance(Duration::minutes(5));
    world.work().await;
    assert_eq!(world.accounts.sessions(&ana.id).await, 1, "the session after the change goes on");
}

/// A change that is disowned before it could be set is not set, whatever the clock says.
#[tokio::test]
async fn a_change_that_is_disowned_before_it_is_set_is_withdrawn() {
    for clock in [0, -60, 60] {
        let (world, trace) = World::traced();
        let ana = world.person("Ana").await;
        world.fresh_link(&ana).await;
        trace.cut("accounts.set_password", Cut::OnTheWayThere);
        assert_eq!(change(&world, &by_password(&ana), &ana.password, NEW).await, Ok(Chosen::Pending));
        world.clock.advance(Duration::seconds(clock));
        world.recovery.disown_all(&button(&world, &ana), &world.client()).await.unwrap();
        world.clock.advance(Duration::minutes(5));
        world.work().await;
        assert!(opens(&world, &ana, &ana.password).await && !opens(&world, &ana, NEW).await, "{clock} s");
    }
}

/// CR-4, CR-5: wherever a crash falls, the password is the old one or the new one, and a new one is told of.
#[tokio::test]
async fn a_crash_at_any_call_leaves_the_old_password_or_the_new_one_with_its_notice() {
    let mut places = 0;
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        for before in 0.. {
            let (world, trace) = World::traced();
            let ana = world.person("Ana").await;
            trace.cut_nth(before, cut);
            let _ = change(&world, &by_password(&ana), &ana.password, NEW).await;
            if trace.has_cuts_left() {
                break;
            }
            places += 1;
            world.clock.advance(Duration::minutes(5));
            world.work().await;
            let what = format!("{cut:?} after {before} calls");
            let (old, new) = (opens(&world, &ana, &ana.password).await, opens(&world, &ana, NEW).await);
            assert!(old != new, "{what}: {old} {new}");
            assert_eq!(world.subjects_to(&ana).len(), usize::from(new), "{what}");
            let left = world.flows.depth(world.realm()).await.unwrap();
            assert_eq!(left, regain::store::Depth::default(), "{what}");
        }
    }
    assert!(places >= 18, "only {places} places for a crash");
}
