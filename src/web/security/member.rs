//! Who is signed in: for a page that is opened, and for a form that is sent.

use super::form;
use crate::client::Client;
use crate::security::{AuthSession, SecurityInfo};
use crate::store::StoreError;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::posted::Posted;
use crate::web::security::SecurityHost;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Somebody who is signed in, and opens a page.
pub(super) struct Member {
    pub(super) session: AuthSession,
    pub(super) client: Client,
}

/// Somebody who is signed in, and sends a form. Its fields come out only with its token.
pub(super) struct Sent {
    pub(super) member: Member,
    pub(super) headers: HeaderMap,
    posted: Posted,
}

impl Sent {
    /// The values of these fields, in this order. The first of them has to be [`form::FIELD`], and to be of this session.
    #[expect(clippy::result_large_err, reason = "it is the answer, and goes out right away")]
    pub(super) fn fields<const N: usize>(
        &self,
        site: &Site,
        names: [&str; N],
    ) -> Result<[Zeroizing<String>; N], Response> {
        let values = self.posted.fields(names);
        let token = names.iter().zip(&values).find(|(name, _)| **name == form::FIELD);
        let is_ours = token.is_some_and(|(_, sent)| form::is_of(&site.recovery, &self.member.session, sent));
        if is_ours { Ok(values) } else { Err(site.notice(&Notice::OtherSession)) }
    }
}

impl FromRequestParts<Arc<Site>> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Response> {
        let session = site.session(&parts.extensions, &parts.headers, parts.uri.path()).await?;
        let client = site.config.client_address.client(&parts.extensions, &parts.headers);
        let session = session.ok_or_else(|| see_other(&site.at(site.recovery.links().sign_in_path())))?;
        Ok(Self { session, client })
    }
}

impl FromRequest<Arc<Site>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
        let path = request.uri().path().to_owned();
        // Whether the form is from us comes first: what is forged asks the host for nothing.
        let posted = Posted::from_request(request, site).await?;
        let session = site.session(&extensions, &headers, &path).await?;
        let session = session.ok_or_else(|| site.notice(&Notice::SignedOut))?;
        Ok(Self { member: Member { session, client: posted.client }, headers, posted })
    }
}

/// To one of our own pages.
pub(super) fn see_other(path: &str) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    // All paths are plain ones of the configuration.
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}

impl Site {
    /// The session of a request for this page. One that may do nothing but choose another password is led there.
    async fn session(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        path: &str,
    ) -> Result<Option<AuthSession>, Response> {
        let fault = |error| self.fault(&error);
        let host = extensions.get::<Arc<dyn SecurityHost>>();
        let host = host.ok_or(StoreError::plain("the router has no sessions")).map_err(fault)?;
        let Some(session) = host.session(headers).await.map_err(fault)? else { return Ok(None) };
        let page = path.strip_prefix(&*self.config.security);
        if host.change_required(headers).await.map_err(fault)?
            && !matches!(page, Some("/password" | "/password-strength" | "/step-up"))
        {
            return Err(self.to("/password"));
        }
        Ok(Some(session))
    }

    pub(super) fn info(&self, member: &Member) -> SecurityInfo {
        self.recovery.security_info(&member.session, &member.client)
    }

    pub(super) fn form_token(&self, member: &Member) -> Zeroizing<String> {
        form::token(&self.recovery, &member.session)
    }

    /// To a page below `/security`.
    pub(super) fn to(&self, path: &str) -> Response {
        see_other(&self.at(&format!("{}{path}", self.config.security)))
    }

    pub(super) fn fault(&self, error: &StoreError) -> Response {
        tracing::error!(error = error as &dyn std::error::Error, "a session cannot be told");
        self.notice(&Notice::Unavailable)
    }
}
