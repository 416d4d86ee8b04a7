//! Addresses on file that are being changed: proposed, confirmed by a code, set at the host, and for 7 days disputed.
//!
//! What is to be set at the host is written down here first, so that a worker finishes what a crash has left. The code is
//! compared with the proposal that it was made for, and that proposal alone says which address it confirms
//! (CVE-2026-32700).

use super::Record;
use crate::account::{AccountEpoch, AddressOnFile};
use crate::clock::{Moment, Timestamp};
use crate::flow::Window;
use crate::ids::FlowId;
use crate::token::VerifierDigest;
use time::Duration;

/// How long a code can be typed.
pub(crate) const PROPOSAL_LIFE: Duration = Duration::minutes(30);
/// How long a change can be disputed: as long as the button in its notice works.
pub(crate) const DISPUTABLE: Duration = Duration::days(7);
/// Codes that are compared for one proposal.
const TRIES: u32 = 5;
/// Changes that can be disputed at a time; a further one has to wait.
const MOST_CHANGES: usize = 3;
/// When a worker goes on, should the request that wrote it down not have done so.
const GRACE: Duration = Duration::seconds(10);
/// When a change that was taken back is looked at once more: a node that was just setting it may have come later.
const SECOND_LOOK: Duration = Duration::minutes(5);

/// An address that nobody has confirmed yet.
#[derive(Clone)]
pub(crate) struct Proposal {
    /// Names it in its code, its letters and at the host.
    pub(crate) id: FlowId,
    pub(crate) address: AddressOnFile,
    /// Whose place it takes.
    pub(crate) replaces: Option<AddressOnFile>,
    pub(crate) window: Window,
    /// Codes tried, counted before they were compared.
    pub(crate) tries: u32,
    pub(crate) code: VerifierDigest,
}

/// An address that was confirmed.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) id: FlowId,
    pub(crate) new: AddressOnFile,
    pub(crate) old: Option<AddressOnFile>,
    pub(crate) at: Timestamp,
    pub(crate) stage: Stage,
}

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// To be set at the host, if the account is still what it was when its owner confirmed it.
    Intended { expected: AccountEpoch, due: Timestamp },
    /// On file; it can be disputed.
    Set,
    /// To be taken back at the host, whatever the account is like now.
    Disputed { due: Timestamp, look: Look },
}

/// Which look at a disputed change is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    First,
    Second,
}

/// Why an address does not go on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressRefusal {
    OnFileAlready,
    /// The address to be replaced is not on file.
    NotOnFile,
    TooMany,
}

/// What is being changed about the addresses on file.
#[derive(Clone, Default)]
pub(crate) struct Addresses {
    pub(super) proposal: Option<Proposal>,
    /// The oldest first.
    pub(super) changes: Vec<Change>,
}

/// Whether two ways of writing are one mailbox, as far as anybody who types one would say.
fn is_same(one: &AddressOnFile, other: &AddressOnFile) -> bool {
    match (one.email(), other.email()) {
        (Some(one), Some(other)) => one.key() == other.key(),
        _ => one == other,
    }
}

/// The addresses that would be on file.
pub(crate) fn with(
    on_file: &[AddressOnFile],
    new: &AddressOnFile,
    replaces: Option<&AddressOnFile>,
    most: usize,
) -> Result<Vec<AddressOnFile>, AddressRefusal> {
    let place = match replaces {
        Some(old) => Some(on_file.iter().position(|known| known == old).ok_or(AddressRefusal::NotOnFile)?),
        None => None,
    };
    // One that is only written otherwise may take its own place.
    let twin =
        |(at, known): (usize, &AddressOnFile)| known == new || (Some(at) != place && is_same(known, new));
    if on_file.iter().enumerate().any(twin) {
        return Err(AddressRefusal::OnFileAlready);
    }
    if place.is_none() && on_file.len() >= most {
        return Err(AddressRefusal::TooMany);
    }
    let mut wanted = on_file.to_vec();
    match place {
        Some(place) => wanted[place] = new.clone(),
        None => wanted.push(new.clone()),
    }
    Ok(wanted)
}

impl Change {
    /// Whether anything may still be done about it.
    pub(crate) fn is_remembered(&self, at: Moment) -> bool {
        self.stage != Stage::Set || at.now < self.at.plus(DISPUTABLE)
    }

    /// The addresses with this change; `None` where the address that it replaces is gone.
    pub(crate) fn wanted(&self, on_file: &[AddressOnFile]) -> Option<Vec<AddressOnFile>> {
        if on_file.contains(&self.new) {
            return Some(on_file.to_vec());
        }
        with(on_file, &self.new, self.old.as_ref(), usize::MAX).ok()
    }

    /// The addresses without this change. Where somebody has taken the new address away already, nothing is put back.
    pub(crate) fn undone(&self, on_file: &[AddressOnFile]) -> Vec<AddressOnFile> {
        let mut wanted = on_file.to_vec();
        let Some(place) = wanted.iter().position(|known| *known == self.new) else { return wanted };
        match &self.old {
            Some(old) if !on_file.contains(old) => wanted[place] = old.clone(),
            _ => drop(wanted.remove(place)),
        }
        wanted
    }
}

impl Record {
    /// Writes a proposal down in the place of the one before.
    pub(crate) fn propose(&mut self, proposal: Proposal) {
        self.addresses.proposal = Some(proposal);
    }

    /// Whether one more change can be remembered for as long as it can be disputed.
    pub(crate) fn takes_a_change(&self, at: Moment) -> bool {
        let remembered = self.addresses.changes.iter().filter(|change| change.is_remembered(at));
        remembered.count() < MOST_CHANGES
    }

    /// Whether a change is being taken back.
    pub(crate) fn is_taking_back(&self) -> bool {
        self.addresses.changes.iter().any(|change| matches!(change.stage, Stage::Disputed { .. }))
    }

    /// The proposal, while its code can be typed.
    pub(crate) fn proposal(&self, at: Moment) -> Option<&Proposal> {
        let open = |proposal: &&Proposal| !proposal.window.is_over(at) && !proposal.window.is_ahead_of(at);
        self.addresses.proposal.as_ref().filter(open)
    }

    /// Counts one code, to be stored before it is compared, and says with which proposal it may be compared.
    pub(crate) fn count_address_code(&mut self, at: Moment) -> Option<FlowId> {
        self.proposal(at)?;
        let proposal = self.addresses.proposal.as_mut().filter(|proposal| proposal.tries < TRIES)?;
        proposal.tries += 1;
        Some(proposal.id)
    }

    /// The proposal is confirmed: what it says is to be set at the host. Links from before are void (RC-7).
    pub(crate) fn confirm_address(&mut self, expected: AccountEpoch, at: Moment) -> Option<FlowId> {
        let Proposal { id, address, replaces, .. } = self.addresses.proposal.take()?;
        let stage = Stage::Intended { expected, due: at.now.plus(GRACE) };
        self.addresses.changes.push(Change { id, new: address, old: replaces, at: at.now, stage });
        self.changed(at.now);
        Some(id)
    }

    /// Every change that is remembered, the oldest first.
    pub(crate) fn address_changes(&self) -> &[Change] {
        &self.addresses.changes
    }

    /// What is to be done at the host next. What is disputed is taken back from the newest on.
    pub(crate) fn unsettled(&self, at: Timestamp) -> Option<&Change> {
        let intended = |change: &&Change| matches!(change.stage, Stage::Intended { .. });
        let disputed = |change: &&Change| match change.stage {
            Stage::Disputed { due, .. } => due <= at,
            _ => false,
        };
        let changes = &self.addresses.changes;
        changes.iter().rev().find(disputed).or_else(|| changes.iter().find(intended))
    }

    /// The host has it.
    pub(crate) fn address_is_set(&mut self, id: FlowId) {
        if let Some(change) = self.addresses.changes.iter_mut().find(|change| change.id == id) {
            change.stage = Stage::Set;
        }
    }

    /// It is not on file, and nothing is left to be done about it.
    pub(crate) fn address_is_not_set(&mut self, id: FlowId) {
        self.addresses.changes.retain(|change| change.id != id);
    }

    /// It was taken back once.
    pub(crate) fn address_is_taken_back(&mut self, id: FlowId, now: Timestamp) {
        let of_id = |change: &&mut Change| change.id == id;
        let Some(change) = self.addresses.changes.iter_mut().find(of_id) else { return };
        match change.stage {
            Stage::Disputed { look: Look::First, .. } => {
                change.stage = Stage::Disputed { due: now.plus(SECOND_LOOK), look: Look::Second };
            }
            _ => self.address_is_not_set(id),
        }
    }

    /// "This wasn't me", said with the letter of this name: what is begun, or not set yet, is dropped. If it is the letter of
    /// a change, that change is taken back, with all that came after it.
    pub(crate) fn dispute(&mut self, letter: FlowId, at: Moment) {
        self.addresses.proposal = None;
        self.drop_begun();
        let changes = &mut self.addresses.changes;
        let first = changes.iter().position(|change| change.id == letter).unwrap_or(changes.len());
        let mut any = false;
        for (place, change) in changes.iter_mut().enumerate() {
            let goes = match change.stage {
                Stage::Intended { .. } => true,
                Stage::Set => place >= first,
                Stage::Disputed { .. } => false,
            };
            if goes {
                change.stage = Stage::Disputed { due: at.now, look: Look::First };
                any = true;
            }
        }
        if any {
            self.changed(at.now);
        }
    }

    /// Forgets what has had its time; whether there was anything.
    pub(crate) fn forget(&mut self, at: Moment) -> bool {
        let begun = self.drop_late(at);
        let late = self.addresses.proposal.take_if(|proposal| proposal.window.is_over(at)).is_some();
        let before = self.addresses.changes.len();
        self.addresses.changes.retain(|change| change.is_remembered(at));
        begun || late || self.addresses.changes.len() < before
    }
}

impl Addresses {
    pub(super) fn is_empty(&self) -> bool {
        self.proposal.is_none() && self.changes.is_empty()
    }

    /// When a worker has to look at them next.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let due = |change: &Change| match change.stage {
            Stage::Intended { due, .. } | Stage::Disputed { due, .. } => due,
            Stage::Set => change.at.plus(DISPUTABLE),
        };
        let proposal = self.proposal.as_ref().map(|proposal| proposal.window.expires_at);
        self.changes.iter().map(due).chain(proposal).min()
    }
}
