//! The record as bytes, for the sealed document. What was written before there were factors is read too.

use super::{Asked, Bound, Enrolment, Guard, Questions, Record, Secret};
use crate::clock::Timestamp;
use crate::factor::{FactorState, RecoveryCodeSet, TotpSecret};
use crate::flow::Window;
use crate::ids::{FactorId, FlowId};
use crate::password::PasswordHash;
use crate::wire::{frame, unframe, unframe_all};
use zeroize::Zeroizing;

const VERSION: &[u8] = b"record/1";

fn time_bytes(at: Option<Timestamp>) -> Vec<u8> {
    at.map(|at| at.millis().to_be_bytes().to_vec()).unwrap_or_default()
}

fn time(bytes: &[u8]) -> Option<Timestamp> {
    bytes.try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis)
}

fn maybe_time(bytes: &[u8]) -> Option<Option<Timestamp>> {
    if bytes.is_empty() { Some(None) } else { time(bytes).map(Some) }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn flow_bytes(flow: &Option<FlowId>) -> &[u8] {
    flow.as_ref().map_or(&[][..], |flow| flow.as_bytes())
}

fn maybe_flow(bytes: &[u8]) -> Option<Option<FlowId>> {
    if bytes.is_empty() { Some(None) } else { Some(Some(FlowId::from_bytes(bytes.try_into().ok()?))) }
}

impl Record {
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let factors: Vec<_> = self.factors.iter().map(Bound::to_bytes).collect();
        let factors: Vec<&[u8]> = factors.iter().map(|bytes| &bytes[..]).collect();
        frame(&[
            VERSION,
            &self.guard.to_bytes(),
            &self.generation.to_be_bytes(),
            &time_bytes(self.changed_at),
            &time_bytes(self.compromised_at),
            flow_bytes(&self.proven_link),
            &frame(&factors),
            self.questions.as_ref().map(Questions::to_bytes).as_ref().map_or(&[][..], |bytes| &bytes[..]),
        ])
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Some(guard) = Guard::from_bytes(bytes) {
            return Some(Self { guard, ..Self::default() });
        }
        let [version, guard, generation, changed_at, compromised_at, proven_link, factors, questions] =
            unframe::<8>(bytes)?;
        (version == VERSION).then_some(())?;
        Some(Self {
            guard: Guard::from_bytes(guard)?,
            generation: number(generation)?,
            changed_at: maybe_time(changed_at)?,
            compromised_at: maybe_time(compromised_at)?,
            proven_link: maybe_flow(proven_link)?,
            factors: unframe_all(factors)?.into_iter().map(Bound::from_bytes).collect::<Option<_>>()?,
            questions: if questions.is_empty() { None } else { Some(Questions::from_bytes(questions)?) },
        })
    }
}

impl Questions {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let one = |asked: &Asked| frame(&[asked.code.as_bytes(), asked.answer.as_str().as_bytes()]);
        let asked: Vec<_> = self.asked.iter().map(one).collect();
        let asked: Vec<&[u8]> = asked.iter().map(|bytes| &bytes[..]).collect();
        let (turn, failures) = (self.turn.to_be_bytes(), self.failures.to_be_bytes());
        frame(&[&frame(&asked), &turn, &failures, flow_bytes(&self.answered)])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [asked, turn, failures, answered] = unframe::<4>(bytes)?;
        let count = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_be_bytes);
        let one = |bytes| {
            let [code, answer] = unframe::<2>(bytes)?;
            let answer = PasswordHash::parse(std::str::from_utf8(answer).ok()?).ok()?;
            Some(Asked { code: text(code)?, answer })
        };
        Some(Self {
            asked: unframe_all(asked)?.into_iter().map(one).collect::<Option<_>>()?,
            turn: count(turn)?,
            failures: count(failures)?,
            answered: maybe_flow(answered)?,
        })
    }
}

impl Bound {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let enrolment = self.enrolment.map(Enrolment::to_bytes);
        frame(&[
            self.id.as_bytes(),
            self.label.as_bytes(),
            self.state.code().as_bytes(),
            &time_bytes(Some(self.added_at)),
            &time_bytes(self.last_used_at),
            &self.failures.to_be_bytes(),
            &time_bytes(self.tried_at),
            &self.secret.to_bytes(),
            enrolment.as_ref().map_or(&[][..], |bytes| &bytes[..]),
        ])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [id, label, state, added_at, last_used_at, failures, tried_at, secret, enrolment] =
            unframe::<9>(bytes)?;
        Some(Self {
            id: FactorId::from_bytes(id.try_into().ok()?),
            label: text(label)?,
            state: FactorState::from_code(std::str::from_utf8(state).ok()?)?,
            added_at: time(added_at)?,
            last_used_at: maybe_time(last_used_at)?,
            failures: u32::from_be_bytes(failures.try_into().ok()?),
            tried_at: maybe_time(tried_at)?,
            secret: Secret::from_bytes(secret)?,
            enrolment: if enrolment.is_empty() { None } else { Some(Enrolment::from_bytes(enrolment)?) },
        })
    }
}

impl Enrolment {
    fn to_bytes(self) -> Zeroizing<Vec<u8>> {
        let Window { opened_at, expires_at, high } = self.window;
        let times = [opened_at, expires_at, high].map(|at| at.millis().to_be_bytes());
        frame(&[&self.session, &times[0], &times[1], &times[2]])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [session, opened_at, expires_at, high] = unframe::<4>(bytes)?;
        let window = Window { opened_at: time(opened_at)?, expires_at: time(expires_at)?, high: time(high)? };
        Some(Self { session: session.try_into().ok()?, window })
    }
}

impl Secret {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Totp { secret, used } => {
                let used = used.map(|step| step.to_be_bytes().to_vec()).unwrap_or_default();
                frame(&[b"totp", secret.as_bytes(), &used])
            }
            Self::Codes(set) => frame(&[b"codes", &set.to_bytes(), b""]),
            Self::Host(name) => frame(&[b"host", name.as_bytes(), b""]),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [kind, value, more] = unframe::<3>(bytes)?;
        match kind {
            b"totp" => {
                let used = if more.is_empty() { None } else { Some(number(more)?) };
                Some(Self::Totp { secret: TotpSecret::import(value).ok()?, used })
            }
            b"codes" if more.is_empty() => RecoveryCodeSet::from_bytes(value).map(Self::Codes),
            b"host" if more.is_empty() => text(value).map(Self::Host),
            _ => None,
        }
    }
}
