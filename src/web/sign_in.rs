//! The sign-in page, for hosts that want it. The session stays the host's affair.

use crate::error::RecoveryError;
use crate::identity::Identifier;
use crate::password::Password;
use crate::recovery::{Recovery, SignInStep, SignedIn};
use crate::store::StoreError;
use crate::web::answer::Notice;
use crate::web::page::SignInPage;
use crate::web::posted::Posted;
use crate::web::{Site, Surface, WebConfig, finish};
use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
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
    /// Somebody gave the right username and password. The answer sets the session's cookie and leads to a fixed
    /// path; where there are factors or a forced change in `signed_in`, it leads there first, without a session.
    ///
    /// # Errors
    /// [`StoreError`] when the session cannot be stored; the person is asked to try again.
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError>;
}

/// The sign-in page at [`Links::sign_in_path`](crate::origin::Links::sign_in_path); merge it beside
/// [`router`](super::router), which has its style sheet.
///
/// A sign-in that is not accepted is answered with 422 and the form: 401 would have to name an HTTP authentication
/// scheme, which this is not.
pub fn sign_in_router(recovery: Recovery, sessions: Arc<dyn SessionHost>, config: WebConfig) -> Router {
    let routes = Router::new()
        .route(recovery.links().sign_in_path(), get(form).post(sign_in))
        .route_layer(Extension(sessions));
    finish(routes, Site { recovery, config, surface: Surface::SignIn })
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
        Ok(SignInStep::FactorNeeded(_)) => site.notice(&Notice::FactorNeeded),
        Ok(SignInStep::SignedIn(signed_in)) => sessions.begin(signed_in).await.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a session could not be begun");
            site.notice(&Notice::Unavailable)
        }),
        Err(RecoveryError::NotAccepted) => site.sign_in_page(true),
        Err(error) => site.error(error),
    }
}

impl Site {
    fn sign_in_page(&self, refused: bool) -> Response {
        let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.page(status, &SignInPage { frame: self.frame(), refused })
    }
}
