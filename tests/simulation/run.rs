//! One seed from beginning to end, and many of them side by side.

use crate::executor::{Executor, Orders};
use crate::people::Resident;
use crate::profile::{Profile, Weather};
use crate::stage::{Failure, HOUR, MINUTE, Owner, Stage};
use crate::town::Town;
use crate::{chaos, hostile, people, staff};
use regain::factor::FactorState;
use regain::recovery::SignInStep;
use regain::security::SecurityView;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// When nothing goes wrong any more, everything has come to its end after so long: a clock may stand four hours wrong, a
/// lease may have been written by it, and a mail is tried once in a quarter of an hour.
const AFTERWARDS: i64 = 12 * HOUR;

/// What came of one seed.
pub struct Outcome {
    pub seed: u64,
    /// Over every line of the trace.
    pub hash: u64,
    pub steps: u64,
    pub tally: BTreeMap<&'static str, u64>,
    pub failure: Option<Failure>,
    tail: Vec<String>,
    profile: String,
}

impl Outcome {
    /// For whoever has to find out why.
    pub fn report(&self) -> String {
        let Some(Failure { invariant, detail, step }) = &self.failure else {
            return format!("seed {}: {} steps, trace {:016x}", self.seed, self.steps, self.hash);
        };
        format!(
            "{}\n\n{}\nseed {}, step {step}: broken: {invariant}\n  {detail}\nalone: REGAIN_SEED={} cargo test --test simulation -- \
             replays_one_seed --exact --nocapture\n",
            self.tail.join("\n"),
            self.profile,
            self.seed,
            self.seed,
        )
    }
}

/// Runs one seed. A panic anywhere counts as a broken invariant.
pub fn simulate(seed: u64, loud: bool) -> Outcome {
    let stage = Stage::new(seed, loud);
    let profile = Profile::draw(seed, &mut stage.dice());
    let said = format!("{profile:?}");
    let ran = catch_unwind(AssertUnwindSafe(|| play(&stage, profile)));
    if let Err(panic) = ran {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        stage.broken("nothing panics", text.unwrap_or_default());
    }
    let (failure, steps) = (stage.failure(), stage.step());
    let (hash, tail, tally) = stage.take_trace();
    Outcome { seed, hash, steps, tally, failure, tail, profile: said }
}

fn play(stage: &Arc<Stage>, profile: Profile) {
    let weather = Arc::new(Weather::new(profile));
    let orders = Arc::<Mutex<Orders>>::default();
    let mut town = Town::new(stage.clone(), weather, orders.clone());
    let desk = town.wire(0, 0);
    let recovery = town.service(&desk);
    people::settle(&mut town, &recovery);
    if town.weather.profile.desk {
        staff::employ(&mut town);
    }
    let town = Arc::new(town);
    for node in 0..town.nodes.len() {
        town.start(node);
    }
    for resident in &town.residents {
        let lives = 1 + u64::from(stage.dice().permille(300));
        for _ in 0..lives {
            stage.begin(Owner::World, "resident", people::live(town.clone(), resident.clone()));
        }
    }
    if town.weather.profile.desk {
        for name in staff::HONEST {
            stage.begin(Owner::World, "staff", staff::help(town.clone(), name));
        }
        stage.begin(Owner::World, "staff", staff::cheat(town.clone()));
    }
    if town.weather.profile.hostile {
        stage.begin(Owner::World, "hostile", hostile::attack(town.clone()));
    }
    if town.weather.profile.meddling {
        stage.begin(Owner::World, "host", chaos::meddle(town.clone()));
    }
    stage.begin(Owner::World, "chaos", chaos::disturb(town.clone()));
    let done = Arc::new(AtomicBool::new(false));
    stage.begin(Owner::World, "director", direct(town.clone(), done.clone()));
    Executor::new(stage.clone(), orders).run(&done);
    if !done.load(Ordering::Relaxed) && stage.failure().is_none() {
        stage.broken("nothing is stuck", "nobody waits for anything any more".to_owned());
    }
}

/// Lets everything happen, clears the weather up, waits, and looks at what is left.
async fn direct(town: Arc<Town>, done: Arc<AtomicBool>) {
    town.stage.sleep(town.weather.profile.horizon).await;
    town.weather.clear_up();
    town.stage.note("from now on nothing goes wrong");
    for node in 0..town.nodes.len() {
        town.thaw(node);
    }
    // Whoever is in the middle of something comes to an end; then nodes that are down come up again.
    town.stage.sleep(HOUR).await;
    for node in 0..town.nodes.len() {
        if !town.is_up(node) {
            town.start(node);
        }
    }
    town.stage.sleep(AFTERWARDS).await;
    let mut waiting = Vec::new();
    for (account, password) in town.oracle.everybody() {
        let Some(who) = town.residents.iter().find(|resident| resident.account == account) else { continue };
        // A network of its own: nobody has used its budget up.
        let answer = town.sign_in(0, &account, &who.username, &password, 5_000).await;
        match (&answer, town.security_of(0, &account).await) {
            (Some(Ok(step)), Some(Ok(view))) => {
                town.oracle.still_bound(&account, &view);
                waiting.push((who.clone(), step.clone(), view));
            }
            _ => town.stage.broken("at the end everybody signs in", format!("{}: {answer:?}", who.username)),
        }
    }
    if town.weather.profile.desk {
        // Who has just signed in has ended a case that waited, and is told. The second step does not wait long.
        town.stage.sleep(2 * MINUTE).await;
    }
    town.oracle.all_is_over();
    // Last, since it may disable a factor that has failed often, and queue a notice.
    for (who, step, view) in waiting {
        with_factor(&town, &who, &step, &view).await;
    }
    done.store(true, Ordering::Relaxed);
}

/// Whoever still has the phone signs in with it, by the time that the node shows.
async fn with_factor(town: &Arc<Town>, who: &Resident, step: &SignInStep, view: &SecurityView) {
    let SignInStep::FactorNeeded(pending) = step else { return };
    let taken = |id| view.factors.iter().any(|it| it.id == id && it.state == FactorState::Active);
    let Some(app) = who.kit.apps().into_iter().find(|app| taken(app.id)) else { return };
    let Some(clock) = town.clock_of(0) else { return };
    let shown = app.shows(clock.peek());
    let answer = town.sign_in_factor(0, &who.account, &pending.ticket, &shown, 5_000).await;
    // One that has failed as often as it may is switched off at the next try.
    if !matches!(answer, Some(Ok(_))) && !town.oracle.is_worn(&who.account) {
        town.stage
            .broken("at the end everybody signs in with the phone", format!("{}: {answer:?}", who.username));
    }
    town.stage.tally("phones that still work at the end");
}

/// What came of many seeds.
#[derive(Default)]
pub struct Many {
    pub seeds: u64,
    pub steps: u64,
    pub tally: BTreeMap<&'static str, u64>,
    /// The hash of each seed's trace.
    pub traces: BTreeMap<u64, u64>,
    pub first_failure: Option<Outcome>,
}

/// Runs seeds from `first` on, as many as there are processors at a time, until one fails or all have run.
pub fn run_many(first: u64, count: u64) -> Many {
    let (next, stop, many) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(Many::default()));
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return;
            }
            let outcome = simulate(first + place, false);
            let mut many = crate::stage::held(&many);
            many.seeds += 1;
            many.steps += outcome.steps;
            many.traces.insert(outcome.seed, outcome.hash);
            outcome.tally.iter().for_each(|(what, times)| *many.tally.entry(what).or_default() += times);
            if outcome.failure.is_some() {
                stop.store(true, Ordering::Relaxed);
                let known = many.first_failure.as_ref().is_some_and(|known| known.seed < outcome.seed);
                many.first_failure = if known { many.first_failure.take() } else { Some(outcome) };
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    many.into_inner().unwrap_or_default()
}
