//! Codes that are typed beside a link.

use super::{Day, Game, a_day, at_once, some_time, world};
use crate::dice::Dice;
use regain::budget::Quota;
use regain::events::RecoveryEvent;
use regain::flow::ATTEMPTS_PER_LINK;
use regain::testing::{Someone, World};
use time::Duration;

/// The code beside the link. The attacker asks, so theirs is the browser that the code is bound to; each ask brings a new
/// code.
pub struct TypedCode {
    pub a_day: Quota,
}

const CODE_CHARACTERS: &[u8; 20] = b"3479CDFGHJKMNPRTVWXY";
/// The last of eight characters is left to guess, and which of five the one before it is.
const CODES_LEFT: u16 = 5 * 20;

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
        let known = code.bytes().rev().nth(1).and_then(|c| CODE_CHARACTERS.iter().position(|it| *it == c));
        let five = u16::try_from(known.expect("a character of codes") / 5 * 5).unwrap_or_default();
        for guess in dice.some_of(6, CODES_LEFT) {
            let [last, least] = [five + guess / 20, guess % 20].map(|at| CODE_CHARACTERS[usize::from(at)]);
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
pub fn code_of(world: &World, victim: &Someone) -> Option<String> {
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
