//! Carries out steps of cases: case, mails and audit record in one commit.

use crate::account::{Account, AddressOnFile};
use crate::audit::{Actor, AuditRecord, Pseudonym};
use crate::clock::Moment;
use crate::desk::StaffId;
use crate::desk::case::{AddressRef, Case, CaseEvent, CaseEventKind, CaseState, CaseTransition, number};
use crate::error::Fault;
use crate::events::RecoveryEvent;
use crate::flow::Letter;
use crate::ids::{AccountId, CaseId, DocumentId, FlowId};
use crate::keys::KeyError;
use crate::mail::{CaseDecided, CaseOpened, CaseWaiting, LetterContent};
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::recovery::documents::{self, Opened};
use crate::recovery::step::{Doer, Draft, Mailing};
use crate::store::DocumentKind;
use crate::wire::frame;

/// What the audit record and the event stream say of a step.
pub(crate) struct Told {
    pub(crate) event: CaseEventKind,
    pub(crate) detail: Option<String>,
}

impl Told {
    pub(crate) fn of(event: &CaseEvent) -> Self {
        Self { event: event.kind(), detail: event.detail() }
    }
}

impl Inner {
    /// One case as it is stored now.
    pub(crate) async fn load_case(&self, id: CaseId) -> Result<Option<Case>, Fault> {
        let opened = self.load_document(DocumentKind::Case, document_id(id)).await?;
        opened.map(|opened| read_case(&opened)).transpose()
    }

    pub(crate) fn staff_pseudonym(&self, staff: &StaffId) -> Pseudonym {
        Pseudonym::cut(self.pseudonyms.of("staff", staff.as_str().as_bytes()))
    }

    /// Somebody of the staff, as the audit record names them.
    pub(crate) fn by_staff(&self, staff: &StaffId) -> Doer {
        Doer { actor: Actor::Staff, client: Some(self.staff_pseudonym(staff)) }
    }

    /// The name of an address on file, as a case has it.
    pub(crate) fn address_ref(&self, account: &AccountId, address: &AddressOnFile) -> AddressRef {
        let (kind, text) = (address.kind().code().as_bytes(), address.as_str().as_bytes());
        let subject = frame(&[account.as_str().as_bytes(), kind, text]);
        AddressRef::from_bytes(*Pseudonym::cut(self.pseudonyms.of("address", &subject)).as_bytes())
    }

    /// Writes a case as it is after a step.
    pub(crate) fn write_case(
        &self,
        draft: &mut Draft,
        next: &Case,
        told: Told,
        by: Doer,
        at: Moment,
    ) -> Result<(), Fault> {
        let ended = next.state().kind().is_end();
        let write = self.write_document(&documents::Draft {
            kind: DocumentKind::Case,
            id: document_id(next.id()),
            after: next.version() - 1,
            account: next.account(),
            open: !ended,
            plain: &next.to_bytes(),
            created_at: next.opened_at(),
            due_at: next.due_at(),
            keep_until: ended.then(|| at.now.plus(self.retention.cases)),
        })?;
        draft.commit.documents.push(write);
        let account = next.account().map(|account| self.account_pseudonym(account));
        draft.commit.audit.push(AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: FlowId::from_bytes(*next.id().as_bytes()),
            version: next.version(),
            event: format!("case.{}", told.event.code()),
            reason: told.detail,
            actor: by.actor,
            account,
            client: by.client,
        });
        draft.tell(RecoveryEvent::Case {
            case: next.id(),
            event: told.event,
            state: next.state().kind(),
            actor: by.actor,
            staff: by.client.filter(|_| by.actor == Actor::Staff),
            account,
        });
        Ok(())
    }

    /// Writes a step with the notices that come with it. `on_file` is the case's account, where it is known and there.
    pub(crate) fn write_case_step(
        &self,
        draft: &mut Draft,
        transition: &CaseTransition,
        told: Told,
        by: Doer,
        on_file: Option<&Account>,
        at: Moment,
    ) -> Result<(), Fault> {
        use crate::desk::case::CaseEffect;
        self.write_case(draft, &transition.next, told, by, at)?;
        let Some(account) = on_file else { return Ok(()) };
        for effect in transition.effects.iter().filter(|_| !planted(Bug::CaseWaitsUntold)) {
            let CaseEffect::Notify(letter) = effect else { continue };
            let Some(content) = notice(&transition.next, *letter, at) else { continue };
            let mailing = Mailing::notice(account, content);
            let flow = self.new_flow_id()?;
            self.queue(draft, flow, Some(&account.id), Some(&mailing), at)?;
        }
        Ok(())
    }
}

pub(crate) fn document_id(case: CaseId) -> DocumentId {
    DocumentId::from_bytes(*case.as_bytes())
}

/// A case, of a document that was opened.
pub(crate) fn read_case(opened: &Opened) -> Result<Case, Fault> {
    let row = &opened.row;
    let id = CaseId::from_bytes(*row.id.as_bytes());
    Case::from_bytes(id, row.version, row.account.clone(), &opened.plain).ok_or(KeyError::Altered.into())
}

fn notice(case: &Case, letter: Letter, at: Moment) -> Option<LetterContent> {
    let number = number(case.id());
    Some(match (letter, case.state()) {
        (Letter::CaseOpened, _) => LetterContent::CaseOpened(CaseOpened { number, at: at.now.to_datetime() }),
        (Letter::CaseWaiting, CaseState::Approved(approval)) => {
            LetterContent::CaseWaiting(CaseWaiting { number, until: approval.until.to_datetime() })
        }
        (Letter::CaseDecided, state) => {
            let released = matches!(state, CaseState::Acted(_));
            LetterContent::CaseDecided(CaseDecided { number, released })
        }
        _ => return None,
    })
}
