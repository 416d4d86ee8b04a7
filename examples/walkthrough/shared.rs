//! An e-mail address that several people share.

use crate::{Outcome, Portal, asker, expect, somewhere, step};
use regain::RecoveryToken;
use regain::account::{Account, AddressOnFile};
use regain::identity::{EmailAddress, Identifier, Person};
use regain::ids::AccountId;
use regain::password::Password;
use time::Duration;

const FAMILY: &str = "family@home.example";
const CARLA_NEW: &str = "five tin whistles under ivy";

pub async fn scenes(portal: &Portal) -> Outcome {
    step("Carla and her son Davi share an e-mail address. She forgot her password, and types the address");
    for (id, username, given) in [("1003", "carla.reis", "Carla"), ("1004", "davi.reis", "Davi")] {
        let mut account = Account::new(AccountId::new(id)?, username);
        account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(FAMILY)?)];
        account.person = Some(Person::new(given, "Reis"));
        let old = Password::new("what they once chose at home");
        account.password = Some(portal.recovery.hash_new_password(&account, &old).await?);
        portal.accounts.put(account, portal.recovery.blind_index());
    }
    let mails = portal.mailbox.mails().len();
    asker(&portal.recovery.ask_password(&Identifier::parse(FAMILY), &somewhere()).await?);
    portal.work().await?;
    let mail = portal.latest()?;
    expect(portal.mailbox.mails().len() == mails + 1, "one mail goes out")?;
    let (carla, davi) = (link_under(&mail, "carla.reis")?, link_under(&mail, "davi.reis")?);
    let chosen = portal.recovery.choose_password(&carla, &Password::new(CARLA_NEW), &somewhere()).await?;
    asker(&chosen);
    expect(signs_in(portal, "carla.reis").await, "the link under her username is hers")?;
    expect(!signs_in(portal, "davi.reis").await, "her son's password is as it was")?;
    expect(portal.recovery.look(&davi).await.is_ok(), "and so is the link under his")?;
    portal.work().await?;

    step("Davi types his username");
    portal.wait(Duration::DAY);
    asker(&portal.recovery.ask_password(&Identifier::parse("davi.reis"), &somewhere()).await?);
    portal.work().await?;
    expect(!portal.latest()?.contains("carla"), "who asks by username gets that account's link alone")
}

async fn signs_in(portal: &Portal, username: &str) -> bool {
    let (name, password) = (Identifier::parse(username), Password::new(CARLA_NEW));
    portal.recovery.sign_in(&name, &password, &somewhere()).await.is_ok()
}

/// The link that follows this username.
fn link_under(mail: &str, username: &str) -> Outcome<RecoveryToken> {
    let (_, rest) = mail.split_once(username).ok_or(format!("the mail should name {username}"))?;
    let (_, token) = rest.split_once("?token=").ok_or("the mail should have a link for each")?;
    Ok(RecoveryToken::parse(token.split_whitespace().next().unwrap_or_default())?)
}
