//! Whoever gets the database files reads neither secrets nor who anybody is; and what was sealed goes when it is done.

use async_trait::async_trait;
use base64ct::{Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding as _};
use regain::account::{Account, AddressOnFile};
use regain::client::Client;
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::AccountId;
use regain::mail::{Delivery, Mailer, Message};
use regain::memory::Mailbox;
use regain::password::Password;
use regain::recovery::Chosen;
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::testing::{Cut, Trace, World};
use regain::{RecoveryError, RecoveryToken};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use time::Duration;
use time::macros::date;

const USERNAME: &str = "canary-user-7f3a";
const EMAIL: &str = "canary-mail-7f3a@home.example";
const GIVEN: &str = "Canarygiven";
const FAMILY: &str = "Canaryfamily";
const BORN: [&str; 9] = [
    "1971-11-23",
    "19711123",
    "1971/11/23",
    "23.11.1971",
    "23/11/1971",
    "11/23/1971",
    "231171",
    "23 November 1971",
    "November 23, 1971",
];
const RECORD: [&str; 3] = ["CANARY-REC-90210", "CANARY REC 90210", "CANARYREC90210"];
const OLD: &str = "canary of an old password 7f3a";
const NEW: &str = "forty-one copper kettles whistle 7f3a";
const WEAK: &str = "canaryweak7f3a";
const NETWORK: &str = "203.0.113.77";

/// Bytes as a text of as many characters, in lower case: so all cases of a marker are found at once.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// The ways in which a marker might stand in a file, in lower case.
fn forms(marker: &[u8]) -> Vec<(&'static str, String)> {
    let each = |escape: fn(u8) -> String| marker.iter().map(|byte| escape(*byte)).collect::<String>();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let url: String = marker
        .iter()
        .map(|byte| if unreserved(*byte) { text(&[*byte]) } else { format!("%{byte:02x}") })
        .collect();
    let mut forms = vec![
        ("raw", text(marker)),
        ("hex", each(|byte| format!("{byte:02x}"))),
        ("every byte URL-encoded", each(|byte| format!("%{byte:02x}"))),
        ("form-encoded", url.replace("%20", "+")),
        ("URL-encoded", url),
    ];
    // Inside a longer text, base64 comes in three ways; the characters at both ends belong to the neighbours too.
    for before in 0..3_usize {
        let padded = [&vec![0; before][..], marker].concat();
        let inner = (before * 8).div_ceil(6)..padded.len() * 8 / 6;
        forms.push(("base64", text(&Base64Unpadded::encode_string(&padded).as_bytes()[inner.clone()])));
        forms.push(("base64url", text(&Base64UrlUnpadded::encode_string(&padded).as_bytes()[inner])));
    }
    forms
}

/// Everything that is on disk of one database.
struct Files(String);

impl Files {
    fn read(folder: &TempDir, name: &str) -> Self {
        let parts = ["", "-wal", "-shm"].map(|end| folder.path().join(format!("{name}{end}")));
        assert!(parts[0].exists());
        let bytes: Vec<u8> = parts.iter().filter_map(|part| fs::read(part).ok()).flatten().collect();
        Self(text(&bytes))
    }

    /// In which form a marker is there.
    fn find(&self, marker: &[u8]) -> Option<&'static str> {
        forms(marker).into_iter().find(|(_, form)| self.0.contains(form)).map(|(name, _)| name)
    }

    /// How many pieces of this are there.
    fn pieces(&self, sealed: &[u8]) -> usize {
        sealed.chunks_exact(16).filter(|piece| self.0.contains(&text(piece))).count()
    }
}

/// A mail system that can be switched off.
#[derive(Default)]
struct Switched {
    mailbox: Mailbox,
    off: AtomicBool,
}

#[async_trait]
impl Mailer for Switched {
    async fn send(&self, message: &Message) -> Delivery {
        if self.off.load(Ordering::SeqCst) {
            return Delivery::RetryLater("the mail system is down".into());
        }
        self.mailbox.send(message).await
    }
}

impl Switched {
    fn latest_token(&self) -> RecoveryToken {
        let mails = self.mailbox.mails();
        let link = mails.iter().rev().find_map(|mail| mail.text.split_once("?token=")).expect("a link").1;
        RecoveryToken::parse(&link[..64]).unwrap()
    }
}

/// A world on files.
struct Site {
    world: World,
    trace: Trace,
    mailer: Arc<Switched>,
    flows: Arc<SqliteFlows>,
    folder: TempDir,
}

impl Site {
    async fn open() -> Self {
        let (folder, trace, mailer) =
            (tempfile::tempdir().unwrap(), Trace::new(), Arc::<Switched>::default());
        let flows = Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
        let accounts = Arc::new(SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap());
        let builder = World::builder().flows(flows.clone()).accounts(accounts.clone());
        let builder = builder.served_accounts(trace.accounts(accounts)).mailer(mailer.clone());
        let world = builder.build();
        world.put(canary(&world)).await;
        Self { world, trace, mailer, flows, folder }
    }

    /// From the forgotten username to the sign-in with a new password. The password is chosen while the accounts do
    /// not answer, so that for a while its hash waits in the tables. Gives the used token, and the sealed hash.
    async fn play(&self) -> (RecoveryToken, Vec<u8>) {
        let (recovery, client) = (&self.world.recovery, Client::at(NETWORK.parse().unwrap()));
        let (identifier, new) = (Identifier::parse(EMAIL), Password::new(NEW));
        recovery.ask_username(&claims(), &client).await.unwrap();
        self.world.work().await;
        recovery.ask_password(&identifier, &client).await.unwrap();
        self.world.work().await;
        let token = self.mailer.latest_token();
        let weak = recovery.choose_password(&token, &Password::new(WEAK), &client).await;
        assert!(matches!(weak, Err(RecoveryError::PasswordRefused(_))));
        self.trace.cut("accounts.set_password", Cut::OnTheWayThere);
        let chosen = recovery.choose_password(&token, &new, &client).await;
        assert!(chosen.is_ok() && chosen != Ok(Chosen::Done), "{chosen:?}");
        let [mut hashes, _] = self.sealed().await;
        self.world.clock.advance(Duration::minutes(2));
        self.world.work().await;
        assert!(recovery.sign_in(&identifier, &Password::new(OLD), &client).await.is_err());
        recovery.sign_in(&identifier, &new, &client).await.expect("the story was played to its end");
        (token, hashes.remove(0))
    }

    /// Leaves a mail with a link that cannot be delivered, and an ask that nobody has attended to.
    async fn leave_work(&self) {
        let (recovery, client) = (&self.world.recovery, Client::at(NETWORK.parse().unwrap()));
        self.mailer.off.store(true, Ordering::SeqCst);
        recovery.ask_password(&Identifier::parse(USERNAME), &client).await.unwrap();
        self.world.work().await;
        recovery.ask_username(&claims(), &client).await.unwrap();
    }

    /// What is sealed in the tables, row by row: of flows, and of mails.
    async fn sealed(&self) -> [Vec<Vec<u8>>; 2] {
        let file = self.folder.path().join("flows.db");
        let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let mut found = [vec![], vec![]];
        let flows = "SELECT sealed FROM regain_flow WHERE sealed IS NOT NULL";
        for (sql, found) in [flows, "SELECT sealed FROM regain_outbox"].into_iter().zip(&mut found) {
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            found.extend(rows.iter().map(|row| row.get::<Vec<u8>, _>(0)));
        }
        connection.close().await.unwrap();
        found
    }

    /// Delivers what waits. Gives the token of the mail that waited.
    async fn finish_work(&self) -> RecoveryToken {
        self.mailer.off.store(false, Ordering::SeqCst);
        self.world.clock.advance(Duration::minutes(2));
        self.world.work().await;
        self.mailer.latest_token()
    }
}

fn claims() -> IdentityClaims {
    IdentityClaims::new(TypedClaims {
        given_name: GIVEN.into(),
        family_name: FAMILY.into(),
        birth_date: BORN[0].into(),
        record_number: RECORD[0].into(),
        email: EMAIL.into(),
        ..TypedClaims::default()
    })
}

fn canary(world: &World) -> Account {
    let mut account = Account::new(AccountId::new("account-1").unwrap(), USERNAME);
    account.password = Some(world.hash(OLD));
    account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(EMAIL).unwrap())];
    let person = Person::new(GIVEN, FAMILY).with_birth_date(date!(1971 - 11 - 23));
    account.person = Some(person.with_record_number(RECORD[0]).with_email(EMAIL));
    account
}

/// RC-9, ID-9, LG-3
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_personal_datum_can_be_read_from_the_files() {
    let site = Site::open().await;
    let old_hash = canary(&site.world).password.unwrap();
    let (used, _) = site.play().await;
    site.leave_work().await;
    let (files, accounts) = (Files::read(&site.folder, "flows.db"), Files::read(&site.folder, "accounts.db"));
    let [asks, mails] = site.sealed().await;
    assert_eq!((asks.len(), mails.len()), (1, 1), "an ask and a mail wait while the files are read");
    let waiting = site.finish_work().await;

    let new_hash = site.world.accounts.get(&AccountId::new("account-1").unwrap()).await.unwrap().unwrap();
    let hashes = [old_hash, new_hash.password.unwrap()];
    let texts = [used.expose(), waiting.expose()];
    let secrets = texts.each_ref().map(|text| Base64Url::decode_vec(text).unwrap().split_off(16));
    let plain =
        [USERNAME, EMAIL, GIVEN, FAMILY, OLD, NEW, WEAK, NETWORK, "canary", "canarymail7f3a", "?token="];
    let mut markers: Vec<&[u8]> =
        plain.iter().chain(&BORN).chain(&RECORD).map(|text| text.as_bytes()).collect();
    markers.extend(texts.iter().map(|text| text.as_bytes()));
    markers.extend(secrets.iter().map(Vec::as_slice));
    markers.extend(hashes.iter().map(|hash| hash.as_str().as_bytes()));
    for marker in markers {
        assert_eq!(files.find(marker), None, "{:?} is left", String::from_utf8_lossy(marker));
    }

    // The search itself works, and it reads what was written.
    for known in ["link_sent", "password.completed", "recovery_link", "account-1"] {
        assert_eq!(files.find(known.as_bytes()), Some("raw"), "{known}");
    }
    assert_eq!(files.find(used.flow().as_bytes()), Some("raw"), "flows are rows");
    assert!(files.pieces(&mails[0]) > 10, "the sealed mail is in the files");
    for known in [USERNAME, EMAIL, GIVEN, FAMILY, BORN[0], RECORD[0], hashes[1].as_str()] {
        assert_eq!(accounts.find(known.as_bytes()), Some("raw"), "{known} is the host's to keep");
    }
}

/// RC-9, ID-9: when the work is done nothing is sealed in any row, and after closing the bytes are gone from the file.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_is_gone_when_the_work_is_done() {
    let site = Site::open().await;
    site.world.recovery.ask_username(&claims(), &Client::unknown()).await.unwrap();
    let mut all = site.sealed().await.concat();
    site.world.work().await;
    site.world.clock.advance(Duration::HOUR);
    all.push(site.play().await.1);
    site.leave_work().await;
    let waiting = site.sealed().await.concat();
    let before = Files::read(&site.folder, "flows.db");
    assert!(
        waiting.iter().all(|sealed| before.pieces(sealed) > 0),
        "what is sealed can be found while it waits"
    );
    all.extend(waiting);
    assert_eq!(all.len(), 4, "two asks, a chosen password, and a mail");
    site.finish_work().await;
    assert!(site.sealed().await.iter().all(Vec::is_empty), "nothing is sealed in any row");

    site.flows.close().await;
    let after = Files::read(&site.folder, "flows.db");
    for sealed in &all {
        assert_eq!(after.pieces(sealed), 0, "of {} sealed bytes", sealed.len());
    }
    assert_eq!(after.find(b"password.completed"), Some("raw"), "the file has all that was committed");
}

/// The search finds what it is to find.
#[test]
fn a_marker_is_found_in_every_form() {
    let marker = b"Canary mail+7f3a@home.example";
    let around = [&b"xy"[..], marker, b"z"].concat();
    for (written, form) in [
        (text(marker), "raw"),
        (text(marker).to_ascii_uppercase(), "raw"),
        ("43616E617279206D61696C2B3766336140686F6D652E6578616D706C65".to_owned(), "hex"),
        ("Canary%20mail%2B7f3a%40home.example".to_owned(), "URL-encoded"),
        ("Canary+mail%2b7f3a%40home.example".to_owned(), "form-encoded"),
        (Base64Unpadded::encode_string(&around), "base64"),
        (Base64Unpadded::encode_string(&around[1..]), "base64"),
        (Base64UrlUnpadded::encode_string(&around[2..]), "base64"),
    ] {
        let files = Files(text(format!("...{written}...").as_bytes()));
        assert_eq!(files.find(marker), Some(form), "{written}");
    }
    assert_eq!(Files(text(b"canary mail")).find(marker), None);
}
