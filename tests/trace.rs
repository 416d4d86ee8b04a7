//! What an asker can see and measure is the same, whoever is asked about: equal answers, equal calls.

use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::client::Client;
use regain::identity::{Identifier, IdentityClaims, IdentityKey, TypedClaims};
use regain::ids::AccountId;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::{Argon2Hasher, Password};
use regain::recovery::{Receipt, SignedIn};
use regain::store::StoreError;
use regain::testing::{Trace, World};
use regain::{RecoveryError, entropy::SystemEntropy};
use std::sync::Arc;
use std::time::Duration;

const KINDS: [&str; 12] = [
    "known",
    "known by address",
    "unknown",
    "unknown address",
    "disabled",
    "no password",
    "no address",
    "several",
    "over limit",
    "other realm",
    "malformed",
    "slow store",
];

/// Accounts that answer slowly: whoever waits for them can be measured.
struct Slow(Arc<MemoryAccounts>);

#[async_trait]
impl AccountStore for Slow {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        self.0.find_by_identifier(identifier).await
    }
    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        self.0.find_by_identity(key).await
    }
    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.0.get(id).await
    }
    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        self.0.set_password(change).await
    }
}

/// A world of which every port is written down, with somebody of each kind; and what is typed for that kind.
async fn world_for(kind: &str) -> (World, Trace, String, TypedClaims) {
    let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
    let seen: Arc<dyn AccountStore> =
        if kind == "slow store" { Arc::new(Slow(accounts.clone())) } else { accounts.clone() };
    let (entropy, hasher) =
        (trace.entropy(Arc::new(SystemEntropy)), trace.hasher(Arc::new(Argon2Hasher::danger_for_tests())));
    let world = World::builder()
        .realm(if kind == "other realm" { "pharmacy" } else { "clinic" })
        .flows(trace.flows(Arc::new(MemoryFlows::new())))
        .accounts(accounts)
        .served_accounts(trace.accounts(seen))
        .configure(move |builder| builder.entropy(entropy).hasher(hasher))
        .build();
    let who = match kind {
        "disabled" => world.disabled("Ana").await,
        "no password" => world.person_without_password("Ana").await,
        "no address" => world.no_address("Ana").await,
        "several" => world.sharing_an_email("Ana", "Bea").await.0,
        _ => world.person("Ana").await,
    };
    if kind == "over limit" {
        for _ in 0..3 {
            world.fresh_link(&who).await;
        }
    }
    let typed = match kind {
        "known by address" | "several" => who.email.clone(),
        "unknown" => "nobody".to_owned(),
        "unknown address" => "nobody@home.example".to_owned(),
        "malformed" => "a\u{7}@@b".to_owned(),
        _ => who.username.clone(),
    };
    let mut claims = who.claims;
    match kind {
        "unknown" | "unknown address" => claims.record_number = "MRN-99999".to_owned(),
        "malformed" => claims.birth_date = "1961-02-31".to_owned(),
        _ => {}
    }
    trace.take();
    world.events.take();
    (world, trace, typed, claims)
}

fn here() -> Client {
    Client::at("192.0.2.7".parse().unwrap())
}

/// EN-1, EN-2: two budgets, one flow, one line of audit, two draws of randomness, and no look at any account.
#[tokio::test]
async fn asking_for_a_link_makes_the_same_calls_whoever_is_asked_about() {
    for kind in KINDS {
        let (world, trace, typed, _) = world_for(kind).await;
        let answer = world.recovery.ask_password(&Identifier::parse(&typed), &here()).await;
        assert!(answer.is_ok(), "{kind}");
        let calls = [
            "entropy.fill(16)",
            "entropy.fill(24)",
            "flows.commit(spends=3,flows=1 insert 0 update,mails=0,settled=0,audit=1)",
        ];
        assert_eq!(trace.take(), calls, "{kind}");
    }
}

/// EN-1, EN-2
#[tokio::test]
async fn asking_for_a_username_makes_the_same_calls_whoever_is_asked_about() {
    for kind in KINDS {
        let (world, trace, _, claims) = world_for(kind).await;
        let answer = world.recovery.ask_username(&IdentityClaims::new(claims), &here()).await;
        assert!(answer.is_ok(), "{kind}");
        let calls = [
            "entropy.fill(16)",
            "entropy.fill(24)",
            "flows.commit(spends=3,flows=1 insert 0 update,mails=0,settled=0,audit=1)",
        ];
        assert_eq!(trace.take(), calls, "{kind}");
    }
}

/// EN-1: refused aloud is only what is the same for any account and none.
#[tokio::test]
async fn being_refused_comes_at_the_same_ask_whoever_is_asked_about() {
    let mut histories = Vec::new();
    // "Over limit" has asked before, so its history is another one.
    for kind in KINDS.into_iter().filter(|kind| *kind != "over limit") {
        let (world, trace, typed, _) = world_for(kind).await;
        let mut answers: Vec<Result<Receipt, RecoveryError>> = Vec::new();
        for _ in 0..8 {
            answers.push(world.recovery.ask_password(&Identifier::parse(&typed), &world.client()).await);
            if kind != "slow store" {
                world.work().await;
            }
        }
        drop(trace);
        histories.push((kind, answers));
    }
    let (_, first) = &histories[0];
    assert!(first[4].is_ok() && matches!(first[5], Err(RecoveryError::TooManyAttempts { .. })));
    for (kind, answers) in &histories {
        assert_eq!(answers, first, "{kind}");
    }
}

async fn sign_in(kind: &str) -> (Result<SignedIn, RecoveryError>, Vec<String>) {
    let (world, trace, typed, _) = world_for(kind).await;
    let password = Password::new("nine wrong guesses in a row");
    let answer = world.recovery.sign_in(&Identifier::parse(&typed), &password, &here()).await;
    (answer, trace.take())
}

/// EN-2, EN-3
#[tokio::test]
async fn a_failing_sign_in_makes_the_same_calls_whoever_it_is() {
    for kind in KINDS.into_iter().filter(|kind| *kind != "slow store") {
        let (answer, calls) = sign_in(kind).await;
        assert_eq!(answer, Err(RecoveryError::NotAccepted), "{kind}");
        let expected = [
            "flows.commit(spends=3,flows=0 insert 0 update,mails=0,settled=0,audit=0)",
            "accounts.find_by_identifier",
            "hasher.verify",
        ];
        assert_eq!(calls, expected, "{kind}");
    }
}

/// EN-5: what is wrong with a link is told to the operator only; and looking at it writes nothing (RC-17).
#[tokio::test]
async fn links_that_cannot_be_used_are_answered_alike_and_nothing_is_written() {
    let (world, trace, ..) = world_for("known").await;
    let bea = world.person("Bea").await;
    let used = world.fresh_link(&bea).await;
    world.recovery.disown(&used, &here()).await.unwrap();
    let replaced = world.fresh_link(&bea).await;
    let outdated = world.fresh_link(&bea).await;
    world.change(&bea, |account| account.factors.push("totp".to_owned())).await;
    let unknown = regain::RecoveryToken::parse(&"A".repeat(64)).unwrap();
    let events = world.events.take();
    assert!(!events.is_empty());
    trace.take();
    for (link, why) in [
        (&unknown, "unknown"),
        (&used, "dead"),
        (&replaced, "dead"),
        (&outdated, "wrong_secret_or_account_changed"),
    ] {
        assert_eq!(world.recovery.look(link).await, Err(RecoveryError::LinkNotUsable), "{why}");
        let told = format!("{:?}", world.events.take());
        assert!(told.contains(why), "{told}");
        let writes = trace.take().into_iter().filter(|call| call.contains("commit")).count();
        assert_eq!(writes, 0, "{why}");
    }
}
