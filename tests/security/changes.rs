//! What comes with a change: the end of links, a notice to everybody, a line of the audit record; and how often it may be.

use super::*;
use regain::account::Recoverability;
use regain::audit::Actor;
use regain::events::RecoveryEvent;
use regain::factor::{FactorKind, FactorProof, FactorState};
use regain::recovery::SignInStep;

const SECOND: &str = "second@home.example";
const THIRD: &str = "third@home.example";

async fn with_three_addresses(world: &World) -> (Someone, FactorId) {
    let (ana, id) = protected(world, "Ana").await;
    world.change(&ana, |account| account.addresses.extend([email(SECOND), email(THIRD)])).await;
    world.clock.advance(MINUTE);
    (ana, id)
}

/// Makes one change, and says how many mails it sent to each address, with their subjects.
async fn notices(world: &World, who: &Someone, change: impl AsyncFnOnce(SecurityInfo)) -> Vec<String> {
    world.work().await;
    let before = world.mailbox.mails().len();
    change(signed_in(world, who)).await;
    world.work().await;
    let mails = world.mailbox.mails();
    let mut told: Vec<_> =
        mails[before..].iter().map(|mail| format!("{}: {}", mail.to.as_str(), mail.subject)).collect();
    told.sort();
    told
}

/// NO-1, NO-2, RC-7.
#[tokio::test]
async fn every_change_tells_every_address_and_ends_every_link() {
    for (event, subject) in [
        ("account.factor_added: totp", "A second step was added to your account at Mercy Clinic"),
        ("account.factor_removed: totp", "A second step was removed from your account at Mercy Clinic"),
        ("account.factor_disabled: totp", "A second step was switched off in your account at Mercy Clinic"),
        ("account.codes_made", "New recovery codes were made for your account at Mercy Clinic"),
    ] {
        let world = World::new();
        let (ana, id) = with_three_addresses(&world).await;
        let link = world.fresh_link(&ana).await;
        assert!(world.recovery.look(&link).await.is_ok());
        let lines_before = count(&world, event).await;
        let told = notices(&world, &ana, async |info| match event {
            "account.factor_added: totp" => drop(bind(&world, &info, "Tablet").await),
            "account.factor_removed: totp" => info.remove(id).await.unwrap(),
            "account.factor_disabled: totp" => info.disable(id).await.unwrap(),
            _ => drop(info.regenerate_codes().await.unwrap()),
        })
        .await;
        assert_eq!(told, [&ana.email, SECOND, THIRD].map(|to| format!("{to}: {subject}")), "{event}");
        assert_eq!(count(&world, event).await, lines_before + 1, "{event}");
        assert_eq!(world.recovery.look(&link).await.unwrap_err(), RecoveryError::LinkNotUsable, "{event}");
        assert_eq!(count(&world, "password.superseded").await, 1, "{event}");
        let owner = world.audit().await.into_iter().filter(|line| line.actor == Actor::Owner);
        assert!(owner.into_iter().all(|line| line.account.is_some() && line.client.is_some()), "{event}");
    }
}

#[tokio::test]
async fn the_host_hears_of_it() {
    let world = World::new();
    let (ana, id) = protected(&world, "Ana").await;
    world.events.take();
    signed_in(&world, &ana).remove(id).await.unwrap();
    let (account, what) = (world.recovery.pseudonym(&ana.id), "account.factor_removed");
    assert!(world.events.take().contains(&RecoveryEvent::SecurityChanged { account, what }));
}

/// What the person calls it stands in the letter, and the button that stops things.
#[tokio::test]
async fn the_notice_names_the_factor_and_how_to_object() {
    let world = World::new();
    let (ana, id) = protected(&world, "Ana").await;
    signed_in(&world, &ana).remove(id).await.unwrap();
    world.work().await;
    let mails = world.mailbox.to(&ana.email);
    let mail = mails.last().unwrap();
    assert!(
        mail.text.contains("My phone") && mail.text.contains("/recovery/disown?letter="),
        "{}",
        *mail.text
    );
}

/// MF-11: at once, and the account is no weaker for it.
#[tokio::test]
async fn a_factor_that_is_switched_off_still_stands_before_the_account() {
    let world = World::new();
    let (ana, id) = protected(&world, "Ana").await;
    signed_in(&world, &ana).disable(id).await.unwrap();
    let list = view(&world, &ana).await;
    assert_eq!(list.factors[0].state, FactorState::Disabled);
    assert_eq!(list.level_needed, AuthLevel::SecondFactor);
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.unwrap().factor_needed);
    let again = signed_in(&world, &ana).disable(id).await;
    assert_eq!(again.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert!(signed_in(&world, &ana).remove(id).await.is_ok());
}

#[tokio::test]
async fn new_codes_take_the_place_of_the_old() {
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    let set = |view: SecurityView| {
        let codes = view.factors.into_iter().find(|factor| factor.kind == FactorKind::RecoveryCodes);
        codes.map(|codes| (codes.id, codes.remaining))
    };
    let before = set(view(&world, &ana).await).unwrap();
    let fresh = signed_in(&world, &ana).regenerate_codes().await.unwrap();
    assert_eq!(fresh.expose().count(), 10);
    let after = set(view(&world, &ana).await).unwrap();
    assert_ne!(before.0, after.0);
    assert_eq!(after.1, Some(10));
    assert_eq!(view(&world, &ana).await.factors.len(), 2);
}

#[tokio::test]
async fn an_account_without_a_factor_gets_no_codes() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let refused = by_password(&world, &ana).regenerate_codes().await;
    assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    // The host's own factor is one.
    let bo = world.with_factor("Bo").await;
    assert!(signed_in(&world, &bo).regenerate_codes().await.is_ok());
}

#[tokio::test]
async fn what_the_host_keeps_shut_is_not_changed() {
    for (held, changes) in [
        (Recoverability::LegalHold, false),
        (Recoverability::LockedByHost, false),
        (Recoverability::Deceased, false),
        (Recoverability::ManagedElsewhere, true),
        (Recoverability::Minor, true),
    ] {
        let world = World::new();
        let (ana, id) = protected(&world, "Ana").await;
        let begun = signed_in(&world, &ana).begin_totp(&label("Tablet")).await.unwrap();
        world.change(&ana, |account| account.recoverability = held).await;
        let info = signed_in(&world, &ana);
        assert!(info.list().await.is_ok());
        let confirmed = info.confirm_totp(begun.id, &app(&world, &begun)).await.map(drop);
        for change in [confirmed, info.disable(id).await, info.begin_totp(&label("x")).await.map(drop)] {
            assert_eq!(change.is_ok(), changes, "{held:?}");
            if !changes {
                assert_eq!(change.unwrap_err(), REFUSED(ChangeRefused::Held));
            }
        }
    }
}

#[tokio::test]
async fn ten_changes_an_hour_are_enough() {
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    for _ in 0..9 {
        assert!(signed_in(&world, &ana).regenerate_codes().await.is_ok());
    }
    let before = traces(&world, &ana).await;
    let info = signed_in(&world, &ana);
    for refused in [info.regenerate_codes().await.map(drop), info.begin_totp(&label("x")).await.map(drop)] {
        let Err(RecoveryError::TooManyAttempts { retry_after }) = refused else { panic!("{refused:?}") };
        assert!(retry_after <= std::time::Duration::from_secs(3_600));
    }
    assert_eq!(traces(&world, &ana).await, before);
    // Nobody else's.
    let bo = world.person("Bo").await;
    bind(&world, &by_password(&world, &bo), "x").await;
    world.clock.advance(Duration::HOUR);
    assert!(signed_in(&world, &ana).regenerate_codes().await.is_ok());
}

#[tokio::test]
async fn twenty_confirmations_an_hour_are_enough() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let mut compared = 0;
    for _ in 0..6 {
        let begun = info.begin_totp(&label("x")).await.unwrap();
        for _ in 0..5 {
            let refused = info.confirm_totp(begun.id, &wrong(&world, &begun)).await;
            compared += usize::from(refused.unwrap_err() == RecoveryError::CodeNotUsable);
        }
    }
    assert_eq!(compared, 20);
}

/// MF-3, MF-11: what is confirmed, taken away or made anew counts in the very next sign-in.
#[tokio::test]
async fn the_next_sign_in_knows_of_every_change() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let begun = info.begin_totp(&label("My phone")).await.unwrap();
    let first = app(&world, &begun);
    let codes = info.confirm_totp(begun.id, &first).await.unwrap().codes.unwrap();
    let [old, new] = {
        let all: Vec<_> = codes.expose().collect();
        [all[0].clone(), all[1].clone()]
    };
    let sign_in = async |proof: FactorProof| {
        let ticket = world.ticket(&ana).await;
        world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await.is_ok()
    };
    let typed = |text: &str| FactorProof::parse(text).unwrap();
    assert!(!sign_in(FactorProof::Totp(first)).await, "the code that confirmed it is used up");
    assert!(sign_in(typed(&old)).await);
    let fresh = signed_in(&world, &ana).regenerate_codes().await.unwrap();
    assert!(!sign_in(typed(&new)).await, "codes of before are worth nothing");
    let fresh = fresh.expose().next().unwrap();
    world.clock.advance(MINUTE);
    let code = app(&world, &begun);
    signed_in(&world, &ana).disable(begun.id).await.unwrap();
    assert!(!sign_in(FactorProof::Totp(code)).await, "what is switched off is taken no more");
    assert!(sign_in(typed(&fresh)).await);
    signed_in(&world, &ana).remove(begun.id).await.unwrap();
    let step = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await.unwrap();
    assert!(matches!(step, SignInStep::SignedIn(_)), "nothing is asked for any more");
}
