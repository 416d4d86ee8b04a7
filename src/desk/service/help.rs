//! A person writes to the desk: one durable commit, whatever they write.

use crate::audit::Actor;
use crate::client::Client;
use crate::desk::Plea;
use crate::desk::case::Case;
use crate::desk::service::Desk;
use crate::desk::stops::opening;
use crate::error::{Fault, RecoveryError};
use crate::recovery::step::{Doer, Draft};
use tracing::Instrument as _;

/// That it was taken down. The number is random, and tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PleaReceipt {
    /// What people call the case when they talk to the desk.
    pub number: String,
}

impl Desk {
    /// A person is stuck, and writes what they need. Nothing is looked up: the answer is the same whether they have an
    /// account or not (EN-1).
    ///
    /// # Errors
    /// [`RecoveryError::TooManyAttempts`] for the client's network, or for all together; [`RecoveryError::Unavailable`].
    pub async fn ask_for_help(&self, plea: Plea, client: &Client) -> Result<PleaReceipt, RecoveryError> {
        let inner = self.inner();
        let asked = async {
            let at = inner.clock.read();
            let written = self.write_plea(plea, client);
            let (draft, number) = written.map_err(|fault| inner.unavailable("ask_for_help", fault))?;
            inner.commit_draft_within_budget("help", draft, client, at).await?;
            Ok(PleaReceipt { number })
        };
        asked.instrument(inner.span("ask_for_help", None)).await
    }

    fn write_plea(&self, plea: Plea, client: &Client) -> Result<(Draft, String), Fault> {
        let inner = self.inner();
        let at = inner.clock.read();
        let case = Case::of_person(inner.new_case_id()?, plea, at);
        let mut draft = Draft::new(&inner.realm);
        if let Some(rules) = inner.desk.get() {
            draft.commit.spends = vec![
                inner.spend("help/client", &client.network(), rules.limits.pleas_per_client, at),
                inner.spend("help/all", b"", rules.limits.pleas_in_all, at),
            ];
        }
        let by = Doer { actor: Actor::Asker, client: inner.client_pseudonym(client) };
        inner.write_case(&mut draft, &case, opening(&case), by, at)?;
        Ok((draft, case.number()))
    }
}
