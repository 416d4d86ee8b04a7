//! Second factors: tried by somebody who has the password, or the mail.

use super::{Day, Game, at_once, some_time, told, world};
use crate::dice::Dice;
use regain::events::RecoveryEvent;
use regain::factor::{AuthLevel, FactorProof, RecoveryCode, TotpCode, TotpSecret, step_at};
use regain::security::{AuthSession, FactorLabel};
use regain::testing::{Someone, World};

/// Wrong tries in a row after which a factor is taken no more.
const TRIES: u32 = 10;
/// More than that.
const GUESSES: u32 = 12;
/// A code is six digits; that of the present step is taken, and that of the one before.
const CODES: f64 = 1e6;
const STEPS: f64 = 2.0;
/// Of the last two digits it is told whether they are below 50.
const CODES_LEFT: u64 = 50;

const ONCE: &str = "no more: after 10 it is off. 10 anew each time its owner uses it";

/// The app's code, by somebody who has the password.
pub struct SignInTotp;

/// The app's code, by somebody who reads the mail and opens a link.
pub struct LinkTotp;

/// A code from paper, by somebody who has the password.
pub struct RecoveryCodeAtSignIn;

/// Binds an app as its owner would, and gives its secret and the recovery codes that come with it.
pub async fn enrol(world: &World, who: &Someone) -> (TotpSecret, Vec<String>) {
    let session = AuthSession {
        account: who.id.clone(),
        level: AuthLevel::Password,
        authenticated_at: world.clock.timestamp(),
        binding: [7; 32],
    };
    let info = world.recovery.security_info(&session, &world.client());
    let label = FactorLabel::parse("phone").expect("a label");
    let begun = info.begin_totp(&label).await.expect("an app can be bound");
    let secret = TotpSecret::import_base32(&begun.secret()).expect("a secret");
    let code = secret.code(step_at(world.clock.timestamp()).expect("after 1970"));
    let confirmed = info.confirm_totp(begun.id, &code).await.expect("the app's own code");
    let codes = confirmed.codes.iter().flat_map(|codes| codes.expose().map(|code| code.to_string()));
    // So that neither of the two steps that are taken was used already.
    world.next_code();
    world.next_code();
    (secret, codes.collect())
}

/// One of the 100 codes that begin like one of the two that are good now.
fn totp_guess(world: &World, secret: &TotpSecret, dice: &mut Dice) -> FactorProof {
    let step = step_at(world.clock.timestamp()).expect("after 1970") - dice.draw() % 2;
    let known = secret.code(step).expose();
    let half = known[4..].parse::<u64>().expect("two digits") / CODES_LEFT * CODES_LEFT;
    let guess = format!("{}{:02}", &known[..4], half + dice.draw() % CODES_LEFT);
    FactorProof::Totp(TotpCode::parse(&guess).expect("six digits"))
}

fn compared(world: &World, hit: bool) -> u32 {
    let wrong =
        |event: &RecoveryEvent| matches!(event, RecoveryEvent::FactorRefused { why: "wrong_or_used", .. });
    told(world, wrong) + u32::from(hit)
}

impl Game for SignInTotp {
    fn name(&self) -> &'static str {
        "TOTP, sign-in"
    }

    fn formula(&self) -> String {
        format!("1 - (1 - 2/10^6)^{TRIES}: {TRIES} tries in a row, two codes are good")
    }

    fn chance(&self) -> f64 {
        some_time(STEPS, CODES, f64::from(TRIES))
    }

    fn for_ever(&self) -> String {
        ONCE.into()
    }

    fn small_chance(&self) -> f64 {
        some_time(1.0, CODES_LEFT as f64, f64::from(TRIES))
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(TRIES)
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        (0..count).map(|number| at_once(sign_in_day(&world, number, dice))).collect()
    }
}

/// Each guess in another step, so that no code is guessed at twice.
async fn sign_in_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person(&format!("p{number}")).await;
    let (secret, _) = enrol(world, &victim).await;
    world.events.take();
    let mut hit = false;
    for _ in 0..GUESSES {
        let ticket = world.ticket(&victim).await;
        let guess = totp_guess(world, &secret, dice);
        if world.recovery.sign_in_factor(&ticket, &guess, &world.client()).await.is_ok() {
            hit = true;
            break;
        }
        world.next_code();
        world.next_code();
    }
    Day { compared: compared(world, hit), hit }
}

impl Game for LinkTotp {
    fn name(&self) -> &'static str {
        "TOTP, link"
    }

    fn formula(&self) -> String {
        format!("the same: 5 tries a link, {TRIES} a day, and {TRIES} in a row")
    }

    fn chance(&self) -> f64 {
        SignInTotp.chance()
    }

    fn for_ever(&self) -> String {
        ONCE.into()
    }

    fn small_chance(&self) -> f64 {
        SignInTotp.small_chance()
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(TRIES)
    }

    fn one_day_in(&self) -> u32 {
        2
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        (0..count).map(|number| at_once(link_day(&world, number, dice))).collect()
    }
}

/// Three links, and for each more guesses than it has tries.
async fn link_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person(&format!("p{number}")).await;
    let (secret, _) = enrol(world, &victim).await;
    world.events.take();
    let mut hit = false;
    for _ in 0..3 {
        let link = world.fresh_link(&victim).await;
        for _ in 0..6 {
            let guess = totp_guess(world, &secret, dice);
            hit = hit || world.recovery.prove_factor(&link, &guess, &world.client()).await.is_ok();
            world.next_code();
            world.next_code();
        }
    }
    Day { compared: compared(world, hit), hit }
}

/// Ten codes of 80 bits, any of which is good.
const ON_PAPER: u64 = 10;
/// The last byte of each is left to guess.
const PAPER_LEFT: u64 = 32;

impl Game for RecoveryCodeAtSignIn {
    fn name(&self) -> &'static str {
        "recovery code"
    }

    fn formula(&self) -> String {
        format!("1 - (1 - 10/2^80)^{TRIES}: ten codes on paper, {TRIES} tries in a row")
    }

    fn chance(&self) -> f64 {
        some_time(ON_PAPER as f64, 2_f64.powi(80), f64::from(TRIES))
    }

    fn for_ever(&self) -> String {
        ONCE.into()
    }

    fn small_chance(&self) -> f64 {
        some_time(1.0, PAPER_LEFT as f64, f64::from(TRIES))
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(TRIES)
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        (0..count).map(|number| at_once(paper_day(&world, number, dice))).collect()
    }
}

/// The last of the sixteen characters of any of the ten codes.
async fn paper_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let victim = world.person(&format!("p{number}")).await;
    let (_, codes) = enrol(world, &victim).await;
    world.events.take();
    let ticket = world.ticket(&victim).await;
    let mut hit = false;
    for _ in 0..GUESSES {
        let known = &codes[usize::try_from(dice.draw() % ON_PAPER).unwrap_or_default()];
        let last = SYMBOLS[usize::try_from(dice.draw() % PAPER_LEFT).unwrap_or_default()];
        let guess = format!("{}{}", &known[..known.len() - 1], char::from(last));
        let guess = FactorProof::RecoveryCode(RecoveryCode::parse(&guess).expect("a code"));
        if world.recovery.sign_in_factor(&ticket, &guess, &world.client()).await.is_ok() {
            hit = true;
            break;
        }
    }
    Day { compared: compared(world, hit), hit }
}
