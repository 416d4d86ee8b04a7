//! The steps of a recovery as JSON, for apps and single pages, with their own description.
//!
//! A host that draws its own screens still needs the same answers to the same questions. So this is one more adapter over
//! [`Recovery`], beside the pages of [`web`](crate::web): each route is one call, and each error one problem.
//!
//! One rule: **no rule lives here.** Bodies are read strictly and turned into calls; what comes back is turned into JSON.
//!
//! The routes, their bodies and their answers are described in OpenAPI 3.1, made from the code that serves them, at
//! `GET /openapi.json` below the mount. Every `POST` takes one JSON object of at most 16 KiB as `application/json`, which no
//! form of another site can send; `Origin` and `Sec-Fetch-Site` are looked at as on the pages of a session, and no answer
//! allows another origin (no CORS). Secrets are in bodies, never in an address.
//!
//! An app that is loaded from another origin reaches the API through its own: a path there is passed on to this service,
//! and that origin is the one of [`Links`](crate::origin::Links). So there is one trusted origin for forms, mails and cookies,
//! and no list that is one entry too long. Apps that are no browser send neither header, and need nothing of this.
//!
//! # Problems
//!
//! What goes wrong is `application/problem+json` (RFC 9457) with a stable `code`, the same as at the end of its `type`; the
//! text beside it may change. A client acts on the code:
//!
//! | status | code |
//! |---|---|
//! | 400 | `malformed`, `idempotency-key` |
//! | 403 | `foreign`, `not-signed-in`, `step-up-required`, `change-required`, `factor-needed`, `question-needed` |
//! | 404, 405 | `not-found`, `wrong-method` |
//! | 408 | `too-slow` |
//! | 409 | `change-refused` (why: `reasons`) |
//! | 410 | `link-not-usable` |
//! | 413, 415 | `too-large`, `not-json` |
//! | 422 | `invalid`, `code-not-usable`, `factor-not-accepted`, `answer-not-accepted`, `not-accepted`, `password-refused` (why: `reasons`) |
//! | 429, 503 | `too-many-attempts`, `unavailable`, both with `Retry-After` in seconds |
//!
//! Those of the support desk are listed with it, below.
//!
//! # Lost answers
//!
//! An ask may carry an `Idempotency-Key` of 16 to 128 characters, new and random for each ask, such as a UUID. For at least
//! twelve hours (less where [`Retention::ended_flows`](crate::recovery::Retention::ended_flows) is under a day) the same ask
//! with the same key is answered alike, ticket included; it spends nothing and sends no second mail. The key together with
//! another body is another ask. Nothing is kept for it: flow and ticket are derived from the key. So a key is a secret of
//! the app that made it. What is written to the support desk (`/help`) opens one case in the same way.
//!
//! A new password can be sent again, too: a link sets one password, so after a lost answer the repetition says
//! `link-not-usable` where the first was taken. Then the person signs in with it; they have a mail about the change.
//!
//! # Factors of the host's own
//!
//! Where a second step can be proven by `host`, such as a passkey, `/sign-in/challenge`, `/link/challenge` and
//! `/security/step-up/challenge` give what [`HostFactors`](crate::security::HostFactors) asks, and `/host-factor` beside them
//! takes the answer. Both are bytes in base64url; what is in them is the host's affair. So is the name of the factor that the
//! answer goes with: its challenge tells it, or what the app knows of the person.
//!
//! # Support desk
//!
//! With feature `desk`, `ApiConfig::desk` adds what the pages of the desk do, for staff. Who of them acts, the host tells by
//! the session of the request alone (`StaffHost`, the same as for the pages); everybody else is told `not-staff`, whatever
//! they ask for. No answer has a link, a code or a password in it.
//!
//! | path | what |
//! |---|---|
//! | `GET /desk?after=…` | the queue, the oldest case first, 25 at a time |
//! | `POST /desk` | opens a case about an account |
//! | `GET /desk/case?id=…` | one case |
//! | `POST /desk/concern`, `/assign`, `/note`, `/evidence`, `/approve`, `/refuse`, `/withdraw` | one step of one case |
//!
//! A step carries the case and the version that was seen, as a number in the body. Not as `ETag` and `If-Match`: the name of
//! the case is in the body as well, a proxy that compresses makes a strong tag weak, and a client that is generated from the
//! description cannot leave a required field out. Where somebody was quicker, the answer is 409 `case-changed`: look again.
//! So is a step that is sent again after a lost answer, if the first was taken.
//!
//! | status | code |
//! |---|---|
//! | 403 | `not-staff`, `above-own-role`, `own-case` |
//! | 404 | `no-such-case` |
//! | 409 | `case-changed` |
//! | 422, what is sent | `invalid`, `no-such-account`, `address-not-on-file`, `address-takes-no-link` |
//! | 422, where the case stands | `step-not-possible`, `case-already-open`, `account-not-said`, `not-assigned`, `case-full`, `waits-already`, `too-early`, `not-idle` |
//! | 422, what a decision needs | `second-person-needed`, `evidence-too-weak`, `loss-not-shown`, `new-address-not-shown` |
//! | 422, the account | `owner-not-known`, `not-recoverable`, `nothing-lost` |
//!
//! Their `title` and `detail` are the words of the pages, in the language that `Accept-Language` asks for.
//!
//! ```
//! use axum::Router;
//! use regain::Recovery;
//! use regain::api::{self, ApiConfig};
//! use regain::web::ClientAddress;
//!
//! fn service(recovery: Recovery, own_pages: Router) -> Router {
//!     own_pages.nest("/api", api::router(recovery, ApiConfig::new(ClientAddress::Socket)))
//! }
//! # let _ = service;
//! ```

mod ask;
mod body;
mod code;
mod config;
mod description;
#[cfg(feature = "desk")]
mod desk;
mod disown;
mod dress;
#[cfg(feature = "desk")]
mod help;
mod host_factor;
mod link;
mod problem;
mod secret;
mod security;
mod sign_in;
mod strength;

pub use config::{ApiConfig, ApiHost};

use crate::recovery::Recovery;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use problem::{Problem, ProblemCode};
use serde::Serialize;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The API, at paths of its own: nest the router where it is to be, such as at `/api`.
///
/// Sign-in and security information are there where the configuration has a host's sessions ([`ApiConfig::sessions`]), the
/// routes for factors of the host's own where the [`Recovery`] has its
/// [`HostFactors`](crate::security::HostFactors), and with feature `desk` the support desk where it has staff
/// (`ApiConfig::desk`).
/// A body that takes longer than 20 seconds is answered with 408, a request that takes longer than 30 with 503.
pub fn router(recovery: Recovery, config: ApiConfig) -> Router {
    let (routes, description) = routes_of(&recovery, &config).split_for_parts();
    let api = Arc::new(Api { recovery, config, description });
    routes
        .fallback(async || Problem::from(ProblemCode::NotFound))
        .method_not_allowed_fallback(async || Problem::from(ProblemCode::WrongMethod))
        .layer(middleware::from_fn_with_state(api.clone(), dress::dress))
        .with_state(api)
}

struct Api {
    recovery: Recovery,
    config: ApiConfig,
    description: OpenApi,
}

type Routes = OpenApiRouter<Arc<Api>>;

fn routes_of(recovery: &Recovery, config: &ApiConfig) -> Routes {
    let routes = description::begin()
        .routes(routes!(description::serve))
        .routes(routes!(ask::username))
        .routes(routes!(ask::password))
        .routes(routes!(code::exchange))
        .routes(routes!(link::look))
        .routes(routes!(link::prove))
        .routes(routes!(link::weigh))
        .routes(routes!(link::choose))
        .routes(routes!(disown::look))
        .routes(routes!(disown::disown));
    #[cfg(feature = "questions")]
    let routes = routes.routes(routes!(link::question)).routes(routes!(link::answer));
    #[cfg(feature = "desk")]
    let routes = if config.help.is_some() { routes.routes(routes!(help::ask)) } else { routes };
    #[cfg(feature = "desk")]
    let routes = if config.counter.is_some() { routes.merge(desk::routes()) } else { routes };
    let hosts = recovery.0.host_factors.is_some();
    let routes = if hosts { routes.merge(host_factor::beside_a_link()) } else { routes };
    if config.sessions.is_none() {
        return routes;
    }
    let routes = routes.routes(routes!(sign_in::sign_in)).routes(routes!(sign_in::prove));
    let routes = routes.merge(security::routes());
    if hosts {
        routes.merge(host_factor::at_a_sign_in()).merge(security::host_factor::routes())
    } else {
        routes
    }
}

/// JSON that went as it should.
struct Answer<T>(StatusCode, T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(json) => (self.0, [(CONTENT_TYPE, "application/json")], json).into_response(),
            Err(_) => Problem::from(ProblemCode::Unavailable).into_response(),
        }
    }
}

/// A handler's answer, or what is wrong.
type Answered<T> = Result<Answer<T>, Problem>;

/// A time as RFC 3339 has it, in UTC.
fn when(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
