//! Passwords, guessed at the sign-in.

use super::{Day, Game, at_once, some_time, told, world};
use crate::dice::Dice;
use regain::RecoveryError;
use regain::events::RecoveryEvent;
use regain::password::Password;
use regain::testing::World;
use time::Duration;

/// Wrong ones in a row that are compared (NIST SP 800-63B-4 3.2.2).
const TRIES: u16 = 100;
/// What the default policy takes needs more guesses than that, as zxcvbn reckons.
const GUESSES_NEEDED: f64 = 1e10;
/// So many numbers at the end of the password are left to guess.
const NUMBERS_LEFT: u16 = 400;

/// The password of an account without a second factor. One that is used elsewhere too and was stolen there needs no guess.
pub struct SignInPassword;

impl Game for SignInPassword {
    fn name(&self) -> &'static str {
        "password, sign-in"
    }

    fn formula(&self) -> String {
        format!("{TRIES} in a row of 10^10, as the policy judges")
    }

    fn chance(&self) -> f64 {
        f64::from(TRIES) / GUESSES_NEEDED
    }

    fn for_ever(&self) -> String {
        "no more: after 100 it is shut until a recovery. 100 anew each time its owner signs in".into()
    }

    fn small_chance(&self) -> f64 {
        some_time(f64::from(TRIES), f64::from(NUMBERS_LEFT), 1.0)
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(TRIES.into())
    }

    fn one_day_in(&self) -> u32 {
        2
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        (0..count).map(|number| at_once(day(&world, number, dice))).collect()
    }
}

/// As many an hour as an identifier may be tried, each from another network; and some more.
async fn day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let password = |number: u16| format!("seven quiet harbours, number {number}");
    let own = password(dice.some_of(1, NUMBERS_LEFT)[0]);
    let hash = world.hash(&own);
    let victim = world.person_with(&format!("p{number}"), |account| account.password = Some(hash)).await;
    world.events.take();
    let (mut hit, mut refused) = (false, 0);
    for (at, guess) in dice.some_of(usize::from(TRIES) + 10, NUMBERS_LEFT).into_iter().enumerate() {
        if at == usize::from(TRIES) {
            world.clock.advance(Duration::HOUR);
        }
        let guess = Password::new(password(guess));
        match world.recovery.sign_in(&victim.identifier(), &guess, &world.client()).await {
            Ok(_) => hit = true,
            Err(RecoveryError::NotAccepted) => refused += 1,
            Err(_) => {}
        }
        if hit {
            break;
        }
    }
    let shut = told(world, |event| matches!(event, RecoveryEvent::PasswordShut { .. }));
    Day { compared: refused - shut + u32::from(hit), hit }
}
