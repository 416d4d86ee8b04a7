//! What becomes of a factor that was waived.

use crate::audit::{Actor, AuditRecord};
use crate::clock::Moment;
use crate::error::Fault;
use crate::ids::{AccountId, FlowId};
use crate::recovery::Inner;
use crate::recovery::step::Draft;

impl Inner {
    /// A password was set by a link whose factor the support desk had waived (MF-2): the factors that were lost come off the
    /// account, in the commit that completes the recovery.
    ///
    /// This is the one place for it. Today it writes the line of the audit record; the factors that regain keeps itself are
    /// to be taken off here.
    pub(crate) async fn take_off_lost_factors(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        flow: FlowId,
        at: Moment,
    ) -> Result<(), Fault> {
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
        Ok(())
    }
}
