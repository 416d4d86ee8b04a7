//! A passkey is registered and signs in.

use crate::authenticator::{Authenticator, Site};
use crate::claims::Claims;
use crate::relying_party::{GOOD_FOR, ORIGIN, RP_ID};
use crate::stage::{HOME, Stage};
use regain::RecoveryError;
use regain::factor::{AuthLevel, FactorKind};
use regain::recovery::SignInStep;
use regain::testing::Someone;

pub async fn scenes(stage: &Stage, claims: &Claims) -> (Someone, Authenticator) {
    let (ana, mut phone) = registering(stage, claims).await;
    password_then_passkey(stage, claims, &ana, &mut phone).await;
    (ana, phone)
}

async fn registering(stage: &Stage, claims: &Claims) -> (Someone, Authenticator) {
    claims.scene("Ana registers a passkey on her phone");
    let ana = stage.world.person("Ana").await;
    let mut phone = Authenticator::new();
    let begin = || stage.passkeys.begin(&ana.id, &ana.username).expect("options can be had");
    let elsewhere = Site { origin: "https://portal.mercy-example.com", rp_id: RP_ID };
    let lured = phone.create(&begin(), elsewhere);
    claims.claim(stage.passkeys.finish(&ana.id, &lured).is_err(), "one made for another origin is not bound");
    let other_site = Site { origin: ORIGIN, rp_id: "mercy-example.com" };
    let made = phone.create(&begin(), other_site);
    claims.claim(stage.passkeys.finish(&ana.id, &made).is_err(), "nor one made for another RP id");
    let late = phone.create(&begin(), HOME);
    stage.world.clock.advance(GOOD_FOR);
    claims.claim(stage.passkeys.finish(&ana.id, &late).is_err(), "nor one that comes too late");
    let made = phone.create(&begin(), HOME);
    claims.claim(stage.passkeys.finish(&ana.id, &made).is_ok(), "the one made on the portal's page is");
    claims.claim(stage.passkeys.finish(&ana.id, &made).is_err(), "and its answer is good once");
    let again = phone.create(&begin(), HOME);
    claims.claim(stage.passkeys.finish(&ana.id, &again).is_err(), "a credential is bound once");
    stage.bind(&ana, &phone).await;
    (ana, phone)
}

async fn password_then_passkey(stage: &Stage, claims: &Claims, ana: &Someone, phone: &mut Authenticator) {
    claims.scene("She signs in with her password, then her passkey");
    let step = stage.password(ana, &ana.password).await;
    let asked = matches!(&step, Ok(SignInStep::FactorNeeded(pending)) if pending.kinds == [FactorKind::Host]);
    claims.claim(asked, "the password alone opens nothing: the passkey is asked for");
    let ticket = stage.world.ticket(ana).await;
    let options = stage.asked(&ticket).await.expect("Ana has a passkey");
    let response = phone.get(&options, HOME);
    let signed_in = stage.answer(&ticket, phone, response.clone()).await;
    let level = signed_in.map(|signed_in| signed_in.level);
    claims.claim(level == Ok(AuthLevel::PhishingResistant), "both are a phishing-resistant sign-in");
    let again = stage.answer(&ticket, phone, response).await;
    claims.claim(again == Err(RecoveryError::FactorNotAccepted), "her answer is good once");
}
