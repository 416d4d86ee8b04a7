//! What must hold, whatever happens: checked at the border of the tables, of the host's accounts and of the mail system,
//! where every node's writes pass in one order.
//!
//! The oracle keeps books of its own and asks the library for nothing but what it wrote.

mod accounts;
mod answers;
mod budgets;
mod commits;
mod desk;
mod end;
mod factors;
mod legal;
mod mails;
mod questions;
mod shown;

pub use answers::Choice;
pub use desk::Does;
pub use legal::tokens_in;
pub use shown::{Shown, Truth};

use crate::profile::{Clocks, Profile};
use crate::stage::{Doing, Stage, held};
use factors::FactorsSeen;
use mails::MailSeen;
use regain::account::{Account, AccountStatus, AddressOnFile, Recoverability};
use regain::audit::Pseudonym;
use regain::budget::{BudgetKey, Quota};
use regain::flow::FlowRecord;
use regain::ids::{AccountId, FlowId, MailId, Realm};
use regain::memory::MemoryFlows;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// What an asker typed, as the simulation knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Username(AccountId),
    Email(String),
    /// Claims about the owner of this account, and whether they are true.
    Claims(AccountId, bool),
    Nobody,
}

/// Everything of an account that a recovery rests on, since an event.
#[derive(Clone)]
pub struct Facts {
    since: u64,
    all: String,
    addresses: Vec<String>,
    active: bool,
    may_change: bool,
    held: bool,
    /// Whether the host itself has bound a factor.
    host_factor: bool,
}

impl Facts {
    fn of(account: &Account, since: u64) -> Self {
        let addresses = account.addresses.iter().map(|address| text(address).to_owned());
        let addresses: Vec<String> = addresses.collect();
        let active = account.status == AccountStatus::Active;
        let may_change = account.may_change_password;
        let password = account.password.as_ref().map(|hash| hash.as_str());
        let (factors, host_factor) = (&account.factors, !account.factors.is_empty());
        let held = account.recoverability != Recoverability::Possible;
        let all = format!("{password:?} {addresses:?} {active} {may_change} {held} {factors:?}");
        Self { since, all, addresses, active, may_change, held, host_factor }
    }
}

/// An account, and how it has been.
#[derive(Default)]
struct AccountSeen {
    facts: Vec<Facts>,
    factors: FactorsSeen,
    questions: questions::QuestionsSeen,
    /// Each password it has had, in plain, since an event.
    passwords: Vec<(u64, String)>,
    /// The account's mails that a budget has to pay for, by the clock of the node that queued them.
    paid_mails: Vec<i64>,
}

impl AccountSeen {
    /// How it was at some time between two events.
    fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &Facts> {
        let ends = self.facts.iter().skip(1).map(|facts| facts.since).chain([u64::MAX]);
        let within = move |(facts, end): &(&Facts, u64)| facts.since <= to && *end > from;
        self.facts.iter().zip(ends).filter(within).map(|(facts, _)| facts)
    }

    fn password(&self) -> Option<&str> {
        self.passwords.last().map(|(_, plain)| plain.as_str())
    }
}

/// A link, from the commit that sent it out.
#[derive(Clone)]
struct LinkSeen {
    account: AccountId,
    since: u64,
    expires_at: i64,
    high: i64,
}

/// A flow, and what came of it.
struct FlowSeen {
    row: FlowRecord,
    asked: u64,
    typed: Option<Typed>,
    link: Option<LinkSeen>,
    /// Begun by its owner while signed in, and not by an ask.
    by_owner: bool,
    /// Begun by the support desk.
    by_desk: Option<desk::DeskLink>,
    /// The link's second factor was proven by this task.
    proven: bool,
    consumed: u32,
    chosen_since: u64,
    choices: Vec<String>,
    /// Since when the host's account has had this flow's password.
    set: Option<u64>,
    /// Which task set it when the flow had ended, and how many of its calls had failed by then.
    set_late_by: Option<(Arc<Doing>, u64)>,
}

#[derive(Default)]
struct Book {
    flows: BTreeMap<FlowId, FlowSeen>,
    mails: BTreeMap<MailId, MailSeen>,
    accounts: BTreeMap<AccountId, AccountSeen>,
    pseudonyms: BTreeMap<[u8; 16], AccountId>,
    budgets: BTreeMap<BudgetKey, (Quota, Vec<i64>)>,
    /// Accounts whose owners heard of a password that was set after its flow had ended.
    told_late: BTreeSet<AccountId>,
    /// Accounts of which somebody said "this wasn't me".
    disowned: BTreeSet<AccountId>,
    /// Cases of the support desk, under the names that the audit record has for them.
    cases: BTreeMap<FlowId, desk::CaseSeen>,
    /// What a task does for one of the staff.
    staffing: BTreeMap<u64, desk::Does>,
    /// Accounts of those who work at the desk.
    employed: BTreeMap<AccountId, regain::desk::Staff>,
    /// Letters that "this wasn't me" was said with.
    letters: BTreeSet<String>,
    /// Tokens that really went out, by their text.
    tokens: BTreeMap<String, FlowId>,
    asking: BTreeMap<u64, (Typed, String)>,
    choosing: BTreeMap<u64, Choice>,
    /// Which factor a task tries.
    trying: BTreeMap<u64, factors::Trying>,
    /// Which answer a task gives to a security question.
    answering: BTreeMap<u64, questions::Answering>,
    /// The answers that a task sets.
    setting: BTreeMap<u64, Vec<String>>,
    /// The session in which a task changes something.
    acting: BTreeMap<u64, factors::Acting>,
    /// Codes that were accepted.
    used: BTreeSet<(AccountId, String)>,
    /// All that people have shown, for those who looked over their shoulders.
    shown: Vec<(AccountId, Shown)>,
    /// When a task read which links an account has.
    links_read: BTreeMap<(u64, AccountId), Vec<u64>>,
    /// Accepted asks by what was typed, by the clock of the node that took them down.
    asks: BTreeMap<String, Vec<i64>>,
}

pub struct Oracle {
    stage: Arc<Stage>,
    store: Arc<MemoryFlows>,
    realm: Realm,
    calm: bool,
    clocks: Clocks,
    book: Mutex<Book>,
}

impl Oracle {
    pub fn new(stage: Arc<Stage>, store: Arc<MemoryFlows>, realm: Realm, profile: &Profile) -> Self {
        let (calm, clocks) = (profile.calm, profile.clocks);
        Self { stage, store, realm, calm, clocks, book: Mutex::default() }
    }

    /// An account as it is before anything happens.
    pub fn meet(&self, account: &Account, pseudonym: Pseudonym, password: &str) {
        let mut book = self.book();
        book.pseudonyms.insert(*pseudonym.as_bytes(), account.id.clone());
        let seen = book.accounts.entry(account.id.clone()).or_default();
        seen.facts.push(Facts::of(account, 0));
        seen.passwords.push((0, password.to_owned()));
    }

    /// The tokens that have gone out so far, for those who steal them.
    pub fn tokens(&self) -> Vec<String> {
        self.book().tokens.keys().cloned().collect()
    }

    /// Another recovery of the same account has set a password since: its notice tells the owner, and a host that keeps the
    /// last recovery only has forgotten the one before.
    fn overtaken(&self, book: &Book, seen: &FlowSeen) -> bool {
        let account = seen.link.as_ref().map(|link| &link.account);
        book.flows
            .values()
            .any(|other| other.set > seen.set && other.link.as_ref().map(|link| &link.account) == account)
    }

    /// Whose chosen password is not set yet.
    pub fn pending(&self) -> Vec<AccountId> {
        let book = self.book();
        let chosen = book.flows.values().filter(|flow| flow.row.state == "password_chosen");
        chosen.filter_map(|flow| flow.row.account.clone()).collect()
    }

    /// When the earliest work is due, by whatever clock wrote it.
    pub fn next_due(&self) -> Option<i64> {
        let book = self.book();
        let flows = book.flows.values().filter_map(|flow| flow.row.due_at);
        let mails = book.mails.values().filter(|mail| mail.waits).map(|mail| mail.due_at);
        flows.chain(mails).map(|due| due.millis()).min()
    }

    /// A task reads which links an account has.
    pub fn links_read(&self, account: &AccountId) {
        let (task, event) = (self.stage.doing().id, self.stage.event());
        self.book().links_read.entry((task, account.clone())).or_default().push(event);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        held(&self.book)
    }

    fn hold(&self, invariant: &'static str, holds: bool, detail: impl FnOnce() -> String) {
        if !holds {
            self.stage.broken(invariant, detail());
        }
    }
}

/// An address on file, as it is written.
pub fn text(address: &AddressOnFile) -> &str {
    match address {
        AddressOnFile::Email(email) => email.as_str(),
        _ => "of a kind that the simulation does not know",
    }
}

/// The first characters are enough to follow a flow in a trace.
pub fn short(id: impl ToString) -> String {
    id.to_string().chars().take(6).collect()
}
