//! The host's own page beside a link.

use super::members::hidden;
use super::{Answer, GOOD_PASSWORD, World};
use async_trait::async_trait;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use regain::RecoveryToken;
use regain::account::Account;
use regain::client::Client;
use regain::factor::{AuthLevel, FactorProof};
use regain::ids::AccountId;
use regain::recovery::LinkView;
use regain::security::HostFactors;
use regain::store::StoreError;
use regain::web::{ClientAddress, LinkHost, WebConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Passkeys of which the response is the binding.
struct Passkeys;

#[async_trait]
impl HostFactors for Passkeys {
    async fn challenge(
        &self,
        _: &AccountId,
        _: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(Some(binding.to_vec()))
    }

    async fn verify(
        &self,
        _: &AccountId,
        _: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<bool, StoreError> {
        Ok(response == binding)
    }

    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::PhishingResistant
    }
}

enum Shows {
    Page,
    Nothing,
    Fault,
}

/// The host's page, and how often it was asked for.
struct Host(Shows, AtomicU32);

#[async_trait]
impl LinkHost for Host {
    async fn host_factor(
        &self,
        token: &RecoveryToken,
        view: &LinkView,
    ) -> Result<Option<Response>, StoreError> {
        assert!(view.factor_needed);
        self.1.fetch_add(1, Ordering::SeqCst);
        let field = format!(r#"Your passkey<input type="hidden" name="token" value="{}">"#, &*token.expose());
        match self.0 {
            Shows::Page => Ok(Some(Html(field).into_response())),
            Shows::Nothing => Ok(None),
            Shows::Fault => Err(StoreError::plain("no template")),
        }
    }
}

fn world(shows: Shows) -> (World, Arc<Host>) {
    let host = Arc::new(Host(shows, AtomicU32::new(0)));
    let config = WebConfig::new(ClientAddress::Socket).link_host(host.clone());
    (World::configured(|builder| builder.host_factors(Arc::new(Passkeys)), config), host)
}

fn with_passkey(world: &World, username: &str) -> Account {
    let mut account = world.person(username);
    account.factors = vec!["key-1".to_owned()];
    world.keep(&account);
    account
}

async fn opened(world: &World, token: &str) -> Answer {
    world.post("/recovery/link", &[("token", token)]).await
}

#[tokio::test]
async fn a_link_of_somebody_with_a_passkey_leads_to_the_hosts_page_and_on_from_there() {
    let (world, host) = world(Shows::Page);
    with_passkey(&world, "ana");
    let token = world.token_for("ana").await;
    world.get(&format!("/recovery/link?token={token}")).await;
    assert_eq!(host.1.load(Ordering::SeqCst), 0, "to look at a link asks for nothing");
    let page = opened(&world, &token).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Your passkey"), "{}", page.body);
    assert_eq!(hidden(&page, "token"), token);
    assert!(
        page.headers.values().all(|value| !value.as_bytes().windows(8).any(|w| w == &token.as_bytes()[..8]))
    );
    assert_eq!(page.headers["cache-control"], "no-store");

    let fields = [("token", &*token), ("password", GOOD_PASSWORD)];
    let early = world.post("/recovery/new-password", &fields).await;
    assert!(early.body.contains("Your passkey"), "without the passkey no password is set: {}", early.body);

    let link = RecoveryToken::parse(&token).unwrap();
    let response = world.recovery.link_challenge(&link).await.unwrap().expect("a challenge");
    let proof = FactorProof::Host { factor: "key-1".to_owned(), response: response.into() };
    world.recovery.prove_factor(&link, &proof, &Client::unknown()).await.unwrap();
    let chooser = opened(&world, &token).await;
    assert!(chooser.body.contains(r#"autocomplete="new-password""#), "{}", chooser.body);
    let done = world.post("/recovery/new-password", &fields).await;
    assert!(done.body.contains("Your new password is set"), "{}", done.body);
}

#[tokio::test]
async fn without_a_page_of_the_hosts_people_have_to_help() {
    let (none, host) = world(Shows::Nothing);
    let plain = WebConfig::new(ClientAddress::Socket);
    let default = World::configured(|builder| builder.host_factors(Arc::new(Passkeys)), plain);
    for world in [&none, &default] {
        with_passkey(world, "ana");
        let token = world.token_for("ana").await;
        let page = opened(world, &token).await;
        assert!(page.body.contains("We need to help you in person"), "{}", page.body);
    }
    assert_eq!(host.1.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_host_that_has_no_page_at_the_moment_leaves_the_link_as_it_is() {
    let (world, _) = world(Shows::Fault);
    with_passkey(&world, "ana");
    let token = world.token_for("ana").await;
    let page = opened(&world, &token).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!page.body.contains("no template") && !page.body.contains(&token), "{}", page.body);
    let link = RecoveryToken::parse(&token).unwrap();
    assert!(world.recovery.look(&link).await.is_ok());
}

#[tokio::test]
async fn the_hosts_page_is_for_the_hosts_factors_alone() {
    let (world, host) = world(Shows::Page);
    world.person("bea");
    world.protected("ana").await;
    for (username, words) in [("ana", "one-time-code"), ("bea", "new-password")] {
        let token = world.token_for(username).await;
        let page = opened(&world, &token).await;
        assert!(page.body.contains(words), "{username}: {}", page.body);
    }
    assert_eq!(host.1.load(Ordering::SeqCst), 0);
}
