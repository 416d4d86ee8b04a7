//! People who come into the story later, and what each of them does.

use crate::{Outcome, Portal, asker, somewhere};
use regain::account::{Account, AddressOnFile};
use regain::identity::{EmailAddress, Identifier, Person};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::{SignInStep, SignedIn};
use regain::{RecoveryError, RecoveryToken};

/// Somebody with an account of their own.
pub struct Patient {
    pub id: AccountId,
    pub username: &'static str,
    pub password: &'static str,
    pub addresses: &'static [&'static str],
}

impl Patient {
    pub async fn moves_in(
        portal: &Portal,
        username: &'static str,
        (given, family): (&str, &str),
        addresses: &'static [&'static str],
    ) -> Outcome<Self> {
        let password = "a chest of drawers in the hall";
        let id = AccountId::new(username)?;
        let mut account = Account::new(id.clone(), username);
        account.person = Some(Person::new(given, family));
        for address in addresses {
            account.addresses.push(AddressOnFile::Email(EmailAddress::parse(address)?));
        }
        account.password = Some(portal.recovery.hash_new_password(&account, &Password::new(password)).await?);
        portal.accounts.put(account, portal.recovery.blind_index());
        Ok(Self { id, username, password, addresses })
    }

    pub async fn sign_in(&self, portal: &Portal, password: &str) -> Result<SignInStep, RecoveryError> {
        let name = Identifier::parse(self.username);
        portal.recovery.sign_in(&name, &Password::new(password), &somewhere()).await
    }

    pub async fn whole_sign_in(&self, portal: &Portal) -> Outcome<SignedIn> {
        match self.sign_in(portal, self.password).await? {
            SignInStep::SignedIn(signed_in) => Ok(signed_in),
            _ => Err("nobody asks for a factor that is not there".into()),
        }
    }

    /// Asks for a link, and opens the mail.
    pub async fn link(&self, portal: &Portal) -> Outcome<RecoveryToken> {
        asker(&portal.recovery.ask_password(&Identifier::parse(self.username), &somewhere()).await?);
        portal.work().await?;
        portal.link()
    }
}

pub async fn choose(portal: &Portal, link: &RecoveryToken, password: &str) -> Result<(), RecoveryError> {
    portal.recovery.choose_password(link, &Password::new(password), &somewhere()).await.map(drop)
}
