//! Resolving: what the worker does with an ask, where nobody waits for the answer.

use crate::account::{Account, AccountEpoch, AccountStatus, AddressOnFile, Applied, PasswordChange};
use crate::audit::Actor;
use crate::budget::Spend;
use crate::clock::{Moment, Timestamp};
use crate::entropy::random;
use crate::error::Fault;
use crate::flow::{Dismissal, Event, FactorRule, Link, Purpose, RecoveryFlow, Sealed, State, Window};
use crate::identity::{Identifier, IdentityClaims, Person, Resolution, resolve_one};
use crate::ids::{AccountId, FlowId};
use crate::keys::KeyError;
use crate::mail::LetterContent;
use crate::password::PasswordHash;
use crate::planted::{Bug, planted};
use crate::recovery::ask::REQUEST;
use crate::recovery::link::HASH;
use crate::recovery::step::{HouseKeeping, Mailing};
use crate::recovery::{AskedNotice, Inner, Step, Took};
use crate::store::{Commit, Committed};
use crate::token::RecoveryToken;
use crate::wire::unframe;
use zeroize::Zeroizing;

impl Inner {
    /// Does whatever is next for a flow that is due.
    pub(crate) async fn attend(&self, flow: RecoveryFlow) -> Result<(), Fault> {
        let at = self.clock.read();
        if flow.state().window().is_some_and(|window| window.is_over(at)) {
            self.take(Step::new(flow, Event::Expire, Actor::Worker), at).await?;
            return Ok(());
        }
        match flow.state() {
            State::Requested { request, .. } => {
                let request = request.clone();
                self.resolve(flow, &request, at).await
            }
            State::PasswordChosen { .. } => self.apply_password(flow).await.map(drop),
            _ => Ok(()),
        }
    }

    async fn resolve(&self, flow: RecoveryFlow, request: &Sealed, at: Moment) -> Result<(), Fault> {
        let plain = self.sealer.open(self.flow_place(&flow.id(), REQUEST), request.as_bytes())?;
        let [typed] = unframe::<1>(&plain).ok_or(KeyError::Altered)?;
        let found = match flow.purpose() {
            Purpose::Password => self.find_by_identifier(typed).await?,
            Purpose::Username => self.find_by_claims(typed, at).await?,
        };
        match found.and_then(|account| self.recoverable(flow.purpose(), account)) {
            Ok(account) => self.send(flow, account, at).await,
            Err((why, account)) => self.turn_down(flow, why, account, at).await,
        }
    }

    async fn find_by_identifier(&self, typed: &[u8]) -> Result<Found, Fault> {
        let typed = Zeroizing::new(String::from_utf8_lossy(typed).into_owned());
        let identifier = Identifier::parse(&typed);
        if identifier.is_malformed() {
            return Ok(Err((Dismissal::Malformed, None)));
        }
        let found = self.accounts.find_by_identifier(&identifier).await?;
        Ok(only(owners_first(&identifier, found)).map_err(|why| (why, None)))
    }

    /// Probe, then agreement. The comparison is counted, per account, before it is made (ID-4).
    async fn find_by_claims(&self, typed: &[u8], at: Moment) -> Result<Found, Fault> {
        let malformed = Ok(Err((Dismissal::Malformed, None)));
        let Some(claims) = IdentityClaims::from_bytes(typed) else { return malformed };
        let key = self.index.probe(&claims);
        if claims.is_malformed_on(at.now.to_datetime().date()) || key.values().is_empty() {
            return malformed;
        }
        let account = match only(self.accounts.find_by_identity(&key).await?) {
            Ok(account) => account,
            Err(why) => return Ok(Err((why, None))),
        };
        if !self.count_comparison(&account.id, at).await? {
            return Ok(Err((Dismissal::OverLimit, None)));
        }
        // A host that keeps no plain attributes has all of them inside the index; nothing is left to compare.
        let nobody = Person::new("", "");
        let agrees = self.index.rules().agrees(&claims, account.person.as_ref().unwrap_or(&nobody));
        Ok(if agrees { Ok(account) } else { Err((Dismissal::NoAccount, None)) })
    }

    async fn count_comparison(&self, account: &AccountId, at: Moment) -> Result<bool, Fault> {
        let mut commit = Commit::new(self.realm.clone());
        let quota = self.limits.claims_per_account;
        commit.spends.push(self.spend("claims/account", account.as_str().as_bytes(), quota, at));
        Ok(self.flows.commit(commit).await? == Committed::Done)
    }

    fn recoverable(&self, purpose: Purpose, account: Account) -> Found {
        let why = match purpose {
            _ if account.status != AccountStatus::Active => Dismissal::Disabled,
            Purpose::Password if !account.may_change_password => Dismissal::NotAllowed,
            _ if account.addresses.is_empty() => Dismissal::NoAddress,
            _ => return Ok(account),
        };
        Err((why, Some(Box::new(account))))
    }

    /// Outwardly this is like every other ask. An account without an address needs people (ID-3), as does a
    /// match that is ambiguous (ID-10).
    async fn turn_down(
        &self,
        flow: RecoveryFlow,
        why: Dismissal,
        account: Option<Box<Account>>,
        at: Moment,
    ) -> Result<(), Fault> {
        let event = match why {
            Dismissal::NoAddress | Dismissal::Ambiguous => Event::Escalate(why),
            _ => Event::Dismiss(why),
        };
        let mut step = Step::new(flow, event, Actor::Worker);
        if let Some(account) = account {
            step.account = Some(account.id.clone());
            let possible = !matches!(why, Dismissal::Disabled | Dismissal::NotAllowed);
            if self.notice == AskedNotice::WhenNotPossible && !possible && !account.addresses.is_empty() {
                step.spends = self.mail_budgets(&account.id, at);
                step.mailing = Some(Mailing { to: account.addresses, content: LetterContent::SomebodyAsked });
            }
        }
        let (flow, account) = (step.flow.clone(), step.account.clone());
        if let Took::OverBudget = self.take(step, at).await? {
            self.dismiss_over_limit(flow, account, at).await?;
        }
        Ok(())
    }

    async fn send(&self, flow: RecoveryFlow, account: Account, at: Moment) -> Result<(), Fault> {
        if self.is_on_hold(&account.id, at).await? {
            return self.turn_down(flow, Dismissal::OnHold, Some(Box::new(account)), at).await;
        }
        let (event, content) = match flow.purpose() {
            Purpose::Username => (Event::RemindUsername, self.reminder(&account)),
            Purpose::Password => self.link_for(&flow, &account, at)?,
        };
        let mut step = Step::new(flow.clone(), event, Actor::Worker);
        step.account = Some(account.id.clone());
        // The first address is where links and usernames go; notices go to all of them.
        step.mailing = Some(Mailing { to: account.addresses[..1].to_vec(), content });
        step.spends = self.mail_budgets(&account.id, at);
        if let Took::OverBudget = self.take(step, at).await? {
            self.dismiss_over_limit(flow, Some(account.id), at).await?;
        }
        Ok(())
    }

    async fn dismiss_over_limit(
        &self,
        flow: RecoveryFlow,
        account: Option<AccountId>,
        at: Moment,
    ) -> Result<(), Fault> {
        let step = Step::new(flow, Event::Dismiss(Dismissal::OverLimit), Actor::Worker);
        self.take(Step { account, ..step }, at).await?;
        Ok(())
    }

    fn mail_budgets(&self, account: &AccountId, at: Moment) -> Vec<Spend> {
        let subject = account.as_str().as_bytes();
        vec![
            self.spend("mail/hour", subject, self.limits.mails_per_account_hour, at),
            self.spend("mail/day", subject, self.limits.mails_per_account_day, at),
        ]
    }

    fn reminder(&self, account: &Account) -> LetterContent {
        LetterContent::UsernameReminder { username: account.username.clone(), sign_in: self.links.sign_in() }
    }

    fn link_for(
        &self,
        flow: &RecoveryFlow,
        account: &Account,
        at: Moment,
    ) -> Result<(Event, LetterContent), Fault> {
        let token = RecoveryToken::new(flow.id(), random(&*self.entropy)?);
        let link = Link {
            account: account.id.clone(),
            digest: self.verifiers.mark(&token.digest(&self.realm, flow.purpose(), &account.epoch())),
            factor: if account.factors.is_empty() { FactorRule::NotNeeded } else { FactorRule::Needed },
            attempts: 0,
            window: Window::open(at, self.link_life),
        };
        let minutes = self.link_life.whole_minutes();
        Ok((
            Event::IssueLink(link),
            LetterContent::RecoveryLink { link: self.links.recovery(&token), minutes },
        ))
    }

    /// Gives the host's account its new password and completes the flow. Safe to repeat at any point.
    pub(crate) async fn apply_password(&self, flow: RecoveryFlow) -> Result<Applied, Fault> {
        let State::PasswordChosen { account, epoch, hash, .. } = flow.state() else {
            return Ok(Applied::Conflict);
        };
        let applied = match self.open_choice(&flow, hash, account, epoch) {
            Ok((change, chosen_at)) if self.is_withdrawn(&change, chosen_at).await? => Applied::Conflict,
            Ok((change, _)) if planted(Bug::LostReplyTakenForConflict) => {
                self.accounts.set_password(&change).await.unwrap_or(Applied::Conflict)
            }
            Ok((change, _)) => self.accounts.set_password(&change).await?,
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
        if applied != Applied::Conflict {
            let on_file = self.accounts.get(&account).await?;
            let to = on_file.map(|account| account.addresses).unwrap_or_default();
            let content = LetterContent::PasswordChanged { at: at.now.to_datetime() };
            let late = planted(Bug::NoticeOnlyAtFirst) && applied == Applied::Before;
            step.mailing = (!late).then_some(Mailing { to, content });
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
    async fn is_withdrawn(
        &self,
        change: &PasswordChange,
        chosen_at: Option<Timestamp>,
    ) -> Result<bool, Fault> {
        let Some(chosen_at) = chosen_at else { return Ok(false) };
        if !self.was_disowned_since(&change.account, chosen_at).await? {
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
        let record = Some("password.set_late");
        self.supersede_all(account, HouseKeeping { notice, record, ..HouseKeeping::default() }).await
    }

    /// The choice, and when it was made; a choice that was written before that was noted has no time.
    fn open_choice(
        &self,
        flow: &RecoveryFlow,
        sealed: &Sealed,
        account: &AccountId,
        epoch: &AccountEpoch,
    ) -> Result<(PasswordChange, Option<Timestamp>), Fault> {
        let plain = self.sealer.open(self.flow_place(&flow.id(), HASH), sealed.as_bytes())?;
        let fields = unframe::<4>(&plain).or_else(|| unframe::<3>(&plain).map(|[a, b, c]| [a, b, c, &[]]));
        let [owner, at_epoch, phc, chosen_at] = fields.ok_or(KeyError::Altered)?;
        if owner != account.as_str().as_bytes() || at_epoch != epoch.as_bytes() {
            return Err(KeyError::Altered.into());
        }
        let phc = std::str::from_utf8(phc).map_err(|_| KeyError::Altered)?;
        let (flow, hash) = (flow.id(), PasswordHash::parse(phc)?);
        let chosen_at = chosen_at.try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis);
        Ok((PasswordChange { flow, account: account.clone(), expected: *epoch, hash }, chosen_at))
    }
}

/// An account to go on with, or why there is none, with the account that this is about.
type Found = Result<Account, (Dismissal, Option<Box<Account>>)>;

/// Somebody may have taken another person's e-mail address for a username. Where the address is on file, its owners
/// are meant.
pub(crate) fn owners_first(identifier: &Identifier, found: Vec<Account>) -> Vec<Account> {
    let Some(key) = identifier.email_key() else { return found };
    let owns = |account: &Account| {
        account.addresses.iter().any(|AddressOnFile::Email(address)| address.key().as_str() == key)
    };
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
