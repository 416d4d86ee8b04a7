//! The portal's own pages: what one sees when signed in, and what the terminal says at the start.

use crate::sessions::{CHANGE_PASSWORD, Portal};
use crate::words::{Spoken, Words};
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use regain::Recovery;
use regain::account::{Account, AccountStore as _};
use regain::language::Languages;
use regain::store::StoreError;
use std::sync::Arc;

const SIGN_IN: &str = "/sign-in";

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="{{ spoken.language.tag() }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ words.title }} – {{ words.service }}</title>
<link rel="stylesheet" href="/recovery/assets/regain.css">
</head>
<body>
<header><p>{{ words.service }}</p></header>
<main>
<h1>{{ words.welcome }}, {{ name }}</h1>
<p>{{ words.signed_in_as }} <strong>{{ username }}</strong>. {{ words.real_portal }}</p>
<section aria-labelledby="security">
<h2 id="security">{{ spoken.language.text("security.title") }}</h2>
<p>{{ words.what_security_is }}</p>
<p class="actions"><a class="button quiet" href="/security{{ spoken.parameter() }}">{{ words.go_to_security }}</a></p>
</section>
<form method="post" action="/sign-out{{ spoken.parameter() }}"><button>{{ words.sign_out }}</button></form>
</main>
<footer><p>{{ words.example }}</p>
<nav aria-label="{{ spoken.language.text("page.languages") }}">
{%- for other in spoken.others() %}
<a href="?lang={{ other.tag() }}" lang="{{ other.tag() }}" hreflang="{{ other.tag() }}">{{ other.name() }}</a>
{%- endfor %}
</nav></footer>
</body>
</html>"#
)]
struct Home<'a> {
    spoken: Spoken<'a>,
    words: &'static Words,
    name: &'a str,
    username: &'a str,
}

struct Pages {
    languages: Languages,
    portal: Arc<Portal>,
}

pub fn router(recovery: &Recovery, portal: Arc<Portal>) -> Router {
    let pages = Pages { languages: recovery.service().languages.clone(), portal };
    Router::new()
        .route("/", get(home))
        .route("/sign-out", post(sign_out))
        .route_layer(map_response(dress))
        .with_state(Arc::new(pages))
}

async fn home(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    pages
        .home(&headers, query.as_deref())
        .await
        .unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// `SameSite=Strict` keeps other sites from sending the cookie along.
async fn sign_out(
    State(pages): State<Arc<Pages>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let spoken = Spoken::of(&pages.languages, query.as_deref(), &headers);
    let signed_out = pages.portal.sign_out(&headers, &format!("{SIGN_IN}{}", spoken.parameter())).await;
    signed_out.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

impl Pages {
    async fn home(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Response, StoreError> {
        let Some(session) = self.portal.signed_in(headers).await? else {
            return Ok(Redirect::to(SIGN_IN).into_response());
        };
        if session.change_required {
            return Ok(Redirect::to(CHANGE_PASSWORD).into_response());
        }
        let Some(account) = self.portal.accounts.get(&session.account).await? else {
            return self.portal.sign_out(headers, SIGN_IN).await;
        };
        let name = account.person.as_ref().map_or("", |person| &person.given_name);
        let spoken = Spoken::of(&self.languages, query, headers);
        let words = spoken.words();
        Ok(page(&Home { spoken, words, name, username: &account.username }))
    }
}

pub fn page(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The security headers of the portal's own pages.
pub async fn dress(mut response: Response) -> Response {
    let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub fn print_welcome(recovery: &Recovery, known: &[Account], mail_room: bool, staff: bool) {
    let links = recovery.links();
    println!("{}\n\n  sign in   {}", recovery.service().name, links.sign_in());
    if mail_room {
        println!("  mails     {}/dev/mail", links.origin().as_str());
    }
    if staff {
        println!("  staff     {}/dev/staff", links.origin().as_str());
    }
    println!("\nThree people who have forgotten their passwords:");
    for account in known {
        println!();
        if let Some(person) = &account.person {
            println!("  name           {} {}", person.given_name, person.family_name);
            if let Some(born) = person.birth_date {
                println!("  date of birth  {} {} {}", born.day(), born.month(), born.year());
            }
            println!("  record number  {}", person.record_number.as_deref().unwrap_or("none"));
            println!("  e-mail         {}", person.emails.join(", "));
        }
        println!("  username       {}", account.username);
        if let Some(language) = &account.language {
            println!("  mails in       {}", recovery.service().languages.of(Some(language)).name());
        }
    }
    println!("\nCtrl-C stops the portal.");
}
