//! A service with a table, a sign-in and sessions of its own: what it added gives its members their passwords back.

#[path = "../../examples/club/members.rs"]
mod members;
#[path = "../../examples/club/recovery.rs"]
mod recovery;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use members::Members;
use regain::mail::{Delivery, Mailer, Message};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tower::ServiceExt as _;

/// Hands each mail to whoever waits for it.
struct Postman(UnboundedSender<(String, String)>);

#[async_trait]
impl Mailer for Postman {
    async fn send(&self, message: &Message) -> Delivery {
        let _ = self.0.send((message.to.as_str().to_owned(), message.text.to_string()));
        Delivery::Sent
    }
}

async fn post(pages: &Router, path: &str, form: String) -> StatusCode {
    let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    pages.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_comes_back_in_the_clubs_own_table() {
    const NEW: &str = "nine green lamps at noon";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("recovery.key"), [7; 32]).unwrap();
    let club = Members::open(&folder.path().join("club.db")).await.unwrap();
    let (postman, mut post_box) = unbounded_channel();
    let pages =
        recovery::pages(club.pool().clone(), Arc::new(Postman(postman)), folder.path()).await.unwrap();
    let rosas = club.log_in("rosa", "beans and peas").await.unwrap().expect("the old password opens");
    let toms = club.log_in("tom", "leek leek leek").await.unwrap().expect("Tom's, too");

    assert_eq!(post(&pages, "/recovery/forgot-password", "identifier=rosa".into()).await, StatusCode::OK);
    let (to, mail) = post_box.recv().await.expect("a link");
    assert_eq!(to, "Rosa@example.org");
    let token = mail.split_once("token=").unwrap().1.split_whitespace().next().unwrap();
    let choose = |password: &str| format!("token={token}&password={}", password.replace(' ', "+"));
    assert_eq!(
        post(&pages, "/recovery/new-password", choose("rosa1234")).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(post(&pages, "/recovery/new-password", choose(NEW)).await, StatusCode::OK);
    assert!(post_box.recv().await.is_some_and(|(to, _)| to == "Rosa@example.org"), "a notice");

    assert!(club.log_in("rosa", "beans and peas").await.unwrap().is_none(), "the old password is refused");
    assert!(club.log_in("Rosa@example.org", NEW).await.unwrap().is_some(), "the new one opens");
    assert!(club.who(&rosas).await.unwrap().is_none(), "the session from before has ended");
    assert_eq!(club.who(&toms).await.unwrap().as_deref(), Some("tom"), "nobody else's has");
}

#[test]
fn what_a_service_with_its_own_table_adds_is_less_than_30_lines() {
    let added = include_str!("../../examples/club/recovery.rs").lines();
    let marked =
        include_str!("../../examples/club/main.rs").lines().filter(|line| line.ends_with("// regain's"));
    let is_own = |line: &&str| !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ");
    let lines = added.filter(is_own).count() + marked.count();
    assert!(lines > 20 && lines < 30, "{lines} lines");
}
