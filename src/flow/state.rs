//! The states of a recovery, and what each of them has to know.

use crate::account::AccountEpoch;
use crate::clock::{Moment, Timestamp};
use crate::flow::CLOCK_TOLERANCE;
use crate::ids::AccountId;
use crate::planted::{Bug, planted};
use crate::token::VerifierDigest;
use std::fmt;
use time::Duration;

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$item_doc])* $item),+ }

        impl $name {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            /// Stable code, as stored and audited.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$item => $code),+ }
            }

            /// Reads a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.code() == code)
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// What is to be recovered.
    Purpose {
        /// A forgotten username.
        Username = "username",
        /// A forgotten password.
        Password = "password",
    }
}

coded! {
    /// Why a request came to nothing. Outwardly all of these are one.
    Dismissal {
        /// Nothing on file agrees with what was typed.
        NoAccount = "no_account",
        /// More than one account agrees; never resolved by guess (ID-10).
        Ambiguous = "ambiguous",
        /// What was typed cannot be an identifier or claims.
        Malformed = "malformed",
        /// The account is disabled.
        Disabled = "disabled",
        /// The host does not let this account change its password.
        NotAllowed = "not_allowed",
        /// No address on file to which a mail could go.
        NoAddress = "no_address",
        /// The account's own budget is used up.
        OverLimit = "over_limit",
        /// More accounts share the address than one mail lists.
        TooMany = "too_many",
        /// See [`Recoverability::Deceased`](crate::account::Recoverability::Deceased).
        Deceased = "deceased",
        /// See [`Recoverability::LockedByHost`](crate::account::Recoverability::LockedByHost).
        LockedByHost = "locked_by_host",
        /// See [`Recoverability::LegalHold`](crate::account::Recoverability::LegalHold).
        LegalHold = "legal_hold",
        /// See [`Recoverability::Minor`](crate::account::Recoverability::Minor).
        Minor = "minor",
        /// See [`Recoverability::ManagedElsewhere`](crate::account::Recoverability::ManagedElsewhere).
        ManagedElsewhere = "managed_elsewhere",
        /// Somebody said "this wasn't me" a short time ago.
        OnHold = "on_hold",
    }
}

impl Dismissal {
    /// Whether the ask goes to the support desk: something that only people can decide stands in its way (ID-3, ID-10).
    #[must_use]
    pub const fn needs_people(self) -> bool {
        matches!(
            self,
            Self::NoAddress
                | Self::Ambiguous
                | Self::Deceased
                | Self::LockedByHost
                | Self::LegalHold
                | Self::Minor
        )
    }
}

coded! {
    /// Whether the account has a second factor, which the link alone does not replace (MF-1). A link's digest is bound to
    /// the rule: one that is altered in a row opens nothing.
    FactorRule {
        /// The account has no second factor.
        NotNeeded = "not_needed",
        /// The account's second factor has to be proven as well.
        Needed = "needed",
        /// The account's second factor is lost, as two people of the support desk found: this one link does without
        /// (MF-2), and the password that is set by it takes the lost factor off the account.
        Waived = "waived",
    }
}

coded! {
    /// The states by name, without what they carry.
    StateKind {
        /// Asked; nothing is known of any account yet.
        Requested = "requested",
        /// A link is out.
        LinkSent = "link_sent",
        /// The link's bearer has proven the second factor.
        FactorProven = "factor_proven",
        /// The link is consumed, the new password is written down as intent.
        PasswordChosen = "password_chosen",
        /// The username is on its way to the address on file.
        UsernameSent = "username_sent",
        /// Several accounts share the address: each has a link, in a flow of its own.
        Shared = "shared",
        /// The password is set.
        Completed = "completed",
        /// Came to nothing.
        Dismissed = "dismissed",
        /// Needs people: handed to the support desk.
        Escalated = "escalated",
        /// Too late.
        Expired = "expired",
        /// A newer link, a changed credential or a sign-in took its place.
        Superseded = "superseded",
        /// Too many wrong codes.
        Exhausted = "exhausted",
        /// "This wasn't me."
        Disowned = "disowned",
    }
}

impl StateKind {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Requested | Self::LinkSent | Self::FactorProven | Self::PasswordChosen)
    }
}

/// Bytes that only the key ring opens. Kept out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Wraps sealed bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The sealed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The time in which something may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it opened.
    pub opened_at: Timestamp,
    /// From this millisecond on it is too late.
    pub expires_at: Timestamp,
    /// The highest clock reading known when it opened.
    pub high: Timestamp,
}

impl Window {
    /// Opens a window now.
    #[must_use]
    pub fn open(at: Moment, life: Duration) -> Self {
        Self { opened_at: at.now, expires_at: at.now.plus(life), high: at.high }
    }

    /// The same window, but no longer than `life`: a life that was shortened since binds what is out already.
    #[must_use]
    pub fn at_most(self, life: Duration) -> Self {
        Self { expires_at: self.expires_at.min(self.opened_at.plus(life)), ..self }
    }

    /// Whether its time has passed, also when the clock has stepped back since: once a reading at or past the
    /// end was seen after opening, the window stays shut. (A leap that was corrected *before* it opened does not count.)
    #[must_use]
    pub fn is_over(&self, at: Moment) -> bool {
        let passed_since_opening = at.high > self.high && at.high >= self.expires_at;
        let passed_since_opening = passed_since_opening && !planted(Bug::HighestReadingIgnored);
        at.now >= self.expires_at || passed_since_opening
    }

    /// The same window; one that is longer than `life` becomes one of at most that life from now on, with the old end.
    #[must_use]
    pub fn cut_to(self, life: Duration, at: Moment) -> Self {
        if self.length() <= life {
            return self;
        }
        let fresh = Self::open(at, life);
        Self { expires_at: fresh.expires_at.min(self.expires_at), ..fresh }
    }

    /// How long it is open altogether.
    #[must_use]
    pub fn length(&self) -> Duration {
        Duration::milliseconds(self.expires_at.millis().saturating_sub(self.opened_at.millis()))
    }

    /// Whether the clock stands clearly before the opening: it stepped back, and the life left is unknown.
    #[must_use]
    pub fn is_ahead_of(&self, at: Moment) -> bool {
        at.now.plus(CLOCK_TOLERANCE) < self.opened_at
    }
}

/// What is stored of a code that was sent with a link, or in its place.
#[derive(Debug, Clone)]
pub struct LinkCode {
    /// What is stored of the code.
    pub digest: VerifierDigest,
    /// The account's epoch that the link was issued for. A fresh secret is made for the same one, so that no account is
    /// looked at when a code is typed, and one that has changed since gets nothing by it.
    pub epoch: AccountEpoch,
}

/// A link that is out.
#[derive(Debug, Clone)]
pub struct Link {
    /// Whose.
    pub account: AccountId,
    /// What is stored of the token.
    pub digest: VerifierDigest,
    /// Whether a second factor is needed too.
    pub factor: FactorRule,
    /// The code that may be typed instead, until it is used.
    pub code: Option<LinkCode>,
    /// Wrong codes of the second factor so far.
    pub attempts: u32,
    /// When it may be used.
    pub window: Window,
}

/// Where a flow stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum State {
    /// Asked; what was typed is sealed until the worker resolves it.
    Requested {
        /// What was typed, sealed.
        request: Sealed,
        /// In which time it is resolved or given up.
        window: Window,
    },
    /// A link is out.
    LinkSent(Link),
    /// The link's bearer has proven the second factor.
    FactorProven(Link),
    /// The link is consumed; the host's account is about to get the new hash.
    PasswordChosen {
        /// Whose.
        account: AccountId,
        /// The state of the account that the choice was made for.
        epoch: AccountEpoch,
        /// The new password's hash, sealed.
        hash: Sealed,
        /// When a worker takes over, should the request not have finished.
        apply_by: Timestamp,
    },
    /// The username is on its way to the address on file.
    UsernameSent,
    /// Several accounts share the address: each has a link, in a flow of its own.
    Shared {
        /// From then on none of these links opens any more: their mail need not go out.
        until: Timestamp,
    },
    /// The password is set.
    Completed,
    /// Came to nothing.
    Dismissed(Dismissal),
    /// Handed to the support desk.
    Escalated(Dismissal),
    /// Too late.
    Expired,
    /// Something newer took its place.
    Superseded,
    /// Too many wrong codes.
    Exhausted,
    /// "This wasn't me."
    Disowned,
}

impl State {
    /// The state's name.
    #[must_use]
    pub fn kind(&self) -> StateKind {
        match self {
            Self::Requested { .. } => StateKind::Requested,
            Self::LinkSent(_) => StateKind::LinkSent,
            Self::FactorProven(_) => StateKind::FactorProven,
            Self::PasswordChosen { .. } => StateKind::PasswordChosen,
            Self::UsernameSent => StateKind::UsernameSent,
            Self::Shared { .. } => StateKind::Shared,
            Self::Completed => StateKind::Completed,
            Self::Dismissed(_) => StateKind::Dismissed,
            Self::Escalated(_) => StateKind::Escalated,
            Self::Expired => StateKind::Expired,
            Self::Superseded => StateKind::Superseded,
            Self::Exhausted => StateKind::Exhausted,
            Self::Disowned => StateKind::Disowned,
        }
    }

    /// Why, for the states that have a reason.
    #[must_use]
    pub fn reason(&self) -> Option<Dismissal> {
        match self {
            Self::Dismissed(why) | Self::Escalated(why) => Some(*why),
            _ => None,
        }
    }

    /// The time in which something may follow. A chosen password has none: it is applied, however late.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        match self {
            Self::Requested { window, .. } => Some(*window),
            Self::LinkSent(link) | Self::FactorProven(link) => Some(link.window),
            _ => None,
        }
    }

    /// When the worker has to look at it next.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Requested { window, .. } => Some(window.opened_at),
            Self::LinkSent(link) | Self::FactorProven(link) => Some(link.window.expires_at),
            Self::PasswordChosen { apply_by, .. } => Some(*apply_by),
            _ => None,
        }
    }
}
