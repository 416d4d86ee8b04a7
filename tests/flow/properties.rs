use super::{LIFE, after, event, kind, requested, row};
use proptest::prelude::*;
use regain::clock::{Moment, Timestamp};
use regain::flow::{Effect, EventKind, FactorRule, Letter, Purpose, RecoveryFlow, StateKind, Transition};

/// What a test remembers of a flow's past, independently of the flow.
#[derive(Default)]
struct Past {
    factor_proven: bool,
    consumed: u32,
    /// The link's end, and whether a reading at or past it was seen while the link was out.
    link_ends: Option<Timestamp>,
    link_was_late: bool,
    /// Whether there is a code that was not used yet.
    code: bool,
    ended: bool,
}

impl Past {
    fn see(&mut self, at: Moment) {
        self.link_was_late |= self.link_ends.is_some_and(|end| at.now >= end);
    }

    fn check(&mut self, flow: &RecoveryFlow, step: &Transition, factor: FactorRule, at: Moment) {
        let (from, to) = (kind(flow), kind(&step.next));
        assert!(!self.ended, "a dead flow moved from {} to {}", from.code(), to.code());
        assert_eq!(step.next.version(), flow.version() + 1, "a transition without a version of its own");
        assert_eq!((step.line.from, step.line.to), (from, to), "the audit line tells something else");
        let link_state =
            matches!(to, StateKind::LinkSent | StateKind::FactorProven | StateKind::PasswordChosen);
        assert!(flow.purpose() == Purpose::Password || !link_state, "a username ask came to {}", to.code());
        match to {
            StateKind::LinkSent if from == StateKind::Requested => {
                self.link_ends = Some(at.now.plus(LIFE));
                self.code = true;
            }
            StateKind::LinkSent if row(flow).digest != row(&step.next).digest => {
                assert!(self.code && !self.link_was_late, "a secret was had without a live code");
                assert!(row(&step.next).expires_at <= self.link_ends, "an exchange won time");
                assert_eq!(row(&step.next).factor, row(flow).factor, "an exchange changed the factor's rule");
                self.link_ends = row(&step.next).expires_at;
                self.code = false;
            }
            StateKind::FactorProven => {
                assert!(!self.link_was_late, "a factor was proven on a dead link");
                self.factor_proven = true;
            }
            StateKind::PasswordChosen => {
                assert!(self.link_ends.is_some_and(|end| at.now < end), "a password without a live link");
                assert!(!self.link_was_late, "a link came back to life");
                assert!(
                    factor == FactorRule::NotNeeded || self.factor_proven,
                    "a password without the factor"
                );
                self.consumed += 1;
                assert_eq!(self.consumed, 1, "a link was consumed twice");
            }
            StateKind::Completed => {
                assert_eq!(self.consumed, 1, "completed without a chosen password");
                assert!(
                    step.effects.contains(&Effect::Mail(Letter::PasswordChanged)),
                    "completed in silence"
                );
            }
            _ => {}
        }
        self.ended = to.is_end();
    }
}

/// Mostly seconds, sometimes close to a link's whole life, sometimes back.
fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0..5_000_i64,
        3 => (LIFE.whole_milliseconds() as i64 - 2)..(LIFE.whole_milliseconds() as i64 + 2),
        3 => -3_600_000..0_i64,
        1 => 0..90_000_000_i64,
    ]
}

fn steps() -> impl Strategy<Value = Vec<(usize, i64)>> {
    prop::collection::vec((0..EventKind::ALL.len(), pause()), 1..40)
}

/// Events in an order in which a flow gets somewhere, so that late states are tried as often as early ones.
fn purposeful() -> impl Strategy<Value = Vec<(usize, i64)>> {
    let index = |kind: EventKind| EventKind::ALL.iter().position(|known| *known == kind).unwrap();
    let path = [
        index(EventKind::IssueLink),
        index(EventKind::ExchangeCode),
        index(EventKind::ProveFactor),
        index(EventKind::ChoosePassword),
        index(EventKind::PasswordApplied),
    ];
    let on_the_way = path.into_iter().map(|step| (Just(step), pause())).collect::<Vec<_>>();
    (on_the_way, steps(), 0..6_usize).prop_map(|(mut way, others, place)| {
        way.splice(place.min(way.len())..place.min(way.len()), others);
        way
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// RC-4, RC-6, RC-8: whatever happens in whatever order, with a clock that goes forward and back.
    #[test]
    fn no_sequence_of_events_breaks_what_a_recovery_promises(
        steps in prop_oneof![steps(), purposeful()],
        purpose in prop::sample::select(Purpose::ALL),
        factor in prop::sample::select(FactorRule::ALL),
    ) {
        let (mut flow, mut past, mut at) = (requested(purpose), Past::default(), after(0));
        for (number, pause) in steps {
            // That the clock was further ahead before a link was issued is another story: `tests/expiry.rs`.
            let pause = if kind(&flow) == StateKind::Requested { pause.max(0) } else { pause };
            let now = Timestamp::from_millis(at.now.millis() + pause);
            at = Moment { now, high: now.max(at.high) };
            past.see(at);
            let before = row(&flow);
            let Ok(step) = flow.apply(event(EventKind::ALL[number], factor, at), at) else {
                prop_assert_eq!(row(&flow), before);
                continue;
            };
            past.check(&flow, &step, factor, at);
            // Every step goes through the table.
            flow = RecoveryFlow::try_from(row(&step.next)).expect("what was written can be read");
        }
    }
}

/// The property test would prove nothing if flows never got anywhere in it.
#[test]
fn purposeful_sequences_reach_completion() {
    let path = [EventKind::IssueLink, EventKind::ChoosePassword, EventKind::PasswordApplied];
    let mut past = Past::default();
    let end = path.into_iter().fold(requested(Purpose::Password), |flow, name| {
        let step = flow.apply(event(name, FactorRule::NotNeeded, after(0)), after(0)).unwrap();
        past.check(&flow, &step, FactorRule::NotNeeded, after(0));
        step.next
    });
    assert_eq!(kind(&end), StateKind::Completed);
}
