//! A code that is typed: beside the link in a mail, and in its place where no link can be followed.
//!
//! A code is short, so it is worth something in one place only: in the browser that asked, which alone has the
//! [`AskTicket`], or together with the reference that a letter has printed. Tries are counted before anything is compared,
//! by operations that are the same for a flow of nobody, for one that has ended and for one there never was.
//!
//! A code has 8 of 20 characters, 2.6 * 10^10 values; NIST SP 800-63B-4 4.2.1.2 asks for 6 digits. At most 5 tries are
//! compared for one flow and 10 a day for one account, so a guess succeeds with a chance of 2 * 10^-10 a flow and
//! 4 * 10^-10 a day. It lives as long as its link by e-mail (at most 24 h), 10 minutes by SMS, and 21 days by post.

mod reference;
mod ticket;
mod typed;

pub use reference::LetterReference;
pub use ticket::AskTicket;
pub(crate) use ticket::Holder;
pub(crate) use typed::TypedCode;

use crate::account::AccountEpoch;
use crate::audit::Actor;
use crate::budget::Quota;
use crate::client::Client;
use crate::clock::Moment;
use crate::entropy::random;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::flow::{ATTEMPTS_PER_LINK, Event, FactorRule, LinkCode, Purpose, RecoveryFlow};
use crate::ids::FlowId;
use crate::recovery::means::LinkOrder;
use crate::recovery::{Inner, Recovery, Step, Took};
use crate::store::{Commit, Committed};
use crate::token::{RecoveryToken, VerifierDigest};
use tracing::Instrument as _;

/// The code of a flow that can be proven just now.
struct Provable<'a> {
    flow: &'a RecoveryFlow,
    code: &'a LinkCode,
    factor: FactorRule,
}

impl Recovery {
    /// The person who asked types the code that was sent. What comes back is as good as the link: the code, and the link
    /// that it came with, are worth nothing any more; the time that is left stays as it is.
    ///
    /// Up to 5 codes are compared for one ask; afterwards the person asks anew. The account's own 10 a day are counted in
    /// silence. What cannot be a code at all is not counted.
    ///
    /// # Errors
    /// [`RecoveryError::CodeNotUsable`] whatever the reason: a wrong code, another browser's, an ask that names nobody, too
    /// late, used, replaced, over the account's limit. [`RecoveryError::TooManyAttempts`], the same for every ask;
    /// [`RecoveryError::Unavailable`].
    pub async fn exchange_code(
        &self,
        ticket: &AskTicket,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let span = self.0.span("exchange_code", Some(ticket.flow()));
        let holder = ticket.holder(&self.0.realm);
        self.0.exchange(ticket.flow(), &holder, typed, client).instrument(span).await
    }

    /// The person who got a letter types its reference and its code, in whatever browser. Otherwise as
    /// [`Recovery::exchange_code`]; what comes back works for the life of a link.
    ///
    /// # Errors
    /// As [`Recovery::exchange_code`].
    pub async fn exchange_letter_code(
        &self,
        reference: &LetterReference,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let span = self.0.span("exchange_letter_code", Some(reference.flow()));
        self.0.exchange(reference.flow(), &Holder::LETTER, typed, client).instrument(span).await
    }
}

impl Inner {
    /// A code for a link, and what is stored of it.
    pub(crate) fn draw_code(
        &self,
        order: &LinkOrder<'_>,
        holder: &Holder,
    ) -> Result<(TypedCode, LinkCode), Fault> {
        let code = TypedCode::draw(&*self.entropy)?;
        let (purpose, epoch) = (Purpose::Password, order.terms.epoch);
        let digest = code.digest(&self.realm, order.flow, holder, purpose, &epoch, order.terms.factor);
        Ok((code, LinkCode { digest: self.verifiers.mark(&digest), epoch }))
    }

    async fn exchange(
        &self,
        flow: FlowId,
        holder: &Holder,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let at = self.clock.read();
        let Some(typed) = TypedCode::read(typed) else { return Err(self.code_refused(flow, "malformed")) };
        self.count_code(flow, client, at).await?;
        match self.try_exchange(flow, holder, &typed, client, at).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(why)) => Err(self.code_refused(flow, why)),
            Err(fault) => Err(self.unavailable("exchange_code", fault)),
        }
    }

    fn code_refused(&self, flow: FlowId, why: &'static str) -> RecoveryError {
        self.emit(RecoveryEvent::CodeRefused { flow, why });
        RecoveryError::CodeNotUsable
    }

    /// Counts the try in its own commit, whatever there is of the flow (RL-7).
    async fn count_code(&self, flow: FlowId, client: &Client, at: Moment) -> Result<(), RecoveryError> {
        // As long as a code of the flow may work, from before the worker issued it on: never more than 5 in all.
        let period = self.means.longest_life(self.link_life) + self.request_life;
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = vec![
            self.spend("code/client", &client.network(), self.limits.codes_per_client, at),
            self.spend("code/flow", flow.as_bytes(), Quota::new(ATTEMPTS_PER_LINK, period), at),
            self.share_of_all("code/all", &flow, at),
        ];
        self.commit_within_budget("code", commit, client, at).await
    }

    /// One read, one count, one comparison, whatever there is of the flow; no account is looked at.
    async fn try_exchange(
        &self,
        id: FlowId,
        holder: &Holder,
        typed: &TypedCode,
        client: &Client,
        at: Moment,
    ) -> Result<Result<RecoveryToken, &'static str>, Fault> {
        let flow = self.load(id).await?;
        let provable = flow.as_ref().and_then(|flow| self.provable(flow, at));
        let account = flow.as_ref().and_then(RecoveryFlow::account);
        let counted = match account {
            Some(account) => {
                self.spend("code/account", account.as_str().as_bytes(), self.limits.codes_per_account, at)
            }
            None => self.spend("code/nobody", id.as_bytes(), self.limits.codes_per_account, at),
        };
        let mut commit = Commit::new(self.realm.clone());
        commit.spends.push(counted);
        let within = self.flows.commit(commit).await? == Committed::Done;
        let nobody = (VerifierDigest::from_bytes([0; 32]), AccountEpoch::from_bytes([0; 32]));
        let (stored, epoch) = provable.as_ref().map_or(nobody, |it| (it.code.digest, it.code.epoch));
        let purpose = flow.as_ref().map_or(Purpose::Password, RecoveryFlow::purpose);
        let factor = provable.as_ref().map_or(FactorRule::NotNeeded, |it| it.factor);
        let presented = typed.digest(&self.realm, id, holder, purpose, &epoch, factor);
        let right = self.verifiers.proves(&presented, &stored);
        match provable {
            None => Ok(Err("dead_or_unknown")),
            Some(_) if !within => Ok(Err("over_limit")),
            Some(_) if !right => Ok(Err("wrong")),
            Some(provable) => self.redeem(&provable, client, at).await,
        }
    }

    fn provable<'a>(&self, flow: &'a RecoveryFlow, at: Moment) -> Option<Provable<'a>> {
        self.open_window(flow, at)?;
        let link = flow.link()?;
        Some(Provable { flow, code: link.code.as_ref()?, factor: link.factor })
    }

    /// Of any number of requests with one code, one gets through.
    async fn redeem(
        &self,
        provable: &Provable<'_>,
        client: &Client,
        at: Moment,
    ) -> Result<Result<RecoveryToken, &'static str>, Fault> {
        let (flow, epoch) = (provable.flow, &provable.code.epoch);
        let token = RecoveryToken::new(flow.id(), random(&*self.entropy)?);
        let digest = token.digest_under(&self.realm, flow.purpose(), epoch, provable.factor);
        let digest = self.verifiers.mark(&digest);
        let event = Event::ExchangeCode { digest, life: self.link_life };
        let mut step = Step::new(flow.clone(), event, Actor::Bearer);
        step.client = self.client_pseudonym(client);
        match self.take(step, at).await {
            Ok(Took::Done(_)) => Ok(Ok(token)),
            Ok(_) | Err(Fault::Refused(_)) => Ok(Err("used_or_replaced")),
            Err(fault) => Err(fault),
        }
    }
}
