//! The sign-in page with its second step, for hosts that want it. The session stays the host's affair.

use crate::error::RecoveryError;
use crate::factor::FactorKind;
use crate::identity::Identifier;
use crate::password::Password;
use crate::recovery::{PendingSignIn, Recovery, SignInStep, SignInTicket, SignedIn};
use crate::store::StoreError;
use crate::web::answer::Notice;
use crate::web::factor::{Beside, Tried};
use crate::web::page::SignInPage;
use crate::web::posted::Posted;
use crate::web::{Site, Surface, WebConfig, factor, finish};
use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use std::mem::take;
use std::sync::Arc;

/// Begins sessions.
///
/// ```
/// use async_trait::async_trait;
/// use axum::response::{IntoResponse, Redirect, Response};
/// use regain::recovery::SignedIn;
/// use regain::store::StoreError;
/// use regain::web::SessionHost;
///
/// struct Portal;
///
/// #[async_trait]
/// impl SessionHost for Portal {
///     async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
///         // Store a digest of fresh random bytes for `signed_in.account` here, and set them as a cookie.
///         Ok(Redirect::to("/home").into_response())
///     }
/// }
/// ```
#[async_trait]
pub trait SessionHost: Send + Sync {
    /// Somebody has proven all that the account asks for. The answer sets the session's cookie and leads to a fixed path.
    /// With [`SignedIn::change_required`], that is the page for another password, `/security/password` of
    /// [`security_router`](super::security_router), and the session does nothing else until it ends with the change.
    ///
    /// # Errors
    /// [`StoreError`] when the session cannot be stored; the person is asked to try again.
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError>;

    /// The password was right, and the account has factors of the host's own ([`FactorKind::Host`]): the host's page for them,
    /// such as one that asks the browser for a passkey. It carries the ticket, gets a challenge from
    /// [`Recovery::sign_in_challenge`], and hands the answer to [`Recovery::sign_in_factor`].
    ///
    /// Without one, which is the default, regain's own page asks for a code.
    ///
    /// # Errors
    /// [`StoreError`] when the page cannot be made; the person is asked to try again.
    async fn host_factor(&self, pending: &PendingSignIn) -> Result<Option<Response>, StoreError> {
        let _ = pending;
        Ok(None)
    }
}

/// The sign-in page at [`Links::sign_in_path`](crate::origin::Links::sign_in_path), and its second step at `/factor` below;
/// merge it beside [`router`](super::router), which has its style sheet.
///
/// A sign-in that is not accepted is answered with 422 and the form: 401 would have to name an HTTP authentication
/// scheme, which this is not.
pub fn sign_in_router(recovery: Recovery, sessions: Arc<dyn SessionHost>, config: WebConfig) -> Router {
    let second_step = format!("{}/factor", recovery.links().sign_in_path());
    let routes = Router::new()
        .route(recovery.links().sign_in_path(), get(form).post(sign_in))
        .route(&second_step, post(prove))
        .route_layer(Extension(sessions));
    finish(routes, Site { recovery, config, surface: Surface::Session })
}

async fn form(State(site): State<Arc<Site>>) -> Response {
    site.sign_in_page(false)
}

async fn sign_in(
    State(site): State<Arc<Site>>,
    Extension(sessions): Extension<Arc<dyn SessionHost>>,
    posted: Posted,
) -> Response {
    let [identifier, mut password] = posted.fields(["identifier", "password"]);
    let (identifier, password) = (Identifier::parse(&identifier), Password::new(take(&mut *password)));
    match site.recovery.sign_in(&identifier, &password, &posted.client).await {
        Ok(SignInStep::SignedIn(signed_in)) => site.begin(&*sessions, signed_in).await,
        Ok(SignInStep::FactorNeeded(pending)) => site.second_step(&*sessions, &pending).await,
        Err(RecoveryError::NotAccepted) => site.sign_in_page(true),
        Err(error) => site.error(error),
    }
}

async fn prove(
    State(site): State<Arc<Site>>,
    Extension(sessions): Extension<Arc<dyn SessionHost>>,
    posted: Posted,
) -> Response {
    let [ticket, code] = posted.fields(["ticket", "code"]);
    // A text that can be no ticket is of no page of ours.
    let Ok(ticket) = SignInTicket::parse(&ticket) else { return site.sign_in_page(false) };
    let proven = match factor::typed(&code) {
        Some(proof) => site.recovery.sign_in_factor(&ticket, &proof, &posted.client).await,
        None => Err(RecoveryError::FactorNotAccepted),
    };
    match proven {
        Ok(signed_in) => site.begin(&*sessions, signed_in).await,
        Err(RecoveryError::FactorNotAccepted) => {
            site.factor_page(Beside::SignIn(ticket.expose()), Tried::Refused)
        }
        Err(error) => site.error(error),
    }
}

impl Site {
    async fn begin(&self, sessions: &dyn SessionHost, signed_in: SignedIn) -> Response {
        sessions.begin(signed_in).await.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a session could not be begun");
            self.notice(&Notice::Unavailable)
        })
    }

    async fn second_step(&self, sessions: &dyn SessionHost, pending: &PendingSignIn) -> Response {
        if pending.kinds.contains(&FactorKind::Host) {
            match sessions.host_factor(pending).await {
                Ok(Some(page)) => return page,
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the host has no page for its factor"
                    );
                    return self.notice(&Notice::Unavailable);
                }
            }
        }
        if !factor::takes_codes(&pending.kinds) {
            return self.notice(&Notice::FactorNeeded);
        }
        self.factor_page(Beside::SignIn(pending.ticket.expose()), Tried::NotYet)
    }

    fn sign_in_page(&self, refused: bool) -> Response {
        let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let frame = self.frame().found_at(self.recovery.links().sign_in_path());
        self.page(status, &SignInPage { frame, refused })
    }
}
