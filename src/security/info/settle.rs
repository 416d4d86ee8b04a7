//! What is written down about addresses is done at the host: set, or taken back. By the request that wrote it down, and by
//! a worker after a crash; doing it twice changes nothing.

use crate::account::{Account, AddressChange, AddressOnFile, Applied};
use crate::audit::{Actor, AuditRecord};
use crate::clock::Moment;
use crate::error::Fault;
use crate::events::RecoveryEvent;
use crate::ids::AccountId;
use crate::mail::{AddressEvent, AddressRemoved, LetterContent};
use crate::recovery::Inner;
use crate::recovery::security::Security;
use crate::recovery::step::{Draft, Mailing, TRIES};
use crate::security::record::{Change, Look, Stage};
use crate::store::{Commit, Committed};

/// What the host made of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Set,
    /// The account is another than when its owner confirmed the change, or gone.
    GivenUp,
    /// It is not on file: it was there until just now, or was not.
    TakenBack(Applied),
    /// The account was changed at this very moment: once more, with what it is now.
    Again,
}

/// A change, with its account as it was read.
struct Unsettled<'a> {
    account: &'a AccountId,
    change: Change,
    present: Option<Account>,
    at: Moment,
}

impl Inner {
    /// Does all that is to be done about the account's addresses now, and gives the changes as they are then.
    pub(crate) async fn settle_addresses(&self, account: &AccountId) -> Result<Vec<Change>, Fault> {
        for _ in 0..TRIES {
            let at = self.clock.read();
            let security = self.security(account).await?;
            let Some(change) = security.record.unsettled(at.now).cloned() else {
                return Ok(security.record.address_changes().to_vec());
            };
            let present = self.accounts.get(account).await?;
            let unsettled = Unsettled { account, change, present, at };
            match self.at_the_host(&unsettled).await? {
                Outcome::Again => {}
                // If the record was changed meanwhile, it is read again, and the host answers as it did.
                outcome => self.note(security, &unsettled, outcome).await?,
            }
        }
        Err(Fault::Contention(TRIES))
    }

    async fn at_the_host(&self, unsettled: &Unsettled<'_>) -> Result<Outcome, Fault> {
        let Unsettled { account, change, present, .. } = unsettled;
        let Some(present) = present else { return Ok(Outcome::GivenUp) };
        match change.stage {
            Stage::Intended { expected, .. } => {
                let Some(addresses) = change.wanted(&present.addresses) else { return Ok(Outcome::GivenUp) };
                let account = (*account).clone();
                let wanted = AddressChange { change: change.id, account, expected, addresses };
                Ok(match self.accounts.set_address(&wanted).await? {
                    Applied::Done | Applied::Before => Outcome::Set,
                    Applied::Conflict => Outcome::GivenUp,
                })
            }
            Stage::Disputed { .. } => {
                let addresses = change.undone(&present.addresses);
                if addresses == present.addresses {
                    return Ok(Outcome::TakenBack(Applied::Before));
                }
                // A name of its own: by the other one, the host knows the change that is taken back.
                let (account, expected) = ((*account).clone(), present.epoch());
                let wanted = AddressChange { change: self.new_flow_id()?, account, expected, addresses };
                Ok(match self.accounts.set_address(&wanted).await? {
                    Applied::Conflict => Outcome::Again,
                    applied => Outcome::TakenBack(applied),
                })
            }
            Stage::Set => Ok(Outcome::Set),
        }
    }

    /// Writes down what came of it, with a letter unless it is what everybody was told already.
    async fn note(
        &self,
        mut security: Security,
        unsettled: &Unsettled<'_>,
        outcome: Outcome,
    ) -> Result<(), Fault> {
        let Unsettled { account, change, at, .. } = unsettled;
        let (record, id) = (&mut security.record, change.id);
        let (event, told) = match outcome {
            Outcome::Set => {
                record.address_is_set(id);
                ("account.address_set", None)
            }
            Outcome::GivenUp => {
                record.address_is_not_set(id);
                ("account.address_given_up", Some(AddressEvent::NotMade))
            }
            Outcome::TakenBack(_) | Outcome::Again => {
                record.address_is_taken_back(id, at.now);
                ("account.address_taken_back", Some(AddressEvent::TakenBack))
            }
        };
        let mut draft = Draft::new(&self.realm);
        draft.commit.documents.push(self.write_security(&security, account, at.now)?);
        if is_news(change.stage, outcome) {
            if let Some(what) = told {
                let letter = unsettled.letter(what);
                self.queue(&mut draft, self.new_flow_id()?, Some(account), Some(&letter), *at)?;
            }
            let pseudonym = self.account_pseudonym(account);
            draft.commit.audit.push(AuditRecord {
                realm: self.realm.clone(),
                at: at.now,
                flow: id,
                version: 0,
                event: event.into(),
                reason: None,
                actor: Actor::Worker,
                account: Some(pseudonym),
                client: None,
            });
            draft.tell(RecoveryEvent::SecurityChanged { account: pseudonym, what: event });
        }
        self.commit_draft(draft).await?;
        Ok(())
    }

    /// Forgets what has had its time: secrets that nobody confirmed, proposals, addresses of before that cannot be put back
    /// any more.
    pub(crate) async fn forget_late(&self, account: &AccountId) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let (at, mut security) = (self.clock.read(), self.security(account).await?);
            if !security.record.forget(at) {
                return Ok(());
            }
            let mut commit = Commit::new(self.realm.clone());
            commit.documents.push(self.write_security(&security, account, at.now)?);
            if self.flows.commit(commit).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::Contention(TRIES))
    }
}

/// The second look is told of only where it found something.
fn is_news(stage: Stage, outcome: Outcome) -> bool {
    let second = matches!(stage, Stage::Disputed { look: Look::Second, .. });
    !second || outcome == Outcome::TakenBack(Applied::Done)
}

impl Unsettled<'_> {
    /// To everybody who has to do with it: where notices went, and where they go now.
    fn letter(&self, what: AddressEvent) -> Mailing {
        let on_file = self.present.as_ref().map(Account::notice_addresses).unwrap_or_default();
        let mut to: Vec<AddressOnFile> = Vec::with_capacity(on_file.len() + 2);
        for address in on_file.into_iter().chain(self.change.old.clone()).chain([self.change.new.clone()]) {
            if !to.contains(&address) {
                to.push(address);
            }
        }
        let at = self.at.now.to_datetime();
        let content = AddressRemoved { what, at };
        let content = LetterContent::AddressRemoved(content);
        match &self.present {
            Some(account) => Mailing::of(account, to, content),
            None => Mailing::of_nobody(to, content),
        }
    }
}
