//! "This wasn't me", told on memory stores: what it stops, what it never starts, and what attackers make of it.

mod attacks;
mod letters;
mod races;
mod stops;

use regain::RecoveryError;
use regain::password::Password;
use regain::recovery::Disowned;
use regain::testing::{Someone, World};
use regain::token::{DisownToken, RecoveryToken};

const NEW: &str = "forty-one copper kettles whistle";

/// The text after `/disown?letter=` in the latest mail to somebody.
fn letter_of(world: &World, who: &Someone) -> String {
    let mails = world.mailbox.to(&who.email);
    letter_in(&mails.last().expect("a mail").text)
}

fn letter_in(text: &str) -> String {
    let (_, rest) = text.split_once("/recovery/disown?letter=").expect("every mail has the button");
    rest.split_whitespace().next().expect("a token").to_owned()
}

async fn press(world: &World, letter: &str) -> Result<Disowned, RecoveryError> {
    let token: DisownToken = world.recovery.read_disown_token(letter)?;
    world.recovery.disown_all(&token, &world.client()).await
}

async fn look(world: &World, letter: &str) -> Result<(), RecoveryError> {
    let token = world.recovery.read_disown_token(letter)?;
    world.recovery.look_at_disown(&token).await.map(drop)
}

async fn choose(world: &World, link: &RecoveryToken) -> bool {
    world.recovery.choose_password(link, &Password::new(NEW), &world.client()).await.is_ok()
}

async fn ask(world: &World, who: &Someone) {
    world.recovery.ask_password(&who.identifier(), &world.client()).await.expect("an ask is taken down");
    world.work().await;
}

async fn lines(world: &World) -> Vec<String> {
    let line = |line: regain::audit::AuditRecord| match line.reason {
        Some(reason) => format!("{}: {reason}", line.event),
        None => line.event,
    };
    world.audit().await.into_iter().map(line).collect()
}

async fn count(world: &World, wanted: &str) -> usize {
    lines(world).await.iter().filter(|line| *line == wanted).count()
}
