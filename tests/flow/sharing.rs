//! An ask that is shared out: it ends, and each account goes on in a flow of its own.

use super::{after, event, kind, link, requested, row};
use proptest::prelude::*;
use regain::clock::Moment;
use regain::flow::{
    ACCOUNTS_PER_MAIL, Event, EventKind, FactorRule, Link, Purpose, Refusal, State, StateKind, Transition,
};
use regain::ids::FlowId;
use std::collections::BTreeSet;

fn named(number: u8) -> FlowId {
    FlowId::from_bytes([100 + number; 16])
}

fn share(links: Vec<(FlowId, Link)>, at: Moment) -> Result<Transition, Refusal> {
    requested(Purpose::Password).apply(Event::ShareLinks(links), at)
}

fn links(count: u8, at: Moment) -> Vec<(FlowId, Link)> {
    let factor = |n| if n % 2 == 0 { FactorRule::Needed } else { FactorRule::NotNeeded };
    (1..=count).map(|n| (named(n), link(n, factor(n), at))).collect()
}

/// Shared addresses; RC-8: each link is for one account, and the asking flow itself holds none.
#[test]
fn each_account_goes_on_in_a_flow_of_its_own() {
    let at = after(60_000);
    for count in 1..=10 {
        let shared = share(links(count, at), at).unwrap();
        assert_eq!(kind(&shared.next), StateKind::Shared);
        assert!(shared.next.account().is_none() && shared.next.link().is_none());
        assert_eq!(shared.offspring.len(), usize::from(count));
        for (number, flow) in (1..).zip(&shared.offspring) {
            assert_eq!((flow.id(), flow.version(), flow.purpose()), (named(number), 1, Purpose::Password));
            assert_eq!((flow.realm(), row(flow).created_at), (shared.next.realm(), at.now));
            assert_eq!(flow.account().unwrap().as_str(), format!("account-{number}"));
            assert_eq!(kind(flow), StateKind::LinkSent);
        }
    }
}

/// The links of one mail are apart: what happens to one changes no other, and each asks for its own factor (MF-1).
#[test]
fn what_follows_of_one_link_follows_of_no_other() {
    let at = after(60_000);
    let shared = share(links(2, at), at).unwrap();
    let [without, with] = &shared.offspring[..] else { panic!("two") };
    let choose = |flow: &regain::flow::RecoveryFlow| {
        flow.apply(event(EventKind::ChoosePassword, FactorRule::NotNeeded, at), at)
    };
    let chosen = choose(without).unwrap().next;
    assert!(
        matches!(chosen.state(), State::PasswordChosen { account, .. } if account.as_str() == "account-1")
    );
    assert_eq!(choose(with).map(|step| kind(&step.next)), Err(Refusal::FactorNeeded));
    let late = after(60_000 + 30 * 60_000);
    assert_eq!(with.apply(Event::ProveFactor, late).map(|step| kind(&step.next)), Err(Refusal::Expired));
}

/// The mail is worth sending as long as one of its links may open.
#[test]
fn the_end_of_the_last_link_is_kept() {
    let (early, late) = (after(0), after(90_000));
    let links = vec![
        (named(1), link(1, FactorRule::NotNeeded, late)),
        (named(2), link(2, FactorRule::NotNeeded, early)),
    ];
    let shared = share(links, late).unwrap().next;
    assert!(matches!(shared.state(), State::Shared { until } if *until == after(90_000 + 30 * 60_000).now));
}

/// No mail lists more than ten accounts, none of them twice, and no flow takes the name of another.
#[test]
fn links_that_are_not_apart_or_not_fresh_are_refused() {
    let at = after(60_000);
    let one = |number: u8, change: fn(&mut Link)| {
        let mut link = link(number, FactorRule::NotNeeded, at);
        change(&mut link);
        (named(number), link)
    };
    let own_name = (FlowId::from_bytes([1; 16]), link(1, FactorRule::NotNeeded, at));
    let twice = (named(2), link(1, FactorRule::Needed, at));
    let cases = [
        ("none", vec![]),
        ("eleven", links(11, at)),
        ("all there are", links(150, at)),
        ("the same account twice", vec![one(1, |_| ()), twice]),
        ("the same name twice", vec![one(1, |_| ()), (named(1), link(2, FactorRule::NotNeeded, at))]),
        ("the name of the ask itself", vec![own_name]),
        ("codes were tried", vec![one(1, |_| ()), one(2, |link| link.attempts = 1)]),
        ("its time is over", vec![one(1, |link| link.window.expires_at = link.window.opened_at)]),
    ];
    for (what, links) in cases {
        let refused = share(links, at).map(|step| kind(&step.next));
        assert_eq!(refused, Err(Refusal::CannotShare), "{what}");
    }
    assert_eq!(ACCOUNTS_PER_MAIL, 10);
}

/// ID-1: a match of claims shares nothing out.
#[test]
fn a_forgotten_username_never_leads_to_links() {
    let at = after(0);
    let refused = requested(Purpose::Username).apply(Event::ShareLinks(links(2, at)), at);
    let illegal = Refusal::Illegal { state: StateKind::Requested, event: EventKind::ShareLinks };
    assert_eq!(refused.map(|step| kind(&step.next)), Err(illegal));
}

proptest! {
    /// Whatever links come in: those that go out are these, for these accounts, each account and name once, or none do.
    #[test]
    fn sharing_gives_exactly_the_links_it_was_given_or_none(
        picks in prop::collection::vec((0..14_u8, 0..14_u8, 0..2_u32), 0..14),
    ) {
        let at = after(1_000);
        let links: Vec<(FlowId, Link)> = picks
            .iter()
            .map(|(name, account, attempts)| {
                let link = Link { attempts: *attempts / 2, ..link(*account, FactorRule::NotNeeded, at) };
                (named(*name), link)
            })
            .collect();
        let names: BTreeSet<u8> = picks.iter().map(|(name, ..)| *name).collect();
        let accounts: BTreeSet<u8> = picks.iter().map(|(_, account, _)| *account).collect();
        let apart = names.len() == picks.len() && accounts.len() == picks.len();
        match share(links.clone(), at) {
            Ok(shared) => {
                prop_assert!(apart && (1..=10).contains(&picks.len()));
                let went: Vec<_> = shared.offspring.iter().map(|flow| (flow.id(), flow.account().cloned())).collect();
                let came: Vec<_> = links.iter().map(|(id, link)| (*id, Some(link.account.clone()))).collect();
                prop_assert_eq!(went, came);
            }
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::CannotShare);
                prop_assert!(!apart || picks.is_empty() || picks.len() > 10);
            }
        }
    }
}
