//! What staff see: the queue with its ages, and one case.

use crate::account::{Account, AddressKind, AddressOnFile};
use crate::clock::Timestamp;
use crate::desk::case::{Acting, AddressRef, Case, CaseEventKind, CaseState, CaseStateKind, OriginKind};
use crate::desk::rules::ServiceLevels;
use crate::desk::service::{Desk, DeskError};
use crate::desk::steps::read_case;
use crate::desk::{Ial, Staff, StaffId, Subject};
use crate::ids::{AccountId, CaseId, DocumentId};
use crate::store::DocumentKind;
use std::fmt;
use time::{Duration, OffsetDateTime};

/// Cases on one page of the queue, at most.
const MOST_CASES: u32 = 100;

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePlace {
    opened_at: Timestamp,
    case: CaseId,
}

impl fmt::Display for QueuePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.opened_at.millis(), self.case)
    }
}

impl QueuePlace {
    /// Reads what `Display` wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (opened_at, case) = text.rsplit_once('-')?;
        Some(Self { opened_at: Timestamp::from_millis(opened_at.parse().ok()?), case: CaseId::parse(case)? })
    }
}

/// One page of the queue, the oldest case first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The cases.
    pub cases: Vec<CaseSummary>,
    /// Where the next page begins, if there may be one.
    pub next: Option<QueuePlace>,
}

/// What is overdue by the desk's own [`ServiceLevels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overdue {
    /// Nobody has taken it yet.
    Answer,
    /// Nobody has decided it yet.
    Decision,
}

/// A case in the queue. Nothing personal is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseSummary {
    /// Which.
    pub id: CaseId,
    /// What people call it.
    pub number: String,
    /// Where it stands.
    pub state: CaseStateKind,
    /// How it began.
    pub origin: OriginKind,
    /// How old it is.
    pub age: Duration,
    /// What is overdue.
    pub overdue: Option<Overdue>,
    /// Who looks after it.
    pub assignee: Option<StaffId>,
    /// When its waiting is over.
    pub waits_until: Option<OffsetDateTime>,
}

/// An address on file, as far as staff need it to choose one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressHint {
    /// How to name it in a decision.
    pub address: AddressRef,
    /// Its kind.
    pub kind: AddressKind,
    /// So much of it as one needs to tell it from others.
    pub hint: String,
    /// Whether a link of the desk may go there.
    pub takes_links: bool,
}

/// One case, for staff who may act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseView {
    /// The case with its evidence, notes and all that happened.
    pub case: Case,
    /// What is overdue.
    pub overdue: Option<Overdue>,
    /// The addresses on file of the account that it is about.
    pub addresses: Vec<AddressHint>,
    /// The level that evidence needs.
    pub level_needed: Option<Ial>,
    /// Whether whoever looks may decide it, as far as it depends on them.
    pub may_decide: bool,
}

impl CaseView {
    /// Whether a step has a place now, as far as it depends on the case and on whoever looks.
    #[must_use]
    pub fn takes(&self, event: CaseEventKind) -> bool {
        self.case.takes(event) && (event != CaseEventKind::Approve || self.may_decide)
    }
}

impl Desk {
    /// Open cases, the oldest first; those that come after a place. At most `limit`, and never more than 100.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn queue(
        &self,
        staff: &Staff,
        after: Option<QueuePlace>,
        limit: u32,
    ) -> Result<Page, DeskError> {
        let (inner, levels) = (self.inner(), self.rules()?.levels);
        let limit = limit.clamp(1, MOST_CASES);
        let place = after.map(|place| (place.opened_at, DocumentId::from_bytes(*place.case.as_bytes())));
        let rows = inner.flows.open_documents(&inner.realm, DocumentKind::Case, place, limit).await;
        let rows = rows.map_err(|error| self.unavailable("queue", error))?;
        tracing::debug!(staff = %self.pseudonym(&staff.id), cases = rows.len(), "the queue is read");
        let next = rows.last().filter(|_| rows.len() >= limit as usize).map(|row| QueuePlace {
            opened_at: row.created_at,
            case: CaseId::from_bytes(*row.id.as_bytes()),
        });
        let now = inner.clock.read().now;
        let mut cases = Vec::with_capacity(rows.len());
        for row in rows {
            match inner.open_document(row).and_then(|opened| read_case(&opened)) {
                Ok(case) => cases.push(summary(&case, levels, now)),
                // One that cannot be read is in nobody's way.
                Err(fault) => inner.report("queue", &fault),
            }
        }
        Ok(Page { cases, next })
    }

    /// One case. Who may not act on it does not see it either.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], [`DeskError::Refused`], [`DeskError::Unavailable`].
    pub async fn view(&self, staff: &Staff, case: CaseId) -> Result<CaseView, DeskError> {
        let case = self.load(case).await?;
        let acting = self.acting(staff, case.account()).await?;
        case.permits(&acting)?;
        self.seen_by(case, &acting).await
    }

    pub(super) async fn load(&self, case: CaseId) -> Result<Case, DeskError> {
        let case = self.inner().load_case(case).await;
        case.map_err(|fault| self.unavailable("load_case", fault))?.ok_or(DeskError::NotFound)
    }

    /// Somebody of the staff, with what the host says of the account's owner.
    pub(super) async fn acting(
        &self,
        staff: &Staff,
        account: Option<&AccountId>,
    ) -> Result<Acting, DeskError> {
        let subject: Option<Subject> = match account {
            None => None,
            Some(account) => {
                let subject = self.host.subject(account).await;
                subject.map_err(|error| self.unavailable("subject", error))?
            }
        };
        Ok(Acting { staff: staff.clone(), subject })
    }

    pub(super) async fn on_file(&self, case: &Case) -> Result<Option<Account>, DeskError> {
        let Some(account) = case.account() else { return Ok(None) };
        let account = self.inner().accounts.get(account).await;
        account.map_err(|error| self.unavailable("on_file", error))
    }

    pub(super) async fn seen_by(&self, case: Case, acting: &Acting) -> Result<CaseView, DeskError> {
        let (inner, levels) = (self.inner(), self.rules()?.levels);
        let on_file = self.on_file(&case).await?;
        let hint = |account: &Account, address: &AddressOnFile| AddressHint {
            address: inner.address_ref(&account.id, address),
            kind: address.kind(),
            hint: hint(address),
            takes_links: inner.takes_desk_links(address),
        };
        let hints =
            |account: Account| account.addresses.iter().map(|next| hint(&account, next)).collect::<Vec<_>>();
        Ok(CaseView {
            overdue: overdue(&case, levels, inner.clock.read().now),
            addresses: on_file.map(hints).unwrap_or_default(),
            level_needed: acting.subject.as_ref().map(|subject| subject.enrolled_at),
            may_decide: !case.is_involved(&acting.staff.id),
            case,
        })
    }
}

fn summary(case: &Case, levels: ServiceLevels, now: Timestamp) -> CaseSummary {
    let waits_until = match case.state() {
        CaseState::Approved(approval) => Some(approval.until.to_datetime()),
        _ => None,
    };
    CaseSummary {
        id: case.id(),
        number: case.number(),
        state: case.state().kind(),
        origin: case.origin().kind(),
        age: age(case, now),
        overdue: overdue(case, levels, now),
        assignee: case.assignee().cloned(),
        waits_until,
    }
}

fn age(case: &Case, now: Timestamp) -> Duration {
    Duration::milliseconds(now.millis().saturating_sub(case.opened_at().millis()).max(0))
}

fn overdue(case: &Case, levels: ServiceLevels, now: Timestamp) -> Option<Overdue> {
    let (age, state) = (age(case, now), case.state().kind());
    match state {
        _ if state.is_end() || state == CaseStateKind::Approved => None,
        _ if age >= levels.decide_within => Some(Overdue::Decision),
        CaseStateKind::Opened if age >= levels.answer_within => Some(Overdue::Answer),
        _ => None,
    }
}

/// The domain of an e-mail address and its first letter, the last two digits of a number, nothing of a street.
fn hint(address: &AddressOnFile) -> String {
    let text = address.as_str();
    match address.kind() {
        AddressKind::Email => {
            let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
            let first: String = local.chars().take(1).collect();
            format!("{first}\u{2026}@{domain}")
        }
        AddressKind::Phone => {
            let last: String = text.chars().skip(text.chars().count().saturating_sub(2)).collect();
            format!("\u{2026}{last}")
        }
        AddressKind::Post => "the postal address".to_owned(),
    }
}
