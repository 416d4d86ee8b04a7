//! RACE: an address on file that changes while a link is made.

use crate::kit::{NEW, Verdict, address_of, holds_and_catches, on_file};
use crate::own_address::check_race_of_regain_and_devise;
use async_trait::async_trait;
use regain::RecoveryToken;
use regain::account::{Account, AccountStore, AddressOnFile, Applied, PasswordChange};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::MemoryAccounts;
use regain::password::Password;
use regain::store::StoreError;
use regain::testing::World;
use std::sync::{Arc, Mutex};

rows! { "RACE":
    "CVE-2026-32700" => race_cve_2026_32700_devise_token_and_address_apart,
}

const ADDRESSES: [&str; 3] = ["ana@old.example", "mallory@evil.test", "ana@new.example"];
/// More moments than a recovery has.
const MOMENTS: usize = 16;

/// A link that was mailed, and the address that was on file when it took effect; `None` if it took none.
struct Mailed {
    to: String,
    acted_for: Option<String>,
}

/// Somebody's address on file changes twice, at these two moments of a recovery. All links are tried at the end.
trait Changing {
    async fn change_at(&self, first: usize, second: usize) -> Vec<Mailed>;
}

/// Accounts that the host changes before and after each call; the moments are counted.
struct Moving {
    accounts: Arc<MemoryAccounts>,
    moments: [usize; 2],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    moment: usize,
    acted_for: Option<String>,
}

impl Moving {
    fn moment(&self, id: &AccountId) {
        let mut state = self.state.lock().unwrap();
        for (at, address) in self.moments.iter().zip(&ADDRESSES[1..]) {
            if *at == state.moment {
                self.accounts.change(id, |account| account.addresses = vec![on_file(address)]);
            }
        }
        state.moment += 1;
    }

    async fn on_file(&self, id: &AccountId) -> Option<String> {
        let account = self.accounts.get(id).await.unwrap()?;
        let AddressOnFile::Email(address) = account.addresses.first()? else { return None };
        Some(address.as_str().to_owned())
    }
}

#[async_trait]
impl AccountStore for Moving {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.moment(&ana());
        let found = self.accounts.find_by_identifier(identifier).await;
        self.moment(&ana());
        found
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.moment(id);
        let account = self.accounts.get(id).await;
        self.moment(id);
        account
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        self.moment(&change.account);
        let on_file = self.on_file(&change.account).await;
        let applied = self.accounts.set_password(change).await?;
        if applied == Applied::Done {
            self.state.lock().unwrap().acted_for = on_file;
        }
        self.moment(&change.account);
        Ok(applied)
    }
}

fn ana() -> AccountId {
    AccountId::new("ana").unwrap()
}

struct Regain;

impl Changing for Regain {
    async fn change_at(&self, first: usize, second: usize) -> Vec<Mailed> {
        let accounts = Arc::new(MemoryAccounts::new());
        let moving = Arc::new(Moving {
            accounts: accounts.clone(),
            moments: [first, second],
            state: Mutex::default(),
        });
        let world = World::builder().accounts(accounts).served_accounts(moving.clone()).build();
        let mut account = Account::new(ana(), "ana");
        account.addresses = vec![on_file(ADDRESSES[0])];
        world.put(account).await;
        // The second ask comes from whoever is impatient.
        for _ in 0..2 {
            world.recovery.ask_password(&Identifier::parse("ana"), &world.client()).await.unwrap();
            world.work().await;
        }
        let mut mailed = Vec::new();
        for mail in world.mailbox.mails() {
            let Some((_, rest)) = mail.text.split_once("?token=") else { continue };
            let token = RecoveryToken::parse(rest.split_whitespace().next().unwrap()).unwrap();
            let chosen = world.recovery.choose_password(&token, &Password::new(NEW), &world.client()).await;
            let acted_for = moving.state.lock().unwrap().acted_for.take();
            assert_eq!(chosen.is_ok(), acted_for.is_some(), "what is answered is what was done");
            mailed.push(Mailed { to: address_of(&mail), acted_for });
        }
        mailed
    }
}

/// Devise: each change wrote the new address, and then the token for it, which went to the address of this very change;
/// the second change came in between.
struct Devise;

impl Changing for Devise {
    async fn change_at(&self, first: usize, second: usize) -> Vec<Mailed> {
        let [_, one, other] = ADDRESSES;
        let (mut address, mut token, mut mailed) = (None, None, Vec::new());
        for statement in 0..=2 {
            if first.min(2) == statement {
                address = Some(other);
            }
            if second.min(2) == statement {
                token = Some(other);
                mailed.push(other);
            }
            match statement {
                0 => address = Some(one),
                1 => {
                    token = Some(one);
                    mailed.push(one);
                }
                _ => {}
            }
        }
        let acted_for = |to| if token == Some(to) { address.map(str::to_owned) } else { None };
        mailed.into_iter().map(|to| Mailed { to: to.to_owned(), acted_for: acted_for(to) }).collect()
    }
}

/// Whoever acts by a link reads the mail of an address that is on file at that moment.
async fn check_addresses(subject: &impl Changing) -> Verdict {
    let (mut acted, mut dead) = (0, 0);
    for first in 0..MOMENTS {
        for second in first..MOMENTS {
            for Mailed { to, acted_for } in subject.change_at(first, second).await {
                match acted_for {
                    None => dead += 1,
                    Some(address) => {
                        ensure!(address == to, "a link to {to} acted for {address}, at {first} and {second}");
                        acted += 1;
                    }
                }
            }
        }
    }
    ensure!(acted > 0 && dead > 0, "{acted} links acted and {dead} were dead: too few moments");
    Ok(())
}

/// Devise: see [`Devise`]. Addresses are changed by the host while recoveries are under way, and by their owner.
#[tokio::test]
async fn race_cve_2026_32700_devise_token_and_address_apart() {
    let twin = check_addresses(&Devise).await;
    holds_and_catches(
        check_addresses(&Regain).await,
        twin,
        "a link to ana@new.example acted for mallory@evil.test",
    );
    check_race_of_regain_and_devise().await;
}
