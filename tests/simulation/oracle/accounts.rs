//! The host's accounts: a password is set for a choice that stands, on an account that has not changed since.

use super::{Facts, Oracle, short};
use crate::hasher::is_of;
use crate::stage::counted;
use regain::account::{Account, Applied, HashUpgrade, PasswordChange};

impl Oracle {
    /// A new password has reached the host's accounts; `applied` is what they made of it.
    pub fn password_set(
        &self,
        before: Option<&Account>,
        after: Option<&Account>,
        change: &PasswordChange,
        applied: Applied,
    ) {
        let event = self.stage.event();
        let mut book = self.book();
        let said = || format!("flow {} {applied:?}", short(change.flow));
        let Some(seen) = book.flows.get(&change.flow) else {
            return self.stage.broken("a password is set for a flow that is there", said());
        };
        if applied != Applied::Done {
            let before = applied == Applied::Before;
            self.hold("a password counts as set before only if it was", !before || seen.set.is_some(), said);
            return;
        }
        let (Some(before), Some(after)) = (before, after) else {
            return self.stage.broken("a password is set on an account that is there", said());
        };
        // A call that hung for longer than a lease may find that another worker was told of a conflict meanwhile, by an
        // account that is now again as it was.
        let late = seen.row.state == "superseded";
        self.hold(
            "a password is set while its choice stands",
            seen.row.state == "password_chosen" || late,
            || format!("flow {} is {}", short(change.flow), seen.row.state),
        );
        if late {
            self.stage.tally("passwords set late");
        }
        let Some(link) = &seen.link else { return };
        self.hold(
            "a password is set on the account that the link was for",
            link.account == change.account,
            said,
        );
        let Some(account) = book.accounts.get(&change.account) else { return };
        let now = Facts::of(before, event);
        let as_issued = account.between(seen.asked, link.since).any(|facts| facts.all == now.all);
        self.hold("no password is set on an account that changed since its link", as_issued, said);
        let chosen = seen.choices.iter().find(|plain| is_of(&change.hash, plain)).cloned();
        self.hold("the password that is set was chosen with the token", chosen.is_some(), said);
        if let Some(seen) = book.flows.get_mut(&change.flow) {
            seen.set = Some(event);
            let doing = self.stage.doing();
            let failed = counted(&doing.errors);
            seen.set_late_by = late.then_some((doing, failed));
        }
        if let Some(account) = book.accounts.get_mut(&change.account) {
            account.facts.push(Facts::of(after, event));
            account.passwords.push((event, chosen.unwrap_or_default()));
        }
    }

    /// The same password under a newer cost.
    pub fn hash_upgraded(&self, upgrade: &HashUpgrade, after: Option<&Account>) {
        let event = self.stage.event();
        let mut book = self.book();
        if let (Some(after), Some(account)) = (after, book.accounts.get_mut(&upgrade.account)) {
            let facts = Facts::of(after, event);
            if account.facts.last().is_none_or(|last| last.all != facts.all) {
                account.facts.push(facts);
                self.stage.tally("hashes upgraded");
            }
        }
    }

    /// The host changed an account; with a new password in plain, if that is what it changed.
    pub fn host_changed(&self, after: &Account, password: Option<&str>) {
        let event = self.stage.event();
        let mut book = self.book();
        if let Some(account) = book.accounts.get_mut(&after.id) {
            account.facts.push(Facts::of(after, event));
            account.passwords.extend(password.map(|plain| (event, plain.to_owned())));
            self.stage.tally("changes at the host");
        }
    }
}
