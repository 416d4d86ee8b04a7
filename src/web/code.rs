//! The page where a code is typed: by the browser that asked, which its cookie shows, or off a letter.
//!
//! The cookie is given after every ask alike, and shows nothing but that this browser asked. Without cookies only the link
//! works, and letters.

use crate::error::RecoveryError;
use crate::recovery::{AskTicket, LetterReference};
use crate::token::RecoveryToken;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::page::CodePage;
use crate::web::posted::Posted;
use axum::extract::State;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `__Host-`: no other host, not even a neighbour below the same domain, can plant it. Browsers take it over `https` only.
const NAME: &str = "__Host-regain-ask";
/// On the machine itself, over `http`.
const LOCAL_NAME: &str = "regain-ask";
/// Longer than most links live; whoever comes later has the link.
const KEPT: &str = "Max-Age=3600";
const GONE: &str = "Max-Age=0";

pub(super) async fn form(State(site): State<Arc<Site>>) -> Response {
    site.code_page(StatusCode::OK, CodeFor::Typing)
}

pub(super) async fn exchange(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [code, reference] = posted.fields(["code", "reference"]);
    let token = match site.exchange(&posted, &code, &reference).await {
        Ok(token) => token,
        Err(RecoveryError::CodeNotUsable) => {
            return site.code_page(StatusCode::UNPROCESSABLE_ENTITY, CodeFor::Refused);
        }
        Err(RecoveryError::TooManyAttempts { retry_after }) => {
            return site.notice(&Notice::TooManyCodes { retry_after });
        }
        Err(error) => return site.error(error),
    };
    let answer = match site.recovery.look(&token).await {
        Ok(view) => site.after_link(&token, &view).await,
        Err(error) => site.error(error),
    };
    site.with_cookie(answer, "", GONE)
}

/// What the page is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "templates", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub(super) enum CodeFor {
    /// Somebody asked just now (EN-1).
    Asked,
    /// Somebody has a code to type.
    Typing,
    /// What was typed opens nothing.
    Refused,
}

impl Site {
    async fn exchange(
        &self,
        posted: &Posted,
        code: &str,
        reference: &str,
    ) -> Result<RecoveryToken, RecoveryError> {
        if !reference.trim().is_empty() {
            let reference = LetterReference::parse(reference).map_err(|_| RecoveryError::CodeNotUsable)?;
            return self.recovery.exchange_letter_code(&reference, code, &posted.client).await;
        }
        let ticket = posted.ticket.as_ref().ok_or(RecoveryError::CodeNotUsable)?;
        self.recovery.exchange_code(ticket, code, &posted.client).await
    }

    fn code_page(&self, status: StatusCode, shown: CodeFor) -> Response {
        self.page(status, &CodePage { frame: self.frame(), shown })
    }

    /// The one answer to everybody who asks for a link, with the ticket for the browser.
    pub(super) fn asked_for_link(&self, ticket: &AskTicket) -> Response {
        self.with_cookie(self.code_page(StatusCode::OK, CodeFor::Asked), &ticket.expose(), KEPT)
    }

    fn with_cookie(&self, mut answer: Response, value: &str, age: &str) -> Response {
        let secure = self.recovery.links().origin().is_https();
        let (name, flag) = if secure { (NAME, " Secure;") } else { (LOCAL_NAME, "") };
        let cookie =
            Zeroizing::new(format!("{name}={value}; Path=/;{flag} HttpOnly; SameSite=Strict; {age}"));
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }

    /// The ticket of the browser that sent these.
    pub(super) fn ticket(&self, headers: &HeaderMap) -> Option<AskTicket> {
        let secure = self.recovery.links().origin().is_https();
        only_ticket(headers, if secure { NAME } else { LOCAL_NAME })
    }
}

/// None when there are two, for then somebody else may have had a hand in it.
fn only_ticket(headers: &HeaderMap, known: &str) -> Option<AskTicket> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tickets = pairs.filter(|(name, _)| *name == known).map(|(_, value)| value);
    match (tickets.next(), tickets.next()) {
        (Some(only), None) => AskTicket::parse(only).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket_in(lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        only_ticket(&headers, NAME).is_some()
    }

    #[test]
    fn one_whole_ticket_is_taken_and_no_other() {
        let good = format!("{NAME}={}", "A".repeat(64));
        assert!(ticket_in(&[&good]) && ticket_in(&["a=b", &format!("x=y; {good}; z")]));
        let short = &good[..good.len() - 1];
        for lines in [
            &[][..],
            &["a=b"],
            &[&good, &good],
            &[&format!("{good}; {good}")],
            &[short],
            &[&format!("{good}A")],
        ] {
            assert!(!ticket_in(lines), "{lines:?}");
        }
        assert!(!ticket_in(&[&good.replace("__Host-", "")]));
    }
}
