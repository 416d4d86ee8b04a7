//! Marked secrets and personal data go through the whole mission; then everything that is left is searched for them.

use async_trait::async_trait;
use base64ct::{Base64, Base64Url, Encoding as _};
use regain::RecoveryToken;
use regain::account::{Account, AddressOnFile, HashUpgrade, PasswordChange};
use regain::client::Client;
use regain::flow::{FlowRecord, Purpose};
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::AccountId;
use regain::mail::{Delivery, Mailer, Message};
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::password::{OnBreachFailure, Password, PasswordHash};
use regain::store::{Commit, Committed, FlowStore, FlowWrite, StoreError};
use regain::testing::mocks::MockBreachedPasswords;
use regain::testing::{Cut, FlowStoreLayer, Layered, Trace, World};
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};
use time::Duration;
use time::macros::date;
use tracing_subscriber::fmt::MakeWriter;

const USERNAME: &str = "canary-user-7f3a";
const EMAIL: &str = "canary-mail-7f3a@home.example";
const GIVEN: &str = "Canarygiven";
const FAMILY: &str = "Canaryfamily";
const BORN: &str = "1971-11-23";
const RECORD: &str = "CANARY-REC-90210";
const OLD: &str = "canary of an old password 7f3a";
const NEW: &str = "forty-one copper kettles whistle 7f3a";
const WEAK: &str = "canaryweak7f3a";
const NETWORK: &str = "203.0.113.77";

/// Everything that could leave the process, as bytes.
#[derive(Clone, Default)]
struct Heap(Arc<Mutex<Vec<u8>>>);

impl Heap {
    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }

    fn add_debug(&self, thing: &dyn Debug) {
        self.add(format!("{thing:?}\n{thing:#?}\n").as_bytes());
    }

    /// Which of the forms of a marker is in the heap.
    fn find(&self, marker: &[u8]) -> Option<&'static str> {
        let (heap, lower) = (self.0.lock().unwrap(), |bytes: &[u8]| bytes.to_ascii_lowercase());
        let hay = lower(&heap);
        let hex: String = marker.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal = format!("{marker:?}");
        let forms = [
            ("raw", lower(marker)),
            ("hex", hex.into_bytes()),
            ("base64", lower(Base64::encode_string(marker).trim_end_matches('=').as_bytes())),
            ("base64url", lower(Base64Url::encode_string(marker).trim_end_matches('=').as_bytes())),
            ("bytes", decimal.trim_matches(['[', ']']).as_bytes().to_vec()),
        ];
        let holds = |form: &[u8]| hay.windows(form.len()).any(|window| window == form);
        forms.into_iter().find(|(_, form)| holds(form)).map(|(name, _)| name)
    }
}

impl io::Write for Heap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Heap {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Tables of which every byte that is ever written is thrown on the heap.
struct Dumped {
    inner: MemoryFlows,
    heap: Heap,
}

impl Dumped {
    fn dump(&self, commit: &Commit) {
        self.heap.add_debug(commit);
        for write in &commit.flows {
            let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
            self.dump_row(row);
        }
        for mail in &commit.mails {
            self.heap.add_debug(mail);
            self.heap.add(&mail.sealed);
        }
        for spend in &commit.spends {
            self.heap.add(spend.key.as_bytes());
        }
        for line in &commit.audit {
            self.heap.add_debug(line);
        }
        if let Some(checkpoint) = &commit.checkpoint {
            self.heap.add(&checkpoint.marks);
        }
    }

    fn dump_row(&self, row: &FlowRecord) {
        self.heap.add_debug(row);
        for text in [Some(&row.purpose), Some(&row.state), row.reason.as_ref(), row.factor.as_ref()] {
            self.heap.add(text.map_or(b"", |text| text.as_bytes()));
        }
        for bytes in [row.digest, row.epoch].into_iter().flatten() {
            self.heap.add(&bytes);
        }
        self.heap.add(row.sealed.as_deref().unwrap_or_default());
    }
}

#[async_trait]
impl FlowStoreLayer for Dumped {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.dump(&commit);
        self.inner.commit(commit).await
    }
}

/// Refuses every second try, so that trying again is logged too.
struct Moody(Arc<Mailbox>, Mutex<u32>);

#[async_trait]
impl Mailer for Moody {
    async fn send(&self, message: &Message) -> Delivery {
        let tries = {
            let mut tries = self.1.lock().unwrap();
            *tries += 1;
            *tries
        };
        if tries % 2 == 1 {
            return Delivery::RetryLater("the mail system is down".into());
        }
        self.0.send(message).await
    }
}

fn typed() -> TypedClaims {
    TypedClaims {
        given_name: GIVEN.into(),
        family_name: FAMILY.into(),
        birth_date: BORN.into(),
        record_number: RECORD.into(),
        email: EMAIL.into(),
        ..TypedClaims::default()
    }
}

fn canary(world: &World) -> Account {
    let mut account = Account::new(AccountId::new("account-1").unwrap(), USERNAME);
    account.password = Some(world.hash(OLD));
    account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(EMAIL).unwrap())];
    account.person = Some(
        Person::new(GIVEN, FAMILY)
            .with_birth_date(date!(1971 - 11 - 23))
            .with_record_number(RECORD)
            .with_email(EMAIL),
    );
    account
}

/// A world on dumped tables, with everything that may fail failing now and then.
fn world_on(heap: &Heap, trace: &Trace, mailbox: &Arc<Mailbox>) -> World {
    let tables = Layered(Dumped { inner: MemoryFlows::new(), heap: heap.clone() });
    let accounts = Arc::new(MemoryAccounts::new());
    let mut register = MockBreachedPasswords::new();
    register.expect_is_breached().returning(|_| Err("the register is down".into()));
    World::builder()
        .flows(trace.flows(Arc::new(tables)))
        .accounts(accounts.clone())
        .served_accounts(trace.accounts(accounts))
        .mailer(Arc::new(Moody(mailbox.clone(), Mutex::default())))
        .configure(|builder| builder.breached_passwords(Arc::new(register), OnBreachFailure::Accept))
        .build()
}

async fn work(world: &World) {
    for _ in 0..3 {
        world.work().await;
        world.clock.advance(Duration::minutes(2));
    }
}

fn token_in(mailbox: &Mailbox) -> RecoveryToken {
    let mails = mailbox.mails();
    let text =
        mails.iter().rev().find_map(|mail| mail.text.split_once("?token=")).expect("a link was mailed").1;
    RecoveryToken::parse(&text[..64]).unwrap()
}

/// The whole mission, with every answer and every error thrown on the heap. Gives the token, and the new hash.
async fn play(world: &World, heap: &Heap, trace: &Trace, mailbox: &Mailbox) -> (RecoveryToken, PasswordHash) {
    let (recovery, client) = (&world.recovery, Client::at(NETWORK.parse().unwrap()));
    heap.add_debug(&client);
    let (identifier, claims) = (Identifier::parse(EMAIL), IdentityClaims::new(typed()));
    let (old, new) = (Password::new(OLD), Password::new(NEW));
    heap.add_debug(&recovery.ask_username(&claims, &client).await);
    trace.cut("accounts.find_by_identity", Cut::OnTheWayThere);
    work(world).await;
    heap.add_debug(&recovery.ask_password(&identifier, &client).await);
    trace.cut("flows.commit", Cut::OnTheWayThere);
    heap.add_debug(&recovery.ask_password(&Identifier::parse(USERNAME), &client).await);
    work(world).await;
    let token = token_in(mailbox);
    heap.add_debug(&recovery.look(&token).await);
    heap.add_debug(&recovery.choose_password(&token, &Password::new(WEAK), &client).await);
    heap.add_debug(&recovery.choose_password(&token, &old, &client).await);
    trace.cut("accounts.set_password", Cut::OnTheWayThere);
    heap.add_debug(&recovery.choose_password(&token, &new, &client).await);
    work(world).await;
    heap.add_debug(&recovery.disown(&token, &client).await);
    heap.add_debug(&recovery.sign_in(&identifier, &old, &client).await);
    heap.add_debug(&recovery.sign_in(&identifier, &new, &client).await);
    assert!(recovery.sign_in(&identifier, &new, &client).await.is_ok(), "the mission was played to its end");
    assert!(!trace.has_cuts_left(), "everything that was to fail has failed");
    let stored = world.accounts.get(&AccountId::new("account-1").unwrap()).await.unwrap().unwrap();
    (token, stored.password.unwrap())
}

/// Every public type that touches a secret or a person, as `Debug` shows it.
fn show_everything(
    world: &World,
    heap: &Heap,
    token: &RecoveryToken,
    hash: &PasswordHash,
    mailbox: &Mailbox,
) {
    let (account, claims) = (canary(world), IdentityClaims::new(typed()));
    let (person, epoch) = (account.person.clone().unwrap(), account.epoch());
    let address = EmailAddress::parse(EMAIL).unwrap();
    let password = Password::new(NEW);
    let change = PasswordChange {
        flow: regain::ids::FlowId::from_bytes([1; 16]),
        account: account.id.clone(),
        expected: epoch,
        hash: hash.clone(),
    };
    let upgrade = HashUpgrade { account: account.id.clone(), from: hash.clone(), to: hash.clone() };
    let (index, prepared) = (world.recovery.blind_index(), password.prepare().unwrap());
    let digest = token.digest(world.realm(), Purpose::Password, &epoch);
    let shown: [&dyn Debug; 20] = [
        &account,
        &account.addresses,
        &account.id,
        &person,
        &epoch,
        &claims,
        &typed(),
        &Identifier::parse(USERNAME),
        &Identifier::parse(EMAIL),
        &address,
        &address.key(),
        &index.probe(&claims),
        &index.entries_for(&person),
        &password,
        &prepared,
        hash,
        &change,
        &upgrade,
        &(token, digest),
        &mailbox.mails(),
    ];
    for thing in shown {
        heap.add_debug(thing);
    }
}

/// RC-9, RC-16, ID-9, LG-1: after all of it, no marker is anywhere but in mails and in the host's accounts.
#[tokio::test]
async fn no_secret_and_no_personal_datum_is_left_anywhere() {
    let (heap, trace, mailbox) = (Heap::default(), Trace::new(), Arc::new(Mailbox::new()));
    let logs = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(heap.clone());
    tracing::subscriber::set_global_default(logs.finish()).expect("this is the only test with a log");
    let world = world_on(&heap, &trace, &mailbox);
    world.put(canary(&world)).await;

    let (token, hash) = play(&world, &heap, &trace, &mailbox).await;
    heap.add_debug(&world.audit().await);
    heap.add_debug(&world.events.take());
    heap.add_debug(&world.worker.dead_letters(9).await);
    heap.add_debug(&trace.take());
    show_everything(&world, &heap, &token, &hash, &mailbox);

    let text = token.expose();
    let secret = Base64Url::decode_vec(&text).unwrap().split_off(16);
    let markers = [USERNAME, EMAIL, GIVEN, FAMILY, BORN, RECORD, OLD, NEW, WEAK, NETWORK, "canary", &text];
    for marker in markers {
        assert_eq!(heap.find(marker.as_bytes()), None, "{marker:?} is left");
    }
    assert_eq!(heap.find(&secret), None, "the token's secret is left");
    assert_eq!(heap.find(hash.as_str().as_bytes()), None, "the password's hash is left");

    // The search itself works: what is known to be there is found.
    for (known, form) in
        [("mail not delivered", "raw"), ("regain could not go on", "raw"), ("link_sent", "raw")]
    {
        assert_eq!(heap.find(known.as_bytes()), Some(form), "{known}");
    }
    assert_eq!(heap.find(token.flow().as_bytes()), Some("hex"), "flows are named in logs");
}
