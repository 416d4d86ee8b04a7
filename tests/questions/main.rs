//! Security questions: one more gate behind a live link, and never anything instead of something (SQ-1 to SQ-6).

mod gate;
mod set_up;

use regain::RecoveryError;
use regain::factor::{Answer, AuthLevel, TotpCode, TotpSecret, step_at};
use regain::recovery::{Chosen, QuestionGate};
use regain::security::{AuthSession, FactorLabel, SecurityInfo};
use regain::testing::{Someone, World};
use regain::token::RecoveryToken;

const NEW: &str = "forty-one copper kettles whistle";
const CHOSEN: [(&str, &str); 3] = [
    ("learnt-to-swim", "The old quarry"),
    ("first-job-town", "Lower Aldermoor"),
    ("first-concert", "The Blue Herons"),
];

/// A session that somebody has just signed in to.
fn signed_in(world: &World, who: &Someone, level: AuthLevel) -> SecurityInfo {
    let authenticated_at = world.clock.timestamp();
    let session = AuthSession { account: who.id.clone(), level, authenticated_at, binding: [7; 32] };
    world.recovery.security_info(&session, &world.client())
}

fn answers(chosen: &[(&str, &str)]) -> Vec<(String, Answer)> {
    chosen.iter().map(|(code, answer)| ((*code).to_owned(), Answer::new(*answer))).collect()
}

/// Somebody with three questions.
async fn questioned(world: &World, name: &str) -> Someone {
    let who = world.person(name).await;
    signed_in(world, &who, AuthLevel::Password).set_questions(&answers(&CHOSEN)).await.unwrap();
    world.work().await;
    who
}

/// Binds an app, and gives its secret.
async fn bind(world: &World, who: &Someone) -> TotpSecret {
    let info = signed_in(world, who, AuthLevel::Password);
    let enrolment = info.begin_totp(&FactorLabel::parse("phone").unwrap()).await.unwrap();
    let secret = TotpSecret::import_base32(&enrolment.secret()).unwrap();
    info.confirm_totp(enrolment.id, &code(world, &secret)).await.unwrap();
    world.work().await;
    secret
}

fn code(world: &World, secret: &TotpSecret) -> TotpCode {
    secret.code(step_at(world.clock.timestamp()).unwrap())
}

async fn answer(world: &World, link: &RecoveryToken, typed: &str) -> Result<QuestionGate, RecoveryError> {
    let view = world.recovery.answer_question(link, &Answer::new(typed), &world.client()).await;
    view.map(|view| view.question)
}

async fn asked(world: &World, link: &RecoveryToken) -> Option<String> {
    world.recovery.question(link).await.unwrap().map(|question| question.code)
}

async fn choose(world: &World, link: &RecoveryToken) -> Result<Chosen, RecoveryError> {
    world.recovery.choose_password(link, &regain::password::Password::new(NEW), &world.client()).await
}

async fn lines(world: &World, wanted: &str) -> usize {
    world.audit().await.iter().filter(|line| line.event == wanted).count()
}
