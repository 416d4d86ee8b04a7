//! The pages of a recovery: plain HTML forms, to be merged into an axum service.
//!
//! A person has to get through in any browser, on a phone, and without JavaScript. So every step is one form and
//! one answer; nothing is kept between two requests but the token, which the form carries itself, and the ticket of who
//! asked, in a cookie.
//!
//! One rule: **no rule lives here.** These pages turn HTTP into calls of [`Recovery`] and their answers back into
//! HTTP. What an address in a page or a mail looks like comes from [`Links`](crate::origin::Links), never from a
//! request.
//!
//! | path below the mount | GET | POST |
//! |---|---|---|
//! | `/forgot-username` | form | the one answer |
//! | `/forgot-password` | form | the one answer |
//! | `/link?token=…` | what the link is for; changes nothing | form for the new password |
//! | `/code` | form for a code | form for the new password |
//! | `/factor` | - | second step beside a link, then form for the new password |
//! | `/question` | - | takes the answer to a security question (feature `questions`) |
//! | `/password-strength` | - | how the new password would be judged, as JSON for the page's script; sets nothing |
//! | `/new-password` | - | sets it |
//! | `/disown?letter=…` | what "this wasn't me" does; changes nothing | does it; a link's page sends it too |
//! | `/assets/…` | style sheet and scripts | - |
//! | `/help`, by `help_router` | form for whoever is stuck | the one answer |
//! | `/desk…`, by `desk_router` | pages of the support desk, for staff | one step of one case |
//!
//! ```
//! use axum::Router;
//! use regain::Recovery;
//! use regain::web::{self, ClientAddress, WebConfig};
//!
//! fn service(recovery: Recovery, own_pages: Router) -> Router {
//!     own_pages.merge(web::router(recovery, WebConfig::new(ClientAddress::Socket)))
//! }
//! # let _ = service;
//! ```
//!
//! [`sign_in_router`] has the sign-in page with its second step, and [`security_router`] what a signed-in person changes:
//! apps for the second step, recovery codes, the password, the e-mail address. [`change_password_router`] leads password
//! managers there. Colours and a logo are set in [`WebConfig`]; with feature `templates` a host writes whole pages itself, as
//! the module `regain::web::templates` says.
//!
//! Every page is in one of the languages of the [`Service`](crate::mail::Service): in the one that `lang` in its address
//! names, as the links at the foot of a page do, or else in the one that the browser asks for by `Accept-Language`.
//!
//! With [`ClientAddress::Socket`], serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
//!
//! The address of a link holds its token until the page has loaded. A host that logs requests, or a proxy in front
//! of it, must leave the query out (RC-16).

pub(crate) mod answer;
mod ask;
mod assets;
mod client;
mod code;
mod config;
#[cfg(feature = "desk")]
pub(crate) mod desk;
mod disown;
pub(crate) mod dress;
mod factor;
pub(crate) mod forgery;
pub(crate) mod form;
#[cfg(feature = "desk")]
mod help;
mod link;
mod link_host;
mod meter;
mod page;
pub(crate) mod posted;
mod proxies;
#[cfg(feature = "questions")]
mod question;
mod security;
mod sign_in;
pub(crate) mod spoken;
#[cfg(feature = "templates")]
pub mod templates;
#[cfg(not(feature = "templates"))]
#[path = "no_templates.rs"]
mod templates;
mod theme;
mod well_known;

pub use client::ClientAddress;
pub use config::WebConfig;
#[cfg(feature = "desk")]
pub use desk::{StaffHost, desk_router};
#[cfg(feature = "desk")]
pub use help::help_router;
pub use link_host::LinkHost;
pub use proxies::{Proxies, ProxiesError};
pub use security::{SecurityHost, security_router};
pub use sign_in::{SessionHost, sign_in_router};
pub use theme::Logo;
pub use well_known::change_password_router;

use crate::recovery::Recovery;
use answer::Notice;
use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;

/// The recovery pages, at their full paths: merge the router into the service, do not nest it.
///
/// They set one cookie, `__Host-regain-ask` (`regain-ask` over `http`, on a loopback host), after each ask for a link, and read it where a code is typed; who takes no
/// cookies uses the link. Each answer carries its own security headers, a body is read up to 16 KiB and
/// for 20 seconds (else 413 and 408), and a request that takes longer than 30 seconds is answered with 503.
pub fn router(recovery: Recovery, config: WebConfig) -> Router {
    let at = |path: &str| format!("{}{path}", recovery.links().mount());
    let routes = Router::new()
        .route(&at("/forgot-username"), get(ask::username_form).post(ask::username))
        .route(&at("/forgot-password"), get(ask::password_form).post(ask::password))
        .route(&at("/code"), get(code::form).post(code::exchange))
        .route(&at("/link"), get(link::look).post(link::open))
        .route(&at("/factor"), post(link::prove))
        .route(&at("/password-strength"), post(meter::weigh))
        .route(&at("/new-password"), post(link::choose))
        .route(&at("/disown"), get(disown::look).post(disown::disown));
    #[cfg(feature = "questions")]
    let routes = routes.route(&at("/question"), post(question::answer));
    let routes = assets::all().into_iter().chain(config.own_assets()).fold(routes, |routes, asset| {
        routes.route(&at(&format!("/assets/{}", asset.name)), get(async move || asset.response()))
    });
    finish(routes, Site { recovery, config, surface: Surface::Recovery })
}

/// What differs between the groups of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// The bearer of a token acts, or nobody in particular: a browser adds no authority of its own.
    Recovery,
    /// A session begins here, or acts: what another site makes a browser send must do neither.
    Session,
}

struct Site {
    recovery: Recovery,
    config: WebConfig,
    surface: Surface,
}

fn finish(routes: Router<Arc<Site>>, site: Site) -> Router {
    let site = Arc::new(site);
    routes
        .method_not_allowed_fallback(async |State(site): State<Arc<Site>>| -> Response {
            site.notice(&Notice::WrongMethod)
        })
        .route_layer(middleware::from_fn_with_state(site.clone(), dress::dress))
        .with_state(site)
}
