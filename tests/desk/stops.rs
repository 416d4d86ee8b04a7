//! What ends a case before it leads anywhere.

use super::{NEW, Office, button_of, finding, ida, jon, press, with_factor};
use regain::account::{AccountStatus, Recoverability};
use regain::desk::case::{CaseRefusal, CaseState, CaseStateKind, LapseReason, Need};
use regain::desk::{DeskError, Seen};
use regain::ids::CaseId;
use regain::keys::KeyRing;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::recovery::Credential;
use regain::testing::{Someone, TestClock, World};
use std::sync::Arc;
use time::Duration;

async fn lapsed(office: &Office, case: CaseId) -> Option<LapseReason> {
    match office.desk.view(&jon(), case).await.unwrap().case.state() {
        CaseState::Lapsed(why) => Some(*why),
        _ => None,
    }
}

/// Whatever became of the case, nothing comes of it any more.
async fn nothing_follows(office: &Office, who: &Someone) {
    let before = office.links_to(&who.email).await;
    office.world.clock.advance(Duration::days(2));
    office.world.work().await;
    assert_eq!(office.links_to(&who.email).await, before);
}

#[tokio::test]
async fn one_click_in_the_notice_ends_the_case() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    office.world.work().await;
    assert!(press(&office.world, &button_of(&office.world, &ana)).await);
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Disputed);
    nothing_follows(&office, &ana).await;
}

/// Not only the notice: any letter that the person has.
#[tokio::test]
async fn the_button_of_any_letter_ends_every_case_at_whatever_stage() {
    for stage in [CaseStateKind::Opened, CaseStateKind::EvidenceRecorded, CaseStateKind::Approved] {
        let office = Office::new();
        let ana = office.world.person("Ana").await;
        office.world.fresh_link(&ana).await;
        let letter = button_of(&office.world, &ana);
        let view = match stage {
            CaseStateKind::Opened => office.opened(&ana).await,
            CaseStateKind::EvidenceRecorded => office.evidenced(&ana, finding(Need::Password)).await,
            _ => office.approved(&ana).await,
        };
        assert!(press(&office.world, &letter).await);
        assert_eq!(office.state(view.case.id()).await, CaseStateKind::Disputed);
        nothing_follows(&office, &ana).await;
    }
}

/// A case that its subject disputed is not approved, and a decider who saw it before is told that it changed.
#[tokio::test]
async fn a_case_is_not_approved_after_its_subject_disputed() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    office.world.work().await;
    assert!(press(&office.world, &button_of(&office.world, &ana)).await);
    assert_eq!(office.approve(&view, Need::Password).await.map(drop), Err(DeskError::Changed));
    let anew = office.desk.view(&jon(), view.case.id()).await.unwrap();
    let refused = office.approve(&anew, Need::Password).await.map(drop);
    assert!(matches!(refused, Err(DeskError::Refused(CaseRefusal::Illegal { .. }))), "{refused:?}");
}

#[tokio::test]
async fn a_sign_in_while_it_waits_makes_it_lapse() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    let recovery = &office.world.recovery;
    let wrong = recovery.sign_in(&ana.identifier(), &Password::new("guess"), &office.world.client()).await;
    assert!(wrong.is_err());
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved, "a wrong password stops nothing");
    recovery.sign_in(&ana.identifier(), &ana.password(), &office.world.client()).await.unwrap();
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::SignedIn));
    office.world.work().await;
    let closed = "The case about your account at Mercy Clinic is closed".to_owned();
    assert!(office.world.subjects_to(&ana).contains(&closed));
    nothing_follows(&office, &ana).await;
}

/// Who has lost the factor gets past the password, and no further; who gets all the way in ends the case.
#[tokio::test]
async fn of_a_lost_factor_only_a_whole_sign_in_is_a_sign() {
    let office = Office::new();
    let ana = office.world.person_with("Ana", with_factor).await;
    let view = office.evidenced(&ana, finding(Need::LostFactor)).await;
    let view = office.approve(&view, Need::LostFactor).await.unwrap();
    let recovery = &office.world.recovery;
    recovery.sign_in(&ana.identifier(), &ana.password(), &office.world.client()).await.unwrap();
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved);
    recovery.signed_in(&ana.id).await.unwrap();
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::SignedIn));
    nothing_follows(&office, &ana).await;
}

#[tokio::test]
async fn a_recovery_that_is_completed_while_it_waits_makes_it_lapse() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    let link = office.world.fresh_link(&ana).await;
    assert!(office.choose(&link).await);
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::Recovered));
    nothing_follows(&office, &ana).await;
}

#[tokio::test]
async fn an_account_that_is_not_what_it_was_gets_no_link() {
    let changes: [fn(&mut regain::account::Account); 4] = [
        |account| account.addresses = vec![super::email("mallory@evil.example")],
        |account| account.status = AccountStatus::Disabled,
        |account| account.recoverability = Recoverability::LegalHold,
        |account| account.factors.push("totp-1".to_owned()),
    ];
    for change in changes {
        let office = Office::new();
        let ana = office.world.person("Ana").await;
        let view = office.approved(&ana).await;
        office.world.change(&ana, change).await;
        office.world.clock.advance(Duration::DAY);
        office.world.work().await;
        assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::AccountChanged));
        assert_eq!(office.links_to(&ana.email).await, 0);
        assert_eq!(office.links_to("mallory@evil.example").await, 0);
    }
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    office.world.recovery.credential_changed(&ana.id, Credential::Other).await.unwrap();
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::AccountChanged));
}

#[tokio::test]
async fn an_account_that_is_gone_gets_no_link_either() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    office.world.accounts.remove(&ana.id).await;
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::AccountChanged));
}

#[tokio::test]
async fn staff_can_stop_it_at_any_time_and_the_addresses_hear_of_it() {
    for withdrawn in [false, true] {
        let office = Office::new();
        let ana = office.world.person("Ana").await;
        let view = office.approved(&ana).await;
        office.world.work().await;
        let seen = Seen::of(&view);
        let ended = if withdrawn {
            office.desk.withdraw(&ida(), seen).await
        } else {
            office.desk.refuse(&ida(), seen).await
        };
        assert!(ended.unwrap().case.state().kind().is_end());
        office.world.work().await;
        let last = office.world.mailbox.to(&ana.email).pop().unwrap();
        assert_eq!(last.subject, "The case about your account at Mercy Clinic is closed");
        assert!(last.text.contains("no link was sent"), "{}", *last.text);
        nothing_follows(&office, &ana).await;
    }
}

/// A case about an account on hold waits at least as long as the hold.
#[tokio::test]
async fn a_hold_is_waited_for() {
    let office = Office::with(World::new(), |builder| builder.waiting_time(Duration::HOUR));
    let ana = office.world.person("Ana").await;
    office.world.fresh_link(&ana).await;
    assert!(press(&office.world, &button_of(&office.world, &ana)).await);
    office.world.clock.advance(Duration::MINUTE);
    // The case that this began goes on in the hands of two people.
    let page = office.desk.queue(&ida(), None, 10).await.unwrap();
    let view = office.desk.view(&ida(), page.cases[0].id).await.unwrap();
    let view = office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let view = office.desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    let view = office.approve(&view, Need::Password).await.unwrap();
    let before = office.links_to(&ana.email).await;
    office.world.clock.advance(Duration::DAY - Duration::MINUTE - Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.links_to(&ana.email).await, before);
    office.world.clock.advance(Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
    assert!(office.choose(&office.world.link_of(&ana)).await);
    let client = office.world.client();
    assert!(office.world.recovery.sign_in(&ana.identifier(), &Password::new(NEW), &client).await.is_ok());
}

/// "This wasn't me" on a node that cannot read the case, because a key is missing there: the hold stops it all the same.
#[tokio::test]
async fn a_case_that_could_not_be_read_when_its_owner_objected_leads_nowhere() {
    let (flows, accounts) = (Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()));
    let clock = Arc::new(TestClock::default());
    let node = |keys| {
        let builder = World::builder().flows(flows.clone()).accounts(accounts.clone());
        builder.clock(clock.clone()).keys(keys).build()
    };
    let old = || KeyRing::new(1, [7; 32]);
    let (behind, office) = (node(old()), Office::of(node(old().with_key(2, [8; 32]).unwrap())));
    let ana = office.world.person("Ana").await;
    behind.fresh_link(&ana).await;
    let letter = button_of(&behind, &ana);
    let view = office.approved(&ana).await;
    clock.advance(Duration::HOUR);
    assert!(press(&behind, &letter).await);
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Approved);
    clock.advance(Duration::days(2));
    office.world.work().await;
    assert_eq!(lapsed(&office, view.case.id()).await, Some(LapseReason::OnHold));
    assert_eq!(office.links_to(&ana.email).await, 0);
}
