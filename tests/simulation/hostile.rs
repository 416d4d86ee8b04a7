//! Those who want into accounts that are not theirs, or want to be a nuisance. They have read old mails of others, and
//! have mailboxes and accounts of their own.

use crate::factors::guess;
use crate::oracle::{Shown, Truth, Typed};
use crate::questions;
use crate::stage::{MINUTE, SECOND};
use crate::town::Town;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::recovery::SignInStep;
use std::sync::Arc;

/// The network they come from.
const NETWORK: u64 = 66;
/// Bytes of a token that name its flow.
const NAME: usize = 16;

pub async fn attack(town: Arc<Town>) {
    loop {
        let pause = town.stage.dice().between(0, 24 * MINUTE);
        town.stage.sleep(pause).await;
        if !town.weather.is_on() {
            return;
        }
        let node = town.any_node();
        if town.stage.dice().permille(250) {
            attack_factor(&town, node).await;
        }
        if town.weather.profile.questions && town.stage.dice().permille(200) {
            questions::attack(&town, node, NETWORK).await;
        }
        if town.weather.profile.desk && town.stage.dice().permille(150) {
            let victim = town.stage.dice().pick(&town.residents).clone();
            let plea = format!("I am {}, believe me", victim.username);
            town.ask_for_help(node, &plea, NETWORK).await;
        }
        let what = town.stage.dice().below(10);
        match what {
            0..2 => flood(&town, node).await,
            2..4 => ask_for_others(&town, node).await,
            4..6 => present(&town, node, guessed(&town)).await,
            6..9 => present(&town, node, spliced(&town)).await,
            _ => guess_passwords(&town, node).await,
        }
    }
}

/// Many asks at once, for one name or for many, known and unknown.
async fn flood(town: &Arc<Town>, node: usize) {
    let (times, one_name, victim) = {
        let mut dice = town.stage.dice();
        (dice.between(6, 34), dice.permille(500), dice.pick(&town.residents).clone())
    };
    for number in 0..times {
        if one_name {
            town.ask_password(node, Typed::Username(victim.account.clone()), &victim.username, NETWORK).await;
        } else {
            town.ask_password(node, Typed::Nobody, &format!("nobody-{number}"), NETWORK).await;
        }
    }
}

async fn ask_for_others(town: &Arc<Town>, node: usize) {
    let victim = town.stage.dice().pick(&town.residents).clone();
    if town.stage.dice().permille(500) {
        let typed = Typed::Username(victim.account.clone());
        town.ask_password(node, typed, &victim.username, NETWORK).await;
    } else {
        let typed = Typed::Email(victim.emails[0].clone());
        town.ask_password(node, typed, &victim.emails[0], NETWORK).await;
    }
}

/// Bytes that were never mailed: a guess, or nonsense.
fn guessed(town: &Town) -> Option<String> {
    let mut dice = town.stage.dice();
    if dice.permille(200) {
        return Some("not a token".to_owned());
    }
    let bytes: Vec<u8> = (0..48).map(|_| dice.roll().to_le_bytes()[0]).collect();
    Some(Base64UrlUnpadded::encode_string(&bytes))
}

/// The name of one flow with the secret of another, or with one bit turned.
fn spliced(town: &Town) -> Option<String> {
    let tokens = town.oracle.tokens();
    if tokens.is_empty() {
        return None;
    }
    let mut dice = town.stage.dice();
    let bytes = |token: &String| Base64UrlUnpadded::decode_vec(token).ok();
    let (name, mut secret) = (bytes(dice.pick(&tokens))?, bytes(dice.pick(&tokens))?);
    if name[..NAME] == secret[..NAME] {
        let place = NAME + dice.index(secret.len() - NAME);
        secret[place] ^= 1 << dice.below(8);
    }
    Some(Base64UrlUnpadded::encode_string(&[&name[..NAME], &secret[NAME..]].concat()))
}

async fn present(town: &Arc<Town>, node: usize, token: Option<String>) {
    let Some(token) = token else { return };
    let what = town.stage.dice().below(4);
    match what {
        0 => drop(town.look(node, &token).await),
        1 => drop(town.disown(node, &token, NETWORK).await),
        _ => drop(town.choose(node, &token, "the burglar's own long password", NETWORK).await),
    }
    town.stage.tally("false tokens presented");
}

async fn guess_passwords(town: &Arc<Town>, node: usize) {
    let victim = town.stage.dice().pick(&town.residents).clone();
    for number in 0..11 {
        let typed = format!("a guess, number {number}");
        town.sign_in(node, &victim.account, &victim.username, &typed, NETWORK).await;
        let pause = town.stage.dice().between(0, SECOND);
        town.stage.sleep(pause).await;
    }
}

/// They know the password, or read the mail, and have no phone: what they type was guessed, used before, or another's.
async fn attack_factor(town: &Arc<Town>, node: usize) {
    let links = town.oracle.links_with_factor();
    let by_link = !links.is_empty() && town.stage.dice().permille(500);
    let (times, pick) = {
        let mut dice = town.stage.dice();
        (if dice.permille(120) { 12 } else { 1 + dice.below(4) }, dice.index(links.len().max(1)))
    };
    if by_link {
        let (account, token) = links[pick].clone();
        for _ in 0..times.min(6) {
            let shown = stolen(town);
            town.prove_factor(node, &account, &token, &shown, NETWORK).await;
        }
        town.choose(node, &token, "the burglar's own long password", NETWORK).await;
        town.stage.tally("links attacked without the factor");
        return;
    }
    let victim = town.stage.dice().pick(&town.residents).clone();
    let Some(password) = town.oracle.password_of(&victim.account) else { return };
    let step = town.sign_in(node, &victim.account, &victim.username, &password, NETWORK).await;
    let Some(Ok(SignInStep::FactorNeeded(pending))) = step else { return };
    for _ in 0..times {
        let shown = stolen(town);
        town.sign_in_factor(node, &victim.account, &pending.ticket, &shown, NETWORK).await;
        let pause = town.stage.dice().between(0, SECOND);
        town.stage.sleep(pause).await;
    }
    town.stage.tally("sign-ins attacked without the factor");
}

/// A guess, or what somebody else was seen to type.
fn stolen(town: &Town) -> Shown {
    let seen = town.oracle.shown();
    let mut dice = town.stage.dice();
    match dice.below(10) {
        0..5 if !seen.is_empty() => dice.pick(&seen).1.clone(),
        5 => Shown { text: "abcd-efgh-jkmn-pqrs".to_owned(), truth: Truth::Guess },
        _ => guess(dice.roll()),
    }
}
