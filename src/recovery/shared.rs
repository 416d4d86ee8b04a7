//! An address that several accounts have on file: a family, or a carer and those who are cared for.
//!
//! One mail goes to that very address, and lists each account by its username with a link of its own. Whoever reads the
//! mailbox could have had each of these links by asking for one account after the other; the asker learns nothing.

use crate::account::{Account, AddressKind, AddressOnFile};
use crate::audit::Actor;
use crate::clock::Moment;
use crate::error::Fault;
use crate::flow::{ACCOUNTS_PER_MAIL, Dismissal, Event, Letter, Purpose, RecoveryFlow};
use crate::identity::Identifier;
use crate::ids::AccountId;
use crate::mail::{LetterContent, SharedAccount};
use crate::planted::{Bug, planted};
use crate::recovery::resolve::Refused;
use crate::recovery::security::LinkTerms;
use crate::recovery::step::{LeftOut, Mailing, Shared};
use crate::recovery::{Carried, Inner, Step, Took};
use crate::store::{Commit, Committed};
use std::collections::BTreeMap;

/// So many accounts that get nothing have a line each in the audit record; the rest is one line. A clinic may have its own
/// address on file for everybody.
const LINES: usize = 40;

/// The accounts that share an address, each with the address as it is on file for it.
pub(crate) struct Sharers(Vec<Sharer>);

/// What a link for each of them would be issued under.
type Terms = BTreeMap<AccountId, LinkTerms>;

struct Sharer {
    account: Account,
    address: AddressOnFile,
}

/// What a shared address comes to.
struct Sorted {
    get_a_link: Vec<Sharer>,
    left_out: Vec<LeftOut>,
    /// What to say where nobody gets one, and to whom.
    turned_down: Option<(Dismissal, Sharer)>,
}

impl Sharers {
    /// The accounts that have what was typed as an address on file, if all of those that were found do.
    pub(crate) fn of(typed: &Identifier, found: &[Account]) -> Option<Self> {
        let key = typed.email_key()?;
        let is_typed = |address: &&AddressOnFile| matches!(address, AddressOnFile::Email(on) if on.key().as_str() == key);
        let sharer = |account: &Account| {
            let address = account.addresses.iter().find(is_typed)?.clone();
            Some(Sharer { account: account.clone(), address })
        };
        found.iter().map(sharer).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Always the same ones, in the same order, whatever order a store finds them in.
    fn sorted(self, barred: impl Fn(&Account) -> Option<Dismissal>) -> Sorted {
        let mut sharers = self.0;
        sharers
            .sort_by(|a, b| (&a.account.username, &a.account.id).cmp(&(&b.account.username, &b.account.id)));
        sharers.dedup_by(|a, b| a.account.id == b.account.id);
        let mut sorted = Sorted { get_a_link: vec![], left_out: vec![], turned_down: None };
        for sharer in sharers {
            match barred(&sharer.account) {
                Some(why) => sorted.turn_down(why, sharer),
                None if sorted.get_a_link.len() < ACCOUNTS_PER_MAIL => sorted.get_a_link.push(sharer),
                None => sorted.leave_out(Dismissal::TooMany, &sharer),
            }
        }
        sorted
    }
}

impl Sorted {
    fn leave_out(&mut self, why: Dismissal, sharer: &Sharer) {
        let account = Some(sharer.account.id.clone());
        match self.left_out.len() {
            ..LINES => self.left_out.push(LeftOut { account, why }),
            LINES => self.left_out.push(LeftOut { account: None, why: Dismissal::TooMany }),
            _ => {}
        }
    }

    /// What only people can decide outweighs the rest.
    fn turn_down(&mut self, why: Dismissal, sharer: Sharer) {
        self.leave_out(why, &sharer);
        let outweighed = |(other, _): &(Dismissal, _)| why.needs_people() && !other.needs_people();
        if self.turned_down.as_ref().is_none_or(outweighed) {
            self.turned_down = Some((why, sharer));
        }
    }
}

impl Inner {
    /// The asking flow ends, and each account that can be recovered gets a flow with a link: all in one commit with the mail.
    pub(crate) async fn share(
        &self,
        flow: RecoveryFlow,
        sharers: Sharers,
        carried: Carried,
        at: Moment,
    ) -> Result<(), Fault> {
        // Where no mailer carries e-mail, the address that they share reaches none of them.
        let no_way = (!carried.includes(AddressKind::Email)).then_some(Dismissal::NoAddress);
        let terms = self.terms_of(&sharers, at).await?;
        let held = |account: &Account| {
            terms.get(&account.id).is_none_or(|terms| terms.on_hold).then_some(Dismissal::OnHold)
        };
        let barred =
            |account: &Account| self.barred(Purpose::Password, account, carried).or(no_way).or(held(account));
        let Sorted { get_a_link, mut left_out, turned_down } = sharers.sorted(barred);
        if get_a_link.is_empty() {
            let Some((why, Sharer { account, address })) = turned_down else { return Ok(()) };
            let refused = Refused { left_out, ..Refused::about(&account, why, vec![address]) };
            return self.turn_down(flow, refused, at).await;
        }
        let mut step = self.sharing(&flow, &get_a_link, &terms, left_out.clone(), at)?;
        let unpaid = planted(Bug::SharedMailsUnpaid);
        step.spends = get_a_link
            .iter()
            .filter(|_| !unpaid)
            .flat_map(|sharer| self.mail_budgets(&sharer.account.id, at))
            .collect();
        let Took::OverBudget = self.take(step, at).await? else { return Ok(()) };
        let mut within = Vec::new();
        for sharer in get_a_link {
            if self.pays(&sharer.account.id, at).await? {
                within.push(sharer);
            } else {
                left_out.push(LeftOut { account: Some(sharer.account.id), why: Dismissal::OverLimit });
            }
        }
        if within.is_empty() {
            let mut step = Step::new(flow, Event::Dismiss(Dismissal::OverLimit), Actor::Worker);
            step.shared.left_out = left_out;
            return self.dismiss_over_limit(step, at).await;
        }
        let step = self.sharing(&flow, &within, &terms, left_out, at)?;
        self.take(step, at).await.map(drop)
    }

    async fn terms_of(&self, sharers: &Sharers, at: Moment) -> Result<Terms, Fault> {
        let mut terms = Terms::new();
        for Sharer { account, .. } in &sharers.0 {
            terms.insert(account.id.clone(), self.terms(account, at).await?);
        }
        Ok(terms)
    }

    /// Takes the mail from the account's own budget, where one commit for all of them was refused because of another
    /// account. A crash after it costs a mail of the budget, and never sends one too many (RL-6).
    async fn pays(&self, account: &AccountId, at: Moment) -> Result<bool, Fault> {
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = self.mail_budgets(account, at);
        Ok(self.flows.commit(commit).await? == Committed::Done)
    }

    /// The step that gives each of these accounts a link. Where they have the address on file in different spellings, each
    /// spelling gets a mail with its own accounts: a mail system may tell them apart (NO-7).
    fn sharing(
        &self,
        flow: &RecoveryFlow,
        sharers: &[Sharer],
        terms: &Terms,
        left_out: Vec<LeftOut>,
        at: Moment,
    ) -> Result<Step, Fault> {
        let mut links = Vec::with_capacity(sharers.len());
        // One language for all of a letter: that of the first account in it.
        let mut letters: Vec<(AddressOnFile, &Account, Vec<_>)> = Vec::new();
        for Sharer { account, address } in sharers {
            let Some(terms) = terms.get(&account.id) else { continue };
            let id = self.new_flow_id()?;
            let (token, link) = self.bare_link(id, &account.id, *terms, at)?;
            let entry = SharedAccount {
                username: account.username.clone(),
                link: self.links.recovery(&token),
                disown: self.disown_button(&account.id, Letter::SharedLinks, flow.id(), at)?,
            };
            links.push((id, link));
            match letters.iter_mut().find(|(to, ..)| to == address) {
                Some((_, _, entries)) => entries.push(entry),
                None => letters.push((address.clone(), account, vec![entry])),
            }
        }
        if planted(Bug::SharedLinksSwapped) {
            letters.iter_mut().for_each(|(.., entries)| swap_links(entries));
        }
        let minutes = self.link_life.whole_minutes();
        let mailing = |(to, first, accounts)| {
            Mailing::of(first, vec![to], LetterContent::SharedLinks { accounts, minutes })
        };
        let mailings = letters.into_iter().map(mailing).collect();
        let step = Step::new(flow.clone(), Event::ShareLinks(links), Actor::Worker);
        Ok(Step { shared: Shared { mailings, left_out }, ..step })
    }
}

/// A mistake to be found: see [`Bug::SharedLinksSwapped`].
fn swap_links(entries: &mut [SharedAccount]) {
    if let [first, .., last] = entries {
        std::mem::swap(&mut first.link, &mut last.link);
    }
}
