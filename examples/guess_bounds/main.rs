//! An attacker's chance a day against one account: what the configured limits let through, and what it comes to.
//!
//! For each secret there is a formula over the limits that are configured. Real secrets are never hit, so the formula is
//! tried on a smaller space: the attacker is told all of a secret but a little, and plays a day against the service itself,
//! again and again. The same seed each time, so the same figures. Fails if a share of hits is further from the formula
//! than four standard errors, or if more guesses were compared than the limits allow.
//!
//! Then many guesses at once, from ten thousand networks: at most the cap is compared, and the owner still gets in.
//!
//!     cargo run --example guess_bounds
//!     cargo run --release --example guess_bounds -- --days 1500 --guesses 1000000

mod dice;
mod flood;
mod games;

use clap::Parser;
use dice::Dice;
use games::{
    CaseLink, Day, Game, IdentityMatch, Link, LinkQuestion, LinkTotp, OneOfTheStaff, RecoveryCodeAtSignIn,
    SignInPassword, SignInTotp, TypedCode,
};
use regain::recovery::Limits;
use std::process::ExitCode;

#[derive(Parser)]
struct Args {
    /// Days that are played against each secret, each with an account of its own.
    #[arg(long, default_value_t = 200)]
    days: u32,
    /// Guesses at each secret of the flood.
    #[arg(long, default_value_t = 2_000)]
    guesses: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What the days against one secret came to.
struct Played {
    days: f64,
    hits: f64,
    /// Most guesses that were compared on one day.
    most: u32,
}

impl Played {
    /// How far the share of hits is from the chance, in standard errors.
    fn off_by(&self, chance: f64) -> f64 {
        (self.hits / self.days - chance) / (chance * (1.0 - chance) / self.days).sqrt()
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let limits = Limits::default();
    let games: [Box<dyn Game>; 9] = [
        Box::new(Link),
        Box::new(TypedCode { a_day: limits.codes_per_account }),
        Box::new(IdentityMatch { a_day: limits.claims_per_account }),
        Box::new(SignInPassword),
        Box::new(SignInTotp),
        Box::new(LinkTotp),
        Box::new(RecoveryCodeAtSignIn),
        Box::new(LinkQuestion),
        Box::new(CaseLink),
    ];
    println!("{:<18} {:>12}  {:<66} played: wanted, got", "secret", "chance a day", "formula");
    let mut fine = true;
    for game in &games {
        fine &= report(&**game, &args);
    }
    fine &= OneOfTheStaff.report((args.days / 2).max(1), &mut Dice::new(args.seed));
    fine &= flood::report(args.guesses, &mut Dice::new(args.seed));
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(game: &dyn Game, args: &Args) -> bool {
    let played = play(game, args);
    let small = game.small_chance();
    let (got, off_by) = (played.hits / played.days, played.off_by(small));
    println!(
        "{:<18} {:>12.1e}  {:<66} {small:.4}, {got:.4} ({off_by:+.1} standard errors)\n{:<32} later: {}",
        game.name(),
        game.chance(),
        game.formula(),
        "",
        game.for_ever(),
    );
    let agrees = off_by.abs() <= 4.0;
    if !agrees {
        println!("  the formula and the service disagree");
    }
    let within = game.most_a_day().is_none_or(|most| played.most <= most);
    if !within {
        println!("  {} guesses were compared on one day", played.most);
    }
    // Without hits nothing was shown, however well nothing agrees with little.
    let shown = played.hits >= 10.0;
    if !shown {
        println!("  {} hits are too few to show anything", played.hits);
    }
    agrees && within && shown
}

fn play(game: &dyn Game, args: &Args) -> Played {
    let mut dice = Dice::new(args.seed);
    let mut days = (args.days / game.one_day_in()).max(1);
    let mut played = Played { days: f64::from(days), hits: 0.0, most: 0 };
    while days > 0 {
        // Worlds stay small: what ended long ago only slows them down.
        let now = days.min(25);
        for Day { compared, hit } in game.days(now, &mut dice) {
            played.hits += f64::from(u8::from(hit));
            played.most = played.most.max(compared);
        }
        days -= now;
    }
    played
}
