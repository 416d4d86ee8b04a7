//! What is said of a factor that was waived.

use crate::audit::{Actor, AuditRecord};
use crate::clock::Moment;
use crate::ids::{AccountId, FlowId};
use crate::recovery::Inner;
use crate::recovery::step::Draft;

impl Inner {
    /// A password was set by a link whose factor the support desk had waived (MF-2): the line of the audit record that says
    /// so. What regain keeps comes off in the account's record, in the same commit; the host takes off its own.
    pub(crate) fn note_lost_factors(&self, draft: &mut Draft, account: &AccountId, flow: FlowId, at: Moment) {
        draft.commit.audit.push(AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow,
            version: 0,
            event: "account.factors_lost".into(),
            reason: None,
            actor: Actor::Worker,
            account: Some(self.account_pseudonym(account)),
            client: None,
        });
    }
}
