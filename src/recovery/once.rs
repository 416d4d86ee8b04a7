//! Asks that are made once, however often they arrive: for clients that repeat what they had no answer to.
//!
//! Nothing is kept of a key. Flow and ticket, or a case, are derived from it and from what was typed, so a repetition finds
//! the very row that the first one wrote. Whether there is an account plays no part: the row is looked for under its name, and is there
//! for everybody alike.

use crate::budget::Spend;
use crate::client::Client;
use crate::clock::Moment;
use crate::error::RecoveryError;
use crate::flow::Purpose;
use crate::identity::{Identifier, IdentityClaims};
use crate::ids::FlowId;
use crate::recovery::{AskTicket, Inner, Receipt, Recovery};
use crate::wire::frame;
use std::fmt;
use time::Duration;
use tracing::Instrument as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// How long a key counts at least. Rows stay for twice as long at least, whoever they are about.
const COUNTS: Duration = Duration::hours(12);

/// Names one ask of one client: random, and new for each ask, such as a UUID. A secret of that client: whoever has it, and
/// knows what was typed, gets the same ticket. `Debug` leaves it out.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AskKey(Zeroizing<String>);

impl AskKey {
    /// Takes 16 to 128 visible ASCII characters. Quotes around them, as in a structured header field, belong to them.
    ///
    /// # Errors
    /// [`InvalidAskKey`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidAskKey> {
        if (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidAskKey)
        }
    }

    /// What an ask of a kind is derived from, in this stretch of time and in the one before. `kept` is how long its row
    /// stays at least: no earlier than that is it swept, so that the rows of two stretches are there.
    pub(crate) fn subjects(
        &self,
        kind: &str,
        typed: &[u8],
        kept: Duration,
        at: Moment,
    ) -> [Zeroizing<Vec<u8>>; 2] {
        let counts = COUNTS.min(kept / 2);
        let millis = i64::try_from(counts.whole_milliseconds()).unwrap_or(i64::MAX).max(1);
        let now = at.now.millis().div_euclid(millis);
        [now, now - 1]
            .map(|stretch| frame(&[kind.as_bytes(), self.0.as_bytes(), typed, &stretch.to_be_bytes()]))
    }
}

impl fmt::Debug for AskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskKey(..)")
    }
}

/// Too short to be random, too long, or with other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 16 to 128 visible ASCII characters")]
pub struct InvalidAskKey;

/// What an ask is, apart from when.
struct Named<'a> {
    purpose: Purpose,
    key: &'a AskKey,
    typed: &'a [u8],
}

impl Recovery {
    /// As [`Recovery::ask_password`]; but an ask with the same key and the same identifier as one before gives the same
    /// receipt, spends nothing and sends nothing. A key counts for 12 to 24 hours, less where
    /// [`Retention::ended_flows`](crate::recovery::Retention) is shorter; afterwards it is another ask.
    ///
    /// # Errors
    /// As [`Recovery::ask_password`].
    pub async fn ask_password_once(
        &self,
        identifier: &Identifier,
        key: &AskKey,
        client: &Client,
    ) -> Result<Receipt, RecoveryError> {
        let inner = &*self.0;
        let at = inner.clock.read();
        let spends = inner.password_spends(identifier, client, at);
        let named = Named { purpose: Purpose::Password, key, typed: identifier.as_typed().as_bytes() };
        let asked = inner.ask_once(&named, spends, client, at);
        asked.instrument(inner.span("ask_password", None)).await
    }

    /// As [`Recovery::ask_username`], once, as [`Recovery::ask_password_once`].
    ///
    /// # Errors
    /// As [`Recovery::ask_username`].
    pub async fn ask_username_once(
        &self,
        claims: &IdentityClaims,
        key: &AskKey,
        client: &Client,
    ) -> Result<Receipt, RecoveryError> {
        let inner = &*self.0;
        let at = inner.clock.read();
        let spends = inner.username_spends(claims, client, at);
        let typed = claims.to_bytes();
        let named = Named { purpose: Purpose::Username, key, typed: &typed };
        let asked = inner.ask_once(&named, spends, client, at);
        asked.instrument(inner.span("ask_username", None)).await
    }
}

/// What is known of an ask.
enum Before {
    Asked(Receipt),
    Never(AskTicket),
}

impl Inner {
    async fn ask_once(
        &self,
        named: &Named<'_>,
        spends: Vec<Spend>,
        client: &Client,
        at: Moment,
    ) -> Result<Receipt, RecoveryError> {
        let first = match self.asked_before(named, at).await? {
            Before::Asked(receipt) => return Ok(receipt),
            Before::Never(ticket) => ticket,
        };
        let asked = self.ask_under(first, named.purpose, named.typed, spends, client, at).await;
        let Err(error) = asked else { return asked };
        // Of two at a time one writes the row, and the other is told the same.
        match self.asked_before(named, at).await {
            Ok(Before::Asked(receipt)) => Ok(receipt),
            _ => Err(error),
        }
    }

    /// Looks for the ask in this stretch of time and in the one before. Both are always looked at.
    async fn asked_before(&self, named: &Named<'_>, at: Moment) -> Result<Before, RecoveryError> {
        let kept = self.retention.ended_flows;
        let subjects = named.key.subjects(named.purpose.code(), named.typed, kept, at);
        let [now, before] = subjects.map(|subject| self.ticket_of(&subject));
        let (is_now, was_before) = (self.is_there(&now).await?, self.is_there(&before).await?);
        Ok(match (is_now, was_before) {
            (true, _) => Before::Asked(Receipt { ticket: now }),
            (false, true) => Before::Asked(Receipt { ticket: before }),
            (false, false) => Before::Never(now),
        })
    }

    async fn is_there(&self, ticket: &AskTicket) -> Result<bool, RecoveryError> {
        let record = self.flows.load(&self.realm, ticket.flow()).await;
        let record = record.map_err(|error| self.unavailable("ask", error.into()))?;
        Ok(record.is_some())
    }

    fn ticket_of(&self, subject: &[u8]) -> AskTicket {
        let name = self.pseudonyms.of("ask/once/flow", subject);
        let mut id = [0; 16];
        id.copy_from_slice(&name[..16]);
        AskTicket::derived(FlowId::from_bytes(id), self.pseudonyms.of("ask/once/ticket", subject))
    }
}
