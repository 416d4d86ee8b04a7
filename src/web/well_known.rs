//! Where a password manager finds the page on which a password is changed.

use crate::origin::{PathError, is_plain_path};
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

/// `/.well-known/change-password`, which leads to the page at this path: `/security/password` of
/// [`security_router`](crate::web::security_router), or a page of the host's.
///
/// It answers 303, as "A Well-Known URL for Changing Passwords" (W3C) asks. Password managers first look whether the service
/// answers 404 to what does not exist; merge this at the root of the service, and see to that.
///
/// # Errors
/// [`PathError`] as for [`Links::new`](crate::origin::Links::new).
pub fn change_password_router(path: &str) -> Result<Router, PathError> {
    if !is_plain_path(path) {
        return Err(PathError);
    }
    let path = path.to_owned();
    let lead = async move || Redirect::to(&path);
    Ok(Router::new().route("/.well-known/change-password", get(lead)))
}
