//! What the owner is shown, and what comes back from a change.

use crate::account::AddressOnFile;
use crate::clock::{Moment, Timestamp};
#[cfg(feature = "qr")]
use crate::factor::TooLongForQr;
use crate::factor::{AuthLevel, CODES, FactorId, FactorView, RecoveryCode, TotpSecret};
use crate::recovery::{Protected, policy_context};
use crate::security::SecurityInfo;
use crate::security::info::change::{Present, StepUp};
use crate::security::record::{Change, DISPUTABLE, Proposal, Record, Stage};
use std::fmt;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Most characters of a label.
const LONGEST_LABEL: usize = 64;
/// Characters of a username that an authenticator app is told.
const LONGEST_NAME: usize = 64;

/// What a person calls a factor, such as "My phone": 1 to 64 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorLabel(String);

impl FactorLabel {
    /// Reads what was typed, without the blanks around it.
    ///
    /// # Errors
    /// [`InvalidLabel`] when nothing is left, for more than 64 characters, for control characters and line breaks, and for
    /// marks that turn the direction of writing.
    pub fn parse(typed: &str) -> Result<Self, InvalidLabel> {
        // Bytes first: what is far too long is not even counted.
        if typed.len() > 16 * LONGEST_LABEL {
            return Err(InvalidLabel);
        }
        let label = typed.trim();
        let legal = !label.chars().any(|c| c.is_control() || is_layout(c));
        let length = label.chars().count();
        if legal && (1..=LONGEST_LABEL).contains(&length) {
            Ok(Self(label.to_owned()))
        } else {
            Err(InvalidLabel)
        }
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Line and paragraph separators, and what overrides the direction of writing.
fn is_layout(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A label that is empty, too long, or not on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label has 1 to 64 characters on one line")]
pub struct InvalidLabel;

/// Why a change is not made. The owner is signed in, so this may be said to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefused {
    /// Nothing of that name: never was there, is not there any more, is another account's, was begun in another session, or
    /// too long ago.
    #[error("there is nothing of that name; begin anew")]
    NotThere,
    /// The account has as many as it may have.
    #[error("no more of these can be added; remove one first")]
    TooMany,
    /// Nothing of this may change for now: the host holds the account, or somebody said "this wasn't me" a short time ago.
    #[error("nothing of this can be changed at the moment")]
    Held,
    /// Addresses were changed three times within 7 days: a change can be disputed for as long.
    #[error("addresses were changed several times in the last days; wait a few days")]
    ChangedLately,
    /// The host's accounts take no new addresses from here.
    #[error("addresses are changed in another place")]
    AddressesElsewhere,
    /// Only e-mail addresses are confirmed by a code.
    #[error("only e-mail addresses can be added here")]
    KindNotTaken,
    /// The address is on file already.
    #[error("this address is on file already")]
    OnFileAlready,
    /// An answer to a security question cannot be kept.
    #[cfg(feature = "questions")]
    #[error(transparent)]
    Answer(#[from] crate::factor::AnswerRefused),
}

/// All that protects an account. `Debug` shows no address.
#[derive(Clone)]
#[non_exhaustive]
pub struct SecurityView {
    /// The factors that regain keeps, the oldest first; those that are begun and not confirmed are among them.
    pub factors: Vec<FactorView>,
    /// The host's names for factors of its own.
    pub host_factors: Vec<String>,
    /// The codes of the security questions that are asked behind a link.
    pub questions: Vec<String>,
    /// The addresses on file, in the host's order.
    pub addresses: Vec<AddressOnFile>,
    /// An address that is being changed, or was within the last 7 days; the newest first.
    pub proposals: Vec<ProposalView>,
    /// Whether addresses can be changed here at all.
    pub takes_addresses: bool,
    /// How many characters a new password needs.
    pub password_at_least: usize,
    /// When regain set the password last, if that was a short time ago.
    pub password_changed_at: Option<OffsetDateTime>,
    /// Since when the password is known to be compromised.
    pub password_compromised_at: Option<OffsetDateTime>,
    /// Until when nobody gets a link, and no address is changed: somebody said "this wasn't me".
    pub on_hold_until: Option<OffsetDateTime>,
    /// The level that a change asks for.
    pub level_needed: AuthLevel,
    /// Whether this session has to be authenticated anew before a change.
    pub step_up_needed: bool,
}

impl SecurityInfo {
    pub(super) fn view(&self, present: &Present) -> SecurityView {
        let (at, record) = (present.at, &present.security.record);
        let guard = &record.guard;
        let protected = Protected(record.is_protected(&present.account.factors));
        let time = |at: Option<Timestamp>| at.map(Timestamp::to_datetime);
        SecurityView {
            factors: record.views_at(at),
            host_factors: present.account.factors.clone(),
            questions: record.question_codes().into_iter().map(str::to_owned).collect(),
            addresses: present.account.addresses.clone(),
            proposals: proposals(record, at),
            takes_addresses: self.inner().accounts.takes_addresses(),
            password_at_least: self.inner().policy.floor(&policy_context(&present.account, protected)),
            password_changed_at: time(guard.password_changed_at()),
            password_compromised_at: time(record.compromised_at),
            on_hold_until: time(guard.hold_until().filter(|_| guard.is_on_hold(at.now))),
            level_needed: self.level_needed(present),
            step_up_needed: !self.suffices(StepUp::Fresh, present),
        }
    }
}

/// What is being changed, the newest first.
fn proposals(record: &Record, at: Moment) -> Vec<ProposalView> {
    let changes = record.address_changes().iter().rev().filter(|change| change.is_remembered(at));
    record.proposal(at).map(proposed).into_iter().chain(changes.map(changed)).collect()
}

pub(super) fn proposed(proposal: &Proposal) -> ProposalView {
    ProposalView {
        address: proposal.address.clone(),
        replaces: proposal.replaces.clone(),
        state: ProposalState::AwaitsCode,
        until: proposal.window.expires_at.to_datetime(),
    }
}

fn changed(change: &Change) -> ProposalView {
    ProposalView {
        address: change.new.clone(),
        replaces: change.old.clone(),
        state: match change.stage {
            Stage::Intended { .. } => ProposalState::Confirmed,
            Stage::Set => ProposalState::Done,
            Stage::Disputed { .. } => ProposalState::Disputed,
        },
        until: change.at.plus(DISPUTABLE).to_datetime(),
    }
}

impl fmt::Debug for SecurityView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityView")
            .field("factors", &self.factors.len())
            .field("level_needed", &self.level_needed)
            .field("step_up_needed", &self.step_up_needed)
            .finish_non_exhaustive()
    }
}

/// How far a change of an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProposalState {
    /// The code that was sent there has to be typed.
    AwaitsCode,
    /// It is confirmed, and will be on file within moments.
    Confirmed,
    /// It is on file; until [`ProposalView::until`] the change can be disputed.
    Done,
    /// It was disputed, and is being taken back.
    Disputed,
}

/// An address that is being changed. `Debug` shows no address.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProposalView {
    /// The new address.
    pub address: AddressOnFile,
    /// The address whose place it takes.
    pub replaces: Option<AddressOnFile>,
    /// How far it is.
    pub state: ProposalState,
    /// Until when the code can be typed, or the change disputed.
    pub until: OffsetDateTime,
}

impl fmt::Debug for ProposalView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProposalView")
            .field("state", &self.state)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// What became of a confirmed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressChanged {
    /// It is on file.
    Done,
    /// It is confirmed and durable, and will be on file within moments: the host's accounts did not answer just now.
    Pending,
}

/// An authenticator app that is being bound: what it has to be told. All of it is the secret, shown to the person who
/// enrols, with `Cache-Control: no-store`; `Debug` shows none of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct TotpEnrolment {
    /// Its name, for [`SecurityInfo::confirm_totp`](super::SecurityInfo::confirm_totp). Not a secret.
    pub id: FactorId,
    /// From when on it is too late to confirm it.
    pub expires_at: OffsetDateTime,
    secret: TotpSecret,
    issuer: String,
    name: String,
}

impl TotpEnrolment {
    pub(super) fn new(
        id: FactorId,
        secret: TotpSecret,
        expires_at: Timestamp,
        issuer: &str,
        username: &str,
    ) -> Self {
        let name = username.chars().take(LONGEST_NAME).collect();
        Self { id, expires_at: expires_at.to_datetime(), secret, issuer: issuer.to_owned(), name }
    }

    /// The secret for typing: base32 in groups of four.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<String> {
        self.secret.expose()
    }

    /// The `otpauth://` address, for a person whose app is on the same device.
    #[must_use]
    pub fn uri(&self) -> Zeroizing<String> {
        self.secret.uri(&self.issuer, &self.name)
    }

    /// The same as a QR code: an SVG document ([`TotpSecret::qr_svg`]).
    ///
    /// # Errors
    /// [`TooLongForQr`], which names of the lengths that regain takes never are.
    #[cfg(feature = "qr")]
    pub fn qr_svg(&self) -> Result<Zeroizing<String>, TooLongForQr> {
        self.secret.qr_svg(&self.issuer, &self.name)
    }
}

impl fmt::Debug for TotpEnrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TotpEnrolment").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A factor is bound.
#[derive(Debug)]
#[non_exhaustive]
pub struct Confirmed {
    /// Ten recovery codes, where the account had none: shown now and never again.
    pub codes: Option<FreshCodes>,
}

/// Ten new recovery codes. `Debug` shows none.
#[derive(Clone)]
pub struct FreshCodes(pub(super) [RecoveryCode; CODES]);

impl FreshCodes {
    /// The codes for paper, one after the other.
    pub fn expose(&self) -> impl Iterator<Item = Zeroizing<String>> {
        self.0.iter().map(RecoveryCode::expose)
    }
}

impl fmt::Debug for FreshCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshCodes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_few_words_on_one_line() {
        for (typed, label) in
            [("  My phone \n", "My phone"), ("\u{e9}", "\u{e9}"), (&"x".repeat(64), &"x".repeat(64))]
        {
            assert_eq!(FactorLabel::parse(typed).unwrap().as_str(), label);
        }
        let long = "x".repeat(65);
        let huge = " ".repeat(1 << 20);
        for typed in ["", "   ", &long, &huge, "a\nb", "a\0b", "a\u{2028}b", "a\u{202e}b", "a\u{7f}b"] {
            assert!(FactorLabel::parse(typed).is_err(), "{:?}", typed.chars().take(9).collect::<String>());
        }
    }

    #[cfg(feature = "qr")]
    #[test]
    fn the_longest_names_fit_into_a_qr_code() {
        let (issuer, username) = ("\u{fc}".repeat(100), "\u{1f600}".repeat(1_000));
        let enrolment = TotpEnrolment::new(
            FactorId::from_bytes([1; 16]),
            TotpSecret::from_random([7; 20]),
            Timestamp::from_millis(0),
            &issuer,
            &username,
        );
        assert!(enrolment.qr_svg().is_ok());
    }
}
