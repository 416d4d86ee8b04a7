//! The state machine of one recovery: every pair of state and event, every row, and what holds for any sequence.

mod pairs;
mod properties;
mod records;
mod sharing;

use regain::account::AccountEpoch;
use regain::clock::{Moment, Timestamp};
use regain::flow::{
    Dismissal, Event, EventKind, FactorRule, FlowRecord, Link, LinkCode, Purpose, RecoveryFlow, Sealed,
    StateKind, Window,
};
use regain::ids::{AccountId, FlowId, Realm};
use regain::token::VerifierDigest;
use time::Duration;

const LIFE: Duration = Duration::minutes(30);

/// So many milliseconds after the asking.
fn after(millis: i64) -> Moment {
    Moment::at(Timestamp::from_millis(1_000_000_000 + millis))
}

fn requested(purpose: Purpose) -> RecoveryFlow {
    let realm = Realm::new("clinic").unwrap();
    let id = FlowId::from_bytes([1; 16]);
    RecoveryFlow::request(id, realm, purpose, Sealed::new(vec![1, 2, 3]), LIFE, after(0))
}

/// A fresh link of the account with this number.
fn link(number: u8, factor: FactorRule, at: Moment) -> Link {
    Link {
        account: AccountId::new(&format!("account-{number}")).unwrap(),
        digest: VerifierDigest::from_bytes([2; 32]),
        factor,
        code: Some(LinkCode {
            digest: VerifierDigest::from_bytes([7; 32]),
            epoch: AccountEpoch::from_bytes([8; 32]),
        }),
        attempts: 0,
        window: Window::open(at, LIFE),
    }
}

fn event(kind: EventKind, factor: FactorRule, at: Moment) -> Event {
    match kind {
        EventKind::Dismiss => Event::Dismiss(Dismissal::NoAccount),
        EventKind::Escalate => Event::Escalate(Dismissal::Ambiguous),
        EventKind::RemindUsername => Event::RemindUsername,
        EventKind::IssueLink => Event::IssueLink(link(1, factor, at)),
        EventKind::ShareLinks => Event::ShareLinks(vec![(FlowId::from_bytes([7; 16]), link(1, factor, at))]),
        EventKind::ProveFactor => Event::ProveFactor,
        EventKind::FailFactor => Event::FailFactor,
        EventKind::ExchangeCode => {
            Event::ExchangeCode { digest: VerifierDigest::from_bytes([9; 32]), life: LIFE }
        }
        EventKind::ChoosePassword => Event::ChoosePassword {
            hash: Sealed::new(vec![4, 5, 6]),
            epoch: AccountEpoch::from_bytes([3; 32]),
        },
        EventKind::PasswordApplied => Event::PasswordApplied,
        EventKind::PasswordConflicted => Event::PasswordConflicted,
        EventKind::Expire => Event::Expire,
        EventKind::Supersede => Event::Supersede,
        EventKind::Disown => Event::Disown,
        other => panic!("a new event has no place in the tests yet: {}", other.code()),
    }
}

/// A flow that came to a state through real transitions, all at the moment of the asking (but for `Expired`); or
/// `None` where that purpose or factor rule never leads there.
fn flow_in(state: StateKind, purpose: Purpose, factor: FactorRule) -> Option<RecoveryFlow> {
    use EventKind as E;
    if factor == FactorRule::Waived {
        return waived_flow_in(state, purpose);
    }
    let recovers_password = purpose == Purpose::Password;
    let needs_factor = factor == FactorRule::Needed;
    let chosen: &[E] = if needs_factor {
        &[E::IssueLink, E::ProveFactor, E::ChoosePassword]
    } else {
        &[E::IssueLink, E::ChoosePassword]
    };
    let (possible, path) = match state {
        StateKind::Requested => (true, vec![]),
        StateKind::Dismissed => (true, vec![E::Dismiss]),
        StateKind::Escalated => (true, vec![E::Escalate]),
        StateKind::Expired => (true, vec![E::Expire]),
        StateKind::UsernameSent => (!recovers_password, vec![E::RemindUsername]),
        StateKind::Shared => (recovers_password, vec![E::ShareLinks]),
        StateKind::LinkSent => (recovers_password, vec![E::IssueLink]),
        StateKind::FactorProven => (recovers_password && needs_factor, vec![E::IssueLink, E::ProveFactor]),
        StateKind::PasswordChosen => (recovers_password, chosen.to_vec()),
        StateKind::Completed => (recovers_password, [chosen, &[E::PasswordApplied]].concat()),
        StateKind::Superseded => (recovers_password, vec![E::IssueLink, E::Supersede]),
        StateKind::Disowned => (recovers_password, vec![E::IssueLink, E::Disown]),
        StateKind::Exhausted => {
            (recovers_password && needs_factor, [&[E::IssueLink][..], &[E::FailFactor; 5]].concat())
        }
        other => panic!("a new state has no place in the tests yet: {}", other.code()),
    };
    let step = |flow: RecoveryFlow, kind: E| {
        let at = if kind == E::Expire { after(30 * 60_000) } else { after(0) };
        flow.apply(event(kind, factor, at), at).expect("the way to a state is open").next
    };
    possible.then(|| path.into_iter().fold(requested(purpose), step))
}

/// A flow that began with a link of the support desk, which does without the factor.
fn waived_flow_in(state: StateKind, purpose: Purpose) -> Option<RecoveryFlow> {
    use EventKind as E;
    let path: &[E] = match state {
        StateKind::LinkSent => &[],
        StateKind::Expired => &[E::Expire],
        StateKind::Escalated => &[E::Escalate],
        StateKind::PasswordChosen => &[E::ChoosePassword],
        StateKind::Completed => &[E::ChoosePassword, E::PasswordApplied],
        StateKind::Superseded => &[E::Supersede],
        StateKind::Disowned => &[E::Disown],
        _ => return None,
    };
    let (realm, id) = (Realm::new("clinic").unwrap(), FlowId::from_bytes([1; 16]));
    let sent = RecoveryFlow::sent_by_desk(id, realm, link(1, FactorRule::Waived, after(0)), after(0));
    let step = |flow: RecoveryFlow, kind: &E| {
        let at = if *kind == E::Expire { after(30 * 60_000) } else { after(0) };
        flow.apply(event(*kind, FactorRule::Waived, at), at).expect("the way to a state is open").next
    };
    (purpose == Purpose::Password).then(|| path.iter().fold(sent, step))
}

/// A link whose code was typed: the same state, without the code.
fn exchanged(factor: FactorRule) -> RecoveryFlow {
    let sent = flow_in(StateKind::LinkSent, Purpose::Password, factor).expect("a link is sent");
    sent.apply(event(EventKind::ExchangeCode, factor, after(0)), after(0)).expect("the code is good").next
}

/// Every flow there can be, by state, purpose and factor rule.
fn all_flows() -> Vec<(RecoveryFlow, Purpose, FactorRule)> {
    let mut flows = Vec::new();
    flows.extend(FactorRule::ALL.iter().map(|factor| (exchanged(*factor), Purpose::Password, *factor)));
    for &state in StateKind::ALL {
        for &purpose in Purpose::ALL {
            for &factor in FactorRule::ALL {
                flows.extend(flow_in(state, purpose, factor).map(|flow| (flow, purpose, factor)));
            }
        }
    }
    flows
}

fn kind(flow: &RecoveryFlow) -> StateKind {
    flow.state().kind()
}

fn row(flow: &RecoveryFlow) -> FlowRecord {
    FlowRecord::from(flow)
}
