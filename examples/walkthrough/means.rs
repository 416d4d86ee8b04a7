//! Codes that are typed: from a mail that is read on another device, and from a letter.

use crate::{Outcome, Portal, asker, expect, somewhere, step};
use regain::RecoveryError;
use regain::account::{Account, AddressOnFile};
use regain::identity::{Identifier, Person, PostalAddress};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::LetterReference;
use time::Duration;

const BORIS_NEW: &str = "seven patient herons wait here";

pub async fn scenes(portal: &Portal) -> Outcome {
    a_code_from_another_device(portal).await?;
    a_letter(portal).await
}

async fn a_code_from_another_device(portal: &Portal) -> Outcome {
    step("Ana reads her mail on her phone, and types the code on the computer where she asked");
    portal.wait(Duration::DAY);
    let asked = portal.recovery.ask_password(&Identifier::parse("ana.silva"), &somewhere()).await?;
    portal.work().await?;
    let (link, code) = (portal.link()?, word_after(&portal.latest()?, "same browser")?);
    let elsewhere = portal.recovery.ask_password(&Identifier::parse("nobody"), &somewhere()).await?;
    let stolen = portal.recovery.exchange_code(&elsewhere.ticket, &code, &somewhere()).await;
    println!("  in another browser the code gives: {:?}", stolen.as_ref().map(drop));
    expect(stolen.is_err(), "the code is worth nothing in a browser that did not ask for it")?;
    let typed = code.to_ascii_lowercase().replace('-', " ");
    let fresh = portal.recovery.exchange_code(&asked.ticket, &typed, &somewhere()).await?;
    expect(portal.recovery.look(&fresh).await.is_ok(), "the code is as good as the link")?;
    expect(portal.recovery.look(&link).await.is_err(), "and ends it")?;
    let again = portal.recovery.exchange_code(&asked.ticket, &typed, &somewhere()).await;
    expect(again.map(drop) == Err(RecoveryError::CodeNotUsable), "a code is good once")?;
    portal.recovery.disown(&fresh, &somewhere()).await?;
    portal.work().await
}

async fn a_letter(portal: &Portal) -> Outcome {
    step("Boris has no e-mail. He asks at the library, and a letter comes to his house");
    let mut boris = Account::new(AccountId::new("1002")?, "boris.ivanov");
    let envelope = "Boris Ivanov\n12 Mill Lane\nSpringfield";
    boris.addresses = vec![AddressOnFile::Post(PostalAddress::parse(envelope)?)];
    boris.person = Some(Person::new("Boris", "Ivanov"));
    let old = Password::new("what he chose by lantern light");
    boris.password = Some(portal.recovery.hash_new_password(&boris, &old).await?);
    portal.accounts.put(boris, portal.recovery.blind_index());
    asker(&portal.recovery.ask_password(&Identifier::parse("boris.ivanov"), &somewhere()).await?);
    portal.work().await?;
    let letter = portal.latest()?;
    expect(!letter.contains("token="), "no link is printed")?;
    let code = word_after(&letter, "this code")?;
    let reference = line_after(&letter, "this reference")?;
    portal.wait(Duration::days(20));
    let reference = LetterReference::parse(&reference)?;
    let token = portal.recovery.exchange_letter_code(&reference, &code, &somewhere()).await?;
    let chosen = portal.recovery.choose_password(&token, &Password::new(BORIS_NEW), &somewhere()).await?;
    asker(&chosen);
    let (name, password) = (Identifier::parse("boris.ivanov"), Password::new(BORIS_NEW));
    let signed_in = portal.recovery.sign_in(&name, &password, &somewhere()).await;
    expect(signed_in.is_ok(), "20 days later the code of the letter is good, and gives him a password")?;
    let again = portal.recovery.exchange_letter_code(&reference, &code, &somewhere()).await;
    expect(again.is_err(), "a letter works once")?;
    portal.work().await
}

/// The line that follows the one with these words.
fn line_after(text: &str, words: &str) -> Outcome<String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.find(|line| line.contains(words)).ok_or(format!("the mail should say {words:?}"))?;
    Ok(lines.next().ok_or("the mail should go on")?.to_owned())
}

fn word_after(text: &str, words: &str) -> Outcome<String> {
    line_after(text, words).map(|line| line.split_whitespace().next().unwrap_or_default().to_owned())
}
