//! Documents that are due: what each kind asks of a worker.

use crate::error::Fault;
use crate::keys::KeyError;
use crate::recovery::Carried;
use crate::store::{Document, DocumentKind};
use crate::worker::{Progress, Worker};

/// Documents attended to in one round.
const DOCUMENTS: u32 = 16;

impl Worker {
    pub(super) async fn attend_documents(&self, progress: &mut Progress) -> Result<(), Fault> {
        let inner = &*self.recovery.0;
        let due = inner.flows.claim_documents(&self.claim(inner.clock.read(), DOCUMENTS)).await?;
        progress.documents = due.len();
        for document in due {
            if let Err(fault) = self.attend_document(document).await {
                inner.report("attend_document", &fault);
                progress.faults += 1;
            }
        }
        Ok(())
    }

    /// A fault leaves it due again when the lease ends.
    async fn attend_document(&self, document: Document) -> Result<(), Fault> {
        match document.kind {
            DocumentKind::Security => {
                let account = document.account.as_ref().ok_or(KeyError::Altered)?;
                let inner = &*self.recovery.0;
                let signed_out = inner.sign_out(account).await;
                let settled = inner.settle_addresses(account).await;
                inner.forget_late(account).await?;
                signed_out.and(settled.map(drop))
            }
            DocumentKind::Case => self.recovery.0.attend_case(document, Carried::by(&*self.mailer)).await,
        }
    }
}
