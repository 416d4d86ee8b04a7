//! Mailed links.

use super::{Day, Game, at_once, some_time, world};
use crate::dice::Dice;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::RecoveryToken;
use regain::testing::World;

/// The 256 bits of a mailed link. Presenting one is limited by nothing but what the service can answer; the attacker has
/// the flow's name for nothing.
pub struct Link;

/// More than 10,000 a second, all day.
pub(super) const REQUESTS_A_DAY: f64 = 1e9;
/// The last byte of the secret is left to guess, with so many guesses.
pub(super) const LINK_GUESSES: u16 = 30;

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
    guess_last_byte(world, &token, dice).await
}

/// Presents the link with so many guesses of its last byte.
pub(super) async fn guess_last_byte(world: &World, token: &RecoveryToken, dice: &mut Dice) -> Day {
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
