//! A person writes to the desk: one durable commit, whatever they write.

use crate::audit::Actor;
use crate::client::Client;
use crate::clock::Moment;
use crate::desk::Plea;
use crate::desk::case::{Case, number};
use crate::desk::service::Desk;
use crate::desk::steps::document_id;
use crate::desk::stops::opening;
use crate::error::{Fault, RecoveryError};
use crate::ids::CaseId;
use crate::recovery::AskKey;
use crate::recovery::step::{Doer, Draft};
use crate::store::DocumentKind;
use crate::wire::frame;
use tracing::Instrument as _;

/// That it was taken down. The number is random, and tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PleaReceipt {
    /// What people call the case when they talk to the desk.
    pub number: String,
}

impl PleaReceipt {
    fn of(case: CaseId) -> Self {
        Self { number: number(case) }
    }
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
            let id = inner.new_case_id().map_err(|fault| inner.unavailable("ask_for_help", fault))?;
            self.ask_under(id, plea, client, inner.clock.read()).await
        };
        asked.instrument(inner.span("ask_for_help", None)).await
    }

    /// As [`Desk::ask_for_help`]; but the same words with the same key as before give the same receipt, spend nothing and
    /// open no second case. A key counts for 12 to 24 hours, less where
    /// [`Retention::cases`](crate::recovery::Retention::cases) is under a day; afterwards it opens another case.
    ///
    /// # Errors
    /// As [`Desk::ask_for_help`].
    pub async fn ask_for_help_once(
        &self,
        plea: Plea,
        key: &AskKey,
        client: &Client,
    ) -> Result<PleaReceipt, RecoveryError> {
        let inner = self.inner();
        let asked = async {
            let at = inner.clock.read();
            let names = self.case_names(&plea, key, at);
            if let Some(receipt) = self.asked_before(names).await? {
                return Ok(receipt);
            }
            let asked = self.ask_under(names[0], plea, client, at).await;
            let Err(error) = asked else { return asked };
            // Of two at a time one opens the case, and the other is told the same.
            self.asked_before(names).await.ok().flatten().ok_or(error)
        };
        asked.instrument(inner.span("ask_for_help", None)).await
    }

    /// The case that these words open under this key, in this stretch of time and in the one before.
    fn case_names(&self, plea: &Plea, key: &AskKey, at: Moment) -> [CaseId; 2] {
        let inner = self.inner();
        let reach = plea.reach.as_ref().map_or("", |reach| reach.as_str());
        let typed = frame(&[plea.text.as_str().as_bytes(), reach.as_bytes()]);
        key.subjects("help", &typed, inner.retention.cases, at).map(|subject| {
            let name = inner.pseudonyms.of("help/once", &subject);
            let mut id = [0; 16];
            id.copy_from_slice(&name[..16]);
            CaseId::from_bytes(id)
        })
    }

    /// Both names are always looked for.
    async fn asked_before(&self, names: [CaseId; 2]) -> Result<Option<PleaReceipt>, RecoveryError> {
        let (inner, mut asked) = (self.inner(), None);
        for name in names {
            let row = inner.flows.document(&inner.realm, DocumentKind::Case, document_id(name)).await;
            let row = row.map_err(|error| inner.unavailable("ask_for_help", error.into()))?;
            asked = asked.or(row.map(|_| PleaReceipt::of(name)));
        }
        Ok(asked)
    }

    async fn ask_under(
        &self,
        id: CaseId,
        plea: Plea,
        client: &Client,
        at: Moment,
    ) -> Result<PleaReceipt, RecoveryError> {
        let inner = self.inner();
        let draft = self.write_plea(id, plea, client, at);
        let draft = draft.map_err(|fault| inner.unavailable("ask_for_help", fault))?;
        inner.commit_draft_within_budget("help", draft, client, at).await?;
        Ok(PleaReceipt::of(id))
    }

    fn write_plea(&self, id: CaseId, plea: Plea, client: &Client, at: Moment) -> Result<Draft, Fault> {
        let inner = self.inner();
        let case = Case::of_person(id, plea, at);
        let mut draft = Draft::new(&inner.realm);
        if let Some(rules) = inner.desk.get() {
            draft.commit.spends = vec![
                inner.spend("help/client", &client.network(), rules.limits.pleas_per_client, at),
                inner.spend("help/all", b"", rules.limits.pleas_in_all, at),
            ];
        }
        let by = Doer { actor: Actor::Asker, client: inner.client_pseudonym(client) };
        inner.write_case(&mut draft, &case, opening(&case), by, at)?;
        Ok(draft)
    }
}
