//! Authenticator apps and recovery codes: begun, confirmed, removed, switched off, made anew.

use super::change::{Line, Made, Present, StepUp};
use crate::clock::Moment;
use crate::entropy::random;
use crate::error::RecoveryError;
use crate::factor::{CODES, FactorId, FactorKind, FactorView, RecoveryCode, TotpCode, TotpSecret};
use crate::ids::FlowId;
use crate::mail::{CodesMade, FactorAdded, FactorRemoved, LetterContent, TakenAway};
use crate::security::info::{ChangeRefused, Confirmed, FactorLabel, FreshCodes, SecurityInfo, TotpEnrolment};
use crate::security::record::{EnrolRefusal, Pending};
use std::array;

impl From<EnrolRefusal> for RecoveryError {
    fn from(refusal: EnrolRefusal) -> Self {
        match refusal {
            EnrolRefusal::TooMany => Self::ChangeRefused(ChangeRefused::TooMany),
            EnrolRefusal::NotBegun => Self::ChangeRefused(ChangeRefused::NotThere),
            EnrolRefusal::WrongCode => Self::CodeNotUsable,
        }
    }
}

const NOT_THERE: RecoveryError = RecoveryError::ChangeRefused(ChangeRefused::NotThere);
const HELD: RecoveryError = RecoveryError::ChangeRefused(ChangeRefused::Held);

/// What a letter calls a factor.
fn name_of(view: &FactorView) -> String {
    match view.kind {
        FactorKind::RecoveryCodes => "Recovery codes".to_owned(),
        _ => view.label.clone(),
    }
}

impl SecurityInfo {
    pub(super) async fn begin(&self, label: &FactorLabel) -> Result<TotpEnrolment, RecoveryError> {
        self.change("begin_totp", StepUp::Fresh, |present| {
            not_held(present)?;
            let (id, secret) = (self.draw_id()?, TotpSecret::from_random(self.draw()?));
            let pending =
                Pending { id, label: label.as_str(), secret: secret.clone(), session: self.session.binding };
            present.security.record.begin(pending, present.at)?;
            let shown = self.show(present, id)?;
            let line = self.line("account.factor_begun", Some(FactorKind::Totp.code()))?;
            Ok(Made::begun(shown, line).spending(self.one_change(present.at)))
        })
        .await
    }

    /// What the app is told, as it is in the record.
    pub(super) fn show(&self, present: &Present, id: FactorId) -> Result<TotpEnrolment, RecoveryError> {
        let pending = present.security.record.pending(id, &self.session.binding, present.at);
        let (secret, until) = pending.ok_or(NOT_THERE)?;
        let issuer = &self.inner().service.name;
        Ok(TotpEnrolment::new(id, secret.clone(), until, issuer, &present.account.username))
    }

    /// Counts, stores, and then compares (RL-7).
    pub(super) async fn confirm(&self, id: FactorId, code: &TotpCode) -> Result<Confirmed, RecoveryError> {
        let session = &self.session.binding;
        self.change("confirm_totp", StepUp::Level, |present| {
            not_held(present)?;
            present.security.record.count_confirmation(id, session, present.at)?;
            Ok(Made::counted(()).spending(self.one_confirmation(present.at)))
        })
        .await?;
        self.change("confirm_totp", StepUp::Level, |present| {
            not_held(present)?;
            let (at, record) = (present.at, &mut present.security.record);
            record.confirm(id, session, code, at)?;
            let has_codes = record.has_codes();
            let codes = if has_codes { None } else { Some(self.set_codes(present)?) };
            let label = present.security.record.views().into_iter().find(|view| view.id == id);
            let label = label.map(|view| view.label).unwrap_or_default();
            let added = LetterContent::FactorAdded(FactorAdded { label, at: at.now.to_datetime() });
            let line = self.line("account.factor_added", Some(FactorKind::Totp.code()))?;
            Ok(Made::changed(Confirmed { codes }, line).with_letter(present.notice_to_all(added)))
        })
        .await
    }

    pub(super) async fn unbind(&self, id: FactorId) -> Result<(), RecoveryError> {
        self.take_away(TakenAway::Removed, |present| {
            present.security.record.remove(id, &present.account.factors, present.at.now)
        })
        .await
    }

    pub(super) async fn switch_off(&self, id: FactorId) -> Result<(), RecoveryError> {
        self.take_away(TakenAway::SwitchedOff, |present| present.security.record.disable(id, present.at.now))
            .await
    }

    async fn take_away(
        &self,
        how: TakenAway,
        take: impl Fn(&mut Present) -> Option<FactorView> + Send + Sync,
    ) -> Result<(), RecoveryError> {
        self.change("take_factor_away", StepUp::Fresh, |present| {
            not_held(present)?;
            let gone = take(present).ok_or(NOT_THERE)?;
            let (label, at) = (name_of(&gone), present.at.now.to_datetime());
            let notice =
                present.notice_to_all(LetterContent::FactorRemoved(FactorRemoved { label, how, at }));
            let event = match how {
                TakenAway::Removed => "account.factor_removed",
                TakenAway::SwitchedOff => "account.factor_disabled",
            };
            let line = self.line(event, Some(gone.kind.code()))?;
            Ok(Made::changed((), line).with_letter(notice).spending(self.one_change(present.at)))
        })
        .await
    }

    pub(super) async fn make_codes(&self) -> Result<FreshCodes, RecoveryError> {
        self.change("make_codes", StepUp::Fresh, |present| {
            not_held(present)?;
            if !present.security.record.is_protected(&present.account.factors) {
                return Err(NOT_THERE);
            }
            let codes = self.set_codes(present)?;
            let made = LetterContent::CodesMade(CodesMade { at: present.at.now.to_datetime() });
            let line = self.line("account.codes_made", None)?;
            let made = Made::changed(codes, line).with_letter(present.notice_to_all(made));
            Ok(made.spending(self.one_change(present.at)))
        })
        .await
    }

    fn set_codes(&self, present: &mut Present) -> Result<FreshCodes, RecoveryError> {
        let mut bytes = [[0; 10]; CODES];
        for code in &mut bytes {
            *code = self.draw()?;
        }
        let codes = array::from_fn(|n| RecoveryCode::from_random(bytes[n]));
        let (id, Moment { now, .. }) = (self.draw_id()?, present.at);
        present.security.record.set_codes(&codes, &present.account.id, id, now);
        Ok(FreshCodes(codes))
    }

    fn draw<const N: usize>(&self) -> Result<[u8; N], RecoveryError> {
        let inner = self.inner();
        random(&*inner.entropy).map_err(|error| inner.unavailable("security", error.into()))
    }

    fn draw_id(&self) -> Result<FactorId, RecoveryError> {
        self.draw().map(FactorId::from_bytes)
    }

    /// A line of the audit record under a fresh name.
    pub(super) fn line(
        &self,
        event: &'static str,
        reason: Option<&'static str>,
    ) -> Result<Line, RecoveryError> {
        Ok(Line { id: FlowId::from_bytes(self.draw()?), event, reason })
    }
}

/// Nothing changes while the host keeps the account as it is.
pub(super) fn not_held(present: &Present) -> Result<(), RecoveryError> {
    if present.is_held() { Err(HELD) } else { Ok(()) }
}
