//! Ana's second factor: enrolled, asked for beside a link, lost, and her e-mail address that somebody else changes.

use crate::{NEW, Outcome, Portal, asker, expect, somewhere, step};
use regain::account::AddressOnFile;
use regain::clock::Clock as _;
use regain::factor::{AuthLevel, FactorProof, TotpCode, TotpSecret, step_at};
use regain::identity::{EmailAddress, Identifier};
use regain::password::Password;
use regain::recovery::{SignInStep, SignedIn};
use regain::security::{AuthSession, FactorLabel, SecurityInfo};
use regain::{RecoveryError, RecoveryToken};
use time::Duration;

const NEWER: &str = "quiet harbour of eleven lanterns";
const NEWEST: &str = "a basket of nineteen late pears";

pub async fn scenes(portal: &Portal) -> Outcome {
    let app = an_app_is_enrolled(portal).await?;
    sign_in_asks_for_its_code(portal, &app.secret).await?;
    link_plus_code(portal, &app.secret).await?;
    the_phone_is_lost(portal, &app).await?;
    an_address_is_changed_and_disputed(portal, &app.codes[1]).await?;
    a_compromised_password_has_to_go(portal, &app.codes[2]).await
}

/// What Ana has: the app on her phone, and the recovery codes on paper.
struct App {
    secret: TotpSecret,
    codes: Vec<FactorProof>,
}

async fn an_app_is_enrolled(portal: &Portal) -> Outcome<App> {
    step("Ana signs in and adds an app, by the key that stands beside its QR code");
    portal.wait(Duration::DAY);
    let SignInStep::SignedIn(signed_in) = sign_in(portal, NEW).await? else {
        return Err("nobody asks for a factor that is not there".into());
    };
    let info = security(portal, &session(&signed_in, 1));
    let begun = info.begin_totp(&FactorLabel::parse("My phone")?).await?;
    println!("  she sees a QR code, and for typing: {}…", &begun.secret()[..9]);
    let secret = TotpSecret::import_base32(&begun.secret())?;
    let elsewhere = security(portal, &session(&signed_in, 2));
    let stolen = elsewhere.confirm_totp(begun.id, &code(portal, &secret)?).await;
    println!("  from another session: {:?}", stolen.as_ref().map(drop));
    expect(stolen.is_err(), "what one session began, no other confirms")?;
    let bound = info.confirm_totp(begun.id, &code(portal, &secret)?).await?;
    let codes: Vec<_> = bound.codes.as_ref().map(|codes| codes.expose().collect()).unwrap_or_default();
    expect(codes.len() == 10, "ten recovery codes come with it, this one time")?;
    let codes = codes.iter().map(|code| FactorProof::parse(code)).collect::<Result<_, _>>()?;
    portal.work().await?;
    expect(portal.latest()?.contains("My phone"), "every address is told of the new app")?;
    Ok(App { secret, codes })
}

async fn sign_in_asks_for_its_code(portal: &Portal, app: &TotpSecret) -> Outcome {
    step("She signs in again: after the password, a code");
    let SignInStep::FactorNeeded(pending) = sign_in(portal, NEW).await? else {
        return Err("the password alone opens a protected account".into());
    };
    println!("  she may prove: {:?}", pending.kinds);
    let proof = FactorProof::Totp(code(portal, app)?);
    let signed_in = portal.recovery.sign_in_factor(&pending.ticket, &proof, &somewhere()).await?;
    expect(signed_in.level == AuthLevel::SecondFactor, "password and code are a whole sign-in")?;
    let again = portal.recovery.sign_in_factor(&pending.ticket, &proof, &somewhere()).await;
    expect(again == Err(RecoveryError::FactorNotAccepted), "a code works once")
}

async fn link_plus_code(portal: &Portal, app: &TotpSecret) -> Outcome {
    step("She forgot her password: the link alone sets none, link and code do");
    let link = link(portal).await?;
    let alone = choose(portal, &link, NEWER).await;
    println!("  with the link alone: {alone:?}");
    expect(alone == Err(RecoveryError::FactorNeeded), "a recovery does not lower what the account asks for")?;
    let proof = FactorProof::Totp(code(portal, app)?);
    asker(&portal.recovery.prove_factor(&link, &proof, &somewhere()).await?);
    choose(portal, &link, NEWER).await?;
    let step = sign_in(portal, NEWER).await?;
    expect(matches!(step, SignInStep::FactorNeeded(_)), "the app is bound as before")?;
    portal.work().await
}

async fn the_phone_is_lost(portal: &Portal, app: &App) -> Outcome {
    step("The phone is lost: a recovery code, and the old app goes");
    let signed_in = whole_sign_in(portal, NEWER, &app.codes[0]).await?;
    let info = security(portal, &session(&signed_in, 3));
    let view = info.list().await?;
    let phone = view.factors.iter().find(|factor| factor.label == "My phone").ok_or("the app is listed")?.id;
    let tablet = info.begin_totp(&FactorLabel::parse("Tablet")?).await?;
    let secret = TotpSecret::import_base32(&tablet.secret())?;
    info.confirm_totp(tablet.id, &code(portal, &secret)?).await?;
    info.remove(phone).await?;
    let old = FactorProof::Totp(code(portal, &app.secret)?);
    expect(whole_sign_in(portal, NEWER, &old).await.is_err(), "the lost phone opens nothing")?;
    expect(whole_sign_in(portal, NEWER, &app.codes[0]).await.is_err(), "nor does a code that was used")?;
    portal.wait(Duration::minutes(20));
    let late = info.regenerate_codes().await.map(drop);
    println!("  twenty minutes later, for new recovery codes: {late:?}");
    expect(late == Err(RecoveryError::StepUpRequired), "a change needs a sign-in that is fresh")?;
    portal.work().await
}

async fn an_address_is_changed_and_disputed(portal: &Portal, proof: &FactorProof) -> Outcome {
    step("Somebody at her open computer changes her e-mail address; the old one is told, and takes it back");
    portal.wait(Duration::DAY);
    let signed_in = whole_sign_in(portal, NEWER, proof).await?;
    let info = security(portal, &session(&signed_in, 4));
    let (home, theirs) = (email("ana@home.example")?, email("ana@elsewhere.example")?);
    info.propose_address(&theirs, Some(&home)).await?;
    portal.work().await?;
    let typed = portal.latest()?;
    expect(info.list().await?.addresses == [home.clone()], "nothing changes before the code is typed")?;
    info.confirm_address(line_after(&typed, "code on the page")?).await?;
    portal.work().await?;
    expect(info.list().await?.addresses == [theirs], "then it does")?;
    let told = portal.mailbox.to("ana@home.example").pop().ok_or("the old address is told")?;
    let (_, token) = told.text.split_once("?letter=").ok_or("with a button")?;
    let token = token.split_whitespace().next().unwrap_or_default();
    let letter = portal.recovery.read_disown_token(token)?;
    asker(&portal.recovery.disown_all(&letter, &somewhere()).await?);
    portal.work().await?;
    expect(info.list().await?.addresses == [home], "\"This wasn't me\" sets it back, for 7 days")
}

async fn a_compromised_password_has_to_go(portal: &Portal, proof: &FactorProof) -> Outcome {
    step("Her password turns up in a list of stolen ones");
    portal.wait(Duration::days(2));
    portal.recovery.mark_password_compromised(&portal.ana).await?;
    let signed_in = whole_sign_in(portal, NEWER, proof).await?;
    println!("  after the sign-in: {:?}", signed_in.change_required);
    expect(signed_in.change_required.is_some(), "it has to be changed before anything else")?;
    let (present, new) = (Password::new(NEWER), Password::new(NEWEST));
    let session = session(&signed_in, 5);
    asker(&portal.recovery.change_password(&session, &present, &new, &somewhere()).await?);
    expect(sign_in(portal, NEWER).await.is_err(), "the old one is over")?;
    portal.work().await
}

async fn sign_in(portal: &Portal, password: &str) -> Result<SignInStep, RecoveryError> {
    let (name, password) = (Identifier::parse("ana.silva"), Password::new(password));
    portal.recovery.sign_in(&name, &password, &somewhere()).await
}

async fn whole_sign_in(portal: &Portal, password: &str, proof: &FactorProof) -> Outcome<SignedIn> {
    let SignInStep::FactorNeeded(pending) = sign_in(portal, password).await? else {
        return Err("the account asks for no factor".into());
    };
    Ok(portal.recovery.sign_in_factor(&pending.ticket, proof, &somewhere()).await?)
}

async fn link(portal: &Portal) -> Outcome<RecoveryToken> {
    asker(&portal.recovery.ask_password(&Identifier::parse("ana.silva"), &somewhere()).await?);
    portal.work().await?;
    portal.link()
}

async fn choose(portal: &Portal, link: &RecoveryToken, password: &str) -> Result<(), RecoveryError> {
    portal.recovery.choose_password(link, &Password::new(password), &somewhere()).await.map(drop)
}

/// The host's session: what it knows of the sign-in, and 32 bytes that are its own.
pub fn session(signed_in: &SignedIn, own: u8) -> AuthSession {
    AuthSession {
        account: signed_in.account.clone(),
        level: signed_in.level,
        authenticated_at: signed_in.authenticated_at,
        binding: [own; 32],
    }
}

pub fn security(portal: &Portal, session: &AuthSession) -> SecurityInfo {
    portal.recovery.security_info(session, &somewhere())
}

/// What the app shows next: each code is good once.
pub fn code(portal: &Portal, app: &TotpSecret) -> Outcome<TotpCode> {
    portal.wait(Duration::seconds(30));
    Ok(app.code(step_at(portal.clock.now().into()).ok_or("a time after 1970")?))
}

fn email(text: &str) -> Outcome<AddressOnFile> {
    Ok(AddressOnFile::Email(EmailAddress::parse(text)?))
}

/// The line that follows the one with these words.
fn line_after<'t>(text: &'t str, words: &str) -> Outcome<&'t str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.find(|line| line.contains(words)).ok_or(format!("the mail should say {words:?}"))?;
    Ok(lines.next().ok_or("the mail should go on")?)
}
