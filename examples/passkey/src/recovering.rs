//! A forgotten password of somebody with a passkey: the link does not stand in for it.

use crate::authenticator::Authenticator;
use crate::claims::Claims;
use crate::stage::{HOME, Stage};
use regain::RecoveryError;
use regain::factor::FactorKind;
use regain::testing::Someone;

const NEW: &str = "forty-one copper kettles whistle";

pub async fn scenes(stage: &Stage, claims: &Claims, ana: &Someone, phone: &mut Authenticator) {
    claims.scene("Ana forgot her password");
    let link = stage.world.fresh_link(ana).await;
    let alone = stage.choose(&link, NEW).await;
    claims.claim(alone == Err(RecoveryError::FactorNeeded), "the link alone sets no password");
    let view = stage.world.recovery.look(&link).await;
    claims.claim(view.is_ok_and(|view| view.factor_kinds == [FactorKind::Host]), "it asks for the passkey");
    let ask = || async {
        let options = stage.world.recovery.link_challenge(&link).await.expect("a challenge can be had");
        options.expect("something is left to prove")
    };
    let mut stranger = phone.with_another_key();
    let forged = stranger.get(&ask().await, HOME);
    let proven = stage.prove(&link, phone, forged).await;
    claims.claim(proven == Err(RecoveryError::FactorNotAccepted), "another key proves nothing beside it");
    let ticket = stage.world.ticket(ana).await;
    stage.asked(&ticket).await;
    let elsewhere = phone.get(&ask().await, HOME);
    let signed_in = stage.answer(&ticket, phone, elsewhere).await;
    claims.claim(
        signed_in == Err(RecoveryError::FactorNotAccepted),
        "what is signed for the link signs nobody in",
    );
    let response = phone.get(&ask().await, HOME);
    claims.claim(stage.prove(&link, phone, response).await.is_ok(), "her passkey is taken beside the link");
    claims.claim(stage.choose(&link, NEW).await.is_ok(), "and link and passkey set the password");
    claims.claim(stage.password(ana, &ana.password).await.is_err(), "the old password is over");
    the_passkey_stays(stage, claims, ana, phone).await;
}

async fn the_passkey_stays(stage: &Stage, claims: &Claims, ana: &Someone, phone: &mut Authenticator) {
    let now = Someone { password: NEW.to_owned(), ..ana.clone() };
    let ticket = stage.world.ticket(&now).await;
    let signed_in = stage.second_step(&ticket, phone).await;
    claims.claim(signed_in.is_ok(), "the passkey is bound as before, and asked for after the new password");
}
