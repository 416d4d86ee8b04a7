//! The mails that went out, in the browser. Example only: whoever reads these mails can take over any account, so
//! it is served on a loopback address only, and only under a name of our own (another name would be a foreign site
//! that had itself resolved to this machine).

use crate::pages::{dress, page};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use mail_parser::{Message, MessageParser};
use regain::Recovery;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// The latest mails that are listed.
const LISTED: usize = 100;

struct Letter {
    file: String,
    to: String,
    subject: String,
}

/// A line of a mail's text; a link of ours can be clicked.
struct Line {
    text: String,
    is_link: bool,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mail room</title>
<link rel="stylesheet" href="/recovery/assets/regain.css">
</head>
<body>
<header><p>Mail room (example only)</p></header>
<main>
<h1>Mails that went out</h1>
<p>This page stands for everybody’s mail box. A real portal has nothing like it.</p>
{%- if letters.is_empty() %}
<p>There is no mail yet. Load this page again after a moment.</p>
{%- else %}
<ul class="links">
{%- for letter in letters %}
<li><a href="/dev/mail/{{ letter.file }}">{{ letter.subject }}</a><br>to {{ letter.to }}</li>
{%- endfor %}
</ul>
{%- endif %}
</main>
</body>
</html>"#
)]
struct List {
    letters: Vec<Letter>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ letter.subject }}</title>
<link rel="stylesheet" href="/recovery/assets/regain.css">
</head>
<body>
<header><p>Mail room (example only)</p></header>
<main>
<h1>{{ letter.subject }}</h1>
<p>To {{ letter.to }}</p>
<section>
{%- for line in lines %}
{%- if line.is_link %}
<p><a href="{{ line.text }}" rel="noreferrer">{{ line.text }}</a></p>
{%- else if !line.text.is_empty() %}
<p>{{ line.text }}</p>
{%- endif %}
{%- endfor %}
</section>
<ul class="links"><li><a href="/dev/mail">All mails</a></li></ul>
</main>
</body>
</html>"#
)]
struct View {
    letter: Letter,
    lines: Vec<Line>,
}

struct MailRoom {
    folder: PathBuf,
    origin: String,
    address: String,
}

pub fn router(recovery: &Recovery, folder: &std::path::Path, address: SocketAddr) -> Router {
    let room = Arc::new(MailRoom {
        folder: folder.to_owned(),
        origin: recovery.links().origin().as_str().to_owned(),
        address: address.to_string(),
    });
    Router::new()
        .route("/dev/mail", get(list))
        .route("/dev/mail/{file}", get(view))
        .route_layer(map_response(dress))
        .route_layer(from_fn_with_state(room.clone(), under_our_name))
        .with_state(room)
}

async fn under_our_name(State(room): State<Arc<MailRoom>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let own = room.origin.split_once("://").map(|(_, host)| host);
    if host.is_some() && (host == own || host == Some(&room.address)) {
        return next.run(request).await;
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn list(State(room): State<Arc<MailRoom>>) -> Response {
    let letters =
        room.files().into_iter().take(LISTED).filter_map(|file| Some(room.letter(file)?.0)).collect();
    page(&List { letters })
}

async fn view(State(room): State<Arc<MailRoom>>, Path(wanted): Path<String>) -> Response {
    // Only a name that is in the folder is opened: what was asked for never becomes a path.
    let file = room.files().into_iter().find(|file| *file == wanted);
    match file.and_then(|file| room.letter(file)) {
        Some((letter, lines)) => page(&View { letter, lines }),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl MailRoom {
    /// The files, the latest first.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, String)> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok().filter(|name| name.ends_with(".eml"))?;
                Some((entry.metadata().ok()?.modified().ok()?, name))
            })
            .collect();
        files.sort_by(|one, other| other.cmp(one));
        files.into_iter().map(|(_, name)| name).collect()
    }

    fn letter(&self, file: String) -> Option<(Letter, Vec<Line>)> {
        let bytes = fs::read(self.folder.join(&file)).ok()?;
        let mail = MessageParser::default().parse(&bytes)?;
        let to = mail.to().and_then(|to| to.first()?.address()).unwrap_or_default().to_owned();
        let letter = Letter { file, to, subject: mail.subject().unwrap_or_default().to_owned() };
        Some((letter, self.lines(&mail)))
    }

    fn lines(&self, mail: &Message<'_>) -> Vec<Line> {
        let text = mail.body_text(0).unwrap_or_default();
        let lines = text.lines().map(str::trim);
        lines
            .map(|line| Line {
                text: line.to_owned(),
                is_link: line.starts_with(&format!("{}/", self.origin)),
            })
            .collect()
    }
}
