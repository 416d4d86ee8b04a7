//! Other means than a link by e-mail: codes that are typed, text messages, letters.

mod codes;
mod contracts;
mod kinds;
mod print;
mod uniform;
mod webhook;

use regain::RecoveryError;
use regain::mail::Message;
use regain::recovery::{AskTicket, LetterReference};
use regain::testing::{Someone, World};

/// An ask, and the code that was sent for it.
struct Asked {
    ticket: AskTicket,
    code: String,
}

async fn ask(world: &World, who: &Someone) -> AskTicket {
    world.recovery.ask_password(&who.identifier(), &world.client()).await.expect("asked").ticket
}

/// Asks, lets the worker send, and reads the code in the latest mail to this address.
async fn asked(world: &World, who: &Someone, address: &str) -> Asked {
    let ticket = ask(world, who).await;
    world.work().await;
    Asked { ticket, code: code_in(&latest(world, address)) }
}

fn latest(world: &World, address: &str) -> Message {
    world.mailbox.to(address).pop().unwrap_or_else(|| panic!("nothing was sent to {address}"))
}

fn code_in(message: &Message) -> String {
    let is_code =
        |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && word.to_ascii_uppercase() == **word;
    message.text.split_whitespace().find(is_code).expect("a code").to_owned()
}

fn reference_in(message: &Message) -> LetterReference {
    let lines = message.text.lines().map(str::trim);
    lines
        .filter(|line| line.len() == 32)
        .find_map(|line| LetterReference::parse(line).ok())
        .expect("a reference")
}

/// A code of the right form that is not this one.
fn other_than(code: &str) -> String {
    let first = if code.starts_with('C') { 'D' } else { 'C' };
    format!("{first}{}", &code[1..])
}

async fn exchange(
    world: &World,
    ticket: &AskTicket,
    code: &str,
) -> Result<regain::RecoveryToken, RecoveryError> {
    world.recovery.exchange_code(ticket, code, &world.client()).await
}

#[track_caller]
fn not_usable<T>(result: Result<T, RecoveryError>) {
    match result {
        Err(RecoveryError::CodeNotUsable) => {}
        Err(other) => panic!("{other} instead of the one answer"),
        Ok(_) => panic!("a code that must not work works"),
    }
}
