//! Passkeys of the host's own, over the API: what the pages leave to a page of the host's.

use super::{Answer, GOOD_PASSWORD, Portal, cookie};
use async_trait::async_trait;
use axum::http::StatusCode;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::factor::AuthLevel;
use regain::ids::AccountId;
use regain::security::HostFactors;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A challenge is kept under its binding, and is answered once by its own bytes, backwards.
#[derive(Default)]
struct Passkeys(Mutex<HashMap<[u8; 32], Vec<u8>>>);

#[async_trait]
impl HostFactors for Passkeys {
    async fn challenge(
        &self,
        account: &AccountId,
        factors: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if factors[0] == "push" {
            return Ok(None);
        }
        let asked = [account.as_str().as_bytes(), &binding[..8]].concat();
        self.0.lock().expect("no panic").insert(*binding, asked.clone());
        Ok(Some(asked))
    }

    async fn verify(
        &self,
        _: &AccountId,
        _: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<bool, StoreError> {
        let asked = self.0.lock().expect("no panic").remove(binding);
        Ok(asked.is_some_and(|asked| asked.iter().rev().eq(response)))
    }

    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::PhishingResistant
    }
}

fn world() -> World {
    World::builder().configure(|builder| builder.host_factors(Arc::new(Passkeys::default()))).build()
}

async fn with_passkey(portal: &Portal, name: &str) -> Someone {
    let who = portal.world.person(name).await;
    portal.world.change(&who, |account| account.factors = vec!["key-1".to_owned()]).await;
    who
}

/// What the device makes of a challenge.
fn signed(challenge: &Answer) -> String {
    assert_eq!(challenge.status, StatusCode::OK, "{}", challenge.body);
    let asked = Base64UrlUnpadded::decode_vec(&challenge.text("challenge")).expect("base64url");
    Base64UrlUnpadded::encode_string(&asked.into_iter().rev().collect::<Vec<_>>())
}

fn answer(of: &str, proof: &str, response: &str) -> Value {
    json!({of: proof, "factor": "key-1", "response": response})
}

#[tokio::test]
async fn a_passkey_signs_in_and_answers_once() {
    let portal = Portal::on(world()).await;
    let ana = with_passkey(&portal, "Ana").await;
    let first = portal.sign_in(&ana, &ana.password).await;
    assert_eq!(
        (first.text("state"), &first.json()["factor_kinds"]),
        ("factor-needed".into(), &json!(["host"]))
    );
    let ticket = first.text("ticket");
    let response = signed(&portal.post("/sign-in/challenge", json!({"ticket": ticket})).await);
    let done = portal.post("/sign-in/host-factor", answer("ticket", &ticket, &response)).await;
    assert_eq!(done.text("state"), "signed-in");
    let session = cookie(&done);
    assert_eq!(portal.get_as(&session, "/security").await.json()["host_factors"], json!(["key-1"]));
    let again = portal.post("/sign-in/host-factor", answer("ticket", &ticket, &response)).await;
    assert_eq!(again.code(), "factor-not-accepted");
}

#[tokio::test]
async fn a_passkey_stands_between_a_link_and_a_password() {
    let portal = Portal::on(world()).await;
    let ana = with_passkey(&portal, "Ana").await;
    let token = portal.token_for(&ana).await;
    let look = portal.post("/link", json!({"token": token})).await.json();
    assert_eq!((&look["factor_needed"], &look["factor_kinds"]), (&json!(true), &json!(["host"])));
    let password = json!({"token": token, "password": GOOD_PASSWORD});
    assert_eq!(portal.post("/link/password", password.clone()).await.code(), "factor-needed");
    let response = signed(&portal.post("/link/challenge", json!({"token": token})).await);
    let proven = portal.post("/link/host-factor", answer("token", &token, &response)).await;
    assert_eq!(proven.json()["factor_needed"], json!(false), "{}", proven.body);
    assert_eq!(portal.post("/link/password", password).await.text("state"), "set");
}

#[tokio::test]
async fn a_passkey_raises_a_session() {
    let portal = Portal::on(world()).await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    portal.world.change(&ana, |account| account.factors = vec!["key-1".to_owned()]).await;
    let challenge = portal.post_as(&session, "/security/step-up/challenge", json!({})).await;
    let body = answer("password", &ana.password, &signed(&challenge));
    let raised = portal.post_as(&session, "/security/step-up/host-factor", body.clone()).await;
    assert_eq!(raised.text("level"), "phishing_resistant");
    assert_eq!(portal.post("/security/step-up/challenge", json!({})).await.code(), "not-signed-in");
    assert_eq!(portal.post("/security/step-up/host-factor", body).await.code(), "not-signed-in");
}

/// A challenge of one sign-in is worth nothing in another, at a link, or for somebody else.
#[tokio::test]
async fn an_answer_counts_only_where_it_was_asked_for() {
    let portal = Portal::on(world()).await;
    let (ana, eve) = (with_passkey(&portal, "Ana").await, with_passkey(&portal, "Eve").await);
    let ticket = portal.sign_in(&ana, &ana.password).await.text("ticket");
    let other = portal.sign_in(&ana, &ana.password).await.text("ticket");
    let hers = portal.sign_in(&eve, &eve.password).await.text("ticket");
    let response = signed(&portal.post("/sign-in/challenge", json!({"ticket": ticket})).await);
    for ticket in [&other, &hers] {
        signed(&portal.post("/sign-in/challenge", json!({"ticket": ticket})).await);
        let refused = portal.post("/sign-in/host-factor", answer("ticket", ticket, &response)).await;
        assert_eq!((refused.status.as_u16(), &*refused.code()), (422, "factor-not-accepted"));
    }
    let token = portal.token_for(&ana).await;
    signed(&portal.post("/link/challenge", json!({"token": token})).await);
    let refused = portal.post("/link/host-factor", answer("token", &token, &response)).await;
    assert_eq!(refused.code(), "factor-not-accepted");
    for (factor, response) in [("key-2", &*response), ("", &response), ("key-1", "")] {
        let body = json!({"ticket": ticket, "factor": factor, "response": response});
        assert_eq!(
            portal.post("/sign-in/host-factor", body).await.code(),
            "factor-not-accepted",
            "{factor:?}"
        );
    }
}

/// Whatever is wrong with a ticket or a link, and whoever it is of: nobody learns more than that.
#[tokio::test]
async fn a_challenge_is_for_who_may_answer_it() {
    let portal = Portal::on(world()).await;
    let ana = with_passkey(&portal, "Ana").await;
    let ticket = portal.sign_in(&ana, &ana.password).await.text("ticket");
    let token = portal.token_for(&ana).await;
    let late = portal.token_for(&ana).await;
    portal.world.clock.advance(time::Duration::HOUR);
    let mut refused = Vec::new();
    for ticket in [&ticket, "", "x", &"A".repeat(200)] {
        refused.push(portal.post("/sign-in/challenge", json!({"ticket": ticket})).await);
    }
    assert_eq!(refused[0].code(), "factor-not-accepted");
    assert!(refused.iter().all(|answer| *answer == refused[0]), "{refused:?}");
    let mut refused = Vec::new();
    for token in [&token, &late, "", "x", &"A".repeat(64)] {
        refused.push(portal.post("/link/challenge", json!({"token": token})).await);
    }
    assert_eq!(refused[0].code(), "link-not-usable");
    assert!(refused.iter().all(|answer| *answer == refused[0]), "{refused:?}");
}

/// Ten that are wrong are the last, as for any other factor; and what is no base64 is not even counted.
#[tokio::test]
async fn guesses_are_counted() {
    let portal = Portal::on(world()).await;
    let ana = with_passkey(&portal, "Ana").await;
    let ticket = portal.sign_in(&ana, &ana.password).await.text("ticket");
    for no_base64 in ["a", "a=", "+/==", "\u{e9}"] {
        let body = answer("ticket", &ticket, no_base64);
        assert_eq!(portal.post("/sign-in/host-factor", body).await.code(), "invalid", "{no_base64}");
    }
    for _ in 0..10 {
        portal.post("/sign-in/host-factor", answer("ticket", &ticket, "AAAA")).await;
    }
    let ticket = portal.sign_in(&ana, &ana.password).await.text("ticket");
    let response = signed(&portal.post("/sign-in/challenge", json!({"ticket": ticket})).await);
    let refused = portal.post("/sign-in/host-factor", answer("ticket", &ticket, &response)).await;
    assert_eq!(refused.code(), "factor-not-accepted", "the factor is off");
}

#[tokio::test]
async fn where_nothing_has_to_be_shown_there_is_no_challenge() {
    let portal = Portal::on(world()).await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    let none = portal.post_as(&session, "/security/step-up/challenge", json!({})).await;
    assert_eq!(none.json(), json!({"challenge": null}), "no factor");
    portal.world.change(&ana, |account| account.factors = vec!["push".to_owned()]).await;
    let none = portal.post_as(&session, "/security/step-up/challenge", json!({})).await;
    assert_eq!(none.json(), json!({"challenge": null}));
}

/// A service without such factors has no routes for them.
#[tokio::test]
async fn the_routes_are_there_for_whom_they_are() {
    let (with, without) = (Portal::on(world()).await, Portal::new().await);
    let paths = |portal: &Portal| portal.description.operations().len();
    assert_eq!(paths(&with), paths(&without) + 6);
    assert_eq!(without.post("/link/challenge", json!({"token": "x"})).await.code(), "not-found");
}
