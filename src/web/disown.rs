//! "This wasn't me", with the button of a letter or on the page of a link.

use crate::client::Client;
use crate::error::RecoveryError;
use crate::recovery::{DisownView, Disowned};
use crate::token::DisownToken;
use crate::web::answer::Notice;
use crate::web::page::DisownPage;
use crate::web::posted::Posted;
use crate::web::{Site, form};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// Says what the button does. Changes nothing, however often it is opened and by whom.
pub(super) async fn look(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let typed = form::only("letter", query.as_deref().unwrap_or_default());
    match site.disown_view(&typed).await {
        Ok((letter, view)) => {
            let hold = (!view.hold.is_zero()).then(|| site.language().length(view.hold));
            let page = DisownPage { frame: site.frame(), letter: letter.expose(), hold };
            site.page(StatusCode::OK, &page)
        }
        Err(error) => site.error(error),
    }
}

/// A form has the token of a letter or that of a link, never both.
pub(super) async fn disown(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [letter, token] = posted.fields(["letter", "token"]);
    let done = match (letter.as_str(), token.as_str()) {
        (letter, "") => site.disown_letter(letter, &posted.client).await,
        ("", token) => site.disown_link(token, &posted.client).await,
        _ => Err(RecoveryError::LinkNotUsable),
    };
    match done {
        Ok(_) => site.notice(&Notice::Disowned),
        Err(error) => site.error(error),
    }
}

impl Site {
    async fn disown_view(&self, typed: &str) -> Result<(DisownToken, DisownView), RecoveryError> {
        let token = self.recovery.read_disown_token(typed)?;
        let view = self.recovery.look_at_disown(&token).await?;
        Ok((token, view))
    }

    async fn disown_letter(&self, typed: &str, client: &Client) -> Result<Disowned, RecoveryError> {
        let token = self.recovery.read_disown_token(typed)?;
        self.recovery.disown_all(&token, client).await
    }

    async fn disown_link(&self, typed: &str, client: &Client) -> Result<Disowned, RecoveryError> {
        let token = self.recovery.read_token(typed)?;
        self.recovery.disown(&token, client).await
    }
}
