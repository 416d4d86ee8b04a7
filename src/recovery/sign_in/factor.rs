//! The second step: one proof, counted in its own commit, compared, and settled in one more.

use super::password::Whose;
use super::ticket::Claims;
use super::{SignInTicket, SignedIn};
use crate::account::{Account, AccountEpoch, AccountStatus};
use crate::audit::{Actor, AuditRecord};
use crate::budget::{BudgetKey, Quota, Spend};
use crate::client::Client;
use crate::clock::Moment;
use crate::desk::stops::Overtaken;
use crate::entropy::random;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::{AuthLevel, FactorKind, FactorProof};
use crate::flow::Event;
use crate::ids::{AccountId, FactorId, FlowId};
use crate::mail::{FactorDisabled, LetterContent};
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::recovery::security::Security;
use crate::recovery::step::{Doer, Draft, Mailing, TRIES};
use crate::security::record::Counted;
use crate::store::{Commit, Committed};
use time::Duration;

/// Others may try the same account's factors at the same time, and each of them changes the record twice.
pub(super) const RECORD_TRIES: u32 = 4 * TRIES;

/// One proof that somebody offers for one account.
pub(super) struct Try<'a> {
    /// `sign_in`, `step_up`, `link`.
    pub(super) doing: &'static str,
    pub(super) account: &'a Account,
    /// What the account and its factors have to be like still.
    pub(super) epoch: AccountEpoch,
    pub(super) proof: &'a FactorProof,
    /// What a challenge of the host's was bound to.
    pub(super) binding: [u8; 32],
    pub(super) client: &'a Client,
    pub(super) at: Moment,
}

/// Why a proof is not taken: for the event stream only.
pub(super) type Refused = &'static str;

/// A proof that was right.
#[derive(Clone, Copy)]
pub(super) struct Proven {
    pub(super) kind: FactorKind,
    pub(super) level: AuthLevel,
}

/// All that the account asks for is proven.
pub(super) struct Whole<'a> {
    /// `sign_in`, `step_up`.
    pub(super) doing: &'static str,
    pub(super) account: &'a Account,
    pub(super) proven: Option<Proven>,
    /// Counters of what was typed. That of the account's password is cleared in any case.
    pub(super) clears: Vec<BudgetKey>,
    pub(super) client: Client,
    pub(super) at: Moment,
}

/// A try that was counted, and what the host says of it.
pub(super) struct Judged {
    counted: Counted,
    host: Option<bool>,
}

impl Inner {
    pub(super) async fn sign_in_factor(
        &self,
        ticket: &SignInTicket,
        proof: &FactorProof,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        let at = self.clock.read();
        self.count_factor_client(client, at).await?;
        let result = async {
            let Some((claims, account)) = self.open_ticket(ticket, at).await? else {
                return Ok(Err("dead_ticket"));
            };
            let binding = ticket.binding(&self.realm);
            let (epoch, account) = (claims.epoch, &account);
            let tried = Try { doing: "sign_in", account, epoch, proof, binding, client, at };
            self.whole_by_factor(&tried, claims.length, &claims.clears).await
        };
        self.told("sign_in", result.await)
    }

    pub(super) async fn sign_in_challenge(
        &self,
        ticket: &SignInTicket,
    ) -> Result<Option<Vec<u8>>, RecoveryError> {
        let result = async {
            match self.open_ticket(ticket, self.clock.read()).await? {
                None => Ok(Err("dead_ticket")),
                Some((_, account)) => self.challenge(&account, &ticket.binding(&self.realm)).await.map(Ok),
            }
        };
        self.told("sign_in", result.await)
    }

    /// What a person may hear of a try.
    pub(super) fn told<T>(
        &self,
        doing: &'static str,
        result: Result<Result<T, Refused>, Fault>,
    ) -> Result<T, RecoveryError> {
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(why)) => {
                self.emit(RecoveryEvent::FactorRefused { doing, why });
                Err(RecoveryError::FactorNotAccepted)
            }
            Err(fault) => Err(self.unavailable(doing, fault)),
        }
    }

    /// The network's count, the same for any account and none.
    pub(crate) async fn count_factor_client(&self, client: &Client, at: Moment) -> Result<(), RecoveryError> {
        let mut commit = Commit::new(self.realm.clone());
        let quota = self.limits.factors_per_client;
        commit.spends.push(self.spend("factor/client", &client.network(), quota, at));
        self.commit_within_budget("factor", commit, client, at).await
    }

    /// What a ticket says, if it may be used now: the account is what it was when the password was right. Reads only.
    async fn open_ticket(
        &self,
        ticket: &SignInTicket,
        at: Moment,
    ) -> Result<Option<(Claims, Account)>, Fault> {
        let opened = self.sealer.open(self.ticket_place(), ticket.sealed()).ok();
        let Some(claims) = opened.and_then(|plain| Claims::from_bytes(&plain)) else { return Ok(None) };
        if claims.window.is_over(at) || claims.window.is_ahead_of(at) {
            return Ok(None);
        }
        let Some(account) = self.accounts.get(&claims.account).await? else { return Ok(None) };
        let record = self.security(&account.id).await?.record;
        let is_same = record.recovery_epoch(&account.epoch()) == claims.epoch;
        Ok((is_same && account.status == AccountStatus::Active).then_some((claims, account)))
    }

    /// The names of the host's own factors that can be proven: none where nobody verifies them. They stand before the
    /// account all the same.
    pub(crate) fn host_factors_of<'a>(&self, account: &'a Account) -> &'a [String] {
        if self.host_factors.is_some() { &account.factors } else { &[] }
    }

    pub(super) async fn challenge(
        &self,
        account: &Account,
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, Fault> {
        let Some(host) = self.host_factors.as_ref().filter(|_| !account.factors.is_empty()) else {
            return Ok(None);
        };
        Ok(host.challenge(&account.id, &account.factors, binding).await?)
    }

    /// Counts, compares, and settles a proof that makes a sign-in whole.
    pub(super) async fn whole_by_factor(
        &self,
        tried: &Try<'_>,
        length: usize,
        clears: &[BudgetKey],
    ) -> Result<Result<SignedIn, Refused>, Fault> {
        let judged = match self.count_and_ask(tried, &[]).await? {
            Ok(judged) => judged,
            Err(why) => return Ok(Err(why)),
        };
        for _ in 0..RECORD_TRIES {
            let mut security = self.security(&tried.account.id).await?;
            let proven = self.compare_proof(&mut security, tried, &judged);
            let draft = match proven {
                Some(proven) => {
                    let (account, client, at) = (tried.account, *tried.client, tried.at);
                    let clears = clears.to_vec();
                    let doing = tried.doing;
                    let whole = Whole { doing, account, proven: Some(proven), clears, client, at };
                    let mut draft = self.draft_whole(&whole).await?;
                    draft.commit.documents.push(self.write_security(&security, &account.id, at.now)?);
                    draft
                }
                None => self.draft_refusal(&mut security, tried, &judged)?,
            };
            if self.commit_draft(draft).await? != Committed::Done {
                continue;
            }
            let Some(proven) = proven else { return Ok(Err(judged.why())) };
            let change_required = self.change_required(tried.account, &security.record, length);
            return Ok(Ok(SignedIn {
                account: tried.account.id.clone(),
                level: proven.level,
                authenticated_at: tried.at.now,
                change_required,
            }));
        }
        Err(Fault::Contention(RECORD_TRIES))
    }

    /// Counts a try in its own commit, and then asks the host if the factor is its own (RL-7). A try that is compared with
    /// nothing is a commit as well, so that each wrong one has as many.
    pub(super) async fn count_and_ask(
        &self,
        tried: &Try<'_>,
        spends: &[Spend],
    ) -> Result<Result<Judged, Refused>, Fault> {
        let fresh = FactorId::from_bytes(random(&*self.entropy)?);
        let counted = match self.count_proof(tried, spends, fresh).await? {
            Ok(counted) => counted,
            Err(why) => return Ok(Err(why)),
        };
        let host = match (tried.proof, &self.host_factors) {
            (FactorProof::Host { factor, response }, Some(host)) if !counted.is_nothing() => {
                Some(host.verify(&tried.account.id, factor, &tried.binding, response).await?)
            }
            _ => None,
        };
        Ok(Ok(Judged { counted, host }))
    }

    async fn count_proof(
        &self,
        tried: &Try<'_>,
        spends: &[Spend],
        fresh: FactorId,
    ) -> Result<Result<Counted, Refused>, Fault> {
        let id = &tried.account.id;
        for _ in 0..RECORD_TRIES {
            let mut security = self.security(id).await?;
            if !is_of(&security, tried) {
                return Ok(Err("account_changed"));
            }
            let hosts = self.host_factors_of(tried.account);
            let counted = security.record.count(tried.proof, hosts, fresh, tried.at.now);
            let mut commit = Commit::new(self.realm.clone());
            commit.spends.extend_from_slice(spends);
            if counted.is_nothing() {
                let nothing = Quota::new(u32::MAX, Duration::DAY);
                commit.spends.push(self.spend("factor/none", id.as_str().as_bytes(), nothing, tried.at));
            } else {
                commit.documents.push(self.write_security(&security, id, tried.at.now)?);
            }
            if planted(Bug::FactorCountedAfterwards) {
                return Ok(Ok(counted));
            }
            match self.flows.commit(commit).await? {
                Committed::Done => return Ok(Ok(counted)),
                Committed::OverBudget { .. } => return Ok(Ok(Counted::nothing())),
                Committed::Conflict => {}
            }
        }
        Err(Fault::Contention(RECORD_TRIES))
    }

    /// Compares what was counted with the record as it is now, and uses it up in there.
    pub(super) fn compare_proof(
        &self,
        security: &mut Security,
        tried: &Try<'_>,
        judged: &Judged,
    ) -> Option<Proven> {
        if judged.counted.is_nothing() || !is_of(security, tried) {
            return None;
        }
        let (record, now) = (&mut security.record, tried.at.now);
        let kind = match judged.host {
            Some(true) => record.prove_host(tried.proof, &judged.counted, now),
            Some(false) => None,
            None => record.prove(tried.proof, &judged.counted, &tried.account.id, now),
        }?;
        let level = match (tried.proof, &self.host_factors) {
            (FactorProof::Host { factor, .. }, Some(host)) => host.level(factor).max(AuthLevel::SecondFactor),
            _ => AuthLevel::SecondFactor,
        };
        Some(Proven { kind, level })
    }

    /// A proof was wrong: what has reached its cap is disabled, and its owner hears of it.
    pub(super) fn draft_refusal(
        &self,
        security: &mut Security,
        tried: &Try<'_>,
        judged: &Judged,
    ) -> Result<Draft, Fault> {
        let (account, at) = (tried.account, tried.at);
        let mut draft = Draft::new(&self.realm);
        let flow = self.new_flow_id()?;
        draft.commit.audit.push(self.factor_line("account.factor_refused", tried.proof.kind(), flow, tried));
        let worn = security.record.fail(&judged.counted, at.now);
        for kind in &worn {
            let content =
                LetterContent::FactorDisabled(FactorDisabled { kind: *kind, at: at.now.to_datetime() });
            let mailing = Mailing::notice(account, content);
            self.queue(&mut draft, flow, Some(&account.id), Some(&mailing), at)?;
            draft.commit.audit.push(self.factor_line("account.factor_disabled", *kind, flow, tried));
            let account = self.account_pseudonym(&account.id);
            draft.tell(RecoveryEvent::FactorDisabled { kind: *kind, account });
        }
        if !worn.is_empty() {
            draft.commit.documents.push(self.write_security(security, &account.id, at.now)?);
        }
        Ok(draft)
    }

    pub(super) fn factor_line(
        &self,
        event: &'static str,
        kind: FactorKind,
        flow: FlowId,
        tried: &Try<'_>,
    ) -> AuditRecord {
        AuditRecord {
            realm: self.realm.clone(),
            at: tried.at.now,
            flow,
            version: 0,
            event: event.into(),
            reason: Some(kind.code().into()),
            actor: if tried.doing == "link" { Actor::Bearer } else { Actor::Owner },
            account: Some(self.account_pseudonym(&tried.account.id)),
            client: self.client_pseudonym(tried.client),
        }
    }

    pub(super) async fn complete_by_password(&self, whole: &Whole<'_>) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let draft = self.draft_whole(whole).await?;
            if self.commit_draft(draft).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::Contention(TRIES))
    }

    /// All is proven: older links die (RC-7), the counters of what was proven are cleared, and the record says so.
    pub(super) async fn draft_whole(&self, whole: &Whole<'_>) -> Result<Draft, Fault> {
        let (id, at) = (&whole.account.id, whole.at);
        let mut draft = Draft::new(&self.realm);
        let leave = planted(Bug::SignInLeavesLinks);
        let end = |_: &_| (!leave).then_some(Event::Supersede);
        let by = Doer { actor: Actor::Owner, client: None };
        self.end_links(&mut draft, id, end, by, at).await?;
        self.lapse_cases(&mut draft, id, Overtaken::SignedIn, by, at).await?;
        draft.commit.clears.clone_from(&whole.clears);
        draft.commit.clears.push(self.password_budget(Whose::Account(id), at).key);
        let (account, client) = (self.account_pseudonym(id), self.client_pseudonym(&whole.client));
        let kind = whole.proven.map(|proven| proven.kind);
        draft.commit.audit.push(AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: self.new_flow_id()?,
            version: 0,
            event: if whole.doing == "step_up" { "account.stepped_up" } else { "account.signed_in" }.into(),
            reason: kind.map(|kind| kind.code().into()),
            actor: Actor::Owner,
            account: Some(account),
            client,
        });
        if let Some(kind) = kind {
            draft.tell(RecoveryEvent::FactorAccepted { kind, account });
        }
        if whole.doing == "sign_in" {
            draft.tell(RecoveryEvent::SignIn { accepted: true, account: Some(account), client });
        }
        Ok(draft)
    }

    /// The key of the count of an account's wrong passwords.
    pub(crate) fn password_tries(&self, account: &AccountId, at: Moment) -> BudgetKey {
        self.password_budget(Whose::Account(account), at).key
    }
}

impl Judged {
    pub(super) fn why(&self) -> Refused {
        if self.counted.is_nothing() { "not_counted" } else { "wrong_or_used" }
    }
}

/// Whether account and factors are what they were when the try began.
fn is_of(security: &Security, tried: &Try<'_>) -> bool {
    security.record.recovery_epoch(&tried.account.epoch()) == tried.epoch
}
