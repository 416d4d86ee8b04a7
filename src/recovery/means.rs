//! By which means people are reached: e-mail always; text messages and letters where the host says so.

use crate::account::{Account, AddressKind, AddressOnFile};
use crate::clock::Moment;
use crate::entropy::random;
use crate::error::Fault;
use crate::flow::{Link, LinkCode, Purpose, RecoveryFlow, Window};
use crate::ids::{AccountId, FlowId};
use crate::mail::{LetterContent, Mailer};
use crate::recovery::code::{Holder, LetterReference};
use crate::recovery::security::LinkTerms;
use crate::recovery::{ConfigError, Inner};
use crate::token::RecoveryToken;
use time::Duration;

/// Life of a code by text message: NIST SP 800-63B-4 4.2.1.2.
const SMS_LIFE: Duration = Duration::minutes(10);
/// Longest life of a code by post: NIST SP 800-63B-4 4.2.1.2.
const LONGEST_LETTER_LIFE: Duration = Duration::days(21);
/// More than a link by e-mail may have, so that a window alone tells which of the two it is.
const SHORTEST_LETTER_LIFE: Duration = Duration::days(2);

/// Which addresses on file may receive links and codes. A mailer has to carry them as well: see
/// [`Mailer::carries`](crate::mail::Mailer::carries).
///
/// | address | what goes there | how long it works |
/// |---|---|---|
/// | e-mail | a link, and a code for the browser that asked | the life of a link, 30 min by default, at most 24 h |
/// | phone | a code for the browser that asked | 10 min, or the life of a link where that is shorter |
/// | post | a code, and a reference to be typed with it, in any browser | 21 days |
///
/// How that fits NIST SP 800-63B-4 4.2.1.2 (issued recovery codes): the lives are at most those it names; it asks for at
/// least 6 decimal digits, and a code has 8 of 20 characters, 2.6 * 10^10 values drawn alike. Tries are counted before
/// anything is compared, by the ask first: 5 in the code's whole life, and 10 a day for the account over all asks
/// (`Limits::codes_per_account`). So a guess succeeds with a chance of 2 * 10^-10 for one ask, and 4 * 10^-10 a day for one
/// account. Whoever asks about somebody else can use up that person's tries for the day, but not the link.
///
/// A code can be read out to somebody who asks for it on the telephone; a link is harder to pass on. Mails, text messages
/// and letters therefore say that it is for nobody else, not even for the service's own people.
///
/// ```
/// use regain::recovery::Means;
///
/// let means = Means::email_only().letters().danger_allow_sms("one in five of our patients has no e-mail; risk analysis of 2026-03-02");
/// # let _ = means;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Means {
    sms: Option<String>,
    letter_life: Option<Duration>,
}

impl Means {
    /// E-mail only: the default.
    #[must_use]
    pub fn email_only() -> Self {
        Self::default()
    }

    /// Codes also go out by post, and work for 21 days. Asks for letters are limited to
    /// [`Limits::letters_per_account`](crate::recovery::Limits::letters_per_account).
    #[must_use]
    pub fn letters(self) -> Self {
        self.letter_life(LONGEST_LETTER_LIFE)
    }

    /// Codes also go out by post, and work for so long: 2 to 21 days.
    #[must_use]
    pub fn letter_life(self, life: Duration) -> Self {
        Self { letter_life: Some(life), ..self }
    }

    /// Codes also go out by text message. The telephone network is a *restricted* authenticator (NIST SP 800-63B-4 3.1.3.3
    /// and 3.2.9): numbers are ported, messages are diverted, and phones lie about. Who uses it has to offer another way,
    /// to assess the risk, to tell people of it, and to have a plan for leaving it. So a reason is needed, 20 to 500
    /// characters, best the name and date of that assessment; it is logged at every start.
    ///
    /// Only numbers on file are used, never one that was typed. List the phone last on file, so that it is used only where
    /// there is nothing else.
    #[must_use]
    pub fn danger_allow_sms(self, reason: &str) -> Self {
        Self { sms: Some(reason.trim().to_owned()), ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if let Some(reason) = &self.sms {
            if !(20..=500).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
                return Err(ConfigError::Invalid {
                    what: "the reason to allow text messages",
                    rule: "20 to 500 characters, such as the name and date of the risk assessment (NIST SP 800-63B-4 3.2.9)",
                });
            }
            tracing::warn!(%reason, "codes may go out by text message, a restricted authenticator");
        }
        match self.letter_life {
            Some(life) if life > LONGEST_LETTER_LIFE => Err(ConfigError::Weaker {
                what: "letter_life",
                floor: "at most 21 days by post (NIST SP 800-63B-4 4.2.1.2)",
            }),
            Some(life) if life < SHORTEST_LETTER_LIFE => Err(ConfigError::Invalid {
                what: "letter_life",
                rule: "at least 2 days: letters take their time",
            }),
            _ => Ok(()),
        }
    }

    /// Whether links, codes and usernames may go to such an address.
    pub(crate) fn allows(&self, kind: AddressKind) -> bool {
        match kind {
            AddressKind::Email => true,
            AddressKind::Phone => self.sms.is_some(),
            AddressKind::Post => self.letter_life.is_some(),
        }
    }

    /// How long the longest-lived code works.
    pub(crate) fn longest_life(&self, link_life: Duration) -> Duration {
        self.letter_life.map_or(link_life, |life| life.max(link_life))
    }

    fn life(&self, kind: AddressKind, link_life: Duration) -> Duration {
        match kind {
            AddressKind::Email => link_life,
            AddressKind::Phone => link_life.min(SMS_LIFE),
            AddressKind::Post => self.letter_life.unwrap_or(link_life),
        }
    }

    /// How long a link that is out may live at most, by today's configuration. Only a letter's window is longer than a day.
    fn ceiling(&self, window: &Window, link_life: Duration) -> Duration {
        if window.length() > Duration::DAY { self.life(AddressKind::Post, link_life) } else { link_life }
    }
}

/// What a mailer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried {
    email: bool,
    phone: bool,
    post: bool,
}

impl Carried {
    pub(crate) fn by(mailer: &dyn Mailer) -> Self {
        let carries = |kind| mailer.carries(kind);
        Self {
            email: carries(AddressKind::Email),
            phone: carries(AddressKind::Phone),
            post: carries(AddressKind::Post),
        }
    }

    pub(crate) fn includes(self, kind: AddressKind) -> bool {
        match kind {
            AddressKind::Email => self.email,
            AddressKind::Phone => self.phone,
            AddressKind::Post => self.post,
        }
    }
}

/// A link to be made.
pub(crate) struct LinkOrder<'a> {
    pub(crate) flow: FlowId,
    pub(crate) account: &'a AccountId,
    pub(crate) terms: LinkTerms,
    /// Where it goes.
    pub(crate) to: AddressKind,
    /// The browser that asked, where it is known: only there the code of a mail or a text message works.
    pub(crate) asker: Option<&'a Holder>,
}

impl Inner {
    /// Where a link, a code or a username goes: to the first address on file that may receive it and is carried.
    pub(crate) fn way_to<'a>(&self, account: &'a Account, carried: Carried) -> Option<&'a AddressOnFile> {
        let reached = |kind| carried.includes(kind) && self.means.allows(kind);
        account.addresses.iter().find(|address| reached(address.kind()))
    }

    /// The window of the link that is out, if it is open now. Of the life at issue and the life configured now, the
    /// shorter counts.
    pub(crate) fn open_window(&self, flow: &RecoveryFlow, at: Moment) -> Option<Window> {
        let ceiling = self.means.ceiling(&flow.link()?.window, self.link_life);
        flow.open_link_window(at, ceiling)
    }

    /// A link for an account, by e-mail and without a code, and the token that opens it.
    pub(crate) fn bare_link(
        &self,
        flow: FlowId,
        account: &AccountId,
        terms: LinkTerms,
        at: Moment,
    ) -> Result<(RecoveryToken, Link), Fault> {
        let life = self.means.life(AddressKind::Email, self.link_life);
        let token = RecoveryToken::new(flow, random(&*self.entropy)?);
        let order = LinkOrder { flow, account, terms, to: AddressKind::Email, asker: None };
        let link = self.link_with(&token, None, &order, life, at);
        Ok((token, link))
    }

    fn link_with(
        &self,
        token: &RecoveryToken,
        code: Option<LinkCode>,
        order: &LinkOrder<'_>,
        life: Duration,
        at: Moment,
    ) -> Link {
        let LinkTerms { epoch, factor, .. } = order.terms;
        let digest = token.digest_under(&self.realm, Purpose::Password, &epoch, factor);
        Link {
            account: order.account.clone(),
            digest: self.verifiers.mark(&digest),
            factor: order.terms.factor,
            code,
            attempts: 0,
            window: Window::open(at, life),
        }
    }

    /// A link for an account, and the letter that takes it, or the code in its place, to this address.
    pub(crate) fn link_for(&self, order: &LinkOrder<'_>, at: Moment) -> Result<(Link, LetterContent), Fault> {
        let (flow, to) = (order.flow, order.to);
        let life = self.means.life(to, self.link_life);
        let token = RecoveryToken::new(flow, random(&*self.entropy)?);
        let holder = if to == AddressKind::Post { Some(&Holder::LETTER) } else { order.asker };
        let (shown, code) = match holder {
            Some(holder) => {
                let (shown, code) = self.draw_code(order, holder)?;
                (Some(shown.expose()), Some(code))
            }
            None => (None, None),
        };
        let link = self.link_with(&token, code, order, life, at);
        let content = match to {
            AddressKind::Email => LetterContent::RecoveryLink {
                link: self.links.recovery(&token),
                code: shown,
                minutes: life.whole_minutes(),
            },
            // The token is sent to nobody: only what the code is exchanged for opens the flow.
            AddressKind::Phone => {
                LetterContent::CodeByPhone { code: shown.unwrap_or_default(), minutes: life.whole_minutes() }
            }
            AddressKind::Post => LetterContent::CodeByPost {
                code: shown.unwrap_or_default(),
                reference: LetterReference::new(flow).to_string(),
                page: self.links.code_page(),
                days: life.whole_days(),
            },
        };
        Ok((link, content))
    }
}
