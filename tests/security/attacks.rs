//! Somebody else's names, sessions and codes.

use super::*;

/// CVE-2020-5240.
#[tokio::test]
async fn the_factor_of_another_account_is_not_there() {
    let world = World::new();
    let (ana, anas) = protected(&world, "Ana").await;
    let (eve, _) = protected(&world, "Eve").await;
    let before = traces(&world, &ana).await;
    let eves = signed_in(&world, &eve);
    let nobodys = FactorId::from_bytes([9; 16]);
    for id in [anas, nobodys] {
        assert_eq!(eves.remove(id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
        assert_eq!(eves.disable(id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
        assert_eq!(eves.enrolment(id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    }
    assert_eq!(traces(&world, &ana).await, before);
}

/// CVE-2022-42731.
#[tokio::test]
async fn what_one_session_began_no_other_one_finishes() {
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    let eve = world.person("Eve").await;
    world.clock.advance(MINUTE);
    let begun = signed_in(&world, &ana).begin_totp(&label("Tablet")).await.unwrap();
    let code = app(&world, &begun);
    let others = [
        info(&world, &other_session(&world, &ana, AuthLevel::SecondFactor)),
        // The same binding under another account.
        signed_in(&world, &eve),
    ];
    for other in &others {
        let refused = other.confirm_totp(begun.id, &code).await;
        assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    }
    // Nor did they use up its tries.
    assert!(signed_in(&world, &ana).confirm_totp(begun.id, &code).await.is_ok());
    let twice = signed_in(&world, &ana).confirm_totp(begun.id, &code).await;
    assert_eq!(twice.unwrap_err(), REFUSED(ChangeRefused::NotThere), "and it is good once");
}

/// A factor that is begun is none, so it is not removed or switched off either.
#[tokio::test]
async fn what_is_only_begun_is_no_factor() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let info = by_password(&world, &ana);
    let begun = info.begin_totp(&label("Tablet")).await.unwrap();
    assert_eq!(info.remove(begun.id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert_eq!(info.disable(begun.id).await.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert_eq!(view(&world, &ana).await.level_needed, AuthLevel::Password);
}

/// A row that was moved to another account, or put back from before, opens nothing.
#[tokio::test]
async fn a_record_that_was_tampered_with_is_a_fault_and_no_empty_record() {
    use regain::store::{Commit, DocumentKind, DocumentWrite};
    let world = World::new();
    let (ana, _) = protected(&world, "Ana").await;
    let kind = DocumentKind::Security;
    let row = world.flows.documents_of(world.realm(), kind, &ana.id, 1).await.unwrap().remove(0);
    let mut commit = Commit::new(world.realm().clone());
    let mut altered = row;
    altered.version += 1;
    commit.documents.push(DocumentWrite::Update(altered));
    world.flows.commit(commit).await.unwrap();
    let info = by_password(&world, &ana);
    assert_eq!(info.list().await.unwrap_err(), RecoveryError::Unavailable);
    assert_eq!(info.begin_totp(&label("x")).await.unwrap_err(), RecoveryError::Unavailable);
}

#[tokio::test]
async fn nothing_secret_is_in_debug() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let session = session(&world, &ana, AuthLevel::Password);
    let info = world.recovery.security_info(&session, &nobody());
    let (_, confirmed) = bind(&world, &info, "My phone").await;
    let shown = format!("{session:?} {info:?} {confirmed:?} {:?}", info.list().await.unwrap());
    for secret in [ana.email.as_str(), ana.id.as_str(), "My phone", "7, 7"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let codes = confirmed.codes.unwrap();
    assert!(codes.expose().all(|code| !shown.contains(&*code)));
}
