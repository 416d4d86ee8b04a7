//! Asking: one durable commit, whoever is asked about.

use crate::audit::{Actor, AuditRecord};
use crate::budget::{Quota, Spend};
use crate::client::Client;
use crate::clock::Moment;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::flow::{FlowRecord, Purpose, RecoveryFlow, Sealed, StateKind};
use crate::identity::{Identifier, IdentityClaims};
use crate::ids::FlowId;
use crate::recovery::{AskTicket, Inner, Recovery};
use crate::store::{Commit, FlowWrite};
use crate::wire::frame;
use tracing::Instrument as _;

/// What an ask gives back: that it was taken down. It is the same for every account and for none.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Receipt {
    /// What the browser keeps, so that a code may be typed there. An ask for a username has no code to be typed.
    pub ticket: AskTicket,
}

/// Receipts are alike, whoever was asked about: what a ticket has of its own is random.
impl PartialEq for Receipt {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Receipt {}

/// Shares that the ceiling for all asks is divided into; fewer where a share would be too small to be used evenly.
const SHARES: u32 = 16;
const LEAST_SHARE: u32 = 100;

/// The column that what was typed is sealed for.
pub(crate) const REQUEST: &str = "flow.request";

impl Recovery {
    /// Somebody forgot a password and types a username or an e-mail address. If that names one account, a link
    /// goes to its address on file; nobody is told whether it does.
    ///
    /// # Errors
    /// [`RecoveryError::TooManyAttempts`] when the budget of what was typed, or of the client's network, is used up;
    /// [`RecoveryError::Unavailable`].
    pub async fn ask_password(
        &self,
        identifier: &Identifier,
        client: &Client,
    ) -> Result<Receipt, RecoveryError> {
        let inner = &*self.0;
        let at = inner.clock.read();
        let spends = inner.password_spends(identifier, client, at);
        let asked = inner.ask(Purpose::Password, identifier.as_typed().as_bytes(), spends, client, at);
        asked.instrument(inner.span("ask_password", None)).await
    }

    /// Somebody forgot a username and says who they are. If the claims identify exactly one account, its username
    /// goes to its address on file; nobody is told whether they do. A match is never proof of identity (ID-1):
    /// nothing but that mail follows from it.
    ///
    /// # Errors
    /// [`RecoveryError::TooManyAttempts`] when the budget of an identifying attribute, or of the client's network, is
    /// used up; [`RecoveryError::Unavailable`].
    pub async fn ask_username(
        &self,
        claims: &IdentityClaims,
        client: &Client,
    ) -> Result<Receipt, RecoveryError> {
        let inner = &*self.0;
        let at = inner.clock.read();
        let spends = inner.username_spends(claims, client, at);
        let typed = claims.to_bytes();
        let asked = inner.ask(Purpose::Username, &typed, spends, client, at);
        asked.instrument(inner.span("ask_username", None)).await
    }
}

impl Inner {
    pub(super) fn password_spends(&self, identifier: &Identifier, client: &Client, at: Moment) -> Vec<Spend> {
        let (limits, network) = (&self.limits, client.network());
        // Those who send an empty field share nothing but their network.
        let subject = match identifier.canonical().as_bytes() {
            b"" => &network[..],
            canonical => canonical,
        };
        vec![
            self.spend("ask/client", &network, limits.asks_per_client, at),
            self.spend("ask/identifier", subject, limits.asks_per_identifier, at),
        ]
    }

    pub(super) fn username_spends(&self, claims: &IdentityClaims, client: &Client, at: Moment) -> Vec<Spend> {
        let limits = &self.limits;
        let mut spends = vec![self.spend("ask/client", &client.network(), limits.asks_per_client, at)];
        for subject in self.index.budget_subjects(claims) {
            spends.push(self.spend("ask/claims", &subject, limits.claims_per_attribute, at));
        }
        spends
    }

    async fn ask(
        &self,
        purpose: Purpose,
        typed: &[u8],
        spends: Vec<Spend>,
        client: &Client,
        at: Moment,
    ) -> Result<Receipt, RecoveryError> {
        let ticket = self.new_flow_id().and_then(|id| Ok(AskTicket::new(id, &*self.entropy)?));
        let ticket = ticket.map_err(|fault| self.unavailable("ask", fault))?;
        self.ask_under(ticket, purpose, typed, spends, client, at).await
    }

    /// Asks under the name and with the secret of this ticket.
    pub(super) async fn ask_under(
        &self,
        ticket: AskTicket,
        purpose: Purpose,
        typed: &[u8],
        spends: Vec<Spend>,
        client: &Client,
        at: Moment,
    ) -> Result<Receipt, RecoveryError> {
        let commit = self.asking(&ticket, purpose, typed, spends, client, at);
        let commit = commit.map_err(|fault| self.unavailable("ask", fault))?;
        self.commit_within_budget("ask", commit, client, at).await?;
        self.emit(RecoveryEvent::Moved {
            flow: ticket.flow(),
            purpose,
            state: StateKind::Requested,
            reason: None,
            actor: Actor::Asker,
            account: None,
        });
        self.wake.nudge();
        Ok(Receipt { ticket })
    }

    /// One share of the ceiling for all asks, chosen by chance: one row for all of them would be one that they all queue
    /// for. The shares together are never more than the ceiling.
    pub(crate) fn share_of_all(&self, kind: &'static str, id: &FlowId, at: Moment) -> Spend {
        let all = self.limits.asks_in_all;
        let shares = (all.count() / LEAST_SHARE).clamp(1, SHARES);
        let share = u32::from(id.as_bytes()[0]) % shares;
        let quota = Quota::new(all.count() / shares, all.period());
        self.spend(kind, &share.to_be_bytes(), quota, at)
    }

    fn asking(
        &self,
        ticket: &AskTicket,
        purpose: Purpose,
        typed: &[u8],
        mut spends: Vec<Spend>,
        client: &Client,
        at: Moment,
    ) -> Result<Commit, Fault> {
        let id = ticket.flow();
        spends.push(self.share_of_all("ask/all", &id, at));
        let place = self.flow_place(&id, REQUEST);
        let plain = frame(&[typed, ticket.holder(&self.realm).as_bytes()]);
        let request = Sealed::new(self.sealer.seal(&*self.entropy, place, &plain)?);
        let flow = RecoveryFlow::request(id, self.realm.clone(), purpose, request, self.request_life, at);
        let audit = AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: id,
            version: flow.version(),
            event: format!("{}.requested", purpose.code()),
            reason: None,
            actor: Actor::Asker,
            account: None,
            client: self.client_pseudonym(client),
        };
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = spends;
        commit.flows.push(FlowWrite::Insert(FlowRecord::from(&flow)));
        commit.audit.push(audit);
        Ok(commit)
    }
}
