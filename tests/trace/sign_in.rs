//! Signing in: which calls are made tells nothing of whether there is an account, and what a wrong factor fails by.

use super::here;
use regain::RecoveryError;
use regain::account::AccountStatus;
use regain::budget::Quota;
use regain::entropy::SystemEntropy;
use regain::factor::{FactorProof, TotpSecret};
use regain::identity::Identifier;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::{Argon2Hasher, Password};
use regain::recovery::{Limits, SignInTicket};
use regain::testing::{Someone, Trace, World};
use std::sync::Arc;
use time::Duration;

const WRONG: &str = "nine wrong guesses in a row";

fn traced() -> (World, Trace) {
    let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
    let hasher = trace.hasher(Arc::new(Argon2Hasher::danger_for_tests()));
    let entropy = trace.entropy(Arc::new(SystemEntropy));
    let mut limits = Limits::default();
    limits.sign_ins_per_identifier = Quota::new(2_400, Duration::DAY);
    let world = World::builder()
        .flows(trace.flows(Arc::new(MemoryFlows::new())))
        .accounts(accounts.clone())
        .served_accounts(trace.accounts(accounts))
        .configure(move |builder| builder.hasher(hasher).entropy(entropy).limits(limits))
        .build();
    (world, trace)
}

/// EN-2, EN-3: every state in which a sign-in fails, the right password of a disabled account and of a shut one among them.
/// Where a password is shut, its count is refused, which writes nothing; so one commit more follows that writes.
#[tokio::test]
async fn a_sign_in_that_fails_makes_the_same_calls_and_writes_in_every_state() {
    let count = "flows.commit(spends=1,flows=0 insert 0 update,mails=0,settled=0,audit=0)";
    let expected = [
        "flows.commit(spends=3,flows=0 insert 0 update,mails=0,settled=0,audit=0)",
        "accounts.find_by_identifier",
        count,
        "hasher.verify",
    ];
    for kind in [
        "unknown",
        "wrong",
        "wrong, with a factor",
        "wrong, compromised",
        "no password",
        "disabled, right",
        "disabled with a factor, right",
        "shut, wrong",
        "shut, right",
        "shut with a factor, right",
        "shut, unknown",
    ] {
        let (world, trace) = traced();
        let ana = world.person("Ana").await;
        if kind.contains("factor") {
            world.enrol_totp(&ana).await;
        }
        if kind.contains("compromised") {
            world.recovery.mark_password_compromised(&ana.id).await.unwrap();
        }
        if kind.contains("disabled") {
            world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
        }
        if kind.contains("no password") {
            world.change(&ana, |account| account.password = None).await;
        }
        let typed = Identifier::parse(if kind.contains("unknown") { "nobody" } else { "ana" });
        if kind.contains("shut") {
            for _ in 0..100 {
                let wrong = Password::new(WRONG);
                assert!(world.recovery.sign_in(&typed, &wrong, &world.client()).await.is_err());
            }
        }
        let password = if kind.contains("right") { ana.password() } else { Password::new(WRONG) };
        trace.take();
        let answer = world.recovery.sign_in(&typed, &password, &here()).await;
        assert_eq!(answer.map(drop), Err(RecoveryError::NotAccepted), "{kind}");
        let mut calls = trace.take();
        if kind.contains("shut") {
            assert_eq!(calls.remove(2), count, "{kind}: refused");
        }
        assert_eq!(calls, expected, "{kind}");
    }
}

/// EN-3: a right password costs one hash, too, and beyond it nothing is written before the factor is proven.
#[tokio::test]
async fn a_right_password_costs_one_hash_and_writes_nothing_while_a_factor_is_to_come() {
    let (world, trace) = traced();
    let ana = world.person("Ana").await;
    world.enrol_totp(&ana).await;
    world.fresh_link(&ana).await;
    trace.take();
    world.ticket(&ana).await;
    let calls = trace.take();
    assert_eq!(calls[3..], ["hasher.verify", "flows.document", "entropy.fill(24)"], "{calls:?}");
}

/// Each wrong reason that gets past the ticket has as many reads, draws and commits as any other.
#[tokio::test]
async fn a_wrong_factor_makes_the_same_calls_whatever_is_wrong_with_it() {
    let (world, trace) = traced();
    let ana = world.person("Ana").await;
    let app = world.enrol_totp(&ana).await;
    let [code, other, ..] = world.enrol_codes(&ana).await;
    let [foreign, ..] = world.enrol_codes(&world.person("Bea").await).await;
    let bea_has_another = FactorProof::RecoveryCode(foreign);
    let used = world.code_of(&app);
    let used_code = FactorProof::RecoveryCode(code);
    for proof in [&used, &used_code] {
        let ticket = world.ticket(&ana).await;
        assert!(world.recovery.sign_in_factor(&ticket, proof, &here()).await.is_ok());
    }
    let wrong = FactorProof::Totp(TotpSecret::from_random([255; 20]).code(7));
    let none = FactorProof::Host { factor: "key-1".to_owned(), response: Vec::new().into() };
    let mut first: Option<Vec<String>> = None;
    for (kind, proof) in [
        ("wrong", &wrong),
        ("used", &used),
        ("used recovery code", &used_code),
        ("another account's", &bea_has_another),
        ("no such factor", &none),
        ("disabled", &wrong),
    ] {
        if kind == "disabled" {
            disable(&world, &ana, &wrong).await;
        }
        let ticket = world.ticket(&ana).await;
        trace.take();
        let answer = world.recovery.sign_in_factor(&ticket, proof, &here()).await;
        assert_eq!(answer, Err(RecoveryError::FactorNotAccepted), "{kind}");
        let calls: Vec<_> = trace.take().into_iter().map(without_spends).collect();
        assert_eq!(calls.iter().filter(|call| call.starts_with("flows.commit")).count(), 3, "{kind}");
        match &first {
            None => first = Some(calls),
            Some(first) => assert_eq!(&seen(&calls), &seen(first), "{kind}"),
        }
    }
    drop(other);
}

async fn disable(world: &World, who: &Someone, wrong: &FactorProof) {
    let ticket = world.ticket(who).await;
    while !world.has_disabled(who).await {
        assert!(world.recovery.sign_in_factor(&ticket, wrong, &world.client()).await.is_err());
    }
}

/// A try that is compared with nothing is counted as a spend, one that is compared in the record: a commit either way.
fn without_spends(call: String) -> String {
    call.replace("spends=1", "spends=0")
}

/// What goes over the wire; sealing a record draws a nonce in this process.
fn seen(calls: &[String]) -> Vec<&String> {
    calls.iter().filter(|call| *call != "entropy.fill(24)").collect()
}

/// What cannot open is read no account for.
#[tokio::test]
async fn a_ticket_that_does_not_open_costs_a_count_and_nothing_else() {
    let (world, trace) = traced();
    let ticket = SignInTicket::parse(&"A".repeat(600)).unwrap();
    let wrong = FactorProof::Totp(TotpSecret::from_random([255; 20]).code(7));
    trace.take();
    let answer = world.recovery.sign_in_factor(&ticket, &wrong, &here()).await;
    assert_eq!(answer, Err(RecoveryError::FactorNotAccepted));
    let counted = "flows.commit(spends=1,flows=0 insert 0 update,mails=0,settled=0,audit=0)";
    assert_eq!(trace.take(), [counted]);
}
