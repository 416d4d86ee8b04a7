//! Changing the e-mail address: a code goes to the new one, and nothing changes before it was typed (NO-5).

use super::form;
use super::member::{Member, Sent};
use super::pages::{EmailCodePage, EmailPage};
use super::step_up::Back;
use crate::account::AddressOnFile;
use crate::error::RecoveryError;
use crate::identity::EmailAddress;
use crate::security::{AddressChanged, ChangeRefused, ProposalState, SecurityView};
use crate::web::Site;
use crate::web::answer::Notice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// Which of the addresses on file goes: none of them.
const NONE: &str = "";

pub(super) async fn form(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::Email).await?;
    let view = site.addresses(&member).await?;
    if !view.takes_addresses {
        return Err(site.refused(ChangeRefused::AddressesElsewhere.into(), Back::Overview));
    }
    // Most people have one, and want another in its place.
    let on_file = emails(&view);
    let chosen = if let [only] = &on_file[..] { only } else { NONE };
    Ok(site.email_page(&member, &on_file, Typed { address: "", chosen }, None))
}

pub(super) async fn propose(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, address, goes] = sent.fields(&site, [form::FIELD, "address", "replaces"])?;
    let view = site.addresses(&sent.member).await?;
    let on_file = emails(&view);
    let typed = Typed { address: &address, chosen: &goes };
    let refuse = |problem| site.email_page(&sent.member, &on_file, typed, Some(problem));
    let Ok(address) = EmailAddress::parse(address.trim()) else {
        return Ok(refuse("change-email.no-address"));
    };
    let replaces = view.addresses.iter().find(|one| email(one).as_deref() == Some(&**goes));
    if *goes != NONE && replaces.is_none() {
        return Err(site.refused(ChangeRefused::NotThere.into(), Back::Email));
    }
    let proposed = site.info(&sent.member);
    match proposed.propose_address(&AddressOnFile::Email(address), replaces).await {
        Ok(_) => Ok(site.to("/email/confirm")),
        Err(RecoveryError::ChangeRefused(ChangeRefused::OnFileAlready)) => Ok(refuse("unchanged.on-file")),
        Err(error) => Err(site.refused(error, Back::Email)),
    }
}

pub(super) async fn code_form(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.email_code_page(&member, StatusCode::OK).await
}

pub(super) async fn confirm(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, code] = sent.fields(&site, [form::FIELD, "code"])?;
    match site.info(&sent.member).confirm_address(&code).await {
        Ok(AddressChanged::Done) => Ok(site.notice(&Notice::AddressChanged)),
        Ok(AddressChanged::Pending) => Ok(site.notice(&Notice::AddressSoonChanged)),
        Err(RecoveryError::CodeNotUsable) => {
            site.email_code_page(&sent.member, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(site.refused(error, Back::EmailCode)),
    }
}

/// What the person filled in.
#[derive(Clone, Copy)]
struct Typed<'a> {
    address: &'a str,
    chosen: &'a str,
}

pub(super) fn email(address: &AddressOnFile) -> Option<String> {
    if let AddressOnFile::Email(email) = address { Some(email.as_str().to_owned()) } else { None }
}

pub(super) fn emails(view: &SecurityView) -> Vec<String> {
    view.addresses.iter().filter_map(email).collect()
}

/// The address that waits for its code.
pub(super) fn waiting(view: &SecurityView) -> Option<String> {
    let waits = view.proposals.iter().find(|proposal| proposal.state == ProposalState::AwaitsCode);
    waits.and_then(|proposal| email(&proposal.address))
}

impl Site {
    async fn addresses(&self, member: &Member) -> Result<SecurityView, Response> {
        self.info(member).list().await.map_err(|error| self.refused(error, Back::Email))
    }

    fn email_page(
        &self,
        member: &Member,
        on_file: &[String],
        typed: Typed<'_>,
        problem: Option<&'static str>,
    ) -> Response {
        let page = EmailPage {
            frame: self.frame(),
            form: self.form_token(member),
            on_file,
            chosen: typed.chosen,
            typed: typed.address,
            problem,
        };
        let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.page(status, &page)
    }

    async fn email_code_page(&self, member: &Member, status: StatusCode) -> Result<Response, Response> {
        let address = waiting(&self.addresses(member).await?);
        let address = address.ok_or_else(|| self.refused(ChangeRefused::NotThere.into(), Back::Email))?;
        let refused = status != StatusCode::OK;
        let page = EmailCodePage { frame: self.frame(), form: self.form_token(member), address, refused };
        Ok(self.page(status, &page))
    }
}
