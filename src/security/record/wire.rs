//! The record as bytes, for the sealed document. What was written before there were factors is read too.

use super::addresses::{Addresses, Change, Look, Proposal, Stage};
use super::{Asked, Bound, Enrolment, Guard, Questions, Record, Secret};
use crate::account::{AccountEpoch, AddressKind, AddressOnFile};
use crate::clock::Timestamp;
use crate::factor::{FactorState, RecoveryCodeSet, TotpSecret};
use crate::flow::Window;
use crate::ids::{FactorId, FlowId};
use crate::password::PasswordHash;
use crate::token::VerifierDigest;
use crate::wire::{frame, unframe, unframe_all};
use zeroize::Zeroizing;

const VERSION: &[u8] = b"record/2";
/// From before addresses were changed here.
const WITHOUT_ADDRESSES: &[u8] = b"record/1";

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
            &self.addresses.to_bytes(),
        ])
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Some(guard) = Guard::from_bytes(bytes) {
            return Some(Self { guard, ..Self::default() });
        }
        let fields = unframe_all(bytes)?;
        let (version, fields) = fields.split_first()?;
        let (fields, addresses) = match *version {
            VERSION => {
                fields.split_last().map(|(addresses, fields)| (fields, Addresses::from_bytes(addresses)))?
            }
            WITHOUT_ADDRESSES => (fields, Some(Addresses::default())),
            _ => return None,
        };
        let [guard, generation, changed_at, compromised_at, proven_link, factors, questions] = *fields else {
            return None;
        };
        Some(Self {
            guard: Guard::from_bytes(guard)?,
            generation: number(generation)?,
            changed_at: maybe_time(changed_at)?,
            compromised_at: maybe_time(compromised_at)?,
            proven_link: maybe_flow(proven_link)?,
            factors: unframe_all(factors)?.into_iter().map(Bound::from_bytes).collect::<Option<_>>()?,
            questions: if questions.is_empty() { None } else { Some(Questions::from_bytes(questions)?) },
            addresses: addresses?,
        })
    }
}

fn window_bytes(window: Window) -> Zeroizing<Vec<u8>> {
    let times = [window.opened_at, window.expires_at, window.high].map(|at| at.millis().to_be_bytes());
    frame(&[&times[0], &times[1], &times[2]])
}

fn window(bytes: &[u8]) -> Option<Window> {
    let [opened_at, expires_at, high] = unframe::<3>(bytes)?;
    Some(Window { opened_at: time(opened_at)?, expires_at: time(expires_at)?, high: time(high)? })
}

fn address_bytes(address: Option<&AddressOnFile>) -> Zeroizing<Vec<u8>> {
    let Some(address) = address else { return Zeroizing::default() };
    frame(&[address.kind().code().as_bytes(), address.as_str().as_bytes()])
}

fn address(bytes: &[u8]) -> Option<AddressOnFile> {
    let [kind, address] = unframe::<2>(bytes)?;
    let kind = AddressKind::from_code(std::str::from_utf8(kind).ok()?)?;
    AddressOnFile::parse(kind, std::str::from_utf8(address).ok()?).ok()
}

fn maybe_address(bytes: &[u8]) -> Option<Option<AddressOnFile>> {
    if bytes.is_empty() { Some(None) } else { address(bytes).map(Some) }
}

impl Addresses {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let proposal = self.proposal.as_ref().map(Proposal::to_bytes).unwrap_or_default();
        let changes: Vec<_> = self.changes.iter().map(Change::to_bytes).collect();
        let changes: Vec<&[u8]> = changes.iter().map(|bytes| &bytes[..]).collect();
        frame(&[&proposal, &frame(&changes)])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [proposal, changes] = unframe::<2>(bytes)?;
        Some(Self {
            proposal: if proposal.is_empty() { None } else { Some(Proposal::from_bytes(proposal)?) },
            changes: unframe_all(changes)?.into_iter().map(Change::from_bytes).collect::<Option<_>>()?,
        })
    }
}

impl Proposal {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        frame(&[
            self.id.as_bytes(),
            &address_bytes(Some(&self.address)),
            &address_bytes(self.replaces.as_ref()),
            &window_bytes(self.window),
            &self.tries.to_be_bytes(),
            self.code.as_bytes(),
        ])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [id, new, replaces, open, tries, code] = unframe::<6>(bytes)?;
        Some(Self {
            id: FlowId::from_bytes(id.try_into().ok()?),
            address: address(new)?,
            replaces: maybe_address(replaces)?,
            window: window(open)?,
            tries: u32::from_be_bytes(tries.try_into().ok()?),
            code: VerifierDigest::from_bytes(code.try_into().ok()?),
        })
    }
}

impl Change {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        frame(&[
            self.id.as_bytes(),
            &address_bytes(Some(&self.new)),
            &address_bytes(self.old.as_ref()),
            &time_bytes(Some(self.at)),
            &self.stage.to_bytes(),
        ])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [id, new, old, at, stage] = unframe::<5>(bytes)?;
        Some(Self {
            id: FlowId::from_bytes(id.try_into().ok()?),
            new: address(new)?,
            old: maybe_address(old)?,
            at: time(at)?,
            stage: Stage::from_bytes(stage)?,
        })
    }
}

impl Stage {
    fn to_bytes(self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Intended { expected, due } => {
                frame(&[b"intended", &due.millis().to_be_bytes(), expected.as_bytes()])
            }
            Self::Set => frame(&[b"set", b"", b""]),
            Self::Disputed { due, look: Look::First } => {
                frame(&[b"disputed", &due.millis().to_be_bytes(), b""])
            }
            Self::Disputed { due, look: Look::Second } => {
                frame(&[b"taken_back", &due.millis().to_be_bytes(), b""])
            }
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [stage, due, expected] = unframe::<3>(bytes)?;
        let due = maybe_time(due)?;
        match (stage, due, expected) {
            (b"intended", Some(due), expected) => {
                Some(Self::Intended { expected: AccountEpoch::from_bytes(expected.try_into().ok()?), due })
            }
            (b"set", None, []) => Some(Self::Set),
            (b"disputed", Some(due), []) => Some(Self::Disputed { due, look: Look::First }),
            (b"taken_back", Some(due), []) => Some(Self::Disputed { due, look: Look::Second }),
            _ => None,
        }
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
