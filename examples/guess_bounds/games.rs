//! The secrets, and a day of an attacker who has everything but a little of one of them.

use crate::dice::{Dice, Seeded};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use futures_util::FutureExt as _;
use regain::RecoveryToken;
use regain::budget::Quota;
use regain::events::RecoveryEvent;
use regain::flow::ATTEMPTS_PER_LINK;
use regain::identity::{IdentityClaims, IdentityRules, Person, TypedClaims};
use regain::testing::{Someone, World};
use std::future::Future;
use std::sync::Arc;
use time::{Date, Duration, Month};

/// What an attacker did on one day.
pub struct Day {
    /// Guesses that the service compared with the secret.
    pub compared: u32,
    pub hit: bool,
}

pub trait Game {
    fn name(&self) -> &'static str;
    /// How the chance comes about.
    fn formula(&self) -> String;
    /// The chance on one day, against the whole secret.
    fn chance(&self) -> f64;
    /// The chance on one day, against the part of it that is left to guess in [`Game::days`].
    fn small_chance(&self) -> f64;
    /// What the limits allow to be compared on one day, where there is a limit.
    fn most_a_day(&self) -> Option<u32>;
    /// Plays so many days.
    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day>;
}

/// Everything is in memory, so nothing is ever waited for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("stores in memory answer at once")
}

fn world(dice: &mut Dice) -> World {
    let entropy = Arc::new(Seeded::new(dice));
    World::builder().configure(move |builder| builder.entropy(entropy)).build()
}

/// 1 - (1 - `guesses` / `space`)^`times`: guesses of one secret do not repeat, and each time there is another secret.
fn some_time(guesses: f64, space: f64, times: f64) -> f64 {
    // Not 1 - x^n: next to 1 there is no room for chances as small as these.
    -(times * (-guesses / space).ln_1p()).exp_m1()
}

/// The 256 bits of a mailed link. Presenting one is limited by nothing but what the service can answer; the attacker has
/// the flow's name for nothing.
pub struct Link;

/// More than 10,000 a second, all day.
const REQUESTS_A_DAY: f64 = 1e9;
/// The last byte of the secret is left to guess, with so many guesses.
const LINK_GUESSES: u16 = 10;

impl Game for Link {
    fn name(&self) -> &'static str {
        "link"
    }

    fn formula(&self) -> String {
        "10^9 requests a day of 2^256 secrets".into()
    }

    fn chance(&self) -> f64 {
        REQUESTS_A_DAY / 2_f64.powi(256)
    }

    fn small_chance(&self) -> f64 {
        some_time(f64::from(LINK_GUESSES), 256.0, 1.0)
    }

    fn most_a_day(&self) -> Option<u32> {
        None
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        let day = |number: u32| at_once(link_day(&world, number, dice));
        (0..count).map(day).collect()
    }
}

async fn link_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person_without_password(&format!("p{number}")).await;
    let token = world.fresh_link(&victim).await;
    let mut bytes = Base64UrlUnpadded::decode_vec(&token.expose()).expect("a token");
    let mut day = Day { compared: 0, hit: false };
    for guess in dice.some_of(usize::from(LINK_GUESSES), 256) {
        *bytes.last_mut().expect("a token has bytes") = guess.to_be_bytes()[1];
        let guess = RecoveryToken::parse(&Base64UrlUnpadded::encode_string(&bytes)).expect("a token");
        day.compared += 1;
        day.hit |= world.recovery.look(&guess).await.is_ok();
    }
    day
}

/// The code beside the link. The attacker asks, so theirs is the browser that the code is bound to; each ask brings a new
/// code.
pub struct TypedCode {
    pub a_day: Quota,
}

const CODE_CHARACTERS: &[u8; 20] = b"3479CDFGHJKMNPRTVWXY";
/// The last two of eight characters are left to guess.
const CODES_LEFT: u16 = 20 * 20;

impl TypedCode {
    /// Codes that can be tried on one day, each with all the tries that it has.
    fn codes(&self) -> f64 {
        f64::from(a_day(self.a_day)) / f64::from(ATTEMPTS_PER_LINK)
    }
}

impl Game for TypedCode {
    fn name(&self) -> &'static str {
        "typed code"
    }

    fn formula(&self) -> String {
        let (tries, codes) = (ATTEMPTS_PER_LINK, self.codes());
        format!("1 - (1 - {tries}/20^8)^{codes}: {tries} tries a code, {} an account", a_day(self.a_day))
    }

    fn chance(&self) -> f64 {
        some_time(f64::from(ATTEMPTS_PER_LINK), 20_f64.powi(8), self.codes())
    }

    fn small_chance(&self) -> f64 {
        some_time(f64::from(ATTEMPTS_PER_LINK), f64::from(CODES_LEFT), self.codes())
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(a_day(self.a_day))
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        let day = |number: u32| at_once(code_day(&world, number, dice));
        (0..count).map(day).collect()
    }
}

/// Five asks, two hours apart, and for each code more guesses than it has tries.
async fn code_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person_without_password(&format!("p{number}")).await;
    world.events.take();
    let mut hit = false;
    for _ in 0..5 {
        world.clock.advance(Duration::hours(2));
        let Ok(receipt) = world.recovery.ask_password(&victim.identifier(), &world.client()).await else {
            continue;
        };
        world.work().await;
        let Some(code) = code_of(world, &victim) else { continue };
        for guess in dice.some_of(6, CODES_LEFT) {
            let [last, least] = [guess / 20, guess % 20].map(|at| CODE_CHARACTERS[usize::from(at)]);
            let guess = format!("{}{}{}", &code[..code.len() - 2], char::from(last), char::from(least));
            hit |= world.recovery.exchange_code(&receipt.ticket, &guess, &world.client()).await.is_ok();
        }
    }
    let wrong = |event: &RecoveryEvent| matches!(event, RecoveryEvent::CodeRefused { why: "wrong", .. });
    let wrong = world.events.take().iter().filter(|event| wrong(event)).count();
    // The next day begins with whole budgets.
    world.clock.advance(Duration::DAY);
    Day { compared: u32::try_from(wrong).unwrap_or(u32::MAX) + u32::from(hit), hit }
}

/// The code in the newest mail.
fn code_of(world: &World, victim: &Someone) -> Option<String> {
    let mail = world.mailbox.to(&victim.email).pop()?;
    let is_code = |word: &&str| {
        word.len() == 9
            && word
                .bytes()
                .enumerate()
                .all(|(at, c)| if at == 4 { c == b'-' } else { CODE_CHARACTERS.contains(&c) })
    };
    mail.text.split_whitespace().find(is_code).map(str::to_owned)
}

/// The birth date, of somebody whose name and record number the attacker knows. A hit opens nothing: the username goes to
/// the address on file.
pub struct IdentityMatch {
    pub a_day: Quota,
}

/// Days in a hundred years.
const BIRTH_DATES: f64 = 36_525.0;
/// Birth dates that one slip makes of another, itself included, at most.
const FORGIVEN: f64 = 44.0;
/// Born within so many days.
const DATES_LEFT: u16 = 200;

impl Game for IdentityMatch {
    fn name(&self) -> &'static str {
        "identity match"
    }

    fn formula(&self) -> String {
        format!("{} times 44 of 36,525 birth dates a day; only mails the person", a_day(self.a_day))
    }

    fn chance(&self) -> f64 {
        some_time(f64::from(a_day(self.a_day)) * FORGIVEN, BIRTH_DATES, 1.0)
    }

    fn small_chance(&self) -> f64 {
        let rules = IdentityRules::default();
        let agree = |born: u16, guess: u16| {
            let typed = TypedClaims { birth_date: date(guess).to_string(), ..names() };
            let person = Person::new(typed.given_name.clone(), typed.family_name.clone());
            rules.agrees(&IdentityClaims::new(typed), &person.with_birth_date(date(born)))
        };
        // For each birth date those that are forgiven, among the dates that are left; so many guesses without one.
        let chance_of = |born: u16| {
            let forgiven = (0..DATES_LEFT).filter(|guess| agree(born, *guess)).count() as f64;
            let missed = |made: u32| {
                let left = f64::from(DATES_LEFT) - f64::from(made);
                (left - forgiven).max(0.0) / left
            };
            1.0 - (0..a_day(self.a_day)).map(missed).product::<f64>()
        };
        (0..DATES_LEFT).map(chance_of).sum::<f64>() / f64::from(DATES_LEFT)
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(a_day(self.a_day))
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        let day = |number: u32| at_once(identity_day(&world, number, dice));
        (0..count).map(day).collect()
    }
}

async fn identity_day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let born = date(dice.some_of(1, DATES_LEFT)[0]);
    let with_birth_date = |account: &mut regain::account::Account| {
        account.password = None;
        account.person = account.person.take().map(|person| person.with_birth_date(born));
    };
    let victim = world.person_with(&format!("p{number}"), with_birth_date).await;
    let mut day = Day { compared: 0, hit: false };
    for guess in dice.some_of(7, DATES_LEFT) {
        let claims =
            IdentityClaims::new(TypedClaims { birth_date: date(guess).to_string(), ..victim.claims.clone() });
        day.compared += u32::from(world.recovery.ask_username(&claims, &world.client()).await.is_ok());
        world.work().await;
        day.hit |= !world.subjects_to(&victim).is_empty();
    }
    day
}

fn names() -> TypedClaims {
    TypedClaims { given_name: "Ana".to_owned(), family_name: "Silva".to_owned(), ..TypedClaims::default() }
}

fn date(number: u16) -> Date {
    let first = Date::from_calendar_date(1960, Month::January, 1).expect("a date");
    first + Duration::days(i64::from(number))
}

/// What a quota lets through in one day. Quotas of accounts are for a day or less.
fn a_day(quota: Quota) -> u32 {
    let periods = (Duration::DAY.whole_seconds() / quota.period().whole_seconds()).max(1);
    quota.count().saturating_mul(u32::try_from(periods).unwrap_or(u32::MAX))
}
