//! Why a password is as strong as it is.

use super::strength::Estimate;
use super::{Part, PartKind, Reason};

/// What a password is made of, how many guesses that takes, and what is wrong with it.
///
/// [`PasswordPolicy::explain`](super::PasswordPolicy::explain) makes one, for a meter beside the field. It does not hold the
/// password, but says a lot about it: show it to nobody but whoever typed it, and do not log it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    reasons: Vec<Reason>,
    parts: Vec<Part>,
    bits: f32,
    enough: f32,
}

impl Explanation {
    pub(super) fn new(reasons: Vec<Reason>, estimate: Estimate, enough: f32) -> Self {
        Self { reasons, parts: estimate.parts, bits: estimate.bits, enough }
    }

    /// Of what is no password at all, such as nothing.
    pub(crate) fn of_none(reason: Reason) -> Self {
        Self { reasons: vec![reason], parts: Vec::new(), bits: 0.0, enough: 1.0 }
    }

    /// Why it would be refused: what [`PasswordPolicy::check`](super::PasswordPolicy::check) says. Empty where it would be
    /// taken, as far as the policy knows: whether it was breached or is the present one is asked when it is set.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Its parts from the first to the last, each as what takes fewest guesses. Only the first 128 characters are looked at.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Binary logarithm of the guesses that it takes at least: 40 are a million million.
    #[must_use]
    pub fn bits(&self) -> f32 {
        self.bits
    }

    /// Bits that the policy asks for.
    #[must_use]
    pub fn enough(&self) -> f32 {
        self.enough
    }

    /// How far it has come, in hundredths of what is asked for: 100 for each that would be taken, less for each that would not,
    /// and at most half where it is built on own data, which only looks strong.
    #[must_use]
    pub fn percent(&self) -> u8 {
        if self.reasons.is_empty() {
            return 100;
        }
        let most = if self.reasons.iter().any(is_of_own_data) { 50.0 } else { 99.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 99")]
        let percent = (100.0 * self.bits / self.enough).clamp(0.0, most) as u8;
        percent
    }
}

fn is_of_own_data(reason: &Reason) -> bool {
    matches!(reason, Reason::OwnData | Reason::Guessable { mostly: PartKind::OwnData })
}
