//! What a signed-in owner sees and changes of what protects their account, told on memory stores.

mod addresses;
mod attacks;
mod changes;
mod dispute;
mod enrolment;
mod host;
mod races;
mod step_up;

use regain::RecoveryError;
use regain::account::AddressOnFile;
use regain::client::Client;
use regain::factor::{AuthLevel, FactorId, TotpCode, TotpSecret, step_at};
use regain::identity::EmailAddress;
use regain::security::{
    AuthSession, ChangeRefused, Confirmed, FactorLabel, SecurityInfo, SecurityView, TotpEnrolment,
};
use regain::testing::{Someone, World};
use time::Duration;

const REFUSED: fn(ChangeRefused) -> RecoveryError = RecoveryError::ChangeRefused;

fn email(address: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(address).unwrap())
}

fn label(text: &str) -> FactorLabel {
    FactorLabel::parse(text).unwrap()
}

/// A session that somebody has just signed in to.
fn session(world: &World, who: &Someone, level: AuthLevel) -> AuthSession {
    let authenticated_at = world.clock.timestamp();
    AuthSession { account: who.id.clone(), level, authenticated_at, binding: [7; 32] }
}

/// The same in another browser.
fn other_session(world: &World, who: &Someone, level: AuthLevel) -> AuthSession {
    AuthSession { binding: [8; 32], ..session(world, who, level) }
}

fn info(world: &World, session: &AuthSession) -> SecurityInfo {
    world.recovery.security_info(session, &world.client())
}

/// Signed in by all that the account has, this very moment.
fn signed_in(world: &World, who: &Someone) -> SecurityInfo {
    info(world, &session(world, who, AuthLevel::SecondFactor))
}

/// Signed in by password alone, this very moment.
fn by_password(world: &World, who: &Someone) -> SecurityInfo {
    info(world, &session(world, who, AuthLevel::Password))
}

/// What the app shows now.
fn app(world: &World, enrolment: &TotpEnrolment) -> TotpCode {
    let secret = TotpSecret::import_base32(&enrolment.secret()).unwrap();
    secret.code(step_at(world.clock.timestamp()).unwrap())
}

/// A code that this app shows at no time near.
fn wrong(world: &World, enrolment: &TotpEnrolment) -> TotpCode {
    let secret = TotpSecret::import_base32(&enrolment.secret()).unwrap();
    let step = step_at(world.clock.timestamp()).unwrap();
    let near = [0, 1, 2].map(|back| secret.code(step - back).expose().to_string());
    let far = (1_000..).map(|ahead| secret.code(step + ahead));
    far.into_iter().find(|code| !near.contains(&code.expose())).unwrap()
}

async fn bind(world: &World, info: &SecurityInfo, name: &str) -> (FactorId, Confirmed) {
    let enrolment = info.begin_totp(&label(name)).await.expect("an app can be begun");
    let confirmed = info.confirm_totp(enrolment.id, &app(world, &enrolment)).await;
    (enrolment.id, confirmed.expect("the code that it shows confirms it"))
}

/// Somebody with an app and ten codes.
async fn protected(world: &World, name: &str) -> (Someone, FactorId) {
    let who = world.person(name).await;
    let (id, _) = bind(world, &by_password(world, &who), "My phone").await;
    world.work().await;
    (who, id)
}

async fn view(world: &World, who: &Someone) -> SecurityView {
    by_password(world, who).list().await.expect("a list needs no step-up")
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

/// Everything that a call may have left behind.
async fn traces(world: &World, who: &Someone) -> (Vec<String>, usize, Vec<u64>) {
    world.work().await;
    let kind = regain::store::DocumentKind::Security;
    let documents = world.flows.documents_of(world.realm(), kind, &who.id, 10).await.unwrap();
    let versions = documents.iter().map(|document| document.version).collect();
    (lines(world).await, world.mailbox.mails().len(), versions)
}

const MINUTE: Duration = Duration::MINUTE;

fn nobody() -> Client {
    Client::unknown()
}
