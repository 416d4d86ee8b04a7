//! Cases of the support desk: what people outside can do, and what one of the staff can do alone.

use super::link::{LINK_GUESSES, REQUESTS_A_DAY, guess_last_byte};
use super::{Day, Game, at_once, some_time, world};
use crate::dice::Dice;
use async_trait::async_trait;
use regain::RecoveryToken;
use regain::account::AddressOnFile;
use regain::desk::case::{EvidenceKind, Finding, Need, Whither};
use regain::desk::{
    CaseView, Decision, Desk, DeskError, DeskHost, Ial, Seen, Staff, StaffId, StaffRole, Subject,
};
use regain::identity::EmailAddress;
use regain::ids::AccountId;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use std::sync::Arc;
use time::Duration;

/// Everybody is a patient who enrolled at level 2.
struct Clinic;

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

fn desk(world: &World) -> Desk {
    let desk = Desk::builder(world.recovery.clone(), Arc::new(Clinic));
    desk.risk_analysis("Risk analysis of the guess bounds").build().expect("a desk")
}

fn staff(name: &str, rank: u16) -> Staff {
    Staff::new(StaffId::new(name).expect("an id"), StaffRole::ranked(rank))
}

fn on_file(view: &CaseView) -> Decision {
    Decision { need: Need::Password, to: Whither::OnFile(view.addresses[0].address) }
}

fn seen_in_person() -> Finding {
    let (kind, level) = (EvidenceKind::PhotoIdInPerson, Ial::Two);
    Finding { kind, level, need: Need::Password, new_address: None }
}

/// Ida opens a case, looks after it and records what she saw.
async fn evidenced(desk: &Desk, about: &Someone) -> Result<CaseView, DeskError> {
    let ida = staff("ida", 10);
    let view = desk.open(&ida, &about.id).await?;
    let view = desk.assign(&ida, Seen::of(&view), &ida.id).await?;
    desk.record_evidence(&ida, Seen::of(&view), seen_in_person()).await
}

async fn approved(desk: &Desk, view: &CaseView) -> Result<CaseView, DeskError> {
    desk.approve(&staff("jon", 10), Seen::of(view), on_file(view)).await
}

/// The link of a case that two people agreed on, by people outside. The number of a case, which many may hear, opens nothing.
pub struct CaseLink;

impl Game for CaseLink {
    fn name(&self) -> &'static str {
        "case, from outside"
    }

    fn formula(&self) -> String {
        "its link is one like others: 10^9 requests of 2^256".into()
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
        let desk = desk(&world);
        (0..count).map(|number| at_once(outside(&world, &desk, number, dice))).collect()
    }
}

async fn outside(world: &World, desk: &Desk, number: u32, dice: &mut Dice) -> Day {
    let victim = world.person_without_password(&format!("p{number}")).await;
    let link = link_by_two(world, desk, &victim).await.expect("two people decide");
    guess_last_byte(world, &link, dice).await
}

async fn link_by_two(world: &World, desk: &Desk, victim: &Someone) -> Result<RecoveryToken, DeskError> {
    let view = evidenced(desk, victim).await?;
    approved(desk, &view).await?;
    world.clock.advance(Duration::DAY);
    world.work().await;
    Ok(world.link_of(victim))
}

/// One of the staff alone, in whatever role: opens cases, takes them over, claims to have seen the person, names an address,
/// approves, and waits. With a second person the same case gives a link, or the moves would show nothing.
pub struct OneOfTheStaff;

/// Calls in one case.
const MOVES: u32 = 30;

impl OneOfTheStaff {
    /// Plays so many cases, says what came of them, and whether that is as it should be.
    pub fn report(&self, cases: u32, dice: &mut Dice) -> bool {
        let (mut links, mut with_another, mut left) = (0, 0, cases);
        while left > 0 {
            let now = left.min(25);
            let world = world(dice);
            let desk = desk(&world);
            for number in 0..now {
                let victim = at_once(world.person(&format!("p{number}")));
                links += at_once(alone(&world, &desk, &victim, dice));
                let other = at_once(world.person(&format!("q{number}")));
                with_another += u32::from(at_once(link_by_two(&world, &desk, &other)).is_ok());
            }
            left -= now;
        }
        println!(
            "{:<18} {:>12}  two people decide: {MOVES} calls by one of them in each of {cases} cases gave {links} links; \
             with a second one {with_another} of {cases}",
            "case, one of staff", 0,
        );
        links == 0 && with_another == cases
    }
}

async fn alone(world: &World, desk: &Desk, victim: &Someone, dice: &mut Dice) -> u32 {
    const OWN: &str = "ida@elsewhere.example";
    let mut view = None;
    for _ in 0..MOVES {
        let ida = staff("ida", if dice.draw().is_multiple_of(2) { 10 } else { 90 });
        view = match &view {
            None => desk.open(&ida, &victim.id).await.ok(),
            Some(seen) => act(desk, &ida, seen, dice, OWN).await.ok().or(view),
        };
    }
    world.clock.advance(Duration::days(2));
    world.work().await;
    let links = [OWN, victim.email.as_str()].map(|to| world.mailbox.to(to));
    let links = links.iter().flatten().filter(|mail| mail.text.contains("?token=")).count();
    u32::try_from(links).unwrap_or(u32::MAX)
}

async fn act(
    desk: &Desk,
    ida: &Staff,
    view: &CaseView,
    dice: &mut Dice,
    own: &str,
) -> Result<CaseView, DeskError> {
    let seen = Seen::of(view);
    match dice.draw() % 6 {
        0 | 1 => desk.assign(ida, seen, &ida.id).await,
        2 => desk.record_evidence(ida, seen, seen_in_person()).await,
        3 => {
            let address = AddressOnFile::Email(EmailAddress::parse(own).expect("an address"));
            let (kind, new_address) = (EvidenceKind::ProofedAnew, Some(address));
            desk.record_evidence(ida, seen, Finding { kind, new_address, ..seen_in_person() }).await
        }
        4 => desk.approve(ida, seen, on_file(view)).await,
        _ => desk.approve(ida, seen, Decision { need: Need::Password, to: Whither::Recorded }).await,
    }
}
