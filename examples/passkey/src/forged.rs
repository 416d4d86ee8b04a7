//! Answers that prove nothing: each is refused and counted, and at the cap the passkey is taken no more.

use crate::authenticator::{Authenticator, Site, challenge_in};
use crate::claims::Claims;
use crate::relying_party::{GOOD_FOR, ORIGIN, RP_ID};
use crate::stage::{HOME, Stage};
use regain::RecoveryError;
use regain::factor::FactorProof;
use regain::recovery::SignInTicket;
use regain::testing::Someone;
use time::Duration;

const LURE: Site<'static> = Site { origin: "https://portal.mercy-example.com", rp_id: RP_ID };
const OTHER_RP: Site<'static> = Site { origin: ORIGIN, rp_id: "mercy-example.com" };
/// Sixteen bytes that nobody drew.
const MADE_UP: &str = "AAAAAAAAAAAAAAAAAAAAAA";

pub async fn scenes(stage: &Stage, claims: &Claims) {
    forged_by_the_browser_side(stage, claims).await;
    used_again_or_elsewhere(stage, claims).await;
    by_another_key(stage, claims).await;
    worn_out(stage, claims).await;
}

/// One forged answer: refused, and one more line in the audit record.
async fn refused(
    stage: &Stage,
    claims: &Claims,
    ticket: &SignInTicket,
    (factor, response): (&Authenticator, Vec<u8>),
    what: &str,
) {
    let before = stage.lines("account.factor_refused").await;
    let answered = stage.answer(ticket, factor, response).await;
    let counted = stage.lines("account.factor_refused").await == before + 1;
    claims.claim(answered == Err(RecoveryError::FactorNotAccepted) && counted, what);
}

async fn forged_by_the_browser_side(stage: &Stage, claims: &Claims) {
    claims.scene("Somebody knows Bea's password, and sends answers that were not made for this page");
    let (bea, mut phone) = stage.with_passkey("Bea").await;
    let ticket = stage.world.ticket(&bea).await;
    let ask = || async { stage.asked(&ticket).await.expect("Bea has a passkey") };
    ask().await;
    let made_up = phone.sign(MADE_UP, HOME);
    refused(stage, claims, &ticket, (&phone, made_up), "a challenge that nobody gave is refused and counted")
        .await;
    let lured = phone.get(&ask().await, LURE);
    refused(stage, claims, &ticket, (&phone, lured), "so is an answer made on another origin").await;
    let other = phone.get(&ask().await, OTHER_RP);
    refused(stage, claims, &ticket, (&phone, other), "and one for another RP id").await;
    let unverified = phone.sign_unverified(&ask().await, HOME);
    refused(stage, claims, &ticket, (&phone, unverified), "and one without finger or PIN").await;
    ask().await;
    refused(stage, claims, &ticket, (&phone, b"{}".to_vec()), "and one that is none").await;
    let other = stage.world.ticket(&bea).await;
    let in_time = phone.get(&stage.asked(&other).await.expect("Bea has a passkey"), HOME);
    let late = phone.get(&ask().await, HOME);
    stage.world.clock.advance(GOOD_FOR - Duration::MILLISECOND);
    let answered = stage.answer(&other, &phone, in_time).await;
    claims.claim(answered.is_ok(), "one that comes just in time is taken");
    stage.world.clock.advance(Duration::MILLISECOND);
    refused(stage, claims, &ticket, (&phone, late), "and one that comes a moment later is not").await;
}

async fn used_again_or_elsewhere(stage: &Stage, claims: &Claims) {
    claims.scene("Somebody has copied an answer of Cem's that was good");
    let (cem, mut phone) = stage.with_passkey("Cem").await;
    let ticket = stage.world.ticket(&cem).await;
    let options = stage.asked(&ticket).await.expect("Cem has a passkey");
    let good = phone.get(&options, HOME);
    claims.claim(stage.answer(&ticket, &phone, good.clone()).await.is_ok(), "it signed him in");
    let next = stage.world.ticket(&cem).await;
    refused(stage, claims, &next, (&phone, good.clone()), "it signs nobody in where no challenge was given")
        .await;
    stage.asked(&next).await;
    refused(stage, claims, &next, (&phone, good), "nor where another one was").await;
    let (first, second) = (stage.world.ticket(&cem).await, stage.world.ticket(&cem).await);
    let for_first = stage.asked(&first).await.expect("Cem has a passkey");
    stage.asked(&second).await;
    let answer = phone.get(&for_first, HOME);
    refused(stage, claims, &second, (&phone, answer), "an answer for one sign-in opens no other").await;
    let stale = stage.asked(&second).await.expect("Cem has a passkey");
    stage.asked(&second).await;
    let answer = phone.get(&stale, HOME);
    refused(stage, claims, &second, (&phone, answer), "a second challenge replaces the first").await;
}

async fn by_another_key(stage: &Stage, claims: &Claims) {
    claims.scene("Somebody signs Dora's challenge with a key of their own, or with a copy of hers");
    let (dora, mut phone) = stage.with_passkey("Dora").await;
    let (_, mut theirs) = stage.with_passkey("Eve").await;
    let ticket = stage.world.ticket(&dora).await;
    let ask = || async { stage.asked(&ticket).await.expect("Dora has a passkey") };
    let mut same_name = phone.with_another_key();
    let forged = same_name.get(&ask().await, HOME);
    refused(stage, claims, &ticket, (&phone, forged), "another key under her credential's id is refused")
        .await;
    let options = ask().await;
    let of_eve = theirs.sign(&challenge_in(&options), HOME);
    refused(stage, claims, &ticket, (&theirs, of_eve), "so is Eve's passkey, which is not Dora's").await;
    let of_eve = theirs.get(&ask().await, HOME);
    refused(stage, claims, &ticket, (&phone, of_eve), "also when it is offered as Dora's").await;
    let copy = phone.clone();
    for _ in 0..3 {
        let ticket = stage.world.ticket(&dora).await;
        stage.second_step(&ticket, &mut phone).await.expect("Dora's own phone signs in");
    }
    let mut cloned = copy;
    let behind = cloned.get(&ask().await, HOME);
    refused(stage, claims, &ticket, (&phone, behind), "a copy whose counter is behind shows itself").await;
    cloned.set_counter(0);
    let zero = cloned.get(&ask().await, HOME);
    refused(stage, claims, &ticket, (&phone, zero), "and so it does when it counts from nothing").await;
    claims.claim(stage.second_step(&ticket, &mut phone).await.is_ok(), "her own phone still signs in");
}

/// RL-1, RL-7: ten in a row.
async fn worn_out(stage: &Stage, claims: &Claims) {
    claims.scene("Somebody goes on guessing at Finn's passkey");
    let (finn, mut phone) = stage.with_passkey("Finn").await;
    let codes = stage.world.enrol_codes(&finn).await;
    let ticket = stage.world.ticket(&finn).await;
    let mut stranger = phone.with_another_key();
    let mut taken = 0;
    for _ in 0..9 {
        taken += u32::from(stage.second_step(&ticket, &mut stranger).await.is_ok());
    }
    claims.claim(taken == 0, "nine wrong answers open nothing");
    claims.claim(
        stage.second_step(&ticket, &mut phone).await.is_ok(),
        "then the right one still does, and counts anew",
    );
    let ticket = stage.world.ticket(&finn).await;
    for _ in 0..10 {
        taken += u32::from(stage.second_step(&ticket, &mut stranger).await.is_ok());
    }
    claims.claim(taken == 0, "ten in a row open nothing either");
    let disabled = stage.lines("account.factor_disabled").await == 1;
    claims.claim(
        disabled && stage.second_step(&ticket, &mut phone).await.is_err(),
        "and after them the right one does not",
    );
    stage.world.work().await;
    claims.claim(stage.world.subjects_to(&finn).len() == 1, "Finn is told by mail");
    let ticket = stage.world.ticket(&finn).await;
    let code = FactorProof::RecoveryCode(codes[0].clone());
    let signed_in = stage.world.recovery.sign_in_factor(&ticket, &code, &stage.world.client()).await;
    claims.claim(signed_in.is_ok(), "a recovery code is the other way in");
    rebound(stage, claims, &finn).await;
}

async fn rebound(stage: &Stage, claims: &Claims, finn: &Someone) {
    let mut tablet = Authenticator::new();
    let options = stage.passkeys.begin(&finn.id, &finn.username).expect("options can be had");
    let made = tablet.create(&options, HOME);
    let bound = stage.passkeys.finish(&finn.id, &made);
    stage.bind(finn, &tablet).await;
    let ticket = stage.world.ticket(finn).await;
    let signed_in = stage.second_step(&ticket, &mut tablet).await;
    claims.claim(bound.is_ok() && signed_in.is_ok(), "and a passkey that he binds then signs in");
}
