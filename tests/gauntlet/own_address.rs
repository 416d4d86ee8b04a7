//! EMAILCHG, RACE, BIND, RATE: an owner changes an address on file, and what others make of that.

use crate::kit::{Verdict, holds_and_catches, on_file};
use regain::RecoveryError;
use regain::factor::AuthLevel;
use regain::security::{AuthSession, SecurityInfo};
use regain::testing::{Someone, World};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use time::Duration;

const ONE: &str = "one@new.example";
const TWO: &str = "two@new.example";

/// What came of a try at something that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Done,
    /// It was looked at.
    Wrong,
    /// It was not even looked at.
    Stopped,
}

/// Somebody who is signed in, with one address on file.
trait Owner {
    /// Wants another address in its place.
    async fn propose(&self, address: &str) -> Tried;
    /// Two addresses at the same moment.
    async fn propose_at_once(&self, one: &str, two: &str);
    /// The codes that were sent to an address, the oldest first.
    fn codes(&self, to: &str) -> Vec<String>;
    async fn confirm(&self, code: &str) -> Tried;
    /// Types a code where one asks for a new password.
    async fn resets_with(&self, code: &str) -> bool;
    async fn on_file(&self) -> String;
    /// Where a link for a new password goes.
    async fn link_goes_to(&self) -> String;
}

struct Regain {
    world: Arc<World>,
    ana: Someone,
}

impl Regain {
    async fn new() -> Self {
        let world = Arc::new(World::new());
        let ana = world.person("Ana").await;
        Self { world, ana }
    }

    fn info(&self) -> SecurityInfo {
        let authenticated_at = self.world.clock.timestamp();
        let (account, level) = (self.ana.id.clone(), AuthLevel::Password);
        let session = AuthSession { account, level, authenticated_at, binding: [7; 32] };
        self.world.recovery.security_info(&session, &self.world.client())
    }
}

fn tried<T>(result: Result<T, RecoveryError>) -> Tried {
    match result {
        Ok(_) => Tried::Done,
        Err(RecoveryError::TooManyAttempts { .. }) => Tried::Stopped,
        Err(_) => Tried::Wrong,
    }
}

impl Owner for Regain {
    async fn propose(&self, address: &str) -> Tried {
        let old = on_file(&self.on_file().await);
        let proposed = self.info().propose_address(&on_file(address), Some(&old)).await;
        self.world.work().await;
        tried(proposed)
    }

    async fn propose_at_once(&self, one: &str, two: &str) {
        let (old, one, two) = (on_file(&self.on_file().await), on_file(one), on_file(two));
        let (first, second) = (self.info(), self.info());
        let (first, second) =
            tokio::join!(first.propose_address(&one, Some(&old)), second.propose_address(&two, Some(&old)));
        assert!(first.is_ok() && second.is_ok());
        self.world.work().await;
    }

    fn codes(&self, to: &str) -> Vec<String> {
        let code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
        let mails = self.world.mailbox.to(to);
        mails.iter().filter_map(|mail| mail.text.split_whitespace().find(code).map(str::to_owned)).collect()
    }

    async fn confirm(&self, code: &str) -> Tried {
        tried(self.info().confirm_address(code).await)
    }

    async fn resets_with(&self, code: &str) -> bool {
        let client = self.world.client();
        let receipt = self.world.recovery.ask_password(&self.ana.identifier(), &client).await.unwrap();
        self.world.work().await;
        self.world.recovery.exchange_code(&receipt.ticket, code, &client).await.is_ok()
    }

    async fn on_file(&self) -> String {
        self.world.account(&self.ana).await.unwrap().addresses[0].as_str().to_owned()
    }

    async fn link_goes_to(&self) -> String {
        self.world.clock.advance(Duration::HOUR);
        self.world.recovery.ask_password(&self.ana.identifier(), &self.world.client()).await.unwrap();
        self.world.work().await;
        let mails = self.world.mailbox.mails();
        let link = mails.iter().rev().find(|mail| mail.text.contains("?token=")).unwrap();
        link.to.as_str().to_owned()
    }
}

/// A service with one of these faults.
#[derive(Default)]
struct Twin {
    fault: Option<Fault>,
    on_file: RefCell<String>,
    /// Codes with the address that they were sent to, and whether they are still good.
    sent: RefCell<Vec<(String, String)>>,
    /// The address that the next code confirms.
    pending: RefCell<String>,
    token: RefCell<String>,
    guesses: Cell<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Sylius: the new address was on file at once, and counted as confirmed, since the old one was.
    StaysVerified,
    /// Devise: address and token were two writes, so that those of two changes could be mixed.
    WrittenApart,
    /// Discourse: a token of somebody's was good for anything of theirs, also when the address was not wanted any more.
    GoodForAnything,
    /// MediaWiki: a change of the address could be tried without end.
    WithoutEnd,
}

impl Twin {
    fn of(fault: Fault) -> Self {
        let twin = Self { fault: Some(fault), ..Self::default() };
        twin.on_file.replace("ana@home.example".into());
        twin
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

impl Owner for Twin {
    async fn propose(&self, address: &str) -> Tried {
        let code = format!("code {}", self.sent.borrow().len());
        if self.sent.borrow().len() >= 10 && !self.has(Fault::WithoutEnd) {
            return Tried::Stopped;
        }
        self.sent.borrow_mut().push((code.clone(), address.to_owned()));
        self.pending.replace(address.to_owned());
        self.token.replace(code);
        if self.has(Fault::StaysVerified) {
            self.on_file.replace(address.to_owned());
        }
        Tried::Done
    }

    async fn propose_at_once(&self, one: &str, two: &str) {
        self.propose(one).await;
        let token = self.token.borrow().clone();
        self.propose(two).await;
        if self.has(Fault::WrittenApart) {
            self.token.replace(token);
        }
    }

    fn codes(&self, to: &str) -> Vec<String> {
        self.sent.borrow().iter().filter(|(_, address)| address == to).map(|(code, _)| code.clone()).collect()
    }

    async fn confirm(&self, code: &str) -> Tried {
        self.guesses.set(self.guesses.get() + 1);
        if self.guesses.get() > 20 && !self.has(Fault::WithoutEnd) {
            return Tried::Stopped;
        }
        let known = self.sent.borrow().iter().find(|(known, _)| known == code).cloned();
        match known {
            Some((_, address)) if self.has(Fault::GoodForAnything) => {
                self.on_file.replace(address);
                Tried::Done
            }
            Some(_) if *self.token.borrow() == code => {
                self.on_file.replace(self.pending.borrow().clone());
                self.token.replace(String::new());
                Tried::Done
            }
            _ => Tried::Wrong,
        }
    }

    async fn resets_with(&self, code: &str) -> bool {
        self.has(Fault::GoodForAnything) && self.sent.borrow().iter().any(|(known, _)| known == code)
    }

    async fn on_file(&self) -> String {
        self.on_file.borrow().clone()
    }

    async fn link_goes_to(&self) -> String {
        self.on_file().await
    }
}

/// Nothing goes to an address before the code that was sent there was typed.
async fn check_unconfirmed(owner: &impl Owner) -> Verdict {
    let old = owner.on_file().await;
    owner.propose(ONE).await;
    ensure!(owner.on_file().await == old, "an address is on file before it is confirmed");
    ensure!(owner.link_goes_to().await == old, "a link goes to an address that nobody has confirmed");
    owner.propose(ONE).await;
    ensure!(owner.confirm("").await != Tried::Done, "nothing confirms an address");
    ensure!(owner.confirm("true").await != Tried::Done, "a word confirms an address");
    let code = owner.codes(ONE).pop().ok_or("no code was sent")?;
    ensure!(owner.confirm(&code).await == Tried::Done, "the code is refused");
    ensure!(owner.link_goes_to().await == ONE, "a link does not go to a confirmed address");
    Ok(())
}

/// Whichever code is taken, the address that is on file then is the one that it was sent to.
pub async fn check_race_of_regain_and_devise() {
    let regain = check_race(&Regain::new().await).await;
    let twin = check_race(&Twin::of(Fault::WrittenApart)).await;
    holds_and_catches(regain, twin, "the code that was sent to one@new.example confirmed two@new.example");
}

async fn check_race(owner: &impl Owner) -> Verdict {
    owner.propose_at_once(ONE, TWO).await;
    let mut taken = 0;
    for address in [ONE, TWO] {
        for code in owner.codes(address) {
            if owner.confirm(&code).await == Tried::Done {
                taken += 1;
                let on_file = owner.on_file().await;
                ensure!(on_file == address, "the code that was sent to {address} confirmed {on_file}");
            }
        }
    }
    ensure!(taken == 1, "{taken} of two changes were confirmed");
    Ok(())
}

/// A code is good for the address that it was sent to, while that one is wanted, and for nothing else.
pub async fn check_purpose_of_regain_and_discourse() {
    let regain = check_purpose(&Regain::new().await).await;
    let twin = check_purpose(&Twin::of(Fault::GoodForAnything)).await;
    holds_and_catches(regain, twin, "the code of an address resets a password");
}

async fn check_purpose(owner: &impl Owner) -> Verdict {
    owner.propose(ONE).await;
    let code = owner.codes(ONE).pop().ok_or("no code was sent")?;
    ensure!(!owner.resets_with(&code).await, "the code of an address resets a password");
    owner.propose(TWO).await;
    ensure!(owner.confirm(&code).await != Tried::Done, "the code of an address that is not wanted is taken");
    Ok(())
}

/// Neither changes nor codes can be tried without end.
async fn check_limits(owner: &impl Owner) -> Verdict {
    owner.propose(ONE).await;
    let mut looked_at = 0;
    for _ in 0..100 {
        looked_at += u32::from(owner.confirm("CDFG-HJKM").await == Tried::Wrong);
    }
    // Those after the fifth are not compared either, though they are answered as wrong.
    let right = owner.codes(ONE).pop().ok_or("no code was sent")?;
    ensure!(
        owner.confirm(&right).await != Tried::Done,
        "{looked_at} guesses at one code, and it is still good"
    );
    let mut proposed = 0;
    for n in 0..100 {
        proposed += u32::from(owner.propose(&format!("n{n}@new.example")).await == Tried::Done);
    }
    ensure!(proposed <= 10, "{proposed} changes of an address in a row");
    Ok(())
}

pub mod emailchg {
    use super::*;

    rows! { "EMAILCHG":
        "CVE-2020-15245" => emailchg_cve_2020_15245_sylius_address_stays_verified,
    }

    /// Sylius: see [`Fault::StaysVerified`].
    #[tokio::test]
    async fn emailchg_cve_2020_15245_sylius_address_stays_verified() {
        let twin = check_unconfirmed(&Twin::of(Fault::StaysVerified)).await;
        let regain = check_unconfirmed(&Regain::new().await).await;
        holds_and_catches(regain, twin, "an address is on file before it is confirmed");
    }
}

pub mod rate {
    use super::*;

    rows! { "RATE":
        "CVE-2019-12467" => rate_cve_2019_12467_mediawiki_address_changed_without_end,
    }

    /// MediaWiki: see [`Fault::WithoutEnd`].
    #[tokio::test]
    async fn rate_cve_2019_12467_mediawiki_address_changed_without_end() {
        let twin = check_limits(&Twin::of(Fault::WithoutEnd)).await;
        let regain = check_limits(&Regain::new().await).await;
        holds_and_catches(regain, twin, "100 guesses at one code, and it is still good");
    }
}
