//! An address that several accounts have on file, and accounts that their owners cannot recover alone.

mod crash;
mod recoverability;
mod several;
mod who_gets_one;

use regain::RecoveryToken;
use regain::account::{Account, AddressOnFile};
use regain::identity::{EmailAddress, Identifier};
use regain::mail::Message;
use regain::password::Password;
use regain::recovery::{AskedNotice, Chosen};
use regain::testing::{Someone, World};

const NEW: &str = "forty-one copper kettles whistle";
const FAMILY: &str = "lindqvists@home.example";

fn address(text: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(text).expect("an address"))
}

/// Somebody who has the family's address on file beside their own, which comes first.
async fn member(world: &World, name: &str) -> Someone {
    member_with(world, name, |_| ()).await
}

async fn member_with(world: &World, name: &str, change: impl FnOnce(&mut Account) + Send) -> Someone {
    let shares = |account: &mut Account| {
        account.addresses.push(address(FAMILY));
        change(account);
    };
    world.person_with(name, shares).await
}

fn telling() -> World {
    World::builder().configure(|builder| builder.asked_notice(AskedNotice::WhenNotPossible)).build()
}

async fn ask(world: &World, typed: &str) {
    let asked = world.recovery.ask_password(&Identifier::parse(typed), &world.client()).await;
    asked.expect("an ask within its budget is taken down");
    world.work().await;
}

async fn choose(world: &World, link: &RecoveryToken, password: &str) -> bool {
    let chosen = world.recovery.choose_password(link, &Password::new(password), &world.client()).await;
    chosen == Ok(Chosen::Done)
}

async fn signs_in(world: &World, who: &Someone, password: &str) -> bool {
    world.recovery.sign_in(&who.identifier(), &Password::new(password), &world.client()).await.is_ok()
}

/// The usernames of a mail with their links, in the order in which it lists them.
fn listed(mail: &Message) -> Vec<(String, RecoveryToken)> {
    let mut listed = Vec::new();
    let mut username = String::new();
    for line in mail.text.lines().map(str::trim) {
        match line.split_once("?token=") {
            Some((_, token)) => {
                listed.push((username.clone(), RecoveryToken::parse(token).expect("a token")));
            }
            None if line.is_empty() || line.ends_with(':') => {}
            None => line.clone_into(&mut username),
        }
    }
    listed
}

fn names(mail: &Message) -> Vec<String> {
    listed(mail).into_iter().map(|(name, _)| name).collect()
}

/// The newest mail to the family.
fn newest(world: &World) -> Message {
    world.mailbox.to(FAMILY).pop().expect("a mail to the family")
}

fn link_of(mail: &Message, who: &Someone) -> RecoveryToken {
    let own = listed(mail).into_iter().find(|(name, _)| *name == who.username);
    own.unwrap_or_else(|| panic!("{} is not listed", who.username)).1
}

/// What the audit record says, the oldest first, each line with whose it is.
async fn told(world: &World, people: &[&Someone]) -> Vec<String> {
    let name = |line: &regain::audit::AuditRecord| {
        let whose = |who: &&&Someone| line.account == Some(world.recovery.pseudonym(&who.id));
        people.iter().find(whose).map_or(String::new(), |who| format!(" {}", who.username))
    };
    let said = |line: regain::audit::AuditRecord| {
        let reason = line.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        format!("{}{}{reason}", line.event, name(&line))
    };
    world.audit().await.into_iter().map(said).collect()
}
