//! One step of one case, as its form sends it.

use crate::account::{AddressKind, AddressOnFile};
use crate::desk::case::{AddressRef, EvidenceKind, Finding, Need, Whither};
use crate::desk::{CaseText, CaseView, Decision, DeskError, Ial, Seen, StaffId};
use crate::ids::CaseId;
use crate::web::Site;
use crate::web::desk::OnDuty;
use crate::web::desk::answer::Unreadable;
use crate::web::posted::Posted;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use std::sync::Arc;

/// The value that stands for the new address that the evidence names.
pub(crate) const RECORDED: &str = "recorded";

/// Where a link is to go: [`RECORDED`], or the name of an address on file.
pub(crate) fn whither(chosen: &str) -> Option<Whither> {
    match chosen {
        RECORDED => Some(Whither::Recorded),
        address => AddressRef::parse(address).map(Whither::OnFile),
    }
}

pub(super) async fn open(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [typed] = posted.fields(["account"]);
    let account = match on.account(&typed).await {
        Ok(Some(account)) => account,
        Ok(None) => return site.unreadable(&Unreadable::Account, None),
        Err(error) => return site.host_error(&error),
    };
    let opened = on.desk.open(&on.staff, &account).await;
    site.went_on(opened, None)
}

pub(super) async fn concern(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version, typed] = posted.fields(["case", "version", "account"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    let account = match on.account(&typed).await {
        Ok(Some(account)) => account,
        Ok(None) => return site.unreadable(&Unreadable::Account, Some(seen.case)),
        Err(error) => return site.host_error(&error),
    };
    let named = on.desk.concern(&on.staff, seen, &account).await;
    site.went_on(named, Some(seen.case))
}

pub(super) async fn assign(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version, to] = posted.fields(["case", "version", "to"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    let Ok(to) = StaffId::new(to.trim()) else {
        return site.unreadable(&Unreadable::Staff, Some(seen.case));
    };
    site.went_on(on.desk.assign(&on.staff, seen, &to).await, Some(seen.case))
}

pub(super) async fn note(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version, text] = posted.fields(["case", "version", "text"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    let Some(text) = CaseText::new(&text) else {
        return site.unreadable(&Unreadable::Text, Some(seen.case));
    };
    site.went_on(on.desk.note(&on.staff, seen, text).await, Some(seen.case))
}

pub(super) async fn evidence(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version, kind, level, need, new_kind, new_address] =
        posted.fields(["case", "version", "kind", "level", "need", "new_kind", "new_address"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    let Ok(new_address) = address(&new_kind, &new_address) else {
        return site.unreadable(&Unreadable::Address, Some(seen.case));
    };
    let read = (EvidenceKind::from_code(&kind), Ial::from_code(&level), Need::from_code(&need));
    let (Some(kind), Some(level), Some(need)) = read else {
        return site.unreadable(&Unreadable::Choice, Some(seen.case));
    };
    let finding = Finding { kind, level, need, new_address };
    site.went_on(on.desk.record_evidence(&on.staff, seen, finding).await, Some(seen.case))
}

pub(super) async fn approve(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version, need, to] = posted.fields(["case", "version", "need", "to"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    let (Some(need), Some(to)) = (Need::from_code(&need), whither(&to)) else {
        return site.unreadable(&Unreadable::Choice, Some(seen.case));
    };
    site.went_on(on.desk.approve(&on.staff, seen, Decision { need, to }).await, Some(seen.case))
}

pub(super) async fn refuse(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version] = posted.fields(["case", "version"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    site.went_on(on.desk.refuse(&on.staff, seen).await, Some(seen.case))
}

pub(super) async fn withdraw(State(site): State<Arc<Site>>, on: OnDuty, posted: Posted) -> Response {
    let [case, version] = posted.fields(["case", "version"]);
    let Some(seen) = seen(&case, &version) else { return site.desk_error(&DeskError::NotFound, None) };
    site.went_on(on.desk.withdraw(&on.staff, seen).await, Some(seen.case))
}

fn seen(case: &str, version: &str) -> Option<Seen> {
    Some(Seen { case: CaseId::parse(case)?, version: version.parse().ok()? })
}

/// The new address, if one was filled in.
fn address(kind: &str, typed: &str) -> Result<Option<AddressOnFile>, ()> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let kind = AddressKind::from_code(kind).ok_or(())?;
    AddressOnFile::parse(kind, typed).map(Some).map_err(drop)
}

impl Site {
    /// Back to the case, by a redirect: loading the page again does nothing twice.
    fn went_on(&self, done: Result<CaseView, DeskError>, case: Option<CaseId>) -> Response {
        match done {
            Ok(view) => Redirect::to(&self.case_path(view.case.id())).into_response(),
            Err(error) => self.desk_error(&error, case),
        }
    }
}
