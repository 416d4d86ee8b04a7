//! Who is at the desk: for its pages, and for the same as JSON.
//!
//! One rule: who of the staff acts, the host tells by the session of the request alone.

use crate::desk::{Desk, Staff};
use crate::ids::AccountId;
use crate::store::StoreError;
use crate::web::StaffHost;
use axum::http::HeaderMap;
use std::sync::Arc;

/// Cases on one page of the queue.
pub(crate) const CASES: u32 = 25;

/// A desk, and the host that knows its staff.
#[derive(Clone)]
pub(crate) struct Counter {
    pub(crate) desk: Desk,
    pub(crate) host: Arc<dyn StaffHost>,
}

/// Somebody of the staff, signed in, at the desk.
pub(crate) struct OnDuty {
    pub(crate) staff: Staff,
    pub(crate) desk: Desk,
    host: Arc<dyn StaffHost>,
}

impl Counter {
    /// Whose request it is; `None` for everybody who is not signed in as staff.
    pub(crate) async fn on_duty(&self, headers: &HeaderMap) -> Result<Option<OnDuty>, StoreError> {
        let staff = self.host.signed_in(headers).await?;
        Ok(staff.map(|staff| OnDuty { staff, desk: self.desk.clone(), host: self.host.clone() }))
    }
}

impl OnDuty {
    /// The account that somebody of the staff means.
    pub(crate) async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        self.host.account(typed.trim()).await
    }
}
