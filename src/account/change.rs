//! What regain changes in a host's accounts: a password, addresses on file, the cost of a hash.
//!
//! One rule: a change names the account as it was when it was decided on, by its epoch, and is stored for that one alone. So
//! a second try finds that it was done, and one that comes too late stores nothing.

use super::{Account, AccountEpoch, AddressOnFile};
use crate::ids::{AccountId, FlowId};
use crate::password::PasswordHash;
use crate::planted::{Bug, planted};

/// A new password for one account.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The recovery that this is for, the same in every try. A host keeps the last one that was applied beside the account,
    /// and answers [`Applied::Before`] when it comes again: one that cannot read its hashes has to; one that can, and does
    /// not, finds a password that was set and then changed again before regain heard of it to be a conflict, and nobody
    /// gets the notice.
    pub flow: FlowId,
    /// Whose.
    pub account: AccountId,
    /// The epoch that the account must still have.
    pub expected: AccountEpoch,
    /// The new hash. Its salt is fresh, so finding it already stored means that this very change was applied.
    pub hash: PasswordHash,
}

/// What became of a [`PasswordChange`] or an [`AddressChange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applied {
    /// Stored now; with a new password all sessions are ended.
    Done,
    /// Was stored before; nothing to do.
    Before,
    /// The account changed meanwhile, may not change its password, or is gone; nothing was stored.
    Conflict,
}

impl PasswordChange {
    /// The whole rule: what to do, given the account as it is read inside the host's transaction.
    ///
    /// A store calls this, and writes the hash when the answer is [`Applied::Done`].
    #[must_use]
    pub fn against(&self, present: Option<&Account>) -> Applied {
        let Some(account) = present.filter(|account| account.id == self.account) else {
            return Applied::Conflict;
        };
        if account.password.as_ref() == Some(&self.hash) {
            return Applied::Before;
        }
        let allowed = account.takes_a_new_password();
        let unchanged = account.epoch() == self.expected || planted(Bug::EpochNotCompared);
        if allowed && unchanged { Applied::Done } else { Applied::Conflict }
    }

    /// The same for a host that keeps the flow of the last change beside the account: what was set stays known as set, also
    /// when the account was changed elsewhere since.
    #[must_use]
    pub fn against_last(&self, last: Option<FlowId>, present: Option<&Account>) -> Applied {
        if last == Some(self.flow) { Applied::Before } else { self.against(present) }
    }
}

/// Other addresses on file for one account: one was confirmed by a code, or such a change was disputed and is taken back.
#[derive(Debug, Clone)]
pub struct AddressChange {
    /// The change's own name, the same in every try. A host that keeps the last one that was applied beside the account
    /// knows it again, also where the addresses were changed elsewhere since.
    pub change: FlowId,
    /// Whose.
    pub account: AccountId,
    /// The epoch that the account must still have.
    pub expected: AccountEpoch,
    /// All addresses that are on file from now on, in their order; confirmed, each of them.
    pub addresses: Vec<AddressOnFile>,
}

impl AddressChange {
    /// The whole rule: what to do, given the account as it is read inside the host's transaction.
    ///
    /// A store calls this, and writes the addresses when the answer is [`Applied::Done`]. Sessions go on.
    #[must_use]
    pub fn against(&self, present: Option<&Account>) -> Applied {
        let Some(account) = present.filter(|account| account.id == self.account) else {
            return Applied::Conflict;
        };
        if account.addresses == self.addresses {
            return Applied::Before;
        }
        if account.epoch() == self.expected { Applied::Done } else { Applied::Conflict }
    }

    /// The same for a host that keeps the name of the last change beside the account.
    #[must_use]
    pub fn against_last(&self, last: Option<FlowId>, present: Option<&Account>) -> Applied {
        if last == Some(self.change) { Applied::Before } else { self.against(present) }
    }
}

/// The same password under a newer cost.
#[derive(Debug, Clone)]
pub struct HashUpgrade {
    /// Whose.
    pub account: AccountId,
    /// The hash that must still be stored.
    pub from: PasswordHash,
    /// The hash to store in its place. Sessions go on.
    pub to: PasswordHash,
}
