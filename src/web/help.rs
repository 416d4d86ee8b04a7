//! The page of whoever is stuck: a person writes to the support desk, and gets the one answer.

use crate::desk::{Desk, LONGEST_REACH, LONGEST_TEXT, Plea};
use crate::web::page::{Frame, NoticePage};
use crate::web::posted::Posted;
use crate::web::{Site, Surface, WebConfig, finish};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use std::sync::Arc;

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/help.html")]
pub(super) struct HelpForm<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) longest: usize,
    pub(super) longest_reach: usize,
    pub(super) refused: bool,
}

/// The page `/help` below the mount; merge it beside [`router`](super::router), which has its style sheet, and say so in
/// its configuration ([`WebConfig::help_at`]).
pub fn help_router(desk: Desk, config: WebConfig) -> Router {
    let recovery = desk.recovery().clone();
    let path = format!("{}/help", recovery.links().mount());
    let routes = Router::new().route(&path, get(form).post(ask)).route_layer(Extension(desk));
    finish(routes, Site { recovery, config, surface: Surface::Recovery })
}

async fn form(State(site): State<Arc<Site>>) -> Response {
    site.help_form(StatusCode::OK)
}

async fn ask(State(site): State<Arc<Site>>, Extension(desk): Extension<Desk>, posted: Posted) -> Response {
    let [text, reach] = posted.fields(["text", "reach"]);
    let Some(plea) = Plea::new(&text, &reach) else {
        return site.help_form(StatusCode::UNPROCESSABLE_ENTITY);
    };
    match desk.ask_for_help(plea, &posted.client).await {
        Ok(receipt) => site.help_asked(&receipt.number),
        Err(error) => site.error(error),
    }
}

impl Site {
    fn help_form(&self, status: StatusCode) -> Response {
        let (longest, longest_reach, refused) = (LONGEST_TEXT, LONGEST_REACH, status != StatusCode::OK);
        self.page(status, &HelpForm { frame: self.frame(), longest, longest_reach, refused })
    }

    /// The same for everybody, but for a number that is drawn at random.
    fn help_asked(&self, number: &str) -> Response {
        let language = self.language();
        let page = NoticePage {
            frame: self.frame(),
            title: "helped.title",
            words: vec![
                language.text("helped.thanks").to_owned(),
                language.fill("helped.number", &[("number", number)]),
                language.text("helped.same").to_owned(),
            ],
            action: self.to_sign_in("page.to-sign-in"),
        };
        self.page(StatusCode::OK, &page)
    }
}
