//! The host's staff, for pages and API alike.

use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use regain::desk::{DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
use regain::identity::Identifier;
use regain::ids::AccountId;
use regain::store::StoreError;
use regain::testing::SeedAccounts;
use regain::web::StaffHost;
use std::sync::Arc;

/// A cookie says which of the two it is. Nobody else works there, and everybody enrolled at level 2.
pub struct Clinic(pub Arc<dyn SeedAccounts>);

/// The header of one of them.
pub fn of_staff(name: &str) -> String {
    format!("Cookie: staff={name}\r\n")
}

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        let known = self.0.get(account).await?;
        Ok(known.map(|_| Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

#[async_trait]
impl StaffHost for Clinic {
    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError> {
        let cookie = headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok());
        let name = cookie.and_then(|cookie| cookie.strip_prefix("staff="));
        let id = name.filter(|name| ["ida", "jon"].contains(name)).and_then(|name| StaffId::new(name).ok());
        Ok(id.map(|id| Staff::new(id, StaffRole::ranked(10))))
    }

    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        let found = self.0.find_by_identifier(&Identifier::parse(typed)).await?;
        Ok(found.into_iter().find(|account| account.username == typed).map(|account| account.id))
    }
}
