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
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    }
}

coded! {
    /// Whether the account has a second factor, which the link alone does not replace (MF-1).
    FactorRule {
        /// The account has no second factor.
        NotNeeded = "not_needed",
        /// The account's second factor has to be proven as well.
        Needed = "needed",
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

    /// Whether the clock stands clearly before the opening: it stepped back, and the life left is unknown.
    #[must_use]
    pub fn is_ahead_of(&self, at: Moment) -> bool {
        at.now.plus(CLOCK_TOLERANCE) < self.opened_at
    }
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
    /// Wrong codes so far.
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
