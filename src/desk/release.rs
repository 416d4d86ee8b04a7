//! What a worker does with a case when its time has come: one thing, once.
//!
//! The link of an approved case goes out in the commit that ends the case, so that a crash leaves both or neither. Before
//! that everything it rests on is looked at once more: the account has to be what it was when two people agreed.

use crate::account::{Account, AddressOnFile};
use crate::audit::Actor;
use crate::clock::Moment;
use crate::desk::case::{
    Approval, Case, CaseEvent, CaseEventKind, CaseState, Destination, LapseReason, Need,
};
use crate::desk::steps::{Told, read_case};
use crate::error::Fault;
use crate::flow::{Event, FactorRule, FlowRecord, Line, Purpose, RecoveryFlow, StateKind};
use crate::recovery::means::LinkOrder;
use crate::recovery::security::{LinkTerms, Security};
use crate::recovery::step::{Doer, Draft, Mailing, TRIES};
use crate::recovery::{Carried, Inner, Step};
use crate::store::{Committed, Document, FlowWrite};

/// A case that waits from now on, and what has to be committed.
pub(crate) struct Begun {
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "the desk alone shows it"))]
    pub(crate) next: Case,
    pub(crate) draft: Draft,
}

/// The worker, which does what staff decided.
const WORKER: Doer = Doer { actor: Actor::Worker, client: None };

impl Inner {
    /// Does whatever is next for a case that is due. One that is claimed a little early comes again.
    pub(crate) async fn attend_case(&self, row: Document, carried: Carried) -> Result<(), Fault> {
        let mut case = read_case(&self.open_document(row)?)?;
        for _ in 0..TRIES {
            let at = self.clock.read();
            let draft = match case.state() {
                CaseState::Approved(approval) if !approval.began => self.begin_waiting(&case, at)?.draft,
                CaseState::Approved(approval) if at.now >= approval.until => {
                    self.release(&case, approval, carried, at).await?
                }
                CaseState::Approved(_) => return Ok(()),
                _ if case.due_at().is_some_and(|due| at.now >= due) => self.forget(&case, at).await?,
                _ => return Ok(()),
            };
            if self.commit_draft(draft).await? == Committed::Done {
                return Ok(());
            }
            let Some(stored) = self.load_case(case.id()).await? else { return Ok(()) };
            case = stored;
        }
        Err(Fault::Contention(TRIES))
    }

    /// The approval is stored: from `at`, which was read since, the waiting counts.
    pub(crate) fn begin_waiting(&self, case: &Case, at: Moment) -> Result<Begun, Fault> {
        let event = CaseEvent::Wait;
        let told = Told::of(&event);
        let next = case.apply(event, at)?.next;
        let mut draft = Draft::new(&self.realm);
        self.write_case(&mut draft, &next, told, WORKER, at)?;
        Ok(Begun { next, draft })
    }

    async fn forget(&self, case: &Case, at: Moment) -> Result<Draft, Fault> {
        let on_file = match case.account() {
            Some(account) => self.accounts.get(account).await?,
            None => None,
        };
        self.lapse(case, LapseReason::Idle, on_file.as_ref(), at)
    }

    fn lapse(
        &self,
        case: &Case,
        why: LapseReason,
        on_file: Option<&Account>,
        at: Moment,
    ) -> Result<Draft, Fault> {
        let event = CaseEvent::Lapse(why);
        let told = Told::of(&event);
        let transition = case.apply(event, at)?;
        let mut draft = Draft::new(&self.realm);
        self.write_case_step(&mut draft, &transition, told, WORKER, on_file, at)?;
        Ok(draft)
    }

    async fn release(
        &self,
        case: &Case,
        approval: &Approval,
        carried: Carried,
        at: Moment,
    ) -> Result<Draft, Fault> {
        let on_file = match case.account() {
            Some(account) => self.accounts.get(account).await?,
            None => None,
        };
        let Some(account) = on_file.as_ref().filter(|account| account.takes_a_new_password()) else {
            return self.lapse(case, LapseReason::AccountChanged, on_file.as_ref(), at);
        };
        let security = self.security(&account.id).await?;
        let terms = security.terms(account, at);
        if terms.epoch != approval.epoch {
            return self.lapse(case, LapseReason::AccountChanged, on_file.as_ref(), at);
        }
        if was_stopped(case, &security, at) {
            return self.lapse(case, LapseReason::OnHold, on_file.as_ref(), at);
        }
        let to = self.destination(approval, account).filter(|to| self.reaches(to, carried));
        let Some(to) = to else { return self.lapse(case, LapseReason::NoWay, on_file.as_ref(), at) };
        let flow = self.new_flow_id()?;
        let event = CaseEvent::Release(flow);
        let told = Told::of(&event);
        let transition = case.apply(event, at)?;
        let mut draft = Draft::new(&self.realm);
        let terms = match approval.need {
            Need::LostFactor => LinkTerms { factor: FactorRule::Waived, ..terms },
            Need::Password => terms,
        };
        let order = LinkOrder { flow, account: &account.id, terms, to: to.kind(), asker: None };
        self.begin_desk_flow(&mut draft, &order, approval, (account, &to), at).await?;
        self.write_case_step(&mut draft, &transition, told, WORKER, Some(account), at)?;
        Ok(draft)
    }

    fn destination(&self, approval: &Approval, account: &Account) -> Option<AddressOnFile> {
        match &approval.to {
            Destination::New(address) => Some(address.clone()),
            Destination::OnFile(wanted) => {
                let mut on_file = account.addresses.iter();
                on_file.find(|address| self.address_ref(&account.id, address) == *wanted).cloned()
            }
        }
    }

    fn reaches(&self, to: &AddressOnFile, carried: Carried) -> bool {
        self.takes_desk_links(to) && carried.includes(to.kind())
    }

    /// Whether a link of the desk may go to such an address: a text message holds nothing but a code for the browser that
    /// asked, and here none did.
    pub(crate) fn takes_desk_links(&self, to: &AddressOnFile) -> bool {
        use crate::account::AddressKind;
        to.kind() != AddressKind::Phone && self.means.allows(to.kind())
    }

    /// A flow like any other, from the moment when its link is out. No budget of the account is asked: whoever uses those
    /// up by asking must not be able to undo what two people decided.
    async fn begin_desk_flow(
        &self,
        draft: &mut Draft,
        order: &LinkOrder<'_>,
        approval: &Approval,
        (on_file, to): (&Account, &AddressOnFile),
        at: Moment,
    ) -> Result<(), Fault> {
        let (flow, account) = (order.flow, &on_file.id);
        let (link, content) = self.link_for(order, at)?;
        let end = |other: &RecoveryFlow| (other.purpose() == Purpose::Password).then_some(Event::Supersede);
        self.end_links(draft, account, end, WORKER, at).await?;
        let begun = RecoveryFlow::sent_by_desk(flow, self.realm.clone(), link.clone(), at);
        draft.commit.flows.push(FlowWrite::Insert(FlowRecord::from(&begun)));
        let decider = self.by_staff(&approval.by);
        let mut step = Step::new(begun.clone(), Event::IssueLink(link), decider.actor);
        step.client = decider.client;
        let line = Line { from: StateKind::Requested, to: StateKind::LinkSent, reason: None };
        self.tell(draft, &begun, line, Some(account), &step, at);
        self.queue(draft, flow, Some(account), Some(&Mailing::of(on_file, vec![to.clone()], content)), at)
    }
}

/// Whether somebody said "this wasn't me" since the approval: that ends the case itself, unless it could not be opened just
/// then.
fn was_stopped(case: &Case, security: &Security, at: Moment) -> bool {
    let guard = security.record.guard;
    let approved = case.log().iter().rev().find(|entry| entry.event == CaseEventKind::Approve);
    let approved_at = approved.map_or(case.opened_at(), |entry| entry.at);
    guard.is_on_hold(at.now) || guard.disowned_at.is_some_and(|stopped| stopped >= approved_at)
}
