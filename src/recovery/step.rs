//! Carries out one transition: flow, other flows of the account, mails and audit record in one commit.

use crate::account::{Account, AddressOnFile};
use crate::audit::{Actor, AuditRecord, Pseudonym};
use crate::budget::{BudgetKey, Spend};
use crate::client::Client;
use crate::clock::Moment;
use crate::desk::case::Origin;
use crate::desk::stops::Overtaken;
use crate::entropy::random;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::flow::{
    Dismissal, Effect, Event, FactorRule, FlowRecord, Letter, Line, RecoveryFlow, Scope, State, StateKind,
};
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::language::LanguageTag;
use crate::mail::{self, LetterContent};
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::security::record::KnownHold;
use crate::store::{Commit, Committed, FlowWrite, OutboxMail};

/// How often a commit is tried anew when others change the account's links at the same time.
pub(crate) const TRIES: u32 = 16;

/// One event for one flow, with what its effects need.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) flow: RecoveryFlow,
    pub(crate) event: Event,
    pub(crate) actor: Actor,
    pub(crate) client: Option<Pseudonym>,
    pub(crate) account: Option<AccountId>,
    pub(crate) mailing: Option<Mailing>,
    pub(crate) spends: Vec<Spend>,
    pub(crate) shared: Shared,
    /// Of a password that is set: whether the account's factor was waived for it.
    pub(crate) factor: FactorRule,
    /// What was known of holds when the password was chosen, where it is set.
    pub(crate) known: Option<KnownHold>,
}

/// What goes to an address that several accounts have on file, and which of them get nothing.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    /// One letter for each way in which the address is written on file.
    pub(crate) mailings: Vec<Mailing>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// An account that gets no link although it shares the address, for the audit record; without a name it stands for all
/// the rest.
#[derive(Clone)]
pub(crate) struct LeftOut {
    pub(crate) account: Option<AccountId>,
    pub(crate) why: Dismissal,
}

/// A letter and who gets it.
#[derive(Clone)]
pub(crate) struct Mailing {
    pub(crate) to: Vec<AddressOnFile>,
    pub(crate) content: LetterContent,
    /// What the account has on file: nobody who asks has a say in the language of somebody else's mails.
    pub(crate) language: Option<LanguageTag>,
}

impl Mailing {
    /// To every address that notices of this account go to.
    pub(crate) fn notice(account: &Account, content: LetterContent) -> Self {
        Self::of(account, account.notice_addresses(), content)
    }

    /// To these addresses, about this account.
    pub(crate) fn of(account: &Account, to: Vec<AddressOnFile>, content: LetterContent) -> Self {
        Self { to, content, language: account.language.clone() }
    }

    /// About an account that is not there any more, or about none: in the service's first language.
    pub(crate) fn of_nobody(to: Vec<AddressOnFile>, content: LetterContent) -> Self {
        Self { to, content, language: None }
    }
}

/// What is done along with the end of an account's links.
#[derive(Default)]
pub(crate) struct HouseKeeping {
    /// What it shows about cases of the support desk that wait.
    pub(crate) overtakes: Option<Overtaken>,
    pub(crate) notice: Option<Mailing>,
    pub(crate) record: Option<&'static str>,
    pub(crate) clears: Vec<BudgetKey>,
}

/// What became of a step.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, for the length of a call")]
pub(crate) enum Took {
    /// It is durable; this is the flow now.
    Done(RecoveryFlow),
    /// A budget refused; nothing happened.
    OverBudget,
    /// Somebody else moved the flow; nothing happened.
    Lost,
}

impl Step {
    pub(crate) fn new(flow: RecoveryFlow, event: Event, actor: Actor) -> Self {
        let account = flow.account().cloned();
        let (spends, shared) = (Vec::new(), Shared::default());
        let (factor, known) = (FactorRule::NotNeeded, None);
        Self { flow, event, actor, client: None, account, mailing: None, spends, shared, factor, known }
    }
}

/// Whose doing something is, and from where.
#[derive(Clone, Copy)]
pub(crate) struct Doer {
    pub(crate) actor: Actor,
    pub(crate) client: Option<Pseudonym>,
}

/// A commit in the making, with the events to tell once it is durable.
pub(crate) struct Draft {
    pub(crate) commit: Commit,
    moved: Vec<RecoveryEvent>,
}

impl Draft {
    pub(crate) fn new(realm: &Realm) -> Self {
        Self { commit: Commit::new(realm.clone()), moved: Vec::new() }
    }

    /// To be told once the commit is durable.
    pub(crate) fn tell(&mut self, event: RecoveryEvent) {
        self.moved.push(event);
    }
}

impl Inner {
    /// Takes a step, or tells why not. A refusal of the state machine comes as [`Fault::Refused`].
    pub(crate) async fn take(&self, step: Step, at: Moment) -> Result<Took, Fault> {
        let transition = step.flow.apply(step.event.clone(), at)?;
        let mut transition = transition;
        for number in 0..TRIES {
            let mut draft = Draft::new(&self.realm);
            if number == 0 || !planted(Bug::SpendDroppedOnRetry) {
                draft.commit.spends.clone_from(&step.spends);
            }
            for effect in &transition.effects {
                match effect {
                    Effect::Supersede(scope) => self.supersede_others(&mut draft, &step, *scope, at).await?,
                    Effect::Begin => self.begin(&mut draft, &step, &transition.offspring, at).await?,
                    Effect::Mail(Letter::SharedLinks) => {
                        for mailing in &step.shared.mailings {
                            self.queue(&mut draft, step.flow.id(), None, Some(mailing), at)?;
                        }
                    }
                    Effect::Mail(_) => self.queue_for(&mut draft, &step, at)?,
                    Effect::SetPassword => {}
                }
            }
            // A dismissal may tell the account on file that somebody asked.
            if transition.effects.is_empty() && step.mailing.is_some() {
                self.queue_for(&mut draft, &step, at)?;
            }
            if let (Event::PasswordApplied, Some(account)) = (&step.event, &step.account) {
                self.note_password_change(&mut draft, account, step.factor, step.known.as_ref(), at).await?;
                // RL-1: a password that was shut opens with a new one.
                draft.commit.clears.push(self.password_tries(account, at));
                let by = Doer { actor: step.actor, client: None };
                self.lapse_cases(&mut draft, account, Overtaken::Recovered, by, at).await?;
                if step.factor == FactorRule::Waived {
                    self.note_lost_factors(&mut draft, account, step.flow.id(), at);
                }
            }
            if let (State::Escalated(why), Some(account)) = (transition.next.state(), &step.account) {
                self.open_case_about(&mut draft, account, Origin::Escalated(*why), at).await?;
            }
            self.write(&mut draft, &transition.next, transition.line, &step, at);
            self.write_left_out(&mut draft, &transition.next, &step, at);
            let mut later = Commit::new(self.realm.clone());
            if planted(Bug::MailInASecondCommit) {
                later.mails = std::mem::take(&mut draft.commit.mails);
            }
            match self.flows.commit(draft.commit).await? {
                Committed::Done => {
                    if !later.mails.is_empty() {
                        self.flows.commit(later).await?;
                    }
                    draft.moved.into_iter().for_each(|event| self.emit(event));
                    self.wake.nudge();
                    return Ok(Took::Done(transition.next));
                }
                Committed::OverBudget { .. } => return Ok(Took::OverBudget),
                Committed::Conflict => {
                    let stored = self.load(step.flow.id()).await?;
                    if planted(Bug::ConflictRebased) {
                        transition.next.rebase(stored.as_ref());
                        continue;
                    }
                    if stored.is_none_or(|stored| stored.version() != step.flow.version()) {
                        return Ok(Took::Lost);
                    }
                }
            }
        }
        Err(Fault::Contention(TRIES))
    }

    /// Ends the other live links of the step's account. They come before the step's own write, so that a new link
    /// takes the place of the old one.
    async fn supersede_others(
        &self,
        draft: &mut Draft,
        step: &Step,
        scope: Scope,
        at: Moment,
    ) -> Result<(), Fault> {
        let Some(account) = &step.account else { return Ok(()) };
        if planted(Bug::CompletionLeavesLinks) && matches!(step.event, Event::PasswordApplied) {
            return Ok(());
        }
        let end = |other: &RecoveryFlow| {
            let in_scope = scope == Scope::Account || other.purpose() == step.flow.purpose();
            (other.id() != step.flow.id() && in_scope).then_some(Event::Supersede)
        };
        self.end_links(draft, account, end, Doer { actor: step.actor, client: None }, at).await
    }

    /// Begins a flow for each account, in the place of what the account has out. Ends come before beginnings: a store
    /// keeps one live link for an account and purpose.
    async fn begin(
        &self,
        draft: &mut Draft,
        step: &Step,
        offspring: &[RecoveryFlow],
        at: Moment,
    ) -> Result<(), Fault> {
        for flow in offspring {
            let Some(account) = flow.account() else { continue };
            let end = |other: &RecoveryFlow| (other.purpose() == flow.purpose()).then_some(Event::Supersede);
            self.end_links(draft, account, end, Doer { actor: step.actor, client: None }, at).await?;
        }
        for flow in offspring {
            draft.commit.flows.push(FlowWrite::Insert(FlowRecord::from(flow)));
            let line = Line { from: StateKind::Requested, to: flow.state().kind(), reason: None };
            self.tell(draft, flow, line, flow.account(), step, at);
        }
        Ok(())
    }

    /// Lines of no version: nothing of the flow changes with them.
    fn write_left_out(&self, draft: &mut Draft, next: &RecoveryFlow, step: &Step, at: Moment) {
        draft.commit.audit.extend(step.shared.left_out.iter().map(|left_out| AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: next.id(),
            version: 0,
            event: format!("{}.left_out", next.purpose().code()),
            reason: Some(left_out.why.code().into()),
            actor: step.actor,
            account: left_out.account.as_ref().map(|account| self.account_pseudonym(account)),
            client: step.client,
        }));
    }

    /// Ends live links of an account, each by the event that `end` says, or because its time is over.
    pub(crate) async fn end_links(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        end: impl Fn(&RecoveryFlow) -> Option<Event> + Send,
        by: Doer,
        at: Moment,
    ) -> Result<(), Fault> {
        for record in self.flows.live_links(&self.realm, account).await? {
            let Ok(flow) = RecoveryFlow::try_from(record.clone()) else {
                self.write_burial(&mut draft.commit, record, at);
                continue;
            };
            let Some(event) = end(&flow) else { continue };
            let over = flow.link().is_some_and(|link| link.window.is_over(at));
            let event = if over { Event::Expire } else { event };
            let transition = flow.apply(event.clone(), at)?;
            let step = Step { client: by.client, ..Step::new(flow, event, by.actor) };
            self.write(draft, &transition.next, transition.line, &step, at);
        }
        Ok(())
    }

    fn queue_for(&self, draft: &mut Draft, step: &Step, at: Moment) -> Result<(), Fault> {
        self.queue(draft, step.flow.id(), step.account.as_ref(), step.mailing.as_ref(), at)
    }

    /// Puts a letter into the outbox, once for each address. `account` is whom it is about: the letter then carries the
    /// button "this wasn't me". Only a letter about several accounts has none of its own.
    pub(crate) fn queue(
        &self,
        draft: &mut Draft,
        flow: FlowId,
        account: Option<&AccountId>,
        mailing: Option<&Mailing>,
        at: Moment,
    ) -> Result<(), Fault> {
        let Some(mailing) = mailing else { return Ok(()) };
        let letter = mailing.content.letter();
        let button = account.map(|account| self.disown_button(account, letter, flow, at)).transpose()?;
        let voice = self.service.voice_for(mailing.language.as_ref());
        for to in &mailing.to {
            let now = at.now.to_datetime();
            let templates = &self.mail_templates;
            let composed =
                mail::compose_for(to.kind(), templates, voice, &mailing.content, button.as_ref(), now);
            let composed = composed.map_err(|error| Fault::Letter(error.into()))?;
            let id = MailId::from_bytes(random(&*self.entropy)?);
            let sealed = mail::seal(&self.sealer, &*self.entropy, &self.realm, &id, to, &composed)?;
            draft.commit.mails.push(OutboxMail {
                id,
                realm: self.realm.clone(),
                flow,
                letter: letter.code().into(),
                sealed,
                attempts: 0,
                created_at: at.now,
                due_at: at.now,
            });
        }
        Ok(())
    }

    /// Commits what a person asked for, if the budgets allow it.
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "people write to the desk alone"))]
    pub(crate) async fn commit_draft_within_budget(
        &self,
        doing: &'static str,
        draft: Draft,
        client: &Client,
        at: Moment,
    ) -> Result<(), RecoveryError> {
        self.commit_within_budget(doing, draft.commit, client, at).await?;
        draft.moved.into_iter().for_each(|event| self.emit(event));
        Ok(())
    }

    pub(crate) async fn commit_draft(&self, draft: Draft) -> Result<Committed, Fault> {
        let committed = self.flows.commit(draft.commit).await?;
        if committed == Committed::Done {
            draft.moved.into_iter().for_each(|event| self.emit(event));
            self.wake.nudge();
        }
        Ok(committed)
    }

    pub(crate) fn write(&self, draft: &mut Draft, next: &RecoveryFlow, line: Line, step: &Step, at: Moment) {
        draft.commit.flows.push(FlowWrite::Update(FlowRecord::from(next)));
        self.tell(draft, next, line, step.account.as_ref(), step, at);
    }

    /// The line of a flow that begins here, by its account's owner.
    pub(crate) fn tell_begun(
        &self,
        draft: &mut Draft,
        flow: &RecoveryFlow,
        line: Line,
        client: Option<Pseudonym>,
        at: Moment,
    ) {
        // The event of the step is not looked at: there was none.
        let step = Step { client, ..Step::new(flow.clone(), Event::Supersede, Actor::Owner) };
        self.tell(draft, flow, line, flow.account(), &step, at);
    }

    /// The line of the audit record, and the event that goes out once all of it is durable.
    pub(crate) fn tell(
        &self,
        draft: &mut Draft,
        next: &RecoveryFlow,
        line: Line,
        account: Option<&AccountId>,
        step: &Step,
        at: Moment,
    ) {
        let account = account.map(|account| self.account_pseudonym(account));
        draft.commit.audit.push(AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: next.id(),
            version: next.version(),
            event: format!("{}.{}", next.purpose().code(), line.to.code()),
            reason: line.reason.map(|why| why.code().into()),
            actor: step.actor,
            account,
            client: step.client,
        });
        draft.moved.push(RecoveryEvent::Moved {
            flow: next.id(),
            purpose: next.purpose(),
            state: line.to,
            reason: line.reason,
            actor: step.actor,
            account,
        });
    }

    /// Ends all live links of an account: somebody signed in, or changed a credential elsewhere (RC-7).
    pub(crate) async fn supersede_all(&self, account: &AccountId, also: HouseKeeping) -> Result<(), Fault> {
        let at = self.clock.read();
        for _ in 0..TRIES {
            let mut draft = Draft::new(&self.realm);
            let end = |_: &RecoveryFlow| Some(Event::Supersede);
            self.end_links(&mut draft, account, end, Doer { actor: Actor::Host, client: None }, at).await?;
            if let Some(how) = also.overtakes {
                let by = Doer { actor: Actor::Host, client: None };
                self.lapse_cases(&mut draft, account, how, by, at).await?;
            }
            let change = self.new_flow_id()?;
            self.queue(&mut draft, change, Some(account), also.notice.as_ref(), at)?;
            draft.commit.clears.clone_from(&also.clears);
            draft.commit.audit.extend(also.record.map(|event| AuditRecord {
                realm: self.realm.clone(),
                at: at.now,
                flow: change,
                version: 0,
                event: event.into(),
                reason: None,
                actor: Actor::Host,
                account: Some(self.account_pseudonym(account)),
                client: None,
            }));
            if draft.commit == Commit::new(self.realm.clone()) {
                return Ok(());
            }
            if self.commit_draft(draft).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::Contention(TRIES))
    }

    /// Ends a flow whose row cannot be read, so that it is in nobody's way.
    pub(crate) async fn bury(&self, record: FlowRecord) -> Result<(), Fault> {
        let at = self.clock.read();
        let mut commit = Commit::new(self.realm.clone());
        self.write_burial(&mut commit, record, at);
        // Whoever changed the row meanwhile could read it.
        self.flows.commit(commit).await?;
        Ok(())
    }

    fn write_burial(&self, commit: &mut Commit, record: FlowRecord, at: Moment) {
        tracing::error!(flow = %record.id, state = record.state, "a flow that cannot be read is ended");
        let account = record.account.as_ref().map(|account| self.account_pseudonym(account));
        let buried = record.buried();
        commit.audit.push(AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: buried.id,
            version: buried.version,
            event: "flow.unreadable".into(),
            reason: None,
            actor: Actor::Worker,
            account,
            client: None,
        });
        commit.flows.push(FlowWrite::Update(buried));
    }
}
