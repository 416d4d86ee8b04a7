//! Second factors beyond a plain sign-in: behind a link, of the host's own, in a step-up and a change of the password; raced,
//! and cut off in the middle.

mod change;
mod crash;
mod host;
mod links;
mod races;
mod step_up;

use regain::RecoveryError;
use regain::RecoveryToken;
use regain::factor::{AuthLevel, FactorProof, TotpSecret};
use regain::password::Password;
use regain::recovery::{Chosen, LinkView};
use regain::security::AuthSession;
use regain::testing::{Someone, World};

const NEW: &str = "forty-one copper kettles whistle";
const WRONG: &str = "nine wrong guesses in a row";

/// Somebody with an authenticator app.
async fn with_app(world: &World) -> (Someone, TotpSecret) {
    let ana = world.person("Ana").await;
    let app = world.enrol_totp(&ana).await;
    (ana, app)
}

/// A code that no app of a story shows.
fn wrong_code() -> FactorProof {
    FactorProof::Totp(TotpSecret::from_random([255; 20]).code(7))
}

async fn prove(world: &World, link: &RecoveryToken, proof: &FactorProof) -> Result<LinkView, RecoveryError> {
    world.recovery.prove_factor(link, proof, &world.client()).await
}

async fn choose(world: &World, link: &RecoveryToken, password: &str) -> Result<Chosen, RecoveryError> {
    world.recovery.choose_password(link, &Password::new(password), &world.client()).await
}

async fn opens(world: &World, who: &Someone, password: &str) -> bool {
    let signed_in =
        world.recovery.sign_in(&who.identifier(), &Password::new(password), &world.client()).await;
    signed_in.is_ok()
}

/// The session of somebody who signed in at this level a moment ago.
fn session(who: &Someone, level: AuthLevel) -> AuthSession {
    AuthSession {
        account: who.id.clone(),
        level,
        authenticated_at: regain::clock::Timestamp::from_millis(0),
        binding: [9; 32],
    }
}

/// How often the audit record says this.
async fn lines(world: &World, event: &str) -> usize {
    world.audit().await.iter().filter(|line| line.event == event).count()
}
