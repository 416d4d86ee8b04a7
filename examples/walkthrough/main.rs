//! The whole story in a terminal, on memory stores and with a clock that is moved by hand.
//!
//! Each step prints what the asker sees, what the mailbox gets and what the table holds; anything that is not as
//! told ends the program with an error.
//!
//!     cargo run --example walkthrough

mod desk;
mod means;
mod people;
mod protection;
mod questions;
mod shared;

use regain::account::{Account, AddressOnFile};
use regain::client::Client;
use regain::clock::Clock;
use regain::entropy::SystemEntropy;
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::password::Password;
use regain::recovery::{Means, Setup};
use regain::store::FlowStore as _;
use regain::{Recovery, RecoveryError, RecoveryToken, Worker};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

const FIRST: &str = "a brass kettle that she forgot";
const NEW: &str = "forty-one copper kettles whistle";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let portal = Portal::open().await?;
    portal.forgotten_username().await?;
    portal.strangers_learn_nothing().await?;
    let first = portal.forgotten_password().await?;
    let second = portal.a_newer_link_replaces_it(&first).await?;
    portal.a_weak_password_is_refused(&second).await?;
    portal.a_strong_password_is_set(&second).await?;
    portal.the_new_password_signs_in().await?;
    portal.this_was_not_me().await?;
    portal.too_late().await?;
    means::scenes(&portal).await?;
    shared::scenes(&portal).await?;
    protection::scenes(&portal).await?;
    questions::scenes(&portal).await?;
    desk::scenes(&portal).await?;
    println!("\nAll of it went as told.");
    Ok(())
}

/// A clock that is moved by hand: seconds after the start.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-03-02 09:00 UTC) + Duration::seconds(self.0.load(Ordering::Relaxed))
    }
}

/// A clinic's portal with one person in it.
struct Portal {
    recovery: Recovery,
    worker: Worker,
    accounts: Arc<MemoryAccounts>,
    tables: Arc<MemoryFlows>,
    mailbox: Arc<Mailbox>,
    clock: Arc<Hand>,
    realm: Realm,
    ana: AccountId,
}

impl Portal {
    async fn open() -> Outcome<Self> {
        let (accounts, tables) = (Arc::new(MemoryAccounts::new()), Arc::new(MemoryFlows::new()));
        let (mailbox, clock) = (Arc::new(Mailbox::new()), Arc::new(Hand::default()));
        let realm = Realm::new("clinic")?;
        let recovery = Recovery::builder(Setup {
            realm: realm.clone(),
            keys: KeyRing::new(1, KeyRing::generate_key(&SystemEntropy)?),
            links: Links::new(
                TrustedOrigin::parse("https://portal.clinic.example")?,
                "/recovery",
                "/sign-in",
            )?,
            service: Service::new("Clinic portal", "call +1 555 0100, day and night")?,
            sender: Sender::new(EmailAddress::parse("portal@clinic.example")?),
            accounts: accounts.clone(),
            flows: tables.clone(),
        })
        .clock(clock.clone())
        .means(Means::email_only().letters())
        .build()?;

        let ana = AccountId::new("1001")?;
        let mut account = Account::new(ana.clone(), "ana.silva");
        account.addresses = vec![AddressOnFile::Email(EmailAddress::parse("ana@home.example")?)];
        account.person = Some(
            Person::new("Ana", "Silva").with_birth_date(date!(1990 - 05 - 17)).with_record_number("MRN-1001"),
        );
        account.password = Some(recovery.hash_new_password(&account, &Password::new(FIRST)).await?);
        accounts.put(account, recovery.blind_index());
        accounts.begin_session(&ana);

        let worker = Worker::new(recovery.clone(), mailbox.clone());
        Ok(Self { recovery, worker, accounts, tables, mailbox, clock, realm, ana })
    }

    async fn forgotten_username(&self) -> Outcome {
        step("Ana forgot her username, and says who she is");
        let claims = IdentityClaims::new(TypedClaims {
            given_name: "ana".into(),
            family_name: "SILVA".into(),
            birth_date: "1990-05-17".into(),
            record_number: "mrn 1001".into(),
            ..TypedClaims::default()
        });
        asker(&self.recovery.ask_username(&claims, &somewhere()).await?);
        expect(self.mailbox.mails().is_empty(), "nothing goes out while she waits for the answer")?;
        self.work().await?;
        expect(self.mailbox.mails().len() == 1, "one mail, to the address on file")?;
        expect(self.latest()?.contains("ana.silva"), "the mail tells the username, the page never does")
    }

    async fn strangers_learn_nothing(&self) -> Outcome {
        step("Somebody asks for an account that is not there");
        let known = self.recovery.ask_password(&Identifier::parse("nobody"), &somewhere()).await;
        asker(&known);
        let before = self.mailbox.mails().len();
        self.work().await?;
        expect(known.is_ok(), "the answer is the one that everybody gets")?;
        expect(self.mailbox.mails().len() == before, "no mail goes anywhere")
    }

    async fn forgotten_password(&self) -> Outcome<RecoveryToken> {
        step("Ana forgot her password too, and types her username");
        asker(&self.recovery.ask_password(&Identifier::parse("ana.silva"), &somewhere()).await?);
        self.work().await?;
        let link = self.link()?;
        for _ in 0..3 {
            asker(&self.recovery.look(&link).await?);
        }
        expect(self.recovery.look(&link).await.is_ok(), "a link that was opened three times still works")?;
        self.table(&link).await?;
        Ok(link)
    }

    async fn a_newer_link_replaces_it(&self, first: &RecoveryToken) -> Outcome<RecoveryToken> {
        step("She is impatient and asks again, by e-mail address");
        asker(&self.recovery.ask_password(&Identifier::parse("ANA@home.example"), &somewhere()).await?);
        self.work().await?;
        let (old, second) = (self.recovery.look(first).await, self.link()?);
        println!("  under the first link she sees: {old:?}");
        expect(old == Err(RecoveryError::LinkNotUsable), "the second link kills the first")?;
        expect(self.recovery.look(&second).await.is_ok(), "the second one works")?;
        Ok(second)
    }

    async fn a_weak_password_is_refused(&self, link: &RecoveryToken) -> Outcome {
        step("She chooses a password built on her name and birth date");
        let weak = self.choose(link, "Ana.Silva1990").await;
        let Err(RecoveryError::PasswordRefused(reasons)) = &weak else {
            return Err(format!("a weak password was answered with {weak:?}").into());
        };
        reasons.iter().for_each(|reason| println!("  she sees: {reason}"));
        expect(self.recovery.look(link).await.is_ok(), "the link still works")?;
        let same = self.choose(link, FIRST).await;
        expect(
            matches!(same, Err(RecoveryError::PasswordRefused(_))),
            "the present password is refused as well",
        )
    }

    async fn a_strong_password_is_set(&self, link: &RecoveryToken) -> Outcome {
        step("She chooses a good one");
        asker(&self.choose(link, NEW).await?);
        expect(self.accounts.sessions(&self.ana) == 0, "every session is ended")?;
        expect(self.choose(link, NEW).await.is_err(), "the link is used up")?;
        self.work().await?;
        expect(self.latest()?.contains("was changed"), "a notice goes to the address on file")?;
        self.table(link).await
    }

    async fn the_new_password_signs_in(&self) -> Outcome {
        step("She signs in");
        let old = self.sign_in(FIRST).await;
        println!("  with the old password she sees: {old:?}");
        expect(old == Err(RecoveryError::NotAccepted), "the old password is refused")?;
        expect(self.sign_in(NEW).await.is_ok(), "the new one signs in")
    }

    async fn this_was_not_me(&self) -> Outcome {
        step("The next day somebody else asks for Ana, and she answers \"This wasn't me\"");
        self.wait(Duration::DAY);
        asker(&self.recovery.ask_password(&Identifier::parse("ana.silva"), &somewhere()).await?);
        self.work().await?;
        let link = self.link()?;
        self.recovery.disown(&link, &somewhere()).await?;
        expect(self.recovery.look(&link).await.is_err(), "the link is dead")?;
        expect(self.sign_in(NEW).await.is_ok(), "her password is as before")?;
        self.table(&link).await
    }

    async fn too_late(&self) -> Outcome {
        step("Another day she leaves a link for half an hour, and the clock is set back");
        self.wait(Duration::DAY);
        asker(&self.recovery.ask_password(&Identifier::parse("ana.silva"), &somewhere()).await?);
        self.work().await?;
        let link = self.link()?;
        self.wait(Duration::minutes(30) - Duration::SECOND);
        expect(self.recovery.look(&link).await.is_ok(), "the last second is good")?;
        self.wait(Duration::SECOND);
        expect(self.recovery.look(&link).await.is_err(), "the boundary itself is too late")?;
        self.wait(-Duration::minutes(10));
        expect(self.recovery.look(&link).await.is_err(), "a clock that steps back revives nothing")?;
        self.work().await?;
        self.table(&link).await
    }

    async fn choose(
        &self,
        link: &RecoveryToken,
        password: &str,
    ) -> Result<impl std::fmt::Debug + use<>, RecoveryError> {
        self.recovery.choose_password(link, &Password::new(password), &somewhere()).await
    }

    async fn sign_in(&self, password: &str) -> Result<(), RecoveryError> {
        let (identifier, password) = (Identifier::parse("ana.silva"), Password::new(password));
        self.recovery.sign_in(&identifier, &password, &somewhere()).await.map(drop)
    }

    /// Lets the worker do what is due, and shows the mails that went out.
    async fn work(&self) -> Outcome {
        let before = self.mailbox.mails().len();
        self.worker.drain().await?;
        for mail in self.mailbox.mails().into_iter().skip(before) {
            let to = mail.to.as_str().replace('\n', ", ");
            println!("  {} to {to}: {}", mail.to.kind().code(), mail.subject);
            mail.text.lines().filter(|line| !line.is_empty()).for_each(|line| println!("    | {line}"));
        }
        Ok(())
    }

    /// What the table holds of a flow: no token, no name, no address.
    async fn table(&self, link: &RecoveryToken) -> Outcome {
        let row = self.tables.load(&self.realm, link.flow()).await?.ok_or("the flow is in the table")?;
        println!("  the table holds: {row:?}");
        for (_, line) in self.tables.audit_after(&self.realm, 0, u32::MAX).await? {
            if line.flow == link.flow() {
                println!("  the audit record says: {} by {}", line.event, line.actor.code());
            }
        }
        Ok(())
    }

    fn latest(&self) -> Outcome<String> {
        let mail = self.mailbox.mails().pop().ok_or("a mail should have gone out")?;
        Ok(mail.text.to_string())
    }

    fn link(&self) -> Outcome<RecoveryToken> {
        self.link_in(&self.latest()?)
    }

    fn link_in(&self, text: &str) -> Outcome<RecoveryToken> {
        let (_, token) = text.split_once("?token=").ok_or("the mail should have a link")?;
        Ok(RecoveryToken::parse(token.split_whitespace().next().unwrap_or_default())?)
    }

    fn wait(&self, span: Duration) {
        self.clock.0.fetch_add(span.whole_seconds(), Ordering::Relaxed);
    }
}

fn somewhere() -> Client {
    Client::unknown()
}

fn step(what: &str) {
    println!("\n{what}.");
}

fn asker(answer: &impl std::fmt::Debug) {
    println!("  the asker sees: {answer:?}");
}

fn expect(holds: bool, what: &str) -> Outcome {
    if !holds {
        return Err(format!("not as told: {what}").into());
    }
    println!("  as told: {what}");
    Ok(())
}
