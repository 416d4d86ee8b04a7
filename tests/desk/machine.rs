//! Every pair of state and event.

use super::{email, ida, jon, staff};
use regain::account::AccountEpoch;
use regain::clock::{Moment, Timestamp};
use regain::desk::case::{
    Acting, AddressRef, Case, CaseEffect, CaseEvent, CaseEventKind, CaseRefusal, CaseStateKind, Destination,
    EvidenceKind, Finding, IDLE, LapseReason, MOST_ENTRIES, Need, Order, Origin, OriginKind, Whither,
};
use regain::desk::{CaseText, Ial, Plea, Staff, Subject};
use regain::flow::Letter;
use regain::ids::{AccountId, CaseId, FlowId};
use time::Duration;

pub const WAIT: Duration = Duration::DAY;

pub fn at(millis: i64) -> Moment {
    Moment::at(Timestamp::from_millis(1_000_000_000 + millis))
}

pub fn acting(staff: Staff) -> Acting {
    Acting { staff, subject: Some(Subject { staff: None, enrolled_at: Ial::Two }) }
}

pub fn account() -> AccountId {
    AccountId::new("account-1").unwrap()
}

pub fn finding(level: Ial, need: Need) -> Finding {
    Finding { kind: EvidenceKind::PhotoIdInPerson, level, need, new_address: None }
}

pub fn order(need: Need, to: Whither) -> Order {
    Order { need, to, epoch: AccountEpoch::from_bytes([3; 32]), wait: WAIT, held_until: None }
}

fn on_file() -> Whither {
    Whither::OnFile(AddressRef::from_bytes([9; 16]))
}

/// The event as the one person would do it who may: Ida writes, Jon decides.
pub fn event(kind: CaseEventKind) -> CaseEvent {
    use CaseEventKind as E;
    match kind {
        E::Concern => CaseEvent::Concern { by: acting(ida()), account: account() },
        E::Assign => CaseEvent::Assign { by: acting(ida()), to: ida().id },
        E::Note => CaseEvent::Note { by: acting(ida()), text: CaseText::new("called").unwrap() },
        E::RecordEvidence => {
            CaseEvent::RecordEvidence { by: acting(ida()), finding: finding(Ial::Two, Need::Password) }
        }
        E::Approve => CaseEvent::Approve { by: acting(jon()), order: order(Need::Password, on_file()) },
        E::Refuse => CaseEvent::Refuse { by: acting(jon()) },
        E::Withdraw => CaseEvent::Withdraw { by: acting(ida()) },
        E::Wait => CaseEvent::Wait,
        E::Release => CaseEvent::Release(FlowId::from_bytes([5; 16])),
        E::Dispute => CaseEvent::Dispute,
        E::Lapse => CaseEvent::Lapse(LapseReason::SignedIn),
        other => panic!("no event of a case that is there: {}", other.code()),
    }
}

pub fn began(origin: OriginKind) -> Case {
    let id = CaseId::from_bytes([7; 16]);
    match origin {
        OriginKind::Person => Case::of_person(id, Plea::new("I am stuck", "call me").unwrap(), at(0)),
        OriginKind::Staff => Case::by_staff(id, &acting(ida()), account(), at(0)).unwrap().next,
        OriginKind::Escalated => {
            Case::about(id, Origin::Escalated(regain::flow::Dismissal::NoAddress), account(), at(0))
        }
        OriginKind::Disowned => Case::about(id, Origin::Disowned, account(), at(0)),
        other => panic!("a new origin has no place in the tests yet: {}", other.code()),
    }
}

/// A case that came to a state through real steps, and is about an account.
pub fn case_in(state: CaseStateKind, origin: OriginKind) -> Case {
    use {CaseEventKind as E, CaseStateKind as S};
    let first = began(origin);
    let first = match first.account() {
        Some(_) => first,
        None => first.apply(event(E::Concern), at(0)).unwrap().next,
    };
    let path: &[E] = match state {
        S::Opened => &[],
        S::Assigned => &[E::Assign],
        S::EvidenceRecorded => &[E::Assign, E::RecordEvidence],
        S::Approved => &[E::Assign, E::RecordEvidence, E::Approve],
        S::Acted => &[E::Assign, E::RecordEvidence, E::Approve, E::Wait, E::Release],
        S::Refused => &[E::Refuse],
        S::Withdrawn => &[E::Withdraw],
        S::Disputed => &[E::Assign, E::RecordEvidence, E::Approve, E::Dispute],
        S::Lapsed => &[E::Assign, E::RecordEvidence, E::Approve, E::Lapse],
        other => panic!("a new state has no place in the tests yet: {}", other.code()),
    };
    path.iter().fold(first, |case, kind| {
        let when = if *kind == E::Release { at(WAIT.whole_milliseconds() as i64) } else { at(0) };
        case.apply(event(*kind), when).expect("the way to a state is open").next
    })
}

/// The table of the design; `None` where an event has no place.
fn told(state: CaseStateKind, event: CaseEventKind, origin: OriginKind) -> Option<CaseStateKind> {
    use {CaseEventKind as E, CaseStateKind as S};
    let live = matches!(state, S::Opened | S::Assigned | S::EvidenceRecorded | S::Approved);
    Some(match (state, event) {
        (S::Opened, E::Assign) => S::Assigned,
        (S::Assigned | S::EvidenceRecorded, E::Assign) => state,
        (_, E::Note) if live => state,
        (S::Assigned | S::EvidenceRecorded, E::RecordEvidence) => S::EvidenceRecorded,
        (S::EvidenceRecorded, E::Approve) => S::Approved,
        (_, E::Refuse) if live => S::Refused,
        (_, E::Withdraw) if live => S::Withdrawn,
        (S::Approved, E::Wait) => S::Approved,
        (S::Approved, E::Release) => S::Acted,
        (S::Approved, E::Dispute) => S::Disputed,
        (_, E::Dispute) if live && origin != OriginKind::Disowned => S::Disputed,
        (S::Approved, E::Lapse) => S::Lapsed,
        _ => return None,
    })
}

/// SD-7: what is not in the table is refused, and refusing changes nothing.
#[test]
fn every_pair_of_state_and_event_does_what_the_table_tells() {
    let over = at(WAIT.whole_milliseconds() as i64);
    let events = CaseEventKind::ALL.iter().copied().filter(|kind| *kind != CaseEventKind::Open);
    for kind in events {
        for &state in CaseStateKind::ALL {
            for &origin in OriginKind::ALL {
                let mut case = case_in(state, origin);
                if (state, kind) == (CaseStateKind::Approved, CaseEventKind::Release) {
                    case = case.apply(CaseEvent::Wait, at(0)).unwrap().next;
                }
                let before = case.clone();
                let pair = format!("{} x {} ({})", state.code(), kind.code(), origin.code());
                let result = case.apply(event(kind), over);
                assert_eq!(case, before, "{pair}: the case itself is never changed");
                match (told(state, kind, origin), result) {
                    (Some(next), Ok(transition)) => {
                        assert_eq!(transition.next.state().kind(), next, "{pair}");
                        assert_eq!(transition.next.version(), case.version() + 1, "{pair}");
                        assert_eq!(transition.next.id(), case.id(), "{pair}");
                        assert_eq!(transition.next.account(), case.account(), "{pair}");
                        assert_eq!(transition.next.log().len(), case.log().len() + 1, "{pair}");
                        let last = transition.next.log().last().unwrap();
                        assert_eq!((last.event, last.by.is_some()), (kind, event(kind).acting().is_some()));
                        let sends = transition.effects.contains(&CaseEffect::SendLink);
                        assert_eq!(sends, next == CaseStateKind::Acted, "{pair}: only the end sends");
                        assert_eq!(transition.next.due_at().is_none(), next.is_end(), "{pair}");
                    }
                    (None, Err(refusal)) => {
                        assert_eq!(refusal, CaseRefusal::Illegal { state, event: kind }, "{pair}");
                    }
                    (told, got) => panic!("{pair}: told {told:?}, got {got:?}"),
                }
            }
        }
    }
}

/// SD-5: nothing counts but what was read after the approval was stored, and a hold makes it longer.
#[test]
fn the_waiting_counts_from_when_it_begins() {
    let wait = i64::try_from(WAIT.whole_milliseconds()).unwrap();
    let approved = case_in(CaseStateKind::Approved, OriginKind::Staff);
    assert_eq!(approved.due_at(), Some(at(0).now), "a worker sees to it at once");
    let release = || event(CaseEventKind::Release);
    assert_eq!(approved.apply(release(), at(3 * wait)).map(drop), Err(CaseRefusal::TooEarly));
    let waiting = approved.apply(CaseEvent::Wait, at(500)).unwrap();
    assert!(waiting.effects.is_empty());
    assert_eq!(waiting.next.due_at(), Some(at(500 + wait).now));
    assert_eq!(waiting.next.apply(CaseEvent::Wait, at(900)).map(drop), Err(CaseRefusal::WaitsAlready));
    assert_eq!(waiting.next.apply(release(), at(499 + wait)).map(drop), Err(CaseRefusal::TooEarly));
    assert!(waiting.next.apply(release(), at(500 + wait)).is_ok());
    let evidenced = case_in(CaseStateKind::EvidenceRecorded, OriginKind::Staff);
    let held = Order { held_until: Some(at(2 * wait).now), ..order(Need::Password, on_file()) };
    let approve = CaseEvent::Approve { by: acting(jon()), order: held };
    let approved = evidenced.apply(approve, at(0)).unwrap().next;
    let waiting = approved.apply(CaseEvent::Wait, at(500)).unwrap().next;
    assert_eq!(waiting.due_at(), Some(at(2 * wait).now));
    // A clock that went back does not shorten what was said at the approval.
    let back = case_in(CaseStateKind::Approved, OriginKind::Staff).apply(CaseEvent::Wait, at(-900));
    assert_eq!(back.unwrap().next.due_at(), Some(at(wait).now));
}

#[test]
fn a_case_that_nobody_has_named_an_account_for_leads_nowhere() {
    let case = began(OriginKind::Person);
    let case = case.apply(event(CaseEventKind::Assign), at(0)).unwrap().next;
    let recorded = case.apply(event(CaseEventKind::RecordEvidence), at(0));
    assert_eq!(recorded.map(drop), Err(CaseRefusal::NoAccount));
    let named = case.apply(event(CaseEventKind::Concern), at(0)).unwrap();
    assert_eq!(named.effects, [CaseEffect::Notify(Letter::CaseOpened)]);
    // And it stays that account's.
    let again = named.next.apply(event(CaseEventKind::Concern), at(0));
    assert!(matches!(again, Err(CaseRefusal::Illegal { .. })), "{again:?}");
}

#[test]
fn only_who_looks_after_a_case_records_evidence() {
    let case = case_in(CaseStateKind::Assigned, OriginKind::Staff);
    let by = acting(jon());
    let event = CaseEvent::RecordEvidence { by, finding: finding(Ial::Two, Need::Password) };
    assert_eq!(case.apply(event, at(0)).map(drop), Err(CaseRefusal::NotAssigned));
}

/// SD-4
#[test]
fn evidence_below_the_level_of_enrolment_decides_nothing() {
    for enrolled_at in Ial::ALL {
        for level in Ial::ALL {
            let case = case_in(CaseStateKind::Assigned, OriginKind::Escalated);
            let recorded =
                CaseEvent::RecordEvidence { by: acting(ida()), finding: finding(*level, Need::Password) };
            let case = case.apply(recorded, at(0)).unwrap().next;
            let by =
                Acting { staff: jon(), subject: Some(Subject { staff: None, enrolled_at: *enrolled_at }) };
            let decided =
                case.apply(CaseEvent::Approve { by, order: order(Need::Password, on_file()) }, at(0));
            let expected = if level >= enrolled_at {
                Ok(())
            } else {
                Err(CaseRefusal::EvidenceTooWeak { needed: *enrolled_at })
            };
            assert_eq!(decided.map(drop), expected, "{} for {}", level.code(), enrolled_at.code());
        }
    }
}

/// MF-2: it takes evidence of just that, at the level of enrolment; weaker words beside strong evidence do not do.
#[test]
fn a_factor_is_waived_only_where_strong_evidence_says_it_is_lost() {
    let waive = || CaseEvent::Approve { by: acting(jon()), order: order(Need::LostFactor, on_file()) };
    let record = |case: &Case, level, need| {
        let event = CaseEvent::RecordEvidence { by: acting(ida()), finding: finding(level, need) };
        case.apply(event, at(0)).unwrap().next
    };
    let case = case_in(CaseStateKind::EvidenceRecorded, OriginKind::Staff);
    assert_eq!(case.apply(waive(), at(0)).map(drop), Err(CaseRefusal::LossNotShown));
    let weak = record(&case, Ial::One, Need::LostFactor);
    assert_eq!(weak.apply(waive(), at(0)).map(drop), Err(CaseRefusal::LossNotShown));
    let strong = record(&weak, Ial::Two, Need::LostFactor);
    assert!(strong.apply(waive(), at(0)).is_ok());
}

#[test]
fn a_new_address_needs_a_proofing_anew_at_the_level_of_enrolment_and_is_the_latest_one_named() {
    let approve =
        || CaseEvent::Approve { by: acting(jon()), order: order(Need::Password, Whither::Recorded) };
    let named = |kind, level, address: &str| Finding {
        kind,
        level,
        need: Need::Password,
        new_address: Some(email(address)),
    };
    let record = |case: &Case, finding| {
        case.apply(CaseEvent::RecordEvidence { by: acting(ida()), finding }, at(0)).map(|step| step.next)
    };
    let case = case_in(CaseStateKind::EvidenceRecorded, OriginKind::Staff);
    assert_eq!(case.apply(approve(), at(0)).map(drop), Err(CaseRefusal::NoNewAddress));
    for kind in EvidenceKind::ALL.iter().filter(|kind| **kind != EvidenceKind::ProofedAnew) {
        let recorded = record(&case, named(*kind, Ial::Three, "new@home.example"));
        assert_eq!(recorded.map(drop), Err(CaseRefusal::NoNewAddress), "{}", kind.code());
    }
    let strong = record(&case, named(EvidenceKind::ProofedAnew, Ial::Two, "new@home.example")).unwrap();
    let approved = strong.apply(approve(), at(0)).unwrap().next;
    let regain::desk::case::CaseState::Approved(approval) = approved.state() else { panic!("approved") };
    assert_eq!(approval.to, Destination::New(email("new@home.example")));
    // A weak one that came later is not passed over for the strong one of before.
    let weak = record(&strong, named(EvidenceKind::ProofedAnew, Ial::One, "other@home.example")).unwrap();
    assert_eq!(weak.apply(approve(), at(0)).map(drop), Err(CaseRefusal::NoNewAddress));
}

#[test]
fn a_case_that_nobody_touches_lapses_after_thirty_days_and_not_before() {
    let idle = i64::try_from(IDLE.whole_milliseconds()).unwrap();
    let forget = || CaseEvent::Lapse(LapseReason::Idle);
    for state in [CaseStateKind::Opened, CaseStateKind::Assigned, CaseStateKind::EvidenceRecorded] {
        let case = case_in(state, OriginKind::Staff);
        assert_eq!(case.due_at(), Some(at(idle).now));
        assert_eq!(case.apply(forget(), at(idle - 1)).map(drop), Err(CaseRefusal::NotIdle));
        assert!(case.apply(forget(), at(idle)).is_ok());
        for &why in LapseReason::ALL.iter().filter(|why| **why != LapseReason::Idle) {
            assert!(case.apply(CaseEvent::Lapse(why), at(idle)).is_err(), "nothing waits: {}", why.code());
        }
    }
    let approved = case_in(CaseStateKind::Approved, OriginKind::Staff);
    assert!(approved.apply(forget(), at(idle)).is_err());
}

#[test]
fn a_case_grows_up_to_a_bound_and_can_be_ended_then() {
    let mut case = case_in(CaseStateKind::EvidenceRecorded, OriginKind::Staff);
    while case.log().len() < MOST_ENTRIES {
        case = case.apply(event(CaseEventKind::Note), at(0)).unwrap().next;
    }
    for kind in [CaseEventKind::Note, CaseEventKind::Assign, CaseEventKind::RecordEvidence] {
        assert_eq!(case.apply(event(kind), at(0)).map(drop), Err(CaseRefusal::Full));
    }
    for kind in
        [CaseEventKind::Approve, CaseEventKind::Refuse, CaseEventKind::Withdraw, CaseEventKind::Dispute]
    {
        assert!(case.apply(event(kind), at(0)).is_ok(), "{}", kind.code());
    }
}

#[test]
fn nobody_gets_a_case_about_their_own_account_to_look_after() {
    let subject = Subject { staff: Some(staff("kim", 5)), enrolled_at: Ial::Two };
    let by = Acting { staff: ida(), subject: Some(subject) };
    let case = case_in(CaseStateKind::Opened, OriginKind::Escalated);
    let assigned = case.apply(CaseEvent::Assign { by, to: staff("kim", 9).id }, at(0));
    assert_eq!(assigned.map(drop), Err(CaseRefusal::OwnCase));
}
