//! A case as bytes, to be sealed, and back.

use super::{
    Approval, Case, CaseEventKind, CaseState, CaseStateKind, Destination, Entry, Evidence, EvidenceKind,
    Finding, LapseReason, Need, Note, Origin, OriginKind,
};
use crate::account::{AccountEpoch, AddressKind, AddressOnFile};
use crate::clock::Timestamp;
use crate::desk::case::AddressRef;
use crate::desk::{CaseText, Ial, Plea, StaffId};
use crate::flow::Dismissal;
use crate::ids::{AccountId, CaseId, FlowId};
use crate::wire::{frame, unframe, unframe_all};
use time::Duration;
use zeroize::Zeroizing;

const VERSION: &[u8] = b"case/1";

type Bytes = Zeroizing<Vec<u8>>;

impl Case {
    /// What is sealed. Name, version and account stand beside it, and are bound to it by the seal.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let plea = self.plea.as_ref().map(plea_bytes).unwrap_or_default();
        frame(&[
            VERSION,
            &origin_bytes(&self.origin),
            &plea,
            &state_bytes(&self.state),
            staff_bytes(self.named_by.as_ref()),
            &[u8::from(self.notified)],
            &list(&self.evidence, evidence_bytes),
            &list(&self.notes, note_bytes),
            &list(&self.log, entry_bytes),
            &time_bytes(self.opened_at),
        ])
    }

    /// Reads it back; `None` for what no case can have been written as.
    pub(crate) fn from_bytes(id: CaseId, row: u64, account: Option<AccountId>, bytes: &[u8]) -> Option<Self> {
        let [version, origin, plea, state, named_by, notified, evidence, notes, log, opened_at] =
            unframe::<10>(bytes)?;
        (version == VERSION).then_some(())?;
        let case = Self {
            id,
            version: row,
            origin: origin_from(origin)?,
            account,
            plea: optional(plea, plea_from)?,
            state: state_from(state)?,
            named_by: optional(named_by, staff_from)?,
            notified: notified == [1],
            evidence: list_from(evidence, evidence_from)?,
            notes: list_from(notes, note_from)?,
            log: list_from(log, entry_from)?,
            opened_at: time_from(opened_at)?,
        };
        // Nothing is decided about nobody.
        let needs_account = matches!(case.state, CaseState::Approved(_) | CaseState::EvidenceRecorded(_));
        (case.account.is_some() || !needs_account).then_some(case)
    }
}

fn optional<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    if bytes.is_empty() { Some(None) } else { read(bytes).map(Some) }
}

fn list<T>(items: &[T], write: impl Fn(&T) -> Bytes) -> Bytes {
    let items: Vec<Bytes> = items.iter().map(write).collect();
    frame(&items.iter().map(|item| item.as_slice()).collect::<Vec<_>>())
}

fn list_from<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<Vec<T>> {
    unframe_all(bytes)?.into_iter().map(read).collect()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn time_bytes(at: Timestamp) -> [u8; 8] {
    at.millis().to_be_bytes()
}

fn time_from(bytes: &[u8]) -> Option<Timestamp> {
    bytes.try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis)
}

fn staff_bytes(staff: Option<&StaffId>) -> &[u8] {
    staff.map_or(b"", |staff| staff.as_str().as_bytes())
}

fn staff_from(bytes: &[u8]) -> Option<StaffId> {
    StaffId::new(text(bytes)?).ok()
}

fn plea_bytes(plea: &Plea) -> Bytes {
    let reach = plea.reach.as_ref().map_or("", CaseText::as_str);
    frame(&[plea.text.as_str().as_bytes(), reach.as_bytes()])
}

fn plea_from(bytes: &[u8]) -> Option<Plea> {
    let [words, reach] = unframe::<2>(bytes)?;
    Plea::new(text(words)?, text(reach)?)
}

fn origin_bytes(origin: &Origin) -> Bytes {
    let detail = match origin {
        Origin::Staff(staff) => staff.as_str(),
        Origin::Escalated(why) => why.code(),
        Origin::Person | Origin::Disowned => "",
    };
    frame(&[origin.kind().code().as_bytes(), detail.as_bytes()])
}

fn origin_from(bytes: &[u8]) -> Option<Origin> {
    let [kind, detail] = unframe::<2>(bytes)?;
    Some(match OriginKind::from_code(text(kind)?)? {
        OriginKind::Person => Origin::Person,
        OriginKind::Staff => Origin::Staff(staff_from(detail)?),
        OriginKind::Escalated => Origin::Escalated(Dismissal::from_code(text(detail)?)?),
        OriginKind::Disowned => Origin::Disowned,
    })
}

fn state_bytes(state: &CaseState) -> Bytes {
    let detail = match state {
        CaseState::Assigned(to) | CaseState::EvidenceRecorded(to) => frame(&[staff_bytes(Some(to))]),
        CaseState::Approved(approval) => approval_bytes(approval),
        CaseState::Acted(flow) => frame(&[flow.as_bytes()]),
        CaseState::Lapsed(why) => frame(&[why.code().as_bytes()]),
        _ => Bytes::default(),
    };
    frame(&[state.kind().code().as_bytes(), &detail])
}

fn state_from(bytes: &[u8]) -> Option<CaseState> {
    use CaseStateKind as K;
    let [kind, detail] = unframe::<2>(bytes)?;
    let one = || unframe::<1>(detail).map(|[only]| only);
    Some(match K::from_code(text(kind)?)? {
        K::Opened => CaseState::Opened,
        K::Assigned => CaseState::Assigned(staff_from(one()?)?),
        K::EvidenceRecorded => CaseState::EvidenceRecorded(staff_from(one()?)?),
        K::Approved => CaseState::Approved(approval_from(detail)?),
        K::Acted => CaseState::Acted(FlowId::from_bytes(one()?.try_into().ok()?)),
        K::Refused => CaseState::Refused,
        K::Disputed => CaseState::Disputed,
        K::Lapsed => CaseState::Lapsed(LapseReason::from_code(text(one()?)?)?),
        K::Withdrawn => CaseState::Withdrawn,
    })
}

fn approval_bytes(approval: &Approval) -> Bytes {
    let (kind, to) = match &approval.to {
        Destination::OnFile(address) => ("", Zeroizing::new(address.as_bytes().to_vec())),
        Destination::New(address) => ("new", address_bytes(Some(address))),
    };
    frame(&[
        staff_bytes(Some(&approval.by)),
        approval.need.code().as_bytes(),
        kind.as_bytes(),
        &to,
        approval.epoch.as_bytes(),
        &time_bytes(Timestamp::from_millis(0).plus(approval.wait)),
        &time_bytes(approval.until),
        &[u8::from(approval.began)],
    ])
}

fn approval_from(bytes: &[u8]) -> Option<Approval> {
    let [by, need, kind, to, epoch, wait, until, began] = unframe::<8>(bytes)?;
    let to = match kind {
        b"" => Destination::OnFile(AddressRef::from_bytes(to.try_into().ok()?)),
        b"new" => Destination::New(address_from(to)?),
        _ => return None,
    };
    Some(Approval {
        by: staff_from(by)?,
        need: Need::from_code(text(need)?)?,
        to,
        epoch: AccountEpoch::from_bytes(epoch.try_into().ok()?),
        wait: Duration::milliseconds(time_from(wait)?.millis()),
        until: time_from(until)?,
        began: began == [1],
    })
}

fn address_bytes(address: Option<&AddressOnFile>) -> Bytes {
    let Some(address) = address else { return Bytes::default() };
    frame(&[address.kind().code().as_bytes(), address.as_str().as_bytes()])
}

fn address_from(bytes: &[u8]) -> Option<AddressOnFile> {
    let [kind, address] = unframe::<2>(bytes)?;
    AddressOnFile::parse(AddressKind::from_code(text(kind)?)?, text(address)?).ok()
}

fn evidence_bytes(evidence: &Evidence) -> Bytes {
    let Finding { kind, level, need, new_address } = &evidence.finding;
    frame(&[
        kind.code().as_bytes(),
        level.code().as_bytes(),
        need.code().as_bytes(),
        &address_bytes(new_address.as_ref()),
        staff_bytes(Some(&evidence.by)),
        &time_bytes(evidence.at),
    ])
}

fn evidence_from(bytes: &[u8]) -> Option<Evidence> {
    let [kind, level, need, new_address, by, at] = unframe::<6>(bytes)?;
    let finding = Finding {
        kind: EvidenceKind::from_code(text(kind)?)?,
        level: Ial::from_code(text(level)?)?,
        need: Need::from_code(text(need)?)?,
        new_address: optional(new_address, address_from)?,
    };
    Some(Evidence { finding, by: staff_from(by)?, at: time_from(at)? })
}

fn note_bytes(note: &Note) -> Bytes {
    frame(&[note.text.as_str().as_bytes(), staff_bytes(Some(&note.by)), &time_bytes(note.at)])
}

fn note_from(bytes: &[u8]) -> Option<Note> {
    let [words, by, at] = unframe::<3>(bytes)?;
    Some(Note { text: CaseText::new(text(words)?)?, by: staff_from(by)?, at: time_from(at)? })
}

fn entry_bytes(entry: &Entry) -> Bytes {
    frame(&[entry.event.code().as_bytes(), staff_bytes(entry.by.as_ref()), &time_bytes(entry.at)])
}

fn entry_from(bytes: &[u8]) -> Option<Entry> {
    let [event, by, at] = unframe::<3>(bytes)?;
    Some(Entry {
        event: CaseEventKind::from_code(text(event)?)?,
        by: optional(by, staff_from)?,
        at: time_from(at)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::desk::case::{Acting, CaseEvent, Order, Whither};
    use crate::desk::{Staff, StaffRole, Subject};

    fn at(millis: i64) -> Moment {
        Moment::at(Timestamp::from_millis(millis))
    }

    fn by(name: &str) -> Acting {
        let staff = Staff::new(StaffId::new(name).unwrap(), StaffRole::ranked(1));
        Acting { staff, subject: Some(Subject { staff: None, enrolled_at: Ial::Two }) }
    }

    /// One case at each of its stages, with something in every field.
    fn cases() -> Vec<Case> {
        let account = AccountId::new("account-1").unwrap();
        let new_address = AddressOnFile::parse(AddressKind::Email, "ana@new.example").ok();
        let finding = Finding {
            kind: EvidenceKind::ProofedAnew,
            level: Ial::Three,
            need: Need::LostFactor,
            new_address,
        };
        let order = |to| Order {
            need: Need::LostFactor,
            to,
            epoch: AccountEpoch::from_bytes([3; 32]),
            wait: Duration::milliseconds(30),
            held_until: Some(Timestamp::from_millis(50)),
        };
        let on_file = Whither::OnFile(AddressRef::from_bytes([4; 16]));
        let steps = [
            CaseEvent::Concern { by: by("ida"), account: account.clone() },
            CaseEvent::Assign { by: by("ida"), to: StaffId::new("kim").unwrap() },
            CaseEvent::Note { by: by("ida"), text: CaseText::new("two\nlines").unwrap() },
            CaseEvent::RecordEvidence { by: by("kim"), finding },
            CaseEvent::Approve { by: by("jon"), order: order(Whither::Recorded) },
            CaseEvent::Wait,
            CaseEvent::Release(FlowId::from_bytes([5; 16])),
        ];
        let id = CaseId::from_bytes([7; 16]);
        let mut cases = vec![Case::of_person(id, Plea::new("help", "call me").unwrap(), at(1))];
        for (event, hour) in steps.into_iter().zip(1..) {
            let next = cases[cases.len() - 1].apply(event, at(100 * hour)).unwrap().next;
            cases.push(next);
        }
        let evidenced = cases[4].clone();
        let approve = CaseEvent::Approve { by: by("jon"), order: order(on_file) };
        let approved = evidenced.apply(approve, at(2)).unwrap().next;
        cases.push(approved.apply(CaseEvent::Lapse(LapseReason::SignedIn), at(3)).unwrap().next);
        cases.push(approved.apply(CaseEvent::Dispute, at(3)).unwrap().next);
        cases.push(approved);
        cases.push(evidenced.apply(CaseEvent::Refuse { by: by("ida") }, at(2)).unwrap().next);
        cases.push(evidenced.apply(CaseEvent::Withdraw { by: by("ida") }, at(2)).unwrap().next);
        cases.push(Case::by_staff(id, &by("ida"), account.clone(), at(1)).unwrap().next);
        cases.push(Case::about(id, Origin::Escalated(Dismissal::Minor), account.clone(), at(1)));
        cases.push(Case::about(id, Origin::Disowned, account, at(1)));
        cases
    }

    fn read(case: &Case, bytes: &[u8]) -> Option<Case> {
        Case::from_bytes(case.id(), case.version(), case.account().cloned(), bytes)
    }

    #[test]
    fn every_case_comes_back_as_it_was() {
        let cases = cases();
        let kinds: std::collections::BTreeSet<_> = cases.iter().map(|case| case.state().kind()).collect();
        assert_eq!(kinds.len(), CaseStateKind::ALL.len());
        for case in cases {
            assert_eq!(read(&case, &case.to_bytes()).as_ref(), Some(&case));
        }
    }

    #[test]
    fn what_is_cut_short_or_longer_is_no_case_and_nothing_panics() {
        for case in cases() {
            let bytes = case.to_bytes();
            for end in 0..bytes.len() {
                assert!(read(&case, &bytes[..end]).is_none());
            }
            assert!(read(&case, &[&bytes[..], b"\0"].concat()).is_none());
            for at in 0..bytes.len() {
                let mut altered = bytes.clone();
                altered[at] ^= 0x81;
                let _ = read(&case, &altered);
            }
        }
    }

    #[test]
    fn nothing_is_decided_about_nobody() {
        let approved =
            cases().into_iter().find(|case| case.state().kind() == CaseStateKind::Approved).unwrap();
        assert!(Case::from_bytes(approved.id(), 1, None, &approved.to_bytes()).is_none());
    }
}
