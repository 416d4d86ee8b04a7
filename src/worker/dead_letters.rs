//! Mails that were given up: listed, looked into, sent again.

use crate::account::AddressOnFile;
use crate::audit::{Actor, AuditRecord};
use crate::error::Fault;
use crate::ids::MailId;
use crate::mail;
use crate::store::{Commit, Committed, DeadLetter, Revival};
use crate::worker::{LinkIn, Worker};
use std::fmt;

/// What stands in a dead letter, without the secret in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct OpenedLetter {
    /// The address that it was for.
    pub to: AddressOnFile,
    /// Its subject.
    pub subject: String,
    /// Its text; where the link stood there is `[the link]`.
    pub text: String,
}

impl fmt::Debug for OpenedLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedLetter(..)")
    }
}

/// What became of the wish to send a dead letter again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SentAgain {
    /// It is in the outbox, under its old `Message-ID`.
    Queued,
    /// The link in it is over, replaced or used: the person has to ask again.
    LinkOver,
    /// There is no such letter, or what stood in it is erased.
    NotThere,
}

impl Worker {
    /// Mails that were given up, the latest first.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, Fault> {
        let inner = &*self.recovery.0;
        Ok(inner.flows.dead_letters(&inner.realm, limit).await?)
    }

    /// Looks into a dead letter, to see whom it was for and what it said; `None` when there is no such letter, or what
    /// stood in it is erased. A link is not shown: it is for the mailbox on file and for nobody else (RC-9).
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer, or the key that sealed it is not in the ring.
    pub async fn open_dead_letter(&self, id: MailId) -> Result<Option<OpenedLetter>, Fault> {
        let inner = &*self.recovery.0;
        let Some(letter) = inner.flows.dead_letter(&inner.realm, id).await? else { return Ok(None) };
        let Some(sealed) = letter.sealed else { return Ok(None) };
        let date = letter.created_at.to_datetime();
        let message = mail::open(&inner.sealer, &inner.realm, &id, &sealed, &inner.sender, date)?;
        let text = mail::without_links(&message.text);
        Ok(Some(OpenedLetter { to: message.to, subject: message.subject, text }))
    }

    /// Queues a dead letter again, to the address that it was for, if the link in it still opens something. That a host
    /// did so is in the audit record.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn send_again(&self, id: MailId) -> Result<SentAgain, Fault> {
        let inner = &*self.recovery.0;
        let Some(letter) = inner.flows.dead_letter(&inner.realm, id).await? else {
            return Ok(SentAgain::NotThere);
        };
        if !matches!(self.link_in(&letter.letter, letter.flow).await, LinkIn::Good(_)) {
            return Ok(SentAgain::LinkOver);
        }
        let at = inner.clock.read().now;
        let audit = AuditRecord {
            realm: inner.realm.clone(),
            at,
            flow: letter.flow,
            version: 0,
            event: "mail.sent_again".into(),
            reason: Some(letter.why),
            actor: Actor::Host,
            account: None,
            client: None,
        };
        let commit = Commit {
            revivals: vec![Revival { id, at }],
            audit: vec![audit],
            ..Commit::new(inner.realm.clone())
        };
        if inner.flows.commit(commit).await? != Committed::Done {
            return Ok(SentAgain::NotThere);
        }
        inner.wake.nudge();
        Ok(SentAgain::Queued)
    }
}
