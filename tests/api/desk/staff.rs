//! The host's staff.

use crate::Portal;
use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use regain::desk::{DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
use regain::identity::Identifier;
use regain::ids::AccountId;
use regain::store::StoreError;
use regain::testing::{SeedAccounts, Someone};
use regain::web::StaffHost;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A cookie says which of them it is. Everybody else enrolled at level 2, and works elsewhere.
pub struct Clinic {
    accounts: Arc<dyn SeedAccounts>,
    owners: Mutex<BTreeMap<String, Staff>>,
}

impl Clinic {
    pub fn new(accounts: Arc<dyn SeedAccounts>) -> Self {
        Self { accounts, owners: Mutex::default() }
    }

    /// Somebody's account is that of one of the staff.
    pub fn employ(&self, who: &Someone, name: &str) {
        self.owners.lock().expect("no panic").insert(who.id.as_str().to_owned(), staff(name));
    }
}

/// The session of one of them.
pub fn session(name: &str) -> String {
    format!("staff={name}")
}

fn staff(name: &str) -> Staff {
    let rank = if name.starts_with("chief") { 50 } else { 10 };
    Staff::new(StaffId::new(name).expect("a name"), StaffRole::ranked(rank))
}

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        let staff = self.owners.lock().expect("no panic").get(account.as_str()).cloned();
        let known = self.accounts.get(account).await?;
        Ok(known.map(|_| Subject { staff, enrolled_at: Ial::Two }))
    }
}

#[async_trait]
impl StaffHost for Clinic {
    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError> {
        let cookie = headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok());
        match cookie.and_then(|cookie| cookie.strip_prefix("staff=")) {
            Some("unreachable") => Err(StoreError::plain("the host does not answer")),
            Some(name @ ("ida" | "jon" | "kim" | "chief" | "chief-2")) => Ok(Some(staff(name))),
            _ => Ok(None),
        }
    }

    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        let found = self.accounts.find_by_identifier(&Identifier::parse(typed)).await?;
        Ok(found.into_iter().find(|account| account.username == typed).map(|account| account.id))
    }
}

/// What staff have been told, whatever it was.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub fn add(&self, body: &str) {
        self.0.lock().expect("no panic").push(body.to_owned());
    }
}

impl Portal {
    /// No link, no code, no password, no address of a page: in nothing that staff were told so far.
    pub fn staff_heard_no_secret_of(&self, who: &Someone) {
        let heard = self.heard.0.lock().expect("no panic");
        assert!(!heard.is_empty(), "staff have asked");
        let mails = self.world.mailbox.mails();
        let words = mails.iter().flat_map(|mail| mail.text.split_whitespace());
        let is_code = |word: &str| word.len() == 9 && word.as_bytes()[4] == b'-' && !word.contains('/');
        let secrets: Vec<_> = words
            .filter_map(|word| match word.split_once("token=").or_else(|| word.split_once("letter=")) {
                Some((_, token)) => Some(token),
                None => Some(word).filter(|word| is_code(word)),
            })
            .chain([who.password.as_str(), who.email.as_str(), "token", "letter=", "://"])
            .collect();
        let numbers = heard.iter().filter_map(|body| serde_json::from_str::<serde_json::Value>(body).ok());
        let numbers: Vec<_> = numbers.filter_map(|body| body["number"].as_str().map(str::to_owned)).collect();
        for body in heard.iter() {
            for secret in secrets.iter().filter(|secret| !numbers.iter().any(|number| number == *secret)) {
                assert!(!body.contains(secret), "staff were told {secret}: {body}");
            }
        }
    }
}
