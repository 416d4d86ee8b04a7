//! What people show to prove a second factor.

use regain::factor::FactorProof;

/// What somebody types, and where they have it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    pub truth: Truth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// From the app with this secret, for this step.
    App(String, u64),
    /// From the paper.
    Code,
    Guess,
}

impl Shown {
    /// `None` for what is no code.
    pub fn proof(&self) -> Option<FactorProof> {
        FactorProof::parse(&self.text).ok()
    }

    /// What must not be accepted twice.
    pub(super) fn once(&self) -> String {
        match &self.truth {
            Truth::App(app, step) => format!("{app} {step}"),
            Truth::Code | Truth::Guess => self.text.clone(),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.proof() {
            Some(FactorProof::Totp(_)) => "totp",
            Some(FactorProof::RecoveryCode(_)) => "recovery_codes",
            _ => "none",
        }
    }
}
