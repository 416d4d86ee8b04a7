//! An address on file is changed: proposed, and confirmed by the code that was sent to it (NO-5).

use super::change::{Button, Letter, Line, Made, Present, StepUp};
use super::factors::not_held;
use crate::account::{AddressKind, AddressOnFile};
use crate::budget::Spend;
use crate::clock::Moment;
use crate::error::RecoveryError;
use crate::flow::Window;
use crate::ids::FlowId;
use crate::mail::{AddressAdded, AddressCode, AddressEvent, AddressRemoved, LetterContent};
use crate::recovery::TypedCode;
use crate::recovery::step::Mailing;
use crate::security::info::view::proposed;
use crate::security::info::{AddressChanged, ChangeRefused, ProposalView, SecurityInfo};
use crate::security::record::{AddressRefusal, PROPOSAL_LIFE, Proposal, Stage, with};
use crate::token::VerifierDigest;

impl From<AddressRefusal> for RecoveryError {
    fn from(refusal: AddressRefusal) -> Self {
        Self::ChangeRefused(match refusal {
            AddressRefusal::OnFileAlready => ChangeRefused::OnFileAlready,
            AddressRefusal::NotOnFile => ChangeRefused::NotThere,
            AddressRefusal::TooMany => ChangeRefused::TooMany,
        })
    }
}

impl SecurityInfo {
    pub(super) async fn propose(
        &self,
        address: &AddressOnFile,
        replaces: Option<&AddressOnFile>,
    ) -> Result<ProposalView, RecoveryError> {
        if address.kind() != AddressKind::Email {
            return Err(ChangeRefused::KindNotTaken.into());
        }
        self.change("propose_address", StepUp::Fresh, |present| {
            let at = present.at;
            self.fits(present, address, replaces)?;
            let line = self.line("account.address_proposed", None)?;
            let code = self.draw_code()?;
            let digest = self.digest(&code, present, line.id, address);
            let proposal = Proposal {
                id: line.id,
                address: address.clone(),
                replaces: replaces.cloned(),
                window: Window::open(at, PROPOSAL_LIFE),
                tries: 0,
                code: self.inner().verifiers.mark(&digest),
            };
            let shown = proposed(&proposal);
            present.security.record.propose(proposal);
            let content = AddressCode { code: code.expose(), minutes: PROPOSAL_LIFE.whole_minutes() };
            let content = LetterContent::AddressCode(content);
            let mailing = Mailing::of(&present.account, vec![address.clone()], content);
            let made = Made::begun(shown, line).with_letter(Letter { mailing, button: Button::Without });
            Ok(made.spending(self.one_change(at)).spending(self.one_code_to(address, at)))
        })
        .await
    }

    /// Counts, stores, and then compares (RL-7); then the change is written down, and after that made.
    pub(super) async fn confirm_proposal(&self, typed: &str) -> Result<AddressChanged, RecoveryError> {
        let typed = TypedCode::read(typed).ok_or(RecoveryError::CodeNotUsable)?;
        let proposal = self
            .change("confirm_address", StepUp::Level, |present| {
                self.may_change_addresses(present)?;
                let counted = present.security.record.count_address_code(present.at);
                let counted = counted.ok_or(RecoveryError::CodeNotUsable)?;
                Ok(Made::counted(counted).spending(self.one_confirmation(present.at)))
            })
            .await?;
        self.change("confirm_address", StepUp::Level, |present| self.write_down(present, proposal, &typed))
            .await?;
        let account = &self.session.account;
        match self.inner().settle_addresses(account).await {
            Ok(settled) => {
                let is_set = settled.iter().any(|change| change.id == proposal && change.stage == Stage::Set);
                if is_set { Ok(AddressChanged::Done) } else { Err(ChangeRefused::NotThere.into()) }
            }
            // The change is durable: a worker goes on with it.
            Err(fault) => {
                self.inner().report("set_address", &fault);
                Ok(AddressChanged::Pending)
            }
        }
    }

    /// Compares the code with the very proposal that it was counted for, and confirms the address that this one names.
    fn write_down(
        &self,
        present: &mut Present,
        id: FlowId,
        typed: &TypedCode,
    ) -> Result<Made<()>, RecoveryError> {
        let at = present.at;
        let proposal = present.security.record.proposal(at).filter(|proposal| proposal.id == id).cloned();
        let Proposal { address, replaces, code, .. } = proposal.ok_or(RecoveryError::CodeNotUsable)?;
        let digest = self.digest(typed, present, id, &address);
        if !self.inner().verifiers.proves(&digest, &code) {
            return Err(RecoveryError::CodeNotUsable);
        }
        self.fits(present, &address, replaces.as_ref())?;
        let epoch = present.account.epoch();
        present.security.record.confirm_address(epoch, at);
        let what = if replaces.is_some() { AddressEvent::Replaced } else { AddressEvent::Added };
        let now = at.now.to_datetime();
        let told = present.notice_to_all(LetterContent::AddressRemoved(AddressRemoved { what, at: now }));
        let content = LetterContent::AddressAdded(AddressAdded { at: now });
        let mailing = Mailing::of(&present.account, vec![address], content);
        let new = Letter { mailing, button: Button::With };
        let line = Line { id, event: "account.address_confirmed", reason: None };
        Ok(Made::changed((), line).with_letter(told).with_letter(new))
    }

    /// Whether the address may go on file as things are.
    fn fits(
        &self,
        present: &Present,
        address: &AddressOnFile,
        replaces: Option<&AddressOnFile>,
    ) -> Result<(), RecoveryError> {
        self.may_change_addresses(present)?;
        with(&present.account.addresses, address, replaces, self.inner().security_rules.most_addresses)?;
        if !present.security.record.takes_a_change(present.at) {
            return Err(ChangeRefused::ChangedLately.into());
        }
        Ok(())
    }

    fn may_change_addresses(&self, present: &Present) -> Result<(), RecoveryError> {
        if !self.inner().accounts.takes_addresses() {
            return Err(ChangeRefused::AddressesElsewhere.into());
        }
        not_held(present)?;
        let record = &present.security.record;
        // Somebody said "this wasn't me": an address is what whoever it was would change next.
        if record.guard.is_on_hold(present.at.now) || record.is_taking_back() {
            return Err(ChangeRefused::Held.into());
        }
        Ok(())
    }

    fn draw_code(&self) -> Result<TypedCode, RecoveryError> {
        let inner = self.inner();
        TypedCode::draw(&*inner.entropy).map_err(|error| inner.unavailable("propose_address", error.into()))
    }

    fn digest(
        &self,
        code: &TypedCode,
        present: &Present,
        proposal: FlowId,
        address: &AddressOnFile,
    ) -> VerifierDigest {
        code.address_digest(&self.inner().realm, &present.account.id, proposal, address)
    }

    /// A code costs its receiver a mail: whoever has many accounts must not fill somebody's mailbox with them.
    fn one_code_to(&self, address: &AddressOnFile, at: Moment) -> Spend {
        let key = address.email().map(|email| email.key().as_str().to_owned());
        let subject = key.unwrap_or_else(|| address.as_str().to_owned());
        let quota = self.inner().limits.address_codes_per_address;
        self.inner().spend("security/address", subject.as_bytes(), quota, at)
    }
}
