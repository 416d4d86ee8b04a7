//! Why something is not done, without its particulars: what pages and JSON answer it with.

use crate::desk::DeskError;
use crate::desk::case::CaseRefusal;
use axum::http::StatusCode;

macro_rules! table {
    ($($why:ident = $code:literal, $status:ident, $key:literal;)+) => {
        /// Why staff are told that something is not done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum NotDone { $($why),+ }

        #[cfg_attr(not(feature = "api"), expect(dead_code, reason = "pages say it in words"))]
        impl NotDone {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$why),+];

            /// Stable.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$why => $code),+ }
            }
        }

        impl NotDone {
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$why => StatusCode::$status),+ }
            }

            /// The key of its words.
            pub(crate) const fn key(self) -> &'static str {
                match self { $(Self::$why => $key),+ }
            }
        }
    };
}

table! {
    NoSuchAccount = "no-such-account", UNPROCESSABLE_ENTITY, "desk.no-account";
    NoSuchCase = "no-such-case", NOT_FOUND, "desk.error.not-found";
    Changed = "case-changed", CONFLICT, "desk.error.changed";
    AlreadyOpen = "case-already-open", UNPROCESSABLE_ENTITY, "desk.error.already-open";
    NotRecoverable = "not-recoverable", UNPROCESSABLE_ENTITY, "desk.error.not-recoverable";
    NothingLost = "nothing-lost", UNPROCESSABLE_ENTITY, "desk.error.nothing-lost";
    NoSuchAddress = "address-not-on-file", UNPROCESSABLE_ENTITY, "desk.error.no-such-address";
    NotReached = "address-takes-no-link", UNPROCESSABLE_ENTITY, "desk.error.not-reached";
    Illegal = "step-not-possible", UNPROCESSABLE_ENTITY, "desk.error.illegal";
    AboveOwnRole = "above-own-role", FORBIDDEN, "desk.error.above-own-role";
    OwnCase = "own-case", FORBIDDEN, "desk.error.own-case";
    NoSubject = "owner-not-known", UNPROCESSABLE_ENTITY, "desk.error.no-subject";
    NoAccount = "account-not-said", UNPROCESSABLE_ENTITY, "desk.error.no-account";
    NotAssigned = "not-assigned", UNPROCESSABLE_ENTITY, "desk.error.not-assigned";
    SecondPersonNeeded = "second-person-needed", UNPROCESSABLE_ENTITY, "desk.error.second-person";
    EvidenceTooWeak = "evidence-too-weak", UNPROCESSABLE_ENTITY, "desk.error.too-weak";
    LossNotShown = "loss-not-shown", UNPROCESSABLE_ENTITY, "desk.error.loss-not-shown";
    NoNewAddress = "new-address-not-shown", UNPROCESSABLE_ENTITY, "desk.error.no-new-address";
    WaitsAlready = "waits-already", UNPROCESSABLE_ENTITY, "desk.error.waits-already";
    TooEarly = "too-early", UNPROCESSABLE_ENTITY, "desk.error.too-early";
    NotIdle = "not-idle", UNPROCESSABLE_ENTITY, "desk.error.not-idle";
    Full = "case-full", UNPROCESSABLE_ENTITY, "desk.error.full";
}

impl NotDone {
    /// `None` where the desk itself is out of order.
    pub(crate) fn of(error: &DeskError) -> Option<Self> {
        Some(match error {
            DeskError::Unavailable => return None,
            DeskError::NotFound => Self::NoSuchCase,
            DeskError::Changed => Self::Changed,
            DeskError::AlreadyOpen => Self::AlreadyOpen,
            DeskError::NotRecoverable => Self::NotRecoverable,
            DeskError::NothingLost => Self::NothingLost,
            DeskError::NoSuchAddress => Self::NoSuchAddress,
            DeskError::NotReached => Self::NotReached,
            DeskError::Refused(refusal) => match refusal {
                CaseRefusal::Illegal { .. } => Self::Illegal,
                CaseRefusal::AboveOwnRole => Self::AboveOwnRole,
                CaseRefusal::OwnCase => Self::OwnCase,
                CaseRefusal::NoSubject => Self::NoSubject,
                CaseRefusal::NoAccount => Self::NoAccount,
                CaseRefusal::NotAssigned => Self::NotAssigned,
                CaseRefusal::SecondPersonNeeded => Self::SecondPersonNeeded,
                CaseRefusal::EvidenceTooWeak { .. } => Self::EvidenceTooWeak,
                CaseRefusal::LossNotShown => Self::LossNotShown,
                CaseRefusal::NoNewAddress => Self::NoNewAddress,
                CaseRefusal::WaitsAlready => Self::WaitsAlready,
                CaseRefusal::TooEarly => Self::TooEarly,
                CaseRefusal::NotIdle => Self::NotIdle,
                CaseRefusal::Full => Self::Full,
            },
        })
    }
}
