//! The whole mission, told on memory stores: what people do, what they get, and what kills a link.

mod budgets;
mod crash;
mod delivery;
mod identity;
mod late;
mod links;
mod mission;
mod races;
mod rows;
mod waking;
mod weighing;

use regain::RecoveryError;
use regain::RecoveryToken;
use regain::identity::Identifier;
use regain::password::Password;
use regain::recovery::{Chosen, SignedIn};
use regain::testing::{Someone, World, signed_in};

const NEW: &str = "forty-one copper kettles whistle";
const OTHER: &str = "an unhurried walrus paints fences";

async fn choose(world: &World, link: &RecoveryToken, password: &str) -> Result<Chosen, RecoveryError> {
    world.recovery.choose_password(link, &Password::new(password), &world.client()).await
}

async fn sign_in(world: &World, who: &Someone, password: &str) -> Result<SignedIn, RecoveryError> {
    world.recovery.sign_in(&who.identifier(), &Password::new(password), &world.client()).await.map(signed_in)
}

async fn ask(world: &World, typed: &str) {
    let asked = world.recovery.ask_password(&Identifier::parse(typed), &world.client()).await;
    asked.expect("an ask within its budget is taken down");
}

async fn is_dead(world: &World, link: &RecoveryToken) -> bool {
    match world.recovery.look(link).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error, RecoveryError::LinkNotUsable);
            assert_eq!(choose(world, link, NEW).await, Err(RecoveryError::LinkNotUsable));
            true
        }
    }
}

/// What the audit record says of the flows, the oldest first.
async fn told(world: &World) -> Vec<String> {
    let with_reason = |event: String, reason: Option<String>| match reason {
        Some(reason) => format!("{event}: {reason}"),
        None => event,
    };
    let lines = world.audit().await.into_iter().filter(|line| line.event != "account.signed_in");
    lines.map(|line| with_reason(line.event, line.reason)).collect()
}
