//! Many guesses at one secret, from ten thousand networks over a day: how many are compared, and whether its owner still
//! gets in.

use crate::dice::Dice;
use crate::games::{at_once, code_of, enrol, told, world};
use regain::RecoveryError;
use regain::client::Client;
use regain::events::RecoveryEvent;
use regain::factor::FactorProof;
use regain::password::Password;
use regain::recovery::SignInStep;
use regain::testing::{Someone, World, signed_in};
use std::net::Ipv6Addr;
use time::Duration;

const NETWORKS: u32 = 10_000;
const NEW: &str = "forty-one copper kettles whistle";

/// What came of it.
struct Flooded {
    at: &'static str,
    compared: u32,
    most: u32,
    owner: &'static str,
    gets_in: bool,
}

/// Plays all of them, and says whether each was within its cap and let its owner in.
pub fn report(guesses: u32, dice: &mut Dice) -> bool {
    println!("\n{guesses} guesses from {} networks, over a day:", NETWORKS.min(guesses));
    let flooded = [
        at_once(typed_codes(guesses, dice)),
        at_once(app_codes(guesses, dice)),
        at_once(passwords(guesses, dice)),
    ];
    for Flooded { at, compared, most, owner, gets_in } in &flooded {
        let gets_in = if *gets_in { "gets in" } else { "does not get in" };
        println!("{at:<18} {compared:>4} compared, {most} at most; the owner {gets_in} {owner}");
    }
    flooded.iter().all(|it| it.compared <= it.most && it.gets_in)
}

fn network(number: u32) -> Client {
    Client::at(Ipv6Addr::from_bits(u128::from(0x2001_0000 + number % NETWORKS) << 64).into())
}

/// The time between two guesses.
fn step(guesses: u32) -> Duration {
    Duration::DAY / guesses.max(1)
}

fn wrong_code(event: &RecoveryEvent) -> bool {
    matches!(event, RecoveryEvent::CodeRefused { why: "wrong", .. })
}

fn wrong_factor(event: &RecoveryEvent) -> bool {
    matches!(event, RecoveryEvent::FactorRefused { why: "wrong_or_used", .. })
}

/// The code beside a link: asked for anew as soon as the one before is over.
async fn typed_codes(guesses: u32, dice: &mut Dice) -> Flooded {
    let world = world(dice);
    let victim = world.person("Ana").await;
    let (mut compared, mut asked, mut ticket) = (0, None, None);
    for number in 0..guesses {
        let now = world.clock.timestamp().millis();
        if asked.is_none_or(|at| now >= at + 2 * 3_600_000) {
            asked = Some(now);
            let receipt = world.recovery.ask_password(&victim.identifier(), &network(number)).await;
            ticket = receipt.ok().map(|receipt| receipt.ticket).or(ticket);
            world.work().await;
            assert!(code_of(&world, &victim).is_some(), "a code was mailed");
        }
        let guess: String = (0..8)
            .map(|_| {
                ['3', '4', '7', '9', 'C', 'D', 'F'][usize::try_from(dice.draw() % 7).unwrap_or_default()]
            })
            .collect();
        if let Some(ticket) = &ticket {
            let _ = world.recovery.exchange_code(ticket, &guess, &network(number)).await;
        }
        compared += told(&world, wrong_code);
        world.clock.advance(step(guesses));
    }
    let gets_in = opens(&world, &victim, &victim.password).await;
    Flooded { at: "typed code", compared, most: 10, owner: "with the password", gets_in }
}

/// The app's code, by somebody who has the password.
async fn app_codes(guesses: u32, dice: &mut Dice) -> Flooded {
    let world = world(dice);
    let victim = world.person("Ana").await;
    let (_, paper) = enrol(&world, &victim).await;
    let (mut compared, mut since, mut ticket) = (0, i64::MIN, None);
    for number in 0..guesses {
        let now = world.clock.timestamp().millis();
        if now >= since.saturating_add(240_000) {
            let step =
                world.recovery.sign_in(&victim.identifier(), &victim.password(), &network(number)).await;
            ticket = match step {
                Ok(SignInStep::FactorNeeded(pending)) => Some(pending.ticket),
                _ => None,
            };
            since = now;
        }
        let guess = FactorProof::parse(&format!("{:06}", dice.draw() % 1_000_000)).expect("six digits");
        if let Some(ticket) = &ticket {
            let _ = world.recovery.sign_in_factor(ticket, &guess, &network(number)).await;
        }
        compared += told(&world, wrong_factor);
        world.clock.advance(step(guesses));
    }
    world.clock.advance(Duration::HOUR);
    // Whoever begins a hundred sign-ins and ends none has shut the password, too.
    let link = world.fresh_link(&victim).await;
    let code = |place: usize| FactorProof::parse(&paper[place]).expect("a code");
    let proven = world.recovery.prove_factor(&link, &code(0), &world.client()).await;
    let chosen = world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await;
    let step = world.recovery.sign_in(&victim.identifier(), &Password::new(NEW), &world.client()).await;
    let gets_in = match step {
        Ok(SignInStep::FactorNeeded(pending)) => {
            world.recovery.sign_in_factor(&pending.ticket, &code(1), &world.client()).await.is_ok()
        }
        _ => false,
    };
    let (at, owner) = ("TOTP, sign-in", "after a recovery, with recovery codes; the app is off");
    Flooded { at, compared, most: 10, owner, gets_in: gets_in && proven.is_ok() && chosen.is_ok() }
}

/// The password itself.
async fn passwords(guesses: u32, dice: &mut Dice) -> Flooded {
    let world = world(dice);
    let victim = world.person("Ana").await;
    let mut compared = 0;
    for number in 0..guesses {
        let guess = Password::new(format!("a guess, number {number}"));
        let answer = world.recovery.sign_in(&victim.identifier(), &guess, &network(number)).await;
        let shut = told(&world, |event| matches!(event, RecoveryEvent::PasswordShut { .. }));
        compared += u32::from(matches!(answer, Err(RecoveryError::NotAccepted))) - shut;
        world.clock.advance(step(guesses));
    }
    world.clock.advance(Duration::HOUR);
    let link = world.fresh_link(&victim).await;
    let chosen = world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await;
    let gets_in = chosen.is_ok() && opens(&world, &victim, NEW).await;
    Flooded {
        at: "password, sign-in",
        compared,
        most: 100,
        owner: "after a recovery; before it is shut",
        gets_in,
    }
}

async fn opens(world: &World, who: &Someone, password: &str) -> bool {
    let step = world.recovery.sign_in(&who.identifier(), &Password::new(password), &world.client()).await;
    step.is_ok_and(|step| signed_in(step).account == who.id)
}
