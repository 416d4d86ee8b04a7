//! The meter beside a new password: how it would be judged, told to the page's script while one types.
//!
//! The script asks us, and holds no rules of its own: they are a megabyte of tables, where a page with all that it needs has
//! 30 kB, and a second implementation would say other things than the refusal does. What it sends is what the form sends a
//! moment later, to the same place.

use crate::error::RecoveryError;
use crate::json::{key, object, string};
use crate::password::{Explanation, Password};
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::posted::Posted;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use std::mem::take;
use std::sync::Arc;

pub(super) async fn weigh(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [typed, mut password] = posted.fields(["token", "password"]);
    let Ok(token) = site.recovery.read_token(&typed) else { return site.notice(&Notice::LinkNotUsable) };
    site.meter(site.recovery.weigh_password(&token, &Password::new(take(&mut *password))).await)
}

impl Site {
    /// JSON where there is something to show. What else there is to say is a page, as everywhere, whose status is enough for a
    /// script.
    pub(super) fn meter(&self, weighed: Result<Explanation, RecoveryError>) -> Response {
        match weighed {
            Ok(explained) => ([(CONTENT_TYPE, "application/json")], self.shown(&explained)).into_response(),
            // The first two are for the pages of the steps that come first.
            Err(RecoveryError::FactorNeeded | RecoveryError::QuestionNeeded | RecoveryError::NotAccepted) => {
                (StatusCode::FORBIDDEN, self.notice(&Notice::FactorNeeded)).into_response()
            }
            Err(error) => self.error(error),
        }
    }

    /// How far it has come, and the one thing to do next.
    fn shown(&self, explained: &Explanation) -> String {
        let language = self.language();
        let first = explained.reasons().first();
        let text =
            first.map_or_else(|| language.text("password-field.enough").to_owned(), |it| language.reason(it));
        let mut json = String::new();
        object(&mut json, |json| {
            key(json, "percent");
            json.push_str(&explained.percent().to_string());
            key(json, "enough");
            json.push_str(if first.is_none() { "true" } else { "false" });
            key(json, "text");
            string(json, &text);
        });
        json
    }
}
