//! `Case`: how people help where mails and links do not, as a pure state machine.
//!
//! A step takes the case, an event and a moment, and gives the next case with the effects to carry out, or a refusal. The
//! host's word about staff and subject comes in with the event. There is no I/O, no clock and no randomness in here.
//!
//! ```text
//! Opened -> Assigned -> EvidenceRecorded -> Approved, and waits -> Acted      one link, once
//! each of these -> Refused | Withdrawn | Disputed ("this wasn't me") | Lapsed
//! ```
//!
//! Two people: who decides neither opened the case, nor named its account, nor recorded any of its evidence (SD-3). Nobody
//! acts on an account of their own, or on one whose owner stands above them (SD-6).

mod event;
mod record;
mod state;

pub use event::{Acting, CaseEffect, CaseEvent, CaseEventKind, CaseRefusal, CaseTransition, Order, Whither};
pub use state::{
    AddressRef, Approval, CaseState, CaseStateKind, Destination, Evidence, EvidenceKind, Finding,
    LapseReason, Need, Note, Origin, OriginKind,
};

use crate::clock::{Moment, Timestamp};
use crate::desk::{Plea, StaffId, Subject};
use crate::flow::Letter;
use crate::ids::{AccountId, CaseId};
use crate::planted::{Bug, planted};
use time::Duration;

/// A case that nobody touches for so long lapses.
pub const IDLE: Duration = Duration::days(30);

/// So many entries a case has at most; what ends it always fits.
pub const MOST_ENTRIES: usize = 200;

/// What happened to a case, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub event: CaseEventKind,
    /// Who of the staff did it, if it did not happen by itself.
    pub by: Option<StaffId>,
    /// When.
    pub at: Timestamp,
}

/// One case of the support desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    id: CaseId,
    version: u64,
    origin: Origin,
    account: Option<AccountId>,
    plea: Option<Plea>,
    state: CaseState,
    /// Who said which account it is about.
    named_by: Option<StaffId>,
    /// Whether the addresses on file have heard of it.
    notified: bool,
    evidence: Vec<Evidence>,
    notes: Vec<Note>,
    log: Vec<Entry>,
    opened_at: Timestamp,
}

impl Case {
    /// A person writes to the desk. Which account it is about, nobody knows yet.
    #[must_use]
    pub fn of_person(id: CaseId, plea: Plea, at: Moment) -> Self {
        Self { plea: Some(plea), ..Self::begin(id, Origin::Person, None, None, at) }
    }

    /// regain itself opens a case about an account.
    #[must_use]
    pub fn about(id: CaseId, origin: Origin, account: AccountId, at: Moment) -> Self {
        Self::begin(id, origin, Some(account), None, at)
    }

    /// Somebody of the staff opens a case about an account.
    ///
    /// # Errors
    /// [`CaseRefusal`] when they may not act on it.
    pub fn by_staff(
        id: CaseId,
        by: &Acting,
        account: AccountId,
        at: Moment,
    ) -> Result<CaseTransition, CaseRefusal> {
        permit(by)?;
        let opener = by.staff.id.clone();
        let mut case =
            Self::begin(id, Origin::Staff(opener.clone()), Some(account), Some(opener.clone()), at);
        case.named_by = Some(opener);
        case.notified = true;
        Ok(CaseTransition { next: case, effects: vec![CaseEffect::Notify(Letter::CaseOpened)] })
    }

    fn begin(
        id: CaseId,
        origin: Origin,
        account: Option<AccountId>,
        by: Option<StaffId>,
        at: Moment,
    ) -> Self {
        Self {
            id,
            version: 1,
            origin,
            account,
            plea: None,
            state: CaseState::Opened,
            named_by: None,
            notified: false,
            evidence: Vec::new(),
            notes: Vec::new(),
            log: vec![Entry { event: CaseEventKind::Open, by, at: at.now }],
            opened_at: at.now,
        }
    }

    /// The case's name.
    #[must_use]
    pub fn id(&self) -> CaseId {
        self.id
    }

    /// What people call it when they talk to each other: eight characters.
    #[must_use]
    pub fn number(&self) -> String {
        number(self.id)
    }

    /// Counts the steps; a store accepts an update only of the version that was read.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How it began.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Which account it is about, once that is known.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// What the person wrote, if it began with that.
    #[must_use]
    pub fn plea(&self) -> Option<&Plea> {
        self.plea.as_ref()
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &CaseState {
        &self.state
    }

    /// Who looks after it.
    #[must_use]
    pub fn assignee(&self) -> Option<&StaffId> {
        match &self.state {
            CaseState::Assigned(to) | CaseState::EvidenceRecorded(to) => Some(to),
            _ => None,
        }
    }

    /// The evidence, the oldest first.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The notes, the oldest first.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// All that happened, the oldest first.
    #[must_use]
    pub fn log(&self) -> &[Entry] {
        &self.log
    }

    /// When it was opened.
    #[must_use]
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// When something happened to it last.
    #[must_use]
    pub fn touched_at(&self) -> Timestamp {
        self.log.last().map_or(self.opened_at, |entry| entry.at)
    }

    /// When a worker has to look at it next.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        match &self.state {
            CaseState::Approved(approval) if approval.began => Some(approval.until),
            CaseState::Approved(_) => Some(self.touched_at()),
            state if state.kind().is_end() => None,
            _ => Some(self.touched_at().plus(IDLE)),
        }
    }

    /// The people who may not decide it.
    #[must_use]
    pub fn is_involved(&self, staff: &StaffId) -> bool {
        let opened = matches!(&self.origin, Origin::Staff(opener) if opener == staff);
        let recorded = self.evidence.iter().any(|evidence| evidence.by == *staff);
        opened || recorded || self.named_by.as_ref() == Some(staff)
    }

    /// Whether somebody may act on it, as far as that depends on who they are.
    ///
    /// # Errors
    /// [`CaseRefusal::OwnCase`], [`CaseRefusal::AboveOwnRole`], [`CaseRefusal::NoSubject`].
    pub fn permits(&self, acting: &Acting) -> Result<(), CaseRefusal> {
        if self.account.is_none() { Ok(()) } else { permit(acting) }
    }

    /// Takes one event.
    ///
    /// # Errors
    /// [`CaseRefusal`] when the event is illegal here, whoever acts may not do it, or something is lacking. Nothing changes
    /// then.
    pub fn apply(&self, event: CaseEvent, at: Moment) -> Result<CaseTransition, CaseRefusal> {
        use {CaseEvent as E, CaseState as S};
        let (state, kind) = (self.state.kind(), event.kind());
        if !self.takes(kind) {
            return Err(CaseRefusal::Illegal { state, event: kind });
        }
        let is_about_somebody = self.account.is_some() || kind == CaseEventKind::Concern;
        if let Some(acting) = event.acting().filter(|_| is_about_somebody) {
            permit(acting)?;
        }
        let adds =
            matches!(event, E::Concern { .. } | E::Assign { .. } | E::Note { .. } | E::RecordEvidence { .. });
        if adds && self.log.len() >= MOST_ENTRIES {
            return Err(CaseRefusal::Full);
        }
        let by = event.acting().map(|acting| acting.staff.id.clone());
        let mut next = self.clone();
        let mut effects = Vec::new();
        match event {
            E::Concern { by, account } => {
                next.account = Some(account);
                next.named_by = Some(by.staff.id);
                next.notified = true;
                effects.push(CaseEffect::Notify(Letter::CaseOpened));
            }
            E::Assign { by, to } => {
                if is(by.subject.as_ref(), &to) {
                    return Err(CaseRefusal::OwnCase);
                }
                let has_evidence = state == CaseStateKind::EvidenceRecorded;
                next.state = if has_evidence { S::EvidenceRecorded(to) } else { S::Assigned(to) };
            }
            E::Note { by, text } => next.notes.push(Note { text, by: by.staff.id, at: at.now }),
            E::RecordEvidence { by, finding } => {
                let recorder = by.staff.id;
                self.refuse_finding(&recorder, &finding)?;
                next.evidence.push(Evidence { finding, by: recorder.clone(), at: at.now });
                next.state = S::EvidenceRecorded(recorder);
            }
            E::Approve { by, order } => {
                next.state = S::Approved(self.decide(&by, order, at)?);
                next.notified = true;
                effects.push(CaseEffect::Notify(Letter::CaseWaiting));
            }
            E::Refuse { .. } => next.state = S::Refused,
            E::Withdraw { .. } => next.state = S::Withdrawn,
            E::Wait => next.state = S::Approved(self.wait(at)?),
            E::Release(flow) => {
                self.refuse_early_release(at)?;
                if !planted(Bug::ReleasedTwice) {
                    next.state = S::Acted(flow);
                }
                effects.push(CaseEffect::SendLink);
            }
            E::Dispute => next.state = S::Disputed,
            E::Lapse(why) => {
                self.refuse_lapse(why, at)?;
                next.state = S::Lapsed(why);
            }
        }
        // Who disputes gets the notice of the hold.
        if next.notified && next.state.kind().is_end() && kind != CaseEventKind::Dispute {
            effects.push(CaseEffect::Notify(Letter::CaseDecided));
        }
        next.version += 1;
        next.log.push(Entry { event: kind, by, at: at.now });
        Ok(CaseTransition { next, effects })
    }

    /// The table: whether an event has a place in the case's state.
    #[must_use]
    pub fn takes(&self, event: CaseEventKind) -> bool {
        use {CaseEventKind as E, CaseStateKind as S};
        match self.state.kind() {
            S::Opened => {
                matches!(
                    event,
                    E::Concern | E::Assign | E::Note | E::Refuse | E::Withdraw | E::Dispute | E::Lapse
                ) && self.can_be_stopped(event)
            }
            S::Assigned => {
                matches!(
                    event,
                    E::Concern
                        | E::Assign
                        | E::Note
                        | E::RecordEvidence
                        | E::Refuse
                        | E::Withdraw
                        | E::Dispute
                        | E::Lapse
                ) && self.can_be_stopped(event)
            }
            S::EvidenceRecorded => {
                matches!(
                    event,
                    E::Assign
                        | E::Note
                        | E::RecordEvidence
                        | E::Approve
                        | E::Refuse
                        | E::Withdraw
                        | E::Dispute
                        | E::Lapse
                ) && self.can_be_stopped(event)
            }
            S::Approved => {
                matches!(
                    event,
                    E::Note | E::Refuse | E::Withdraw | E::Dispute | E::Lapse | E::Wait | E::Release
                )
            }
            S::Acted | S::Refused | S::Disputed | S::Lapsed | S::Withdrawn => false,
        }
    }

    /// A case that began with "this wasn't me" is no door: until it is approved, the same button does not end it.
    fn can_be_stopped(&self, event: CaseEventKind) -> bool {
        let own_cause = self.origin == Origin::Disowned && event == CaseEventKind::Dispute;
        let known = event == CaseEventKind::Concern && self.account.is_some();
        !own_cause && !known
    }

    fn refuse_finding(&self, recorder: &StaffId, finding: &Finding) -> Result<(), CaseRefusal> {
        if self.account.is_none() {
            return Err(CaseRefusal::NoAccount);
        }
        if self.assignee() != Some(recorder) {
            return Err(CaseRefusal::NotAssigned);
        }
        if finding.new_address.is_some() && finding.kind != EvidenceKind::ProofedAnew {
            return Err(CaseRefusal::NoNewAddress);
        }
        Ok(())
    }

    /// SD-3, SD-4: a second person, and evidence of the level at which the account was enrolled, for just this.
    fn decide(&self, by: &Acting, order: Order, at: Moment) -> Result<Approval, CaseRefusal> {
        if self.is_involved(&by.staff.id) && !planted(Bug::SamePersonDecides) {
            return Err(CaseRefusal::SecondPersonNeeded);
        }
        let needed = by.subject.as_ref().ok_or(CaseRefusal::NoSubject)?.enrolled_at;
        let fits_level = |next: &&Finding| next.level >= needed || planted(Bug::EvidenceLevelIgnored);
        let strong = || self.evidence.iter().map(|next| &next.finding).filter(fits_level);
        if strong().next().is_none() {
            return Err(CaseRefusal::EvidenceTooWeak { needed });
        }
        let fits = |finding: &&Finding| order.need == Need::Password || finding.need == Need::LostFactor;
        if !strong().any(|finding| fits(&finding)) {
            return Err(CaseRefusal::LossNotShown);
        }
        let to = match order.to {
            Whither::OnFile(address) => Destination::OnFile(address),
            Whither::Recorded => self.recorded_address(needed)?,
        };
        let Order { need, epoch, wait, held_until, .. } = order;
        let waited = at.now.plus(wait);
        let until = held_until.map_or(waited, |held| held.max(waited));
        Ok(Approval { by: by.staff.id.clone(), need, to, epoch, wait, until, began: false })
    }

    fn wait(&self, at: Moment) -> Result<Approval, CaseRefusal> {
        match &self.state {
            CaseState::Approved(approval) if !approval.began => {
                let until = approval.until.max(at.now.plus(approval.wait));
                Ok(Approval { until, began: true, ..approval.clone() })
            }
            _ => Err(CaseRefusal::WaitsAlready),
        }
    }

    /// The new address that the decider has seen: that of the latest evidence with one, which has to be strong enough
    /// itself.
    fn recorded_address(&self, needed: crate::desk::Ial) -> Result<Destination, CaseRefusal> {
        let latest = self.evidence.iter().rev().find(|next| next.finding.new_address.is_some());
        let named = latest.filter(|latest| {
            latest.finding.kind == EvidenceKind::ProofedAnew && latest.finding.level >= needed
        });
        let address = named.and_then(|latest| latest.finding.new_address.clone());
        address.map(Destination::New).ok_or(CaseRefusal::NoNewAddress)
    }

    /// SD-5. By the clock's own reading, so that a leap which was put right releases nothing early.
    fn refuse_early_release(&self, at: Moment) -> Result<(), CaseRefusal> {
        match &self.state {
            CaseState::Approved(approval) if !approval.began || at.now < approval.until => {
                Err(CaseRefusal::TooEarly)
            }
            _ => Ok(()),
        }
    }

    /// While nothing is approved, nothing can be overtaken: such a case is only ever forgotten.
    fn refuse_lapse(&self, why: LapseReason, at: Moment) -> Result<(), CaseRefusal> {
        let illegal = CaseRefusal::Illegal { state: self.state.kind(), event: CaseEventKind::Lapse };
        match (&self.state, why) {
            (CaseState::Approved(_), LapseReason::Idle) => Err(illegal),
            (CaseState::Approved(_), _) => Ok(()),
            (_, LapseReason::Idle) if at.now >= self.touched_at().plus(IDLE) => Ok(()),
            (_, LapseReason::Idle) => Err(CaseRefusal::NotIdle),
            _ => Err(illegal),
        }
    }
}

/// What people call a case: eight characters of its id.
pub(crate) fn number(id: CaseId) -> String {
    let hex = crate::ids::hex(&id.as_bytes()[..4]).to_ascii_uppercase();
    format!("{}-{}", &hex[..4], &hex[4..])
}

fn is(subject: Option<&Subject>, staff: &StaffId) -> bool {
    subject.and_then(|subject| subject.staff.as_ref()).is_some_and(|own| own.id == *staff)
}

/// Neither the account's owner nor anybody below them acts (SD-6).
fn permit(acting: &Acting) -> Result<(), CaseRefusal> {
    let subject = acting.subject.as_ref().ok_or(CaseRefusal::NoSubject)?;
    if is(Some(subject), &acting.staff.id) {
        return Err(CaseRefusal::OwnCase);
    }
    let above = subject.staff.as_ref().is_some_and(|own| own.role > acting.staff.role);
    if above && !planted(Bug::RoleNotCompared) { Err(CaseRefusal::AboveOwnRole) } else { Ok(()) }
}
