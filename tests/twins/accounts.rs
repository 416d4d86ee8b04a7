//! Hosts that find the wrong people, show them wrongly, or set passwords that they should not.

use crate::failure;
use async_trait::async_trait;
use regain::account::{
    Account, AccountStatus, AccountStore, AddressOnFile, Applied, HashUpgrade, PasswordChange, Recoverability,
};
use regain::identity::{BlindIndex, EmailAddress, Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::MemoryAccounts;
use regain::store::StoreError;
use regain::testing::contract::account_store_contract;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

type Result<T> = std::result::Result<T, StoreError>;

/// What a host that does it otherwise can look at.
struct Table {
    inner: MemoryAccounts,
    everyone: Vec<Account>,
    index: BlindIndex,
}

impl Table {
    fn now<T>(&self, answer: impl Future<Output = Result<T>>) -> T {
        crate::twin::now(answer)
    }

    fn get(&self, id: &AccountId) -> Option<Account> {
        self.now(self.inner.get(id))
    }

    fn named(&self, identifier: &Identifier) -> Vec<Account> {
        self.now(self.inner.find_by_identifier(identifier))
    }

    fn who(&self, wanted: impl Fn(&Account) -> bool) -> Vec<Account> {
        self.everyone.iter().filter(|account| wanted(account)).cloned().collect()
    }

    fn write(&self, change: &PasswordChange) {
        self.inner.change(&change.account, |account| account.password = Some(change.hash.clone()));
    }
}

type Answer<A, T> = Option<fn(&Table, &A) -> T>;

/// Calls that are answered otherwise.
#[derive(Default, Clone, Copy)]
struct Otherwise {
    find_by_identifier: Answer<Identifier, Vec<Account>>,
    find_by_identity: Answer<IdentityKey, Vec<Account>>,
    get: Answer<AccountId, Option<Account>>,
    set_password: Answer<PasswordChange, Applied>,
    upgrade_hash: Answer<HashUpgrade, ()>,
    set_later: bool,
}

struct Host(Table, Otherwise);

#[async_trait]
impl AccountStore for Host {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        Ok(self
            .1
            .find_by_identifier
            .map_or_else(|| self.0.named(identifier), |find| find(&self.0, identifier)))
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        match self.1.find_by_identity {
            Some(find) => Ok(find(&self.0, key)),
            None => self.0.inner.find_by_identity(key).await,
        }
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        Ok(self.1.get.map_or_else(|| self.0.get(id), |get| get(&self.0, id)))
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        if self.1.set_later {
            let applied = change.against(self.0.get(&change.account).as_ref());
            tokio::task::yield_now().await;
            if applied == Applied::Done {
                self.0.write(change);
            }
            return Ok(applied);
        }
        match self.1.set_password {
            Some(set) => Ok(set(&self.0, change)),
            None => self.0.inner.set_password(change).await,
        }
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<()> {
        match self.1.upgrade_hash {
            Some(set) => set(&self.0, upgrade),
            None => self.0.inner.upgrade_hash(upgrade).await?,
        }
        Ok(())
    }
}

/// What the suite says of a host may begin with what was typed.
async fn breaks(promise: &str, otherwise: Otherwise) {
    let suite = account_store_contract(async |everyone, index| {
        let inner = MemoryAccounts::new();
        everyone.iter().for_each(|account| inner.put(account.clone(), &index));
        Arc::new(Host(Table { inner, everyone, index }, otherwise))
    });
    let told = failure(suite).await;
    assert!(told.ends_with(promise), "{told}");
}

macro_rules! hosts {
    ($($name:ident breaks $promise:literal: $call:ident = $answer:expr;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                breaks($promise, Otherwise { $call: $answer, ..Otherwise::default() }).await;
            }
        )+
    };
}

#[tokio::test]
async fn the_host_behind_the_others_keeps_every_promise() {
    breaks("no promise is broken", Otherwise::default()).await;
}

fn folded(name: &str) -> String {
    let plain = name.replace('\u{df}', "ss");
    plain.nfkd().filter(|c| !('\u{300}'..'\u{370}').contains(c)).flat_map(char::to_lowercase).collect()
}

fn emails(account: &Account) -> impl Iterator<Item = &str> {
    account.addresses.iter().filter_map(|address| match address {
        AddressOnFile::Email(email) => Some(email.as_str()),
        _ => None,
    })
}

fn same(typed: &Identifier, account: &Account, fold: fn(&str) -> String) -> bool {
    let typed = fold(typed.as_typed().trim());
    fold(&account.username) == typed || emails(account).any(|email| fold(email) == typed)
}

/// With what a host leaves out or changes when it lists accounts.
fn shown(table: &Table, identifier: &Identifier, change: fn(&mut Account)) -> Vec<Account> {
    let mut found = table.named(identifier);
    found.iter_mut().for_each(change);
    found
}

fn by_value(table: &Table, key: &IdentityKey, same: fn(&[u8; 32], &[u8; 32]) -> bool) -> Vec<Account> {
    table.who(|account| {
        let entries = account.person.iter().flat_map(|person| table.index.entries_for(person));
        entries.into_iter().any(|entry| key.values().iter().any(|value| same(value, &entry.value)))
    })
}

/// Sets a password as if the account were what the change expects.
fn whatever_the_epoch(table: &Table, change: &PasswordChange) -> Applied {
    let Some(present) = table.get(&change.account) else { return Applied::Conflict };
    table.now(table.inner.set_password(&PasswordChange { expected: present.epoch(), ..change.clone() }))
}

fn set(table: &Table, change: &PasswordChange) -> Applied {
    table.now(table.inner.set_password(change))
}

/// Sets it by the epoch, but without the rest of the rule.
fn by_epoch_only(table: &Table, change: &PasswordChange, may: fn(&Account) -> bool) -> Applied {
    match table.get(&change.account) {
        Some(account) if may(&account) && account.epoch() == change.expected => {
            table.write(change);
            Applied::Done
        }
        _ => set(table, change),
    }
}

hosts! {
    identifiers_are_compared_as_typed breaks "is a way to write ana's identifier":
        find_by_identifier = Some(|table, typed| table.who(|account| {
            account.username == typed.as_typed() || emails(account).any(|email| email == typed.as_typed())
        }));
    identifiers_are_prefixes breaks "is nobody's identifier":
        find_by_identifier = Some(|table, typed| match typed.username_key() {
            Some(key) if !key.is_empty() && table.named(typed).is_empty() => table.who(|account| account.username.starts_with(key)),
            _ => table.named(typed),
        });
    an_address_is_its_local_part breaks "is nobody's identifier":
        find_by_identifier = Some(|table, typed| match typed.as_typed().split_once('@') {
            Some((local, _)) => table.named(&Identifier::parse(local)),
            None => table.named(typed),
        });
    an_id_is_an_identifier breaks "is nobody's identifier":
        find_by_identifier = Some(|table, typed| {
            let by_id = AccountId::new(typed.as_typed()).ok().and_then(|id| table.get(&id));
            if table.named(typed).is_empty() { by_id.into_iter().collect() } else { table.named(typed) }
        });
    accents_are_folded breaks "only looks like somebody's identifier":
        find_by_identifier = Some(|table, typed| {
            let own = table.named(typed);
            if own.is_empty() { table.who(|account| same(typed, account, folded)) } else { own }
        });
    case_is_folded_by_upper_case breaks "only looks like somebody's identifier":
        find_by_identifier = Some(|table, typed| {
            let own = table.named(typed);
            if own.is_empty() { table.who(|account| same(typed, account, |name| name.to_uppercase())) } else { own }
        });
    identifiers_end_at_a_nul breaks "only looks like somebody's identifier":
        find_by_identifier = Some(|table, typed| {
            table.named(&Identifier::parse(typed.as_typed().split('\0').next().unwrap_or_default()))
        });
    a_shared_address_finds_one breaks "several people may share an address":
        find_by_identifier = Some(|table, typed| table.named(typed).into_iter().take(1).collect());
    a_username_hides_an_address breaks "an address finds its owner, whoever has it for a username":
        find_by_identifier = Some(|table, typed| {
            let by_name = table.who(|account| account.username == typed.as_typed());
            if by_name.is_empty() { table.named(typed) } else { by_name }
        });
    disabled_accounts_are_hidden breaks "an account is found, whether it is in use or not":
        find_by_identifier = Some(|table, typed| table.named(typed).into_iter().filter(|account| account.status == AccountStatus::Active).collect());
    disabled_accounts_are_shown_in_use breaks "a disabled account is shown as disabled, one in use as in use":
        get = Some(|table, id| table.get(id).map(|mut account| { account.status = AccountStatus::Active; account }));
    addresses_are_lower_case breaks "addresses come back byte for byte, in their order":
        get = Some(|table, id| table.get(id).map(|mut account| {
            let lower = |email: &str| email.chars().flat_map(char::to_lowercase).collect::<String>();
            account.addresses = emails(&account).map(|email| AddressOnFile::Email(EmailAddress::parse(&lower(email)).unwrap())).collect();
            account
        }));
    addresses_lose_their_order breaks "addresses come back byte for byte, in their order":
        get = Some(|table, id| table.get(id).map(|mut account| { account.addresses.reverse(); account }));
    factors_are_left_out breaks "factors come back in their order":
        find_by_identifier = Some(|table, typed| shown(table, typed, |account| account.factors.clear()));
    passwords_are_left_out breaks "an account is the same, found or read":
        find_by_identifier = Some(|table, typed| shown(table, typed, |account| account.password = None));
    whoever_may_not_change_is_shown_as_if breaks "whether the password may change comes back":
        find_by_identifier = Some(|table, typed| shown(table, typed, |account| account.may_change_password = true));
    what_is_held_is_shown_as_if_free breaks "whether it can be recovered comes back":
        get = Some(|table, id| table.get(id).map(|mut account| { account.recoverability = Recoverability::Possible; account }));
    whoever_must_change_is_shown_as_if_not breaks "whether the password must change comes back":
        get = Some(|table, id| table.get(id).map(|mut account| { account.must_change_password = false; account }));
    a_person_is_another_one breaks "a person comes back as it was written, or not at all":
        get = Some(|table, id| table.get(id).map(|mut account| {
            account.person.iter_mut().for_each(|person| person.record_number = None);
            account
        }));
    nobody_is_read breaks "an account that is there is read": get = Some(|_, _| None);
    nobody_is_identified breaks "a record number finds its account": find_by_identity = Some(|_, _| vec![]);
    a_username_finds_whoever_shares_the_address breaks "a username is one person's":
        find_by_identifier = Some(|table, typed| {
            let named = table.named(typed);
            table.who(|account| named.iter().any(|one| emails(one).any(|email| emails(account).any(|other| other == email))))
        });
    a_refused_change_makes_an_account breaks "nor does a change make an account":
        set_password = Some(|table, change| {
            if table.get(&change.account).is_none() {
                table.inner.put(Account::new(change.account.clone(), "made"), &table.index);
            }
            set(table, change)
        });
    ids_are_folded breaks "account ids are compared byte for byte":
        get = Some(|table, id| table.who(|account| folded(account.id.as_str()) == folded(id.as_str())).pop());
    ids_lose_trailing_space breaks "account ids are compared byte for byte":
        get = Some(|table, id| table.who(|account| account.id.as_str().trim_end() == id.as_str().trim_end()).pop());
    an_unknown_id_is_somebody breaks "nobody is read by an id that nobody has":
        get = Some(|table, id| table.get(id).or_else(|| table.everyone.iter().find(|account| account.id.as_str() == "1").cloned()));
    index_values_are_prefixes breaks "blind-index values are compared whole":
        find_by_identity = Some(|table, key| by_value(table, key, |a, b| a[..8] == b[..8]));
    no_index_value_is_everybody breaks "no attribute finds nobody":
        find_by_identity = Some(|table, key| {
            if key.values().is_empty() { table.everyone.clone() } else { by_value(table, key, |a, b| a == b) }
        });
    one_of_two_is_found breaks "two accounts that share a value are both found":
        find_by_identity = Some(|table, key| by_value(table, key, |a, b| a == b).into_iter().take(1).collect());
    the_epoch_is_ignored breaks "another epoch is a conflict": set_password = Some(whatever_the_epoch);
    a_conflict_is_stored breaks "a conflict stores nothing":
        set_password = Some(|table, change| {
            let applied = set(table, change);
            if applied == Applied::Conflict {
                table.write(change);
            }
            applied
        });
    nothing_is_stored breaks "the new hash is stored":
        set_password = Some(|table, change| {
            let applied = change.against(table.get(&change.account).as_ref());
            if applied == Applied::Done {
                let other = PasswordChange { account: AccountId::new("id-bo").unwrap(), ..change.clone() };
                table.write(&other);
            }
            applied
        });
    everybody_gets_the_password breaks "nobody else's password changes":
        set_password = Some(|table, change| {
            let applied = set(table, change);
            if applied == Applied::Done {
                table.everyone.iter().for_each(|account| table.write(&PasswordChange { account: account.id.clone(), ..change.clone() }));
            }
            applied
        });
    a_repeated_change_conflicts breaks "a repeated change is known":
        set_password = Some(|table, change| match set(table, change) {
            Applied::Before => Applied::Conflict,
            applied => applied,
        });
    a_repeated_change_is_done_anew breaks "a repeated change is known":
        set_password = Some(|table, change| match set(table, change) {
            Applied::Before => Applied::Done,
            applied => applied,
        });
    a_change_makes_an_account breaks "nobody gets no password":
        set_password = Some(|table, change| {
            if table.get(&change.account).is_none() {
                table.inner.put(Account::new(change.account.clone(), "made"), &table.index);
                table.write(change);
                return Applied::Done;
            }
            set(table, change)
        });
    a_disabled_account_gets_a_password breaks "a disabled account gets no password":
        set_password = Some(|table, change| by_epoch_only(table, change, |account| account.may_change_password));
    whoever_may_not_gets_a_password breaks "an account that may not change its password gets none":
        set_password = Some(|table, change| by_epoch_only(table, change, |account| account.status == AccountStatus::Active));
    whoever_cannot_be_recovered_gets_a_password breaks "an account that cannot be recovered gets no password":
        set_password = Some(|table, change| {
            by_epoch_only(table, change, |account| account.status == AccountStatus::Active && account.may_change_password)
        });
    an_upgrade_overwrites breaks "only the hash that was verified is upgraded":
        upgrade_hash = Some(|table, upgrade| {
            table.inner.change(&upgrade.account, |account| account.password = Some(upgrade.to.clone()));
        });
    an_upgrade_erases breaks "an upgrade stores the new hash, or leaves the old one":
        upgrade_hash = Some(|table, upgrade| {
            table.inner.change(&upgrade.account, |account| {
                if account.password.as_ref() == Some(&upgrade.from) {
                    account.password = None;
                }
            });
        });
    an_upgrade_is_for_everybody breaks "nobody else's hash is upgraded":
        upgrade_hash = Some(|table, upgrade| {
            if table.get(&upgrade.account).and_then(|account| account.password).as_ref() == Some(&upgrade.from) {
                for account in &table.everyone {
                    table.inner.change(&account.id, |account| account.password = Some(upgrade.to.clone()));
                }
            }
        });
    the_epoch_is_compared_first_and_the_password_set_later breaks "of many changes for one epoch one is done":
        set_later = true;
}
