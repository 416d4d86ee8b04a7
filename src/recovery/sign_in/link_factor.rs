//! The second factor of a link: both together choose a password, and neither alone (MF-1).

use super::factor::{Judged, RECORD_TRIES, Refused, Try};
use crate::audit::Actor;
use crate::budget::{Quota, Spend};
use crate::client::Client;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::FactorProof;
use crate::flow::{ATTEMPTS_PER_LINK, Event, RecoveryFlow};
use crate::ids::FlowId;
use crate::recovery::link::Proven;
use crate::recovery::step::Draft;
use crate::recovery::{Inner, LinkView, Step};
use crate::store::Committed;
use crate::token::RecoveryToken;
use crate::wire::frame;
use sha2::{Digest as _, Sha256};

impl Inner {
    pub(super) async fn prove_factor(
        &self,
        token: &RecoveryToken,
        proof: &FactorProof,
        client: &Client,
    ) -> Result<LinkView, RecoveryError> {
        let at = self.clock.read();
        self.count_factor_client(client, at).await?;
        let proven = self.prove(token).await?;
        if !proven.factor_needed() {
            return Ok(self.view(&proven));
        }
        let result = self.try_link_factor(&proven, proof, client).await;
        self.told("link", result)?;
        Ok(self.view(&self.prove(token).await?))
    }

    pub(super) async fn link_challenge(
        &self,
        token: &RecoveryToken,
    ) -> Result<Option<Vec<u8>>, RecoveryError> {
        let proven = self.prove(token).await?;
        if !proven.factor_needed() {
            return Ok(None);
        }
        let challenge = self.challenge(&proven.account, &self.link_binding(token.flow())).await;
        challenge.map_err(|fault| self.unavailable("link_challenge", fault))
    }

    fn link_binding(&self, flow: FlowId) -> [u8; 32] {
        let fields: [&[u8]; 3] = [b"regain/link-binding/v1", self.realm.as_str().as_bytes(), flow.as_bytes()];
        Sha256::digest(&*frame(&fields)).into()
    }

    /// The link's own count and the account's a day, in silence. They are taken with the factor's own count.
    fn link_factor_budgets(&self, proven: &Proven) -> [Spend; 2] {
        let (flow, at) = (proven.flow.id(), proven.at);
        // As long as any link may live.
        let per_link = Quota::new(ATTEMPTS_PER_LINK, self.means.longest_life(self.link_life));
        let account = proven.account.id.as_str().as_bytes();
        [
            self.spend("factor/link", flow.as_bytes(), per_link, at),
            self.spend("factor/account", account, self.limits.factors_per_account, at),
        ]
    }

    async fn try_link_factor(
        &self,
        proven: &Proven,
        proof: &FactorProof,
        client: &Client,
    ) -> Result<Result<(), Refused>, Fault> {
        let tried = Try {
            doing: "link",
            account: &proven.account,
            epoch: proven.epoch(),
            proof,
            binding: self.link_binding(proven.flow.id()),
            client,
            at: proven.at,
        };
        match self.count_and_ask(&tried, &self.link_factor_budgets(proven)).await? {
            Ok(judged) => self.settle_link(proven, &tried, &judged).await,
            Err(why) => Ok(Err(why)),
        }
    }

    /// One commit for the flow and the record: the link is proven and the proof used up, or the link has one try less.
    async fn settle_link(
        &self,
        proven: &Proven,
        tried: &Try<'_>,
        judged: &Judged,
    ) -> Result<Result<(), Refused>, Fault> {
        for _ in 0..RECORD_TRIES {
            let Some(flow) = self.same_link(&proven.flow).await? else { return Ok(Err("dead_link")) };
            let mut security = self.security(&tried.account.id).await?;
            let accepted = self.compare_proof(&mut security, tried, judged);
            let event = if accepted.is_some() { Event::ProveFactor } else { Event::FailFactor };
            // Proven by another request, or too late meanwhile.
            let Ok(transition) = flow.apply(event.clone(), tried.at) else { return Ok(Err("dead_link")) };
            let mut draft = match accepted {
                Some(accepted) => {
                    security.record.proven_link = Some(flow.id());
                    let mut draft = Draft::new(&self.realm);
                    let (id, now) = (&tried.account.id, tried.at.now);
                    draft.commit.documents.push(self.write_security(&security, id, now)?);
                    let line = self.factor_line("account.factor_accepted", accepted.kind, flow.id(), tried);
                    draft.commit.audit.push(line);
                    let account = self.account_pseudonym(id);
                    draft.tell(RecoveryEvent::FactorAccepted { kind: accepted.kind, account });
                    draft
                }
                None => self.draft_refusal(&mut security, tried, judged)?,
            };
            let mut step = Step::new(flow, event, Actor::Bearer);
            step.client = self.client_pseudonym(tried.client);
            self.write(&mut draft, &transition.next, transition.line, &step, tried.at);
            if self.commit_draft(draft).await? == Committed::Done {
                return Ok(accepted.map(drop).ok_or(judged.why()));
            }
        }
        Err(Fault::Contention(RECORD_TRIES))
    }

    /// The flow as it is now, if the secret that was presented is still its secret.
    async fn same_link(&self, presented: &RecoveryFlow) -> Result<Option<RecoveryFlow>, Fault> {
        let stored = self.load(presented.id()).await?;
        let is_same = |flow: &RecoveryFlow| {
            let digests = flow.link().zip(presented.link());
            digests.is_some_and(|(stored, presented)| stored.digest.matches(&presented.digest))
        };
        Ok(stored.filter(is_same))
    }
}
