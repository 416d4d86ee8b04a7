//! Cases that begin by themselves.

use super::{Office, button_of, finding, ida, press};
use regain::account::Recoverability;
use regain::desk::case::{Need, OriginKind};
use regain::desk::{DeskError, Seen};
use regain::testing::World;
use time::Duration;

async fn origins(office: &Office) -> Vec<OriginKind> {
    let page = office.desk.queue(&ida(), None, 100).await.unwrap();
    page.cases.iter().map(|case| case.origin).collect()
}

/// ID-3, ID-10: what only people can decide reaches them, in the commit that says so, and once.
#[tokio::test]
async fn an_ask_that_only_people_can_decide_opens_one_case() {
    let office = Office::new();
    let ana = office.world.no_address("Ana").await;
    let bea = office.world.not_recoverable("Bea", Recoverability::Minor).await;
    let cem = office.world.disabled("Cem").await;
    for _ in 0..3 {
        for who in [&ana, &bea, &cem] {
            let client = office.world.client();
            office.world.recovery.ask_password(&who.identifier(), &client).await.unwrap();
        }
        office.world.work().await;
    }
    assert_eq!(origins(&office).await, [OriginKind::Escalated, OriginKind::Escalated]);
    assert_eq!(office.count("case.opened: escalated no_address").await, 1);
    assert_eq!(office.count("case.opened: escalated minor").await, 1);
    assert_eq!(office.count("password.escalated: minor").await, 3);
    assert!(office.world.mailbox.mails().is_empty());
}

/// Nobody is named by guess: a case without a known account would lead nowhere.
#[tokio::test]
async fn an_ambiguous_ask_mails_nothing_and_names_nobody() {
    let office = Office::new();
    let (ana, _) = office.world.sharing_an_email("Ana", "Bo").await;
    office.world.change(&ana, |account| account.username = "bo".to_owned()).await;
    let client = office.world.client();
    let typed = regain::identity::Identifier::parse("bo");
    office.world.recovery.ask_password(&typed, &client).await.unwrap();
    office.world.work().await;
    assert_eq!(office.count("password.escalated: ambiguous").await, 1);
    assert_eq!(origins(&office).await, []);
    assert!(office.world.mailbox.mails().is_empty());
}

#[tokio::test]
async fn this_wasnt_me_begins_one_case_for_each_hold_and_no_second_button_ends_it() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    office.world.fresh_link(&ana).await;
    let first = button_of(&office.world, &ana);
    office.world.fresh_link(&ana).await;
    let second = button_of(&office.world, &ana);
    assert!(press(&office.world, &first).await && press(&office.world, &second).await);
    assert_eq!(origins(&office).await, [OriginKind::Disowned]);
    office.world.work().await;
    let before = office.world.mailbox.to(&ana.email).len();
    assert_eq!(before, 3, "two links and the notice of the hold: the case has no mail of its own");
    office.world.clock.advance(Duration::days(2));
    office.world.fresh_link(&ana).await;
    assert!(press(&office.world, &button_of(&office.world, &ana)).await);
    assert_eq!(origins(&office).await, [OriginKind::Disowned], "it is still open");
}

/// The case of before ends with the button, and the new one begins with it.
#[tokio::test]
async fn the_button_ends_the_open_case_and_begins_one_in_one_commit() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    office.approved(&ana).await;
    office.world.work().await;
    assert!(press(&office.world, &button_of(&office.world, &ana)).await);
    assert_eq!(origins(&office).await, [OriginKind::Disowned]);
    let lines = office.lines().await;
    let at = |wanted: &str| lines.iter().position(|line| line == wanted).expect(wanted);
    assert!(at("case.disputed") < at("case.opened: disowned"));
}

#[tokio::test]
async fn where_there_is_no_desk_nothing_opens_by_itself() {
    let world = World::new();
    let ana = world.no_address("Ana").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    let office = Office::of(world);
    assert_eq!(origins(&office).await, []);
    assert_eq!(office.count("password.escalated: no_address").await, 1);
}

#[tokio::test]
async fn an_account_has_one_open_case_at_a_time() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    let second = office.desk.open(&super::jon(), &ana.id).await;
    assert_eq!(second.map(drop), Err(DeskError::AlreadyOpen));
    let plea = regain::desk::Plea::new("I am Ana", "").unwrap();
    office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
    let page = office.desk.queue(&ida(), None, 10).await.unwrap();
    let person = page.cases.iter().find(|case| case.origin == OriginKind::Person).unwrap();
    let asked = office.desk.view(&ida(), person.id).await.unwrap();
    let named = office.desk.concern(&ida(), Seen::of(&asked), &ana.id).await;
    assert_eq!(named.map(drop), Err(DeskError::AlreadyOpen));
    office.desk.withdraw(&ida(), Seen::of(&view)).await.unwrap();
    assert!(office.desk.concern(&ida(), Seen::of(&asked), &ana.id).await.is_ok());
}

/// What "this wasn't me" would not find is never approved: it looks at the newest hundred cases of an account.
#[tokio::test]
async fn a_case_that_is_buried_under_others_is_not_approved() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let plea = regain::desk::Plea::new("I am Ana", "").unwrap();
    office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
    let buried = office.desk.queue(&ida(), None, 10).await.unwrap().cases[0].id;
    for _ in 0..100 {
        office.world.clock.advance(Duration::SECOND);
        let view = office.opened(&ana).await;
        office.desk.withdraw(&ida(), Seen::of(&view)).await.unwrap();
    }
    let view = office.desk.view(&ida(), buried).await.unwrap();
    let view = office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let view = office.desk.concern(&ida(), Seen::of(&view), &ana.id).await.unwrap();
    let view = office.desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    assert_eq!(office.approve(&view, Need::Password).await.map(drop), Err(DeskError::Changed));
}
