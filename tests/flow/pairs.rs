use super::{LIFE, after, all_flows, event, flow_in, kind, row};
use regain::clock::Moment;
use regain::flow::{
    Effect, EventKind, FactorRule, Letter, Purpose, RecoveryFlow, Refusal, Scope, State, StateKind,
};
use std::collections::BTreeSet;
use time::Duration;

/// The table of the design: where an event leads in a state, and what has to be done; `None` where it has no place.
fn told(
    state: StateKind,
    event: EventKind,
    purpose: Purpose,
    factor: FactorRule,
    has_code: bool,
) -> Option<(StateKind, Vec<Effect>)> {
    use {EventKind as E, StateKind as S};
    let (password, needed) = (purpose == Purpose::Password, factor == FactorRule::Needed);
    let mail = Effect::Mail;
    let to = match (state, event) {
        (S::Requested, E::Dismiss) => (S::Dismissed, vec![]),
        (S::Requested | S::LinkSent | S::FactorProven, E::Escalate) => (S::Escalated, vec![]),
        (S::Requested, E::RemindUsername) if !password => {
            (S::UsernameSent, vec![mail(Letter::UsernameReminder)])
        }
        (S::Requested, E::IssueLink) if password && factor != FactorRule::Waived => {
            (S::LinkSent, vec![Effect::Supersede(Scope::SamePurpose), mail(Letter::RecoveryLink)])
        }
        (S::Requested, E::ShareLinks) if password && factor != FactorRule::Waived => {
            (S::Shared, vec![Effect::Begin, mail(Letter::SharedLinks)])
        }
        (S::LinkSent, E::ProveFactor) if needed => (S::FactorProven, vec![]),
        (S::LinkSent, E::FailFactor) if needed => (S::LinkSent, vec![]),
        (S::LinkSent, E::ExchangeCode) if has_code => (S::LinkSent, vec![]),
        (S::LinkSent, E::ChoosePassword) if !needed => (S::PasswordChosen, vec![Effect::SetPassword]),
        (S::FactorProven, E::ChoosePassword) => (S::PasswordChosen, vec![Effect::SetPassword]),
        (S::LinkSent | S::FactorProven, E::Supersede) => (S::Superseded, vec![]),
        (S::LinkSent | S::FactorProven, E::Disown) => (S::Disowned, vec![Effect::Supersede(Scope::Account)]),
        (S::PasswordChosen, E::PasswordApplied) => {
            (S::Completed, vec![Effect::Supersede(Scope::Account), mail(Letter::PasswordChanged)])
        }
        (S::PasswordChosen, E::PasswordConflicted) => (S::Superseded, vec![]),
        _ => return None,
    };
    Some(to)
}

fn has_window(state: StateKind) -> bool {
    matches!(state, StateKind::Requested | StateKind::LinkSent | StateKind::FactorProven)
}

/// RC-6, RC-8: what is not in the table is refused, and refusing changes nothing.
#[test]
fn every_pair_of_state_and_event_does_what_the_table_tells() {
    let at = after(60_000);
    for (flow, purpose, factor) in all_flows() {
        let (state, before) = (kind(&flow), row(&flow));
        for &name in EventKind::ALL {
            let pair = format!("{} x {} ({}, {})", state.code(), name.code(), purpose.code(), factor.code());
            let result = flow.apply(event(name, factor, at), at);
            assert_eq!(row(&flow), before, "{pair}: the flow itself is never changed");
            match (told(state, name, purpose, factor, row(&flow).code.is_some()), result) {
                (Some((next, effects)), Ok(transition)) => {
                    assert_eq!(kind(&transition.next), next, "{pair}");
                    assert_eq!(transition.effects, effects, "{pair}");
                    let begun = usize::from(next == StateKind::Shared);
                    assert_eq!(transition.offspring.len(), begun, "{pair}: only sharing begins flows");
                    assert_eq!((transition.line.from, transition.line.to), (state, next), "{pair}");
                    assert_eq!(transition.next.version(), flow.version() + 1, "{pair}");
                    assert_eq!(transition.next.id(), flow.id(), "{pair}");
                    assert_eq!(transition.next.purpose(), purpose, "{pair}");
                }
                (None, Err(refusal)) => {
                    let expected = match (state, name) {
                        (state, EventKind::Expire) if has_window(state) => Refusal::NotYetExpired,
                        (StateKind::LinkSent, EventKind::ChoosePassword) => Refusal::FactorNeeded,
                        _ => Refusal::Illegal { state, event: name },
                    };
                    assert_eq!(refusal, expected, "{pair}");
                }
                (told, got) => panic!("{pair}: told {told:?}, got {got:?}"),
            }
        }
    }
}

/// RC-4: from the millisecond of its end on, a flow takes `Expire` and nothing else.
#[test]
fn a_flow_whose_time_is_over_can_only_expire() {
    let late = after(30 * 60_000);
    for (flow, purpose, factor) in all_flows() {
        if !has_window(kind(&flow)) {
            continue;
        }
        for &name in EventKind::ALL {
            let result = flow.apply(event(name, factor, late), late);
            match name {
                EventKind::Expire => assert_eq!(kind(&result.unwrap().next), StateKind::Expired),
                _ => assert_eq!(
                    result.map(|transition| kind(&transition.next)),
                    Err(Refusal::Expired),
                    "{} x {} ({})",
                    kind(&flow).code(),
                    name.code(),
                    purpose.code()
                ),
            }
        }
    }
}

/// A chosen password is a promise: it is applied however late.
#[test]
fn a_chosen_password_does_not_expire() {
    let chosen = flow_in(StateKind::PasswordChosen, Purpose::Password, FactorRule::NotNeeded).unwrap();
    let a_year = after(365 * 86_400_000);
    assert!(chosen.apply(event(EventKind::Expire, FactorRule::NotNeeded, a_year), a_year).is_err());
    let applied = chosen.apply(event(EventKind::PasswordApplied, FactorRule::NotNeeded, a_year), a_year);
    assert_eq!(kind(&applied.unwrap().next), StateKind::Completed);
}

/// RL-1
#[test]
fn the_fifth_wrong_code_ends_the_link() {
    let mut flow = flow_in(StateKind::LinkSent, Purpose::Password, FactorRule::Needed).unwrap();
    for wrong in 1..=5 {
        flow = flow.apply(event(EventKind::FailFactor, FactorRule::Needed, after(1)), after(1)).unwrap().next;
        match flow.state() {
            State::LinkSent(link) => assert_eq!(link.attempts, wrong),
            state => assert_eq!((state.kind(), wrong), (StateKind::Exhausted, 5)),
        }
    }
    assert_eq!(kind(&flow), StateKind::Exhausted);
}

/// The code and the secret that was sent die with the exchange, and no time is won; the factor is asked for as before.
#[test]
fn a_code_is_exchanged_once_and_wins_no_time() {
    for &factor in FactorRule::ALL {
        let sent = flow_in(StateKind::LinkSent, Purpose::Password, factor).unwrap();
        let at = after(60_000);
        let next = sent.apply(event(EventKind::ExchangeCode, factor, at), at).unwrap().next;
        let (before, now) = (row(&sent), row(&next));
        assert_eq!((now.digest, now.code, now.epoch), (Some([9; 32]), None, None));
        assert_eq!(
            (now.opened_at, now.expires_at, now.high),
            (before.opened_at, before.expires_at, before.high)
        );
        assert_eq!((now.account, now.factor, now.attempts), (before.account, before.factor, before.attempts));
        assert!(next.apply(event(EventKind::ExchangeCode, factor, at), at).is_err());
    }
}

/// A letter works for weeks; what its code is exchanged for, for the life of a link.
#[test]
fn what_a_letters_code_is_exchanged_for_lives_no_longer_than_a_link() {
    let weeks = Duration::days(21);
    for (after_days, left) in [(0, LIFE), (20, LIFE), (21, Duration::MILLISECOND)] {
        let mut letter =
            row(&flow_in(StateKind::LinkSent, Purpose::Password, FactorRule::NotNeeded).unwrap());
        letter.expires_at = letter.opened_at.map(|at| at.plus(weeks));
        let flow = RecoveryFlow::try_from(letter.clone()).unwrap();
        let typed = if after_days == 21 { weeks - Duration::MILLISECOND } else { Duration::days(after_days) };
        let at = Moment::at(letter.opened_at.unwrap().plus(typed));
        let next = flow.apply(event(EventKind::ExchangeCode, FactorRule::NotNeeded, at), at).unwrap().next;
        assert_eq!(row(&next).expires_at, Some(at.now.plus(left)), "after {after_days} days");
        assert!(next.open_link_window(at, LIFE).is_some());
    }
}

/// MF-13: a proven factor leaves no code behind that would do without.
#[test]
fn a_proven_factor_ends_the_code() {
    let proven = flow_in(StateKind::FactorProven, Purpose::Password, FactorRule::Needed).unwrap();
    assert_eq!(row(&proven).code, None);
}

/// A clock that stands before the link was sent says nothing of how long the code is to live.
#[test]
fn no_code_is_exchanged_before_its_link_was_sent() {
    let sent = flow_in(StateKind::LinkSent, Purpose::Password, FactorRule::NotNeeded).unwrap();
    let (tolerated, too_early) = (after(-5 * 60_000), after(-5 * 60_000 - 1));
    assert!(sent.apply(event(EventKind::ExchangeCode, FactorRule::NotNeeded, tolerated), tolerated).is_ok());
    let refused = sent.apply(event(EventKind::ExchangeCode, FactorRule::NotNeeded, too_early), too_early);
    assert_eq!(refused.map(|_| ()), Err(Refusal::Expired));
}

/// A state that no purpose leads to would be tested by nothing.
#[test]
fn every_state_is_reached_by_some_flow() {
    let reached: BTreeSet<&str> = all_flows().iter().map(|(flow, ..)| kind(flow).code()).collect();
    let all: BTreeSet<&str> = StateKind::ALL.iter().map(|state| state.code()).collect();
    assert_eq!(reached, all);
}

/// The link, and with it the account and the digest, is gone from every flow that has ended.
#[test]
fn a_flow_that_has_ended_names_no_account_and_holds_no_secret() {
    for (flow, ..) in all_flows() {
        let row = row(&flow);
        if kind(&flow).is_end() {
            let left = (row.account, row.digest, row.code, row.epoch, row.sealed, row.due_at, row.live_link);
            assert_eq!(left, (None, None, None, None, None, None, false), "{}", kind(&flow).code());
        } else {
            assert!(row.due_at.is_some(), "{} is forgotten by the worker", kind(&flow).code());
        }
    }
}

/// MF-2: no ask ever leads to a link that does without the factor.
#[test]
fn only_the_desk_begins_a_flow_that_does_without_the_factor() {
    let asked = flow_in(StateKind::Requested, Purpose::Password, FactorRule::NotNeeded).unwrap();
    for name in [EventKind::IssueLink, EventKind::ShareLinks] {
        assert!(asked.apply(event(name, FactorRule::NotNeeded, after(0)), after(0)).is_ok());
        assert!(asked.apply(event(name, FactorRule::Waived, after(0)), after(0)).is_err(), "{}", name.code());
    }
}
