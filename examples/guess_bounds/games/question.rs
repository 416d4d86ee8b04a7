//! The security question behind a link, by somebody who reads the mail.

use super::{Day, Game, at_once, some_time, told, world};
use crate::dice::Dice;
use regain::events::RecoveryEvent;
use regain::factor::{Answer, AuthLevel};
use regain::security::AuthSession;
use regain::testing::{Someone, World};
use time::Duration;

/// Wrong answers in a row that are compared.
const TRIES: u32 = 10;
/// Ten guesses find the name of the first teacher of so many (Bonneau et al., "Secrets, Lies, and Account Recovery", 2015:
/// Arabic-speaking users). Whoever knows the person needs fewer.
const FOUND_BY_TEN: f64 = 0.24;
/// So many answers are left to guess.
const ANSWERS_LEFT: u16 = 50;
const ASKED: &str = "learnt-to-swim";

/// The answer, by somebody who reads the mail and opens links.
pub struct LinkQuestion;

impl Game for LinkQuestion {
    fn name(&self) -> &'static str {
        "question, link"
    }

    fn formula(&self) -> String {
        "5 answers a link, 10 a day: ten guesses found 24 % (Bonneau 2015)".into()
    }

    fn chance(&self) -> f64 {
        FOUND_BY_TEN
    }

    fn for_ever(&self) -> String {
        "no more: after 10 it is shut until the support desk helps".into()
    }

    fn small_chance(&self) -> f64 {
        some_time(f64::from(TRIES), f64::from(ANSWERS_LEFT), 1.0)
    }

    fn most_a_day(&self) -> Option<u32> {
        Some(TRIES)
    }

    fn one_day_in(&self) -> u32 {
        2
    }

    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day> {
        let world = world(dice);
        (0..count).map(|number| at_once(day(&world, number, dice))).collect()
    }
}

fn place(number: u16) -> String {
    format!("the old quarry number {number}")
}

async fn set_questions(world: &World, who: &Someone, place: String) {
    let (account, authenticated_at) = (who.id.clone(), world.clock.timestamp());
    let session = AuthSession { account, level: AuthLevel::Password, authenticated_at, binding: [7; 32] };
    let chosen = [(ASKED, place), ("first-job-town", "Aldermoor".into()), ("first-concert", "Herons".into())];
    let chosen = chosen.map(|(code, answer)| (code.to_owned(), Answer::new(answer)));
    let info = world.recovery.security_info(&session, &world.client());
    info.set_questions(&chosen).await.expect("three questions");
}

/// Three links, and for each more guesses than are compared.
async fn day(world: &World, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person(&format!("p{number}")).await;
    set_questions(world, &victim, place(dice.some_of(1, ANSWERS_LEFT)[0])).await;
    world.events.take();
    let mut guesses = dice.some_of(16, ANSWERS_LEFT).into_iter();
    let (mut hit, mut compared) = (false, 0);
    for _ in 0..3 {
        let link = world.fresh_link(&victim).await;
        for _ in 0..5 {
            let Some(guess) = guesses.next().filter(|_| !hit) else { break };
            let asked = world.recovery.question(&link).await.ok().flatten().is_some();
            hit = world
                .recovery
                .answer_question(&link, &Answer::new(place(guess)), &world.client())
                .await
                .is_ok();
            compared += u32::from(asked);
        }
        world.clock.advance(Duration::hours(2));
    }
    let wrong =
        |event: &RecoveryEvent| matches!(event, RecoveryEvent::FactorRefused { doing: "question", .. });
    assert!(told(world, wrong) + u32::from(hit) >= compared, "each answer is told of");
    Day { compared, hit }
}
