//! An account's security record: read, and written over the version that was read.
//!
//! Most accounts have no record: one is written with the first factor, when a recovery is completed or a letter is disowned,
//! and goes when nothing in it can matter any more.

use crate::account::{Account, AccountEpoch};
use crate::clock::{Moment, Timestamp};
use crate::error::Fault;
use crate::flow::FactorRule;
use crate::ids::AccountId;
use crate::keys::KeyError;
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::recovery::documents::{Draft, security_id};
use crate::security::record::Record;
use crate::store::{DocumentKind, DocumentWrite};

/// An account's record as it was read, for its next version to be made of.
pub(crate) struct Security {
    pub(crate) record: Record,
    after: u64,
    created_at: Option<Timestamp>,
}

/// What a link for an account is issued under.
#[derive(Clone, Copy)]
pub(crate) struct LinkTerms {
    /// What the account is like now: another account, or other factors, and the link is void.
    pub(crate) epoch: AccountEpoch,
    /// Whether a second factor has to be proven beside it.
    pub(crate) factor: FactorRule,
    /// Whether nobody gets a link now.
    pub(crate) on_hold: bool,
}

impl Security {
    pub(crate) fn terms(&self, account: &Account, at: Moment) -> LinkTerms {
        let protected = self.record.is_protected(&account.factors) && !planted(Bug::FactorNotNeededAtLink);
        LinkTerms {
            epoch: self.record.recovery_epoch(&account.epoch()),
            factor: if protected { FactorRule::Needed } else { FactorRule::NotNeeded },
            on_hold: self.record.guard.is_on_hold(at.now),
        }
    }
}

impl Inner {
    /// What a link for this account would be issued under.
    pub(crate) async fn terms(&self, account: &Account, at: Moment) -> Result<LinkTerms, Fault> {
        Ok(self.security(&account.id).await?.terms(account, at))
    }

    /// The record of an account; an empty one where there is none. One that does not open is a fault, never empty.
    pub(crate) async fn security(&self, account: &AccountId) -> Result<Security, Fault> {
        let id = security_id(&self.realm, account);
        let Some(opened) = self.load_document(DocumentKind::Security, id).await? else {
            return Ok(Security { record: Record::default(), after: 0, created_at: None });
        };
        if opened.row.account.as_ref() != Some(account) {
            return Err(KeyError::Altered.into());
        }
        let record = Record::from_bytes(&opened.plain).ok_or(KeyError::Altered)?;
        Ok(Security { record, after: opened.row.version, created_at: Some(opened.row.created_at) })
    }

    pub(crate) fn write_security(
        &self,
        security: &Security,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<DocumentWrite, Fault> {
        let record = &security.record;
        self.write_document(&Draft {
            kind: DocumentKind::Security,
            id: security_id(&self.realm, account),
            after: security.after,
            account: Some(account),
            open: false,
            plain: &record.to_bytes(),
            created_at: security.created_at.unwrap_or(now),
            due_at: record.due_at(),
            keep_until: record.keep_until(),
        })
    }
}
