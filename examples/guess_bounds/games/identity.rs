//! What identifies somebody who has forgotten the username.

use super::{Day, Game, a_day, at_once, some_time, world};
use crate::dice::Dice;
use regain::budget::Quota;
use regain::identity::{IdentityClaims, IdentityRules, Person, TypedClaims};
use regain::testing::World;
use time::{Date, Duration, Month};

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
