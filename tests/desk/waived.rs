//! MF-2: a link that does without the second factor, and only that link.

use super::{NEW, Office, finding, with_factor};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::account::{AddressKind, AddressOnFile};
use regain::desk::case::Need;
use regain::flow::FlowRecord;
use regain::ids::{FlowId, Realm};
use regain::memory::MemoryFlows;
use regain::password::Password;
use regain::recovery::{LetterReference, Means};
use regain::store::{FlowStore, StoreError};
use regain::testing::{FlowStoreLayer, Layered, Someone, World};
use std::sync::{Arc, Mutex};
use time::Duration;

/// A table in which somebody has altered the factor's column.
#[derive(Default)]
struct Altered {
    flows: MemoryFlows,
    factor: Arc<Mutex<Option<&'static str>>>,
}

#[async_trait]
impl FlowStoreLayer for Altered {
    fn inner(&self) -> &dyn FlowStore {
        &self.flows
    }

    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let mut row = self.flows.load(realm, id).await?;
        if let (Some(row), Some(factor)) = (row.as_mut(), *self.factor.lock().unwrap()) {
            row.factor = Some(factor.to_owned());
        }
        Ok(row)
    }
}

fn altered() -> (Office, Arc<Mutex<Option<&'static str>>>) {
    let store = Altered::default();
    let factor = store.factor.clone();
    let builder = World::builder()
        .flows(Arc::new(Layered(store)))
        .configure(|builder| builder.means(Means::email_only().letters()));
    (Office::build(builder), factor)
}

async fn released(office: &Office, who: &Someone, need: Need) {
    let view = office.evidenced(who, finding(need)).await;
    office.approve(&view, need).await.unwrap();
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
}

#[tokio::test]
async fn a_case_for_a_lost_password_waives_no_factor() {
    let office = Office::new();
    let ana = office.world.person_with("Ana", with_factor).await;
    released(&office, &ana, Need::Password).await;
    let link = office.world.link_of(&ana);
    assert!(office.world.recovery.look(&link).await.unwrap().factor_needed);
    let client = office.world.client();
    let chosen = office.world.recovery.choose_password(&link, &Password::new(NEW), &client).await;
    assert_eq!(chosen, Err(RecoveryError::FactorNeeded));
}

#[tokio::test]
async fn the_next_link_needs_the_factor_again() {
    let office = Office::new();
    let ana = office.world.person_with("Ana", with_factor).await;
    released(&office, &ana, Need::LostFactor).await;
    let waived = office.world.link_of(&ana);
    assert!(!office.world.recovery.look(&waived).await.unwrap().factor_needed);
    let asked = office.world.fresh_link(&ana).await;
    assert!(office.world.recovery.look(&waived).await.is_err(), "a newer link replaces it");
    assert!(office.world.recovery.look(&asked).await.unwrap().factor_needed);
}

/// The column is not believed: the digest is bound to it.
#[tokio::test]
async fn whoever_alters_the_row_opens_nothing() {
    for (need, columns) in
        [(Need::Password, ["waived", "not_needed"]), (Need::LostFactor, ["needed", "not_needed"])]
    {
        let (office, factor) = altered();
        let ana = office.world.person_with("Ana", with_factor).await;
        released(&office, &ana, need).await;
        let link = office.world.link_of(&ana);
        for column in columns {
            *factor.lock().unwrap() = Some(column);
            assert!(office.world.recovery.look(&link).await.is_err(), "{} as {column}", need.code());
            assert!(!office.choose(&link).await, "{} as {column}", need.code());
        }
        *factor.lock().unwrap() = None;
        assert!(office.world.recovery.look(&link).await.is_ok());
    }
}

/// Nor by way of a letter's code, for which a fresh secret is made.
#[tokio::test]
async fn whoever_alters_the_row_of_a_letter_exchanges_nothing() {
    let (office, factor) = altered();
    let street =
        AddressOnFile::parse(AddressKind::Post, "Ana Lindqvist\n4 Harbour Street\nPort Mercy").unwrap();
    let post = street.clone();
    let ana = office.world.person_with("Ana", |account| {
        with_factor(account);
        account.addresses = vec![post];
    });
    let ana = ana.await;
    released(&office, &ana, Need::Password).await;
    let letters = office.world.mailbox.to(street.as_str());
    let letter = letters.iter().find(|mail| mail.text.contains("this reference")).expect("a letter");
    let after = |words: &str| {
        let (_, rest) = letter.text.split_once(words).unwrap();
        rest.trim_start().lines().next().unwrap().trim().to_owned()
    };
    let reference = LetterReference::parse(&after("type this reference:")).unwrap();
    let code = after("and this code:");
    let client = office.world.client();
    *factor.lock().unwrap() = Some("waived");
    let altered = office.world.recovery.exchange_letter_code(&reference, &code, &client).await;
    assert_eq!(altered.map(drop), Err(RecoveryError::CodeNotUsable));
    *factor.lock().unwrap() = None;
    let link = office.world.recovery.exchange_letter_code(&reference, &code, &client).await.unwrap();
    assert!(office.world.recovery.look(&link).await.unwrap().factor_needed);
}

/// Without the factor the password has to do alone: the longer floor counts.
#[tokio::test]
async fn the_password_is_judged_as_that_of_an_account_without_a_factor() {
    let office = Office::new();
    let ana = office.world.person_with("Ana", with_factor).await;
    released(&office, &ana, Need::LostFactor).await;
    let link = office.world.link_of(&ana);
    let client = office.world.client();
    let short = office.world.recovery.choose_password(&link, &Password::new("kettle9Drum"), &client).await;
    assert!(matches!(short, Err(RecoveryError::PasswordRefused(_))), "{short:?}");
    assert!(office.choose(&link).await);
}

/// The app that was lost comes off with the new password, so that the person gets all the way in; and until then it stays.
#[tokio::test]
async fn what_was_lost_comes_off_with_the_password_and_not_before() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    office.world.enrol_totp(&ana).await;
    released(&office, &ana, Need::LostFactor).await;
    let link = office.world.link_of(&ana);
    assert_eq!(office.world.factors_of(&ana).await.len(), 1, "a link that nobody used takes nothing off");
    assert!(office.choose(&link).await);
    assert!(office.world.factors_of(&ana).await.is_empty());
    let client = office.world.client();
    let step = office.world.recovery.sign_in(&ana.identifier(), &Password::new(NEW), &client).await.unwrap();
    assert_eq!(regain::testing::signed_in(step).account, ana.id);
}

/// A factor that was bound while the case waited is not the one that was lost.
#[tokio::test]
async fn a_factor_that_is_bound_while_it_waits_makes_the_case_lapse() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    office.world.enrol_totp(&ana).await;
    let view = office.evidenced(&ana, finding(Need::LostFactor)).await;
    office.approve(&view, Need::LostFactor).await.unwrap();
    office.world.enrol_totp(&ana).await;
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(office.links_to(&ana.email).await, 0);
    assert_eq!(office.count("case.lapsed: account_changed").await, 1);
}
