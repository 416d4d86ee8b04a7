//! What stops a case, or opens one by itself: in the commit of whatever does so, on every node, with or without a desk.

use crate::clock::Moment;
use crate::desk::case::{Case, CaseEvent, CaseEventKind, CaseState, LapseReason, Origin};
use crate::desk::steps::{Told, read_case};
use crate::entropy::random;
use crate::error::Fault;
use crate::ids::{AccountId, CaseId};
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::recovery::step::{Doer, Draft};
use crate::store::DocumentKind;

/// So many cases of one account are looked at, the newest first. While one is open no other is opened, so that the open one
/// is among them; one that is not is never approved.
pub(crate) const CASES_OF_ACCOUNT: u32 = 100;

/// What shows that the owner of an account has what a waiting case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overtaken {
    /// Somebody signed in, with all that the account asks for.
    SignedIn,
    /// A recovery was completed.
    Recovered,
    /// A credential was changed elsewhere.
    Changed,
}

impl Overtaken {
    /// Why a case that waits lapses.
    fn reason(self) -> LapseReason {
        match self {
            Self::SignedIn => LapseReason::SignedIn,
            Self::Recovered => LapseReason::Recovered,
            Self::Changed => LapseReason::AccountChanged,
        }
    }
}

impl Inner {
    /// The open cases of an account. One that does not open is left out: nobody can carry it out either, and whoever has the
    /// key that is missing here finds the hold, or an account that has changed.
    pub(crate) async fn open_cases(&self, account: &AccountId) -> Result<Vec<Case>, Fault> {
        let rows =
            self.flows.documents_of(&self.realm, DocumentKind::Case, account, CASES_OF_ACCOUNT).await?;
        let mut cases = Vec::new();
        for row in rows {
            // Not by the row's own mark, which stands unsealed beside it.
            match self.open_document(row).and_then(|opened| read_case(&opened)) {
                Ok(case) if case.state().kind().is_end() => {}
                Ok(case) => cases.push(case),
                Err(fault) => self.report("read_case", &fault),
            }
        }
        Ok(cases)
    }

    /// "This wasn't me": every open case that could lead into the account ends.
    pub(crate) async fn dispute_cases(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        by: Doer,
        at: Moment,
    ) -> Result<(), Fault> {
        for case in self.open_cases(account).await? {
            // A case that began with "this wasn't me" goes on.
            let Ok(transition) = case.apply(CaseEvent::Dispute, at) else { continue };
            if planted(Bug::DisputeIgnored) {
                continue;
            }
            self.write_case(draft, &transition.next, Told::of(&CaseEvent::Dispute), by, at)?;
        }
        Ok(())
    }

    /// The owner has what the case is about, or is about to get it: cases that wait lapse, and the addresses on file hear
    /// of it.
    pub(crate) async fn lapse_cases(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        how: Overtaken,
        by: Doer,
        at: Moment,
    ) -> Result<(), Fault> {
        for case in self.open_cases(account).await? {
            let CaseState::Approved(_) = case.state() else { continue };
            if planted(Bug::SignInLeavesCases) {
                continue;
            }
            let event = CaseEvent::Lapse(how.reason());
            let told = Told::of(&event);
            let Ok(transition) = case.apply(event, at) else { continue };
            let on_file = self.accounts.get(account).await?;
            self.write_case_step(draft, &transition, told, by, on_file.as_ref(), at)?;
        }
        Ok(())
    }

    /// Opens a case about an account, where there is a desk and no open case yet.
    pub(crate) async fn open_case_about(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        origin: Origin,
        at: Moment,
    ) -> Result<(), Fault> {
        if self.desk.get().is_none() {
            return Ok(());
        }
        // Those that end in this very commit do not count.
        let ended = |case: &Case| {
            let writes = &draft.commit.documents;
            writes.iter().any(|write| write.document().id.as_bytes() == case.id().as_bytes())
        };
        let open = self.open_cases(account).await?;
        if open.iter().any(|case| !ended(case)) {
            return Ok(());
        }
        let case = Case::about(self.new_case_id()?, origin, account.clone(), at);
        let told = opening(&case);
        let by = Doer { actor: crate::audit::Actor::Worker, client: None };
        self.write_case(draft, &case, told, by, at)
    }

    pub(crate) fn new_case_id(&self) -> Result<CaseId, Fault> {
        Ok(CaseId::from_bytes(random(&*self.entropy)?))
    }
}

/// What is told of a case that begins: how it began.
pub(crate) fn opening(case: &Case) -> Told {
    let detail = match case.origin() {
        Origin::Escalated(why) => format!("escalated {}", why.code()),
        origin => origin.kind().code().to_owned(),
    };
    Told { event: CaseEventKind::Open, detail: Some(detail) }
}
