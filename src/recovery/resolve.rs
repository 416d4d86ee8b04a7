//! Resolving: what the worker does with an ask, where nobody waits for the answer.

use crate::account::{
    Account, AccountEpoch, AccountStatus, AddressKind, AddressOnFile, Applied, PasswordChange, Recoverability,
};
use crate::audit::Actor;
use crate::budget::Spend;
use crate::clock::{Moment, Timestamp};
use crate::desk::stops::Overtaken;
use crate::error::Fault;
use crate::flow::{Dismissal, Event, FactorRule, Purpose, RecoveryFlow, Sealed, State};
use crate::identity::{Identifier, Resolution, resolve_one};
use crate::ids::{AccountId, FlowId};
use crate::keys::KeyError;
use crate::language::LanguageTag;
use crate::mail::LetterContent;
use crate::password::PasswordHash;
use crate::planted::{Bug, planted};
use crate::recovery::ask::REQUEST;
use crate::recovery::code::Holder;
use crate::recovery::disown::Chosen;
use crate::recovery::link::HASH;
use crate::recovery::means::LinkOrder;
use crate::recovery::shared::Sharers;
use crate::recovery::step::{HouseKeeping, LeftOut, Mailing};
use crate::recovery::{AskedNotice, Carried, Inner, Step, Took};
use crate::security::record::{Guard, KnownHold};
use crate::wire::{frame, unframe, unframe_all};
use zeroize::Zeroizing;

impl Inner {
    /// Does whatever is next for a flow that is due.
    pub(crate) async fn attend(&self, flow: RecoveryFlow, carried: Carried) -> Result<(), Fault> {
        let at = self.clock.read();
        if flow.state().window().is_some_and(|window| window.is_over(at)) {
            self.take(Step::new(flow, Event::Expire, Actor::Worker), at).await?;
            return Ok(());
        }
        match flow.state() {
            State::Requested { request, .. } => {
                let request = request.clone();
                self.resolve(flow, &request, carried, at).await
            }
            State::PasswordChosen { .. } => self.apply_password(flow).await.map(drop),
            _ => Ok(()),
        }
    }

    async fn resolve(
        &self,
        flow: RecoveryFlow,
        request: &Sealed,
        carried: Carried,
        at: Moment,
    ) -> Result<(), Fault> {
        let plain = self.sealer.open(self.flow_place(&flow.id(), REQUEST), request.as_bytes())?;
        let (typed, asker) = read_request(&plain).ok_or(KeyError::Altered)?;
        let found = match flow.purpose() {
            Purpose::Password => self.find_by_identifier(typed).await?,
            Purpose::Username => self.find_by_claims(typed, at).await?,
        };
        match found {
            Found::One(account) => match self.barred(flow.purpose(), &account, carried) {
                None => self.send(flow, *account, carried, asker.as_ref(), at).await,
                Some(why) => {
                    let refused = Refused::about(&account, why, account.notice_addresses());
                    self.turn_down(flow, refused, at).await
                }
            },
            Found::Sharing(sharers) => self.share(flow, sharers, carried, at).await,
            Found::Nobody(why) => self.turn_down(flow, Refused::of_nobody(why), at).await,
        }
    }

    async fn find_by_identifier(&self, typed: &[u8]) -> Result<Found, Fault> {
        let typed = Zeroizing::new(String::from_utf8_lossy(typed).into_owned());
        let identifier = Identifier::parse(&typed);
        if identifier.is_malformed() {
            return Ok(Found::Nobody(Dismissal::Malformed));
        }
        let found = self.accounts.find_by_identifier(&identifier).await?;
        let found = owners_first(&identifier, found);
        let shared = Sharers::of(&identifier, &found);
        Ok(match only(found) {
            Ok(account) => Found::One(Box::new(account)),
            Err(Dismissal::Ambiguous) => shared.map_or(Found::Nobody(Dismissal::Ambiguous), Found::Sharing),
            Err(why) => Found::Nobody(why),
        })
    }

    /// Why nothing can be recovered for an account, if there is something in the way.
    pub(crate) fn barred(&self, purpose: Purpose, account: &Account, carried: Carried) -> Option<Dismissal> {
        let for_password = purpose == Purpose::Password;
        match account.recoverability {
            _ if account.status != AccountStatus::Active => Some(Dismissal::Disabled),
            Recoverability::Deceased => Some(Dismissal::Deceased),
            Recoverability::LockedByHost => Some(Dismissal::LockedByHost),
            Recoverability::LegalHold => Some(Dismissal::LegalHold),
            Recoverability::Minor => Some(Dismissal::Minor),
            Recoverability::ManagedElsewhere if for_password => Some(Dismissal::ManagedElsewhere),
            _ if for_password && !account.may_change_password => Some(Dismissal::NotAllowed),
            _ if self.way_to(account, carried).is_none() => Some(Dismissal::NoAddress),
            Recoverability::Possible | Recoverability::ManagedElsewhere => None,
        }
    }

    /// Outwardly this is like every other ask. What only people can decide goes to them.
    pub(crate) async fn turn_down(
        &self,
        flow: RecoveryFlow,
        refused: Refused,
        at: Moment,
    ) -> Result<(), Fault> {
        let Refused { why, account, to, left_out, language } = refused;
        let event = if why.needs_people() { Event::Escalate(why) } else { Event::Dismiss(why) };
        let mut step = Step::new(flow, event, Actor::Worker);
        step.account.clone_from(&account);
        step.shared.left_out = left_out;
        let in_silence = step.clone();
        let told = self.notice == AskedNotice::WhenNotPossible && is_told(why) && !to.is_empty();
        if let Some(account) = account.as_ref().filter(|_| told) {
            step.spends = self.mail_budgets(account, at);
            step.mailing = Some(Mailing { to, content: LetterContent::SomebodyAsked, language });
        }
        match self.take(step, at).await? {
            // People have to hear of it, however often somebody asks; the mailbox has to have its peace.
            Took::OverBudget if why.needs_people() => self.take(in_silence, at).await.map(drop),
            Took::OverBudget => self.dismiss_over_limit(in_silence, at).await,
            Took::Done(_) | Took::Lost => Ok(()),
        }
    }

    async fn send(
        &self,
        flow: RecoveryFlow,
        account: Account,
        carried: Carried,
        asker: Option<&Holder>,
        at: Moment,
    ) -> Result<(), Fault> {
        let terms = self.terms(&account, at).await?;
        if terms.on_hold {
            let refused = Refused::about(&account, Dismissal::OnHold, vec![]);
            return self.turn_down(flow, refused, at).await;
        }
        let Some(to) = self.way_to(&account, carried) else { return Ok(()) };
        let (event, content) = match flow.purpose() {
            Purpose::Username => (Event::RemindUsername, self.reminder(&account)),
            Purpose::Password => {
                let order = LinkOrder { flow: flow.id(), account: &account.id, terms, to: to.kind(), asker };
                let (link, letter) = self.link_for(&order, at)?;
                (Event::IssueLink(link), letter)
            }
        };
        let mut step = Step::new(flow, event, Actor::Worker);
        step.account = Some(account.id.clone());
        let in_silence = step.clone();
        step.mailing = Some(Mailing::of(&account, vec![to.clone()], content));
        step.spends = self.mail_budgets(&account.id, at);
        if to.kind() == AddressKind::Post {
            let quota = self.limits.letters_per_account;
            step.spends.push(self.spend("mail/post", account.id.as_str().as_bytes(), quota, at));
        }
        if let Took::OverBudget = self.take(step, at).await? {
            self.dismiss_over_limit(in_silence, at).await?;
        }
        Ok(())
    }

    /// Gives up an ask whose letter no budget pays for.
    pub(crate) async fn dismiss_over_limit(&self, step: Step, at: Moment) -> Result<(), Fault> {
        let event = Event::Dismiss(Dismissal::OverLimit);
        self.take(Step { event, mailing: None, spends: Vec::new(), ..step }, at).await?;
        Ok(())
    }

    pub(crate) fn mail_budgets(&self, account: &AccountId, at: Moment) -> Vec<Spend> {
        let subject = account.as_str().as_bytes();
        vec![
            self.spend("mail/hour", subject, self.limits.mails_per_account_hour, at),
            self.spend("mail/day", subject, self.limits.mails_per_account_day, at),
        ]
    }

    fn reminder(&self, account: &Account) -> LetterContent {
        LetterContent::UsernameReminder { username: account.username.clone(), sign_in: self.links.sign_in() }
    }

    /// Gives the host's account its new password and completes the flow. Safe to repeat at any point.
    pub(crate) async fn apply_password(&self, flow: RecoveryFlow) -> Result<Applied, Fault> {
        let State::PasswordChosen { account, epoch, hash, .. } = flow.state() else {
            return Ok(Applied::Conflict);
        };
        let choice = self.open_choice(&flow, hash, account, epoch);
        let known = choice.as_ref().ok().and_then(|choice| choice.chosen);
        let factor = choice.as_ref().map_or(FactorRule::NotNeeded, |choice| choice.factor);
        let applied = match choice {
            Ok(Choice { change, chosen, .. }) if self.is_withdrawn(&change, chosen).await? => {
                Applied::Conflict
            }
            Ok(Choice { change, .. }) if planted(Bug::LostReplyTakenForConflict) => {
                self.accounts.set_password(&change).await.unwrap_or(Applied::Conflict)
            }
            Ok(Choice { change, .. }) => self.accounts.set_password(&change).await?,
            // Nobody can ever apply it; it ends like one that the account has left behind.
            Err(fault @ Fault::Key(KeyError::Altered)) => {
                self.report("open_choice", &fault);
                Applied::Conflict
            }
            Err(fault) => return Err(fault),
        };
        let (flow_id, account) = (flow.id(), account.clone());
        let at = self.clock.read();
        let event = match applied {
            Applied::Done | Applied::Before => Event::PasswordApplied,
            Applied::Conflict => Event::PasswordConflicted,
        };
        let mut step = Step::new(flow, event, Actor::Worker);
        step.factor = factor;
        if let Some(Chosen::Knowing(known)) = known {
            step.known = Some(known);
        }
        if applied != Applied::Conflict {
            let on_file = self.accounts.get(&account).await?;
            let content = LetterContent::PasswordChanged { at: at.now.to_datetime() };
            let late = planted(Bug::NoticeOnlyAtFirst) && applied == Applied::Before;
            step.mailing = on_file.filter(|_| !late).map(|account| Mailing::notice(&account, content));
        }
        let notice = step.mailing.clone();
        if let Took::Lost = self.take(step, at).await?
            && applied == Applied::Done
        {
            self.tell_of_late(flow_id, &account, notice).await?;
        }
        Ok(applied)
    }
}

impl Inner {
    /// Whether the password was disowned after it was chosen, and is not set yet. One that is set has to be told of.
    async fn is_withdrawn(&self, change: &PasswordChange, chosen: Option<Chosen>) -> Result<bool, Fault> {
        let Some(chosen) = chosen else { return Ok(false) };
        if !self.was_disowned_since(&change.account, chosen).await? {
            return Ok(false);
        }
        let present = self.accounts.get(&change.account).await?;
        Ok(present.is_some_and(|account| account.epoch() == change.expected))
    }

    /// Whoever loses the race to complete has nothing left to do, but for one case: the call to the host hung for so long
    /// that another worker tried too, while the account was disabled for a moment, and ended the flow. The password is set
    /// all the same, and must not be set in silence (NO-1).
    async fn tell_of_late(
        &self,
        flow: FlowId,
        account: &AccountId,
        notice: Option<Mailing>,
    ) -> Result<(), Fault> {
        if self.load(flow).await?.is_some_and(|flow| matches!(flow.state(), State::Completed)) {
            return Ok(());
        }
        let (record, overtakes) = (Some("password.set_late"), Some(Overtaken::Recovered));
        let also = HouseKeeping { notice, record, overtakes, ..HouseKeeping::default() };
        self.supersede_all(account, also).await
    }

    /// Seals a choice. The account goes in too: a row that is pointed at another account sets no password there. And what was
    /// known of holds: the row's own times move with every lease, and clocks differ. And whether the factor was waived.
    pub(crate) fn seal_choice(
        &self,
        flow: &FlowId,
        account: &Account,
        hash: &PasswordHash,
        guard: &Guard,
        factor: FactorRule,
        at: Moment,
    ) -> Result<Sealed, KeyError> {
        let bound = frame(&[
            account.id.as_str().as_bytes(),
            account.epoch().as_bytes(),
            hash.as_str().as_bytes(),
            &at.now.millis().to_be_bytes(),
            &guard.known().to_bytes(),
            if factor == FactorRule::Waived { WAIVED } else { b"" },
        ]);
        self.sealer.seal(&*self.entropy, self.flow_place(flow, HASH), &bound).map(Sealed::new)
    }

    /// What was chosen.
    fn open_choice(
        &self,
        flow: &RecoveryFlow,
        sealed: &Sealed,
        account: &AccountId,
        epoch: &AccountEpoch,
    ) -> Result<Choice, Fault> {
        let plain = self.sealer.open(self.flow_place(&flow.id(), HASH), sealed.as_bytes())?;
        let fields = unframe_all(&plain).ok_or(KeyError::Altered)?;
        let [owner, at_epoch, phc, since @ ..] = &fields[..] else { return Err(KeyError::Altered.into()) };
        if *owner != account.as_str().as_bytes() || *at_epoch != epoch.as_bytes() {
            return Err(KeyError::Altered.into());
        }
        let phc = std::str::from_utf8(phc).map_err(|_| KeyError::Altered)?;
        let (flow, hash) = (flow.id(), PasswordHash::parse(phc)?);
        let change = PasswordChange { flow, account: account.clone(), expected: *epoch, hash };
        let (chosen, factor) = match since {
            [] => (None, FactorRule::NotNeeded),
            [at] => {
                let at = (*at).try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis);
                (at.map(Chosen::At), FactorRule::NotNeeded)
            }
            [_, known, waived] => {
                let factor = if *waived == WAIVED { FactorRule::Waived } else { FactorRule::NotNeeded };
                (KnownHold::from_bytes(known).map(Chosen::Knowing), factor)
            }
            _ => return Err(KeyError::Altered.into()),
        };
        Ok(Choice { change, chosen, factor })
    }
}

/// How a choice says that the account's factor was waived for it.
const WAIVED: &[u8] = b"waived";

/// A password that was chosen, as it was sealed.
struct Choice {
    change: PasswordChange,
    /// What was known of holds; nothing for one that was written before that was noted.
    chosen: Option<Chosen>,
    /// Whether the account's factor was waived for it.
    factor: FactorRule,
}

/// What was found.
pub(crate) enum Found {
    One(Box<Account>),
    /// The accounts that have the address on file.
    Sharing(Sharers),
    Nobody(Dismissal),
}

/// An ask that leads to no link and no username.
pub(crate) struct Refused {
    pub(crate) why: Dismissal,
    pub(crate) account: Option<AccountId>,
    /// Who may hear that somebody asked.
    pub(crate) to: Vec<AddressOnFile>,
    pub(crate) left_out: Vec<LeftOut>,
    /// What the account has on file.
    pub(crate) language: Option<LanguageTag>,
}

impl Refused {
    fn of_nobody(why: Dismissal) -> Self {
        Self { why, account: None, to: Vec::new(), left_out: Vec::new(), language: None }
    }

    pub(crate) fn about(account: &Account, why: Dismissal, to: Vec<AddressOnFile>) -> Self {
        let (id, language) = (Some(account.id.clone()), account.language.clone());
        Self { why, account: id, to, left_out: Vec::new(), language }
    }
}

/// Whether the addresses on file may hear that somebody asked in vain. Nobody writes to the dead.
fn is_told(why: Dismissal) -> bool {
    use Dismissal as D;
    matches!(
        why,
        D::Disabled | D::NotAllowed | D::LockedByHost | D::LegalHold | D::Minor | D::ManagedElsewhere
    )
}

/// What was typed, and the browser that asked; a request from before there were codes does not name one.
fn read_request(plain: &[u8]) -> Option<(&[u8], Option<Holder>)> {
    if let Some([typed, asker]) = unframe::<2>(plain) {
        return Some((typed, Some(Holder::from_sealed(asker)?)));
    }
    let [typed] = unframe::<1>(plain)?;
    Some((typed, None))
}

/// Somebody may have taken another person's e-mail address for a username. Where the address is on file, its owners
/// are meant.
pub(crate) fn owners_first(identifier: &Identifier, found: Vec<Account>) -> Vec<Account> {
    let Some(key) = identifier.email_key() else { return found };
    let owns = |account: &Account| account.has_address(key);
    if !found.iter().any(owns) {
        return found;
    }
    found.into_iter().filter(owns).collect()
}

/// Exactly one account, or why not. The same account found twice is one.
pub(crate) fn only(accounts: Vec<Account>) -> Result<Account, Dismissal> {
    match resolve_one(accounts.iter().map(|account| &account.id)) {
        Resolution::None => Err(Dismissal::NoAccount),
        Resolution::Ambiguous => Err(Dismissal::Ambiguous),
        Resolution::One(_) => accounts.into_iter().next().ok_or(Dismissal::NoAccount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame;

    #[test]
    fn a_request_from_before_there_were_codes_is_read_and_has_no_browser() {
        assert!(matches!(read_request(&frame(&[b"ana"])), Some((b"ana", None))));
        let asker = [7; 32];
        let read = frame(&[b"ana", &asker]);
        assert!(matches!(read_request(&read), Some((b"ana", Some(holder))) if *holder.as_bytes() == asker));
        for other in [&frame(&[b"ana", b"short"])[..], &frame(&[b"ana", &asker, b""]), b"", b"ana"] {
            assert!(read_request(other).is_none());
        }
    }
}
