//! What staff do: each is one step of one case, guarded by the version that was seen, in one commit.
//!
//! Nothing here takes or gives a password, a link or a code. What staff get back is the case.

use crate::account::{Account, AddressOnFile};
use crate::clock::Moment;
use crate::desk::case::{
    Acting, Case, CaseEvent, CaseRefusal, CaseTransition, Finding, Need, Order, Whither,
};
use crate::desk::release::Begun;
use crate::desk::service::{CaseView, Desk, DeskError};
use crate::desk::steps::Told;
use crate::desk::stops::opening;
use crate::desk::{CaseText, Staff, StaffId};
use crate::error::Fault;
use crate::ids::{AccountId, CaseId};
use crate::planted::{Bug, planted};
use crate::recovery::step::Draft;
use crate::store::Committed;
use time::Duration;
use tracing::Instrument as _;

/// A case as somebody has seen it: two people cannot overwrite each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub case: CaseId,
    /// The version that was seen.
    pub version: u64,
}

impl Seen {
    /// The case as it stands in this view.
    #[must_use]
    pub fn of(view: &CaseView) -> Self {
        Self { case: view.case.id(), version: view.case.version() }
    }
}

/// What a second person agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What for.
    pub need: Need,
    /// Where the one link goes: nobody types an address while deciding.
    pub to: Whither,
}

impl Desk {
    /// Opens a case about an account. Every address on file is told.
    ///
    /// # Errors
    /// [`DeskError::Refused`], [`DeskError::AlreadyOpen`], [`DeskError::Unavailable`].
    pub async fn open(&self, staff: &Staff, account: &AccountId) -> Result<CaseView, DeskError> {
        let work = async {
            let inner = self.inner();
            let at = inner.clock.read();
            let acting = self.acting(staff, Some(account)).await?;
            let id = inner.new_case_id().map_err(|fault| self.unavailable("open", fault))?;
            let transition = Case::by_staff(id, &acting, account.clone(), at)?;
            self.refuse_second(account).await?;
            let told = opening(&transition.next);
            self.commit(transition, told, &acting, at).await
        };
        work.instrument(self.inner().span("desk_open", None)).await
    }

    /// Says which account a case is about that a person opened. Every address on file is told.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn concern(
        &self,
        staff: &Staff,
        seen: Seen,
        account: &AccountId,
    ) -> Result<CaseView, DeskError> {
        let work = async {
            let case = self.load_seen(seen).await?;
            let acting = self.acting(staff, Some(account)).await?;
            let event = CaseEvent::Concern { by: acting.clone(), account: account.clone() };
            let (at, told) = (self.inner().clock.read(), Told::of(&event));
            let transition = case.apply(event, at)?;
            self.refuse_second(account).await?;
            self.commit(transition, told, &acting, at).await
        };
        work.instrument(self.inner().span("desk_concern", None)).await
    }

    /// Gives a case to somebody, or takes it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn assign(&self, staff: &Staff, seen: Seen, to: &StaffId) -> Result<CaseView, DeskError> {
        self.step(staff, seen, |by| CaseEvent::Assign { by, to: to.clone() }).await
    }

    /// Writes something down.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn note(&self, staff: &Staff, seen: Seen, text: CaseText) -> Result<CaseView, DeskError> {
        self.step(staff, seen, |by| CaseEvent::Note { by, text }).await
    }

    /// Writes down how the person showed who they are, by kind and level: never what they showed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn record_evidence(
        &self,
        staff: &Staff,
        seen: Seen,
        finding: Finding,
    ) -> Result<CaseView, DeskError> {
        self.step(staff, seen, |by| CaseEvent::RecordEvidence { by, finding }).await
    }

    /// Agrees, as a second person: from now on the case waits, every address on file is told, and "this wasn't me" ends it.
    /// When the waiting is over, one link goes out.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn approve(
        &self,
        staff: &Staff,
        seen: Seen,
        decision: Decision,
    ) -> Result<CaseView, DeskError> {
        let work = async {
            let case = self.load_seen(seen).await?;
            let acting = self.acting(staff, case.account()).await?;
            case.permits(&acting)?;
            let account = self.on_file(&case).await?.ok_or(CaseRefusal::NoAccount)?;
            let at = self.inner().clock.read();
            let event = CaseEvent::Approve {
                by: acting.clone(),
                order: self.order(&case, &account, decision, at).await?,
            };
            let told = Told::of(&event);
            let transition = case.apply(event, at)?;
            // What "this wasn't me" would not find is never approved.
            let found = self.inner().open_cases(&account.id).await;
            let found = found.map_err(|fault| self.unavailable("open_cases", fault))?;
            if found.iter().all(|open| open.id() != case.id()) {
                return Err(DeskError::Changed);
            }
            let approved = self.commit(transition, told, &acting, at).await?;
            Ok(self.waiting(approved, &acting).await)
        };
        work.instrument(self.inner().span("desk_approve", None)).await
    }

    /// The waiting begins. Where that does not succeed the approval stands, and a worker sees to it.
    async fn waiting(&self, approved: CaseView, acting: &Acting) -> CaseView {
        let inner = self.inner();
        let begun = async {
            let Begun { next, draft } = inner.begin_waiting(&approved.case, inner.clock.read())?;
            Ok::<_, Fault>((next, inner.commit_draft(draft).await?))
        };
        let stored = match begun.await {
            Ok((next, Committed::Done)) => Ok(next),
            _ => self.load(approved.case.id()).await,
        };
        match stored {
            Ok(case) => self.seen_by(case, acting).await.unwrap_or(approved),
            Err(_) => approved,
        }
    }

    /// Decides against a case, also while it waits.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn refuse(&self, staff: &Staff, seen: Seen) -> Result<CaseView, DeskError> {
        self.step(staff, seen, |by| CaseEvent::Refuse { by }).await
    }

    /// Takes a case back: it was opened by mistake, or the person does not need it any more.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn withdraw(&self, staff: &Staff, seen: Seen) -> Result<CaseView, DeskError> {
        self.step(staff, seen, |by| CaseEvent::Withdraw { by }).await
    }

    async fn step(
        &self,
        staff: &Staff,
        seen: Seen,
        event: impl FnOnce(Acting) -> CaseEvent,
    ) -> Result<CaseView, DeskError> {
        let work = async {
            let case = self.load_seen(seen).await?;
            let acting = self.acting(staff, case.account()).await?;
            let event = event(acting.clone());
            let (at, told) = (self.inner().clock.read(), Told::of(&event));
            let transition = case.apply(event, at)?;
            self.commit(transition, told, &acting, at).await
        };
        work.instrument(self.inner().span("desk_step", None)).await
    }

    async fn load_seen(&self, seen: Seen) -> Result<Case, DeskError> {
        let case = self.load(seen.case).await?;
        if case.version() == seen.version { Ok(case) } else { Err(DeskError::Changed) }
    }

    async fn commit(
        &self,
        transition: CaseTransition,
        told: Told,
        acting: &Acting,
        at: Moment,
    ) -> Result<CaseView, DeskError> {
        let inner = self.inner();
        let on_file = self.on_file(&transition.next).await?;
        let mut draft = Draft::new(&inner.realm);
        let by = inner.by_staff(&acting.staff.id);
        let written = inner.write_case_step(&mut draft, &transition, told, by, on_file.as_ref(), at);
        written.map_err(|fault| self.unavailable("write_case", fault))?;
        match inner.commit_draft(draft).await {
            Ok(Committed::Done) => self.seen_by(transition.next, acting).await,
            Ok(_) => Err(DeskError::Changed),
            Err(fault) => Err(self.unavailable("write_case", fault)),
        }
    }

    /// While a case about an account is open, no other is: then "this wasn't me" finds it.
    async fn refuse_second(&self, account: &AccountId) -> Result<(), DeskError> {
        let open = self.inner().open_cases(account).await;
        let open = open.map_err(|fault: Fault| self.unavailable("open_cases", fault))?;
        if open.is_empty() { Ok(()) } else { Err(DeskError::AlreadyOpen) }
    }

    /// What depends on the account as it is now.
    async fn order(
        &self,
        case: &Case,
        account: &Account,
        decision: Decision,
        at: Moment,
    ) -> Result<Order, DeskError> {
        let inner = self.inner();
        let Decision { need, to } = decision;
        if !account.takes_a_new_password() {
            return Err(DeskError::NotRecoverable);
        }
        let chosen: Option<&AddressOnFile> = match to {
            Whither::OnFile(wanted) => {
                let mut on_file = account.addresses.iter();
                Some(
                    on_file
                        .find(|address| inner.address_ref(&account.id, address) == wanted)
                        .ok_or(DeskError::NoSuchAddress)?,
                )
            }
            // Whether there is one, the case says itself.
            Whither::Recorded => {
                case.evidence().iter().rev().find_map(|next| next.finding.new_address.as_ref())
            }
        };
        if chosen.is_some_and(|address| !inner.takes_desk_links(address)) {
            return Err(DeskError::NotReached);
        }
        let security = inner.security(&account.id).await;
        let security = security.map_err(|fault| self.unavailable("security", fault))?;
        if need == Need::LostFactor && !security.record.is_protected(&account.factors) {
            return Err(DeskError::NothingLost);
        }
        let (guard, epoch) = (security.record.guard, security.terms(account, at).epoch);
        let wait = if planted(Bug::WaitingIgnored) { Duration::ZERO } else { self.rules()?.wait };
        let held_until = guard.hold_until().filter(|_| guard.is_on_hold(at.now));
        Ok(Order { need, to, epoch, wait, held_until })
    }
}
