//! A person writes to the desk: the same whatever they write.

use super::{Office, ida};
use regain::RecoveryError;
use regain::client::Client;
use regain::desk::case::{CaseStateKind, OriginKind};
use regain::desk::{Plea, Seen};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::testing::{Trace, World};
use std::net::IpAddr;
use std::sync::Arc;
use time::Duration;

/// EN-1: one commit, two draws, and no look at any account or at the host.
#[tokio::test]
async fn writing_makes_the_same_calls_whoever_is_written_about() {
    let mut seen = Vec::new();
    for typed in ["I am Ana, ana@home.example", "I am nobody at all", "account-1", "'; DROP TABLE cases; --"]
    {
        let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
        let world = World::builder()
            .flows(trace.flows(Arc::new(MemoryFlows::new())))
            .accounts(accounts.clone())
            .served_accounts(trace.accounts(accounts))
            .build();
        world.person("Ana").await;
        let office = Office::of(world);
        trace.take();
        let plea = Plea::new(typed, "ana@home.example").unwrap();
        let receipt = office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
        assert_eq!(receipt.number.len(), 9);
        seen.push(trace.take());
        office.world.work().await;
        assert!(office.world.mailbox.mails().is_empty());
    }
    assert!(seen.iter().all(|calls| *calls == seen[0]), "{seen:?}");
    assert_eq!(seen[0].len(), 1, "{:?}", seen[0]);
}

fn from(address: [u8; 4]) -> Client {
    Client::at(IpAddr::from(address))
}

#[tokio::test]
async fn a_network_and_all_together_are_told_to_wait() {
    let office = Office::new();
    let write = async |client: Client| {
        let plea = Plea::new("help", "").unwrap();
        office.desk.ask_for_help(plea, &client).await
    };
    for _ in 0..5 {
        assert!(write(from([192, 0, 2, 1])).await.is_ok());
    }
    let refused = write(from([192, 0, 2, 1])).await;
    assert!(matches!(refused, Err(RecoveryError::TooManyAttempts { .. })), "{refused:?}");
    let mut taken = 5;
    for other in 0..300_u16 {
        let [high, low] = other.to_be_bytes();
        taken += usize::from(write(from([198, 51, high, low])).await.is_ok());
    }
    assert_eq!(taken, 200);
    office.world.clock.advance(Duration::HOUR);
    assert!(write(from([192, 0, 2, 1])).await.is_ok());
}

#[tokio::test]
async fn what_is_written_is_sealed_and_lapses_when_nobody_takes_it() {
    let flows = Arc::new(MemoryFlows::new());
    let office = Office::build(World::builder().flows(flows.clone()));
    let plea = Plea::new("my secret trouble", "call 555").unwrap();
    office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
    use regain::store::{DocumentKind, FlowStore as _};
    let rows = flows.open_documents(office.world.realm(), DocumentKind::Case, None, 10).await.unwrap();
    let sealed = String::from_utf8_lossy(&rows[0].sealed).into_owned();
    assert!(!sealed.contains("secret") && rows[0].account.is_none());
    let case = office.desk.queue(&ida(), None, 10).await.unwrap().cases[0].id;
    office.world.clock.advance(Duration::days(30) - Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(case).await, CaseStateKind::Opened);
    office.world.clock.advance(Duration::MILLISECOND);
    office.world.work().await;
    assert_eq!(office.state(case).await, CaseStateKind::Lapsed);
    // And is deleted a year later.
    office.world.clock.advance(Duration::days(366));
    office.world.work().await;
    assert!(office.desk.view(&ida(), case).await.is_err());
}

/// A row that was moved, altered or pointed at another account does not open, and is in nobody's way.
#[tokio::test]
async fn a_case_that_cannot_be_read_is_in_nobodys_way() {
    let world = World::new();
    let office = Office::of(world);
    let ana = office.world.person("Ana").await;
    office.desk.open(&ida(), &ana.id).await.unwrap();
    let plea = Plea::new("help", "").unwrap();
    office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
    use regain::store::{Commit, DocumentKind, DocumentWrite};
    let (flows, realm) = (&office.world.flows, office.world.realm());
    let rows = flows.open_documents(realm, DocumentKind::Case, None, 10).await.unwrap();
    let mut damaged = rows.into_iter().find(|row| row.account.is_some()).unwrap();
    damaged.version += 1;
    let mut commit = Commit::new(realm.clone());
    commit.documents.push(DocumentWrite::Update(damaged));
    flows.commit(commit).await.unwrap();
    let page = office.desk.queue(&ida(), None, 10).await.unwrap();
    assert_eq!(page.cases.iter().map(|case| case.origin).collect::<Vec<_>>(), [OriginKind::Person]);
    let signed_in =
        office.world.recovery.sign_in(&ana.identifier(), &ana.password(), &office.world.client()).await;
    assert!(signed_in.is_ok(), "its owner still signs in");
}

#[tokio::test]
async fn a_second_writer_on_one_case_is_told_that_it_changed() {
    let office = Office::new();
    let plea = Plea::new("help", "").unwrap();
    office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
    let case = office.desk.queue(&ida(), None, 10).await.unwrap().cases[0].id;
    let view = office.desk.view(&ida(), case).await.unwrap();
    office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let late = office.desk.assign(&super::jon(), Seen::of(&view), &super::jon().id).await;
    assert_eq!(late.map(drop), Err(regain::desk::DeskError::Changed));
    let kept = office.desk.view(&ida(), case).await.unwrap();
    assert_eq!(kept.case.assignee(), Some(&ida().id));
}
