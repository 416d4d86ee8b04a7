//! A library's service with users of its own, to which regain is added: `cargo run --example embed`.
//!
//! The table of users was there before (`users.rs`): numbers for ids, a password column, sessions, a collation that takes
//! "míke" for "mike". All that is added to the service stands between the two `mount` marks. The program plays one story
//! on a SQLite file that it throws away, or, with feature `postgres` and `-- --database postgres://…`, on PostgreSQL, and
//! prints what happened; anything that is not as told ends it with an error.

mod sessions;
mod users;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use clap::Parser;
use regain::account::{Account, AccountStore as _, AddressOnFile};
use regain::clock::{Clock as _, SystemClock, Timestamp};
use regain::entropy::{Entropy as _, SystemEntropy};
use regain::factor::AuthLevel;
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Mailer, Sender, Service};
use regain::memory::Mailbox;
use regain::origin::{Links, TrustedOrigin};
use regain::password::Password;
use regain::recovery::{Setup, SignInStep};
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use regain::web::{self, ClientAddress, WebConfig};
use regain::{Client, Recovery, RecoveryError, Worker};
use sessions::Session;
use std::error::Error;
use std::sync::Arc;
use tempfile::TempDir;
use time::Duration;
use time::macros::date;
use tower::ServiceExt as _;
use users::Users;

const OLD: &str = "seven brass owls at midnight";
const NEW: &str = "nine+green+lamps+at+noon";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

// mount: begin
/// What the service adds, so that people get back what they forgot. The pages go into its router, and the worker runs
/// beside it, on each node: `tokio::spawn(worker.run(stopped))`.
fn mount(
    users: Arc<Users>,
    flows: Arc<dyn FlowStore>,
    mailer: Arc<dyn Mailer>,
    keys: KeyRing,
) -> Outcome<(Recovery, Worker, Router)> {
    let origin = TrustedOrigin::parse("https://library.example.org")?;
    let setup = Setup {
        realm: Realm::new("library")?,
        keys,
        links: Links::new(origin, "/recovery", "/sign-in")?,
        service: Service::new("Town Library", "ask at the desk, or call 555 0100")?,
        sender: Sender::new(EmailAddress::parse("library@example.org")?),
        accounts: users,
        flows,
    };
    let recovery = Recovery::builder(setup).build()?;
    let worker = Worker::new(recovery.clone(), mailer);
    let pages = web::router(recovery.clone(), WebConfig::new(ClientAddress::Socket));
    Ok((recovery, worker, pages))
}
// mount: end

/// A library with users of its own, and regain.
#[derive(Parser)]
#[command(name = "embed")]
struct Args {
    /// A PostgreSQL database instead of a SQLite file that is thrown away; regain's tables and the library's are made in it.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

#[tokio::main]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (users, flows) = open(&Args::parse(), &folder).await?;
    let mailbox = Arc::new(Mailbox::new());
    // A real service loads it, the same on each node.
    let keys = KeyRing::new(1, KeyRing::generate_key(&SystemEntropy)?);
    let (recovery, worker, pages) = mount(users.clone(), flows, mailbox.clone(), keys)?;
    let library = Library { users, recovery, worker, pages, mailbox, name: fresh_name()? };
    library.play().await?;
    library.users.close().await;
    Ok(())
}

async fn open(args: &Args, folder: &TempDir) -> Outcome<(Arc<Users>, Arc<dyn FlowStore>)> {
    let Some(url) = &args.database else {
        let flows = SqliteFlows::open(folder.path().join("recovery.db")).await?;
        let users = Users::open(&folder.path().join("library.db")).await?;
        return Ok((Arc::new(users), Arc::new(flows)));
    };
    let flows = postgres(url).await?;
    Ok((Arc::new(Users::connect(url).await?), flows))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Outcome<Arc<dyn FlowStore>> {
    Ok(Arc::new(regain::postgres::PostgresFlows::connect(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Outcome<Arc<dyn FlowStore>> {
    Err("--database needs feature `postgres`: cargo run --example embed --features postgres -- --database …"
        .into())
}

/// A name that nobody has, in a database that may hold the people of earlier runs.
fn fresh_name() -> Outcome<String> {
    let mut bytes = [0; 6];
    SystemEntropy.fill(&mut bytes)?;
    Ok(bytes.iter().fold("mike".to_owned(), |name, byte| format!("{name}{byte:02x}")))
}

fn check(holds: bool, otherwise: &'static str) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

struct Library {
    users: Arc<Users>,
    recovery: Recovery,
    worker: Worker,
    pages: Router,
    mailbox: Arc<Mailbox>,
    name: String,
}

impl Library {
    async fn play(&self) -> Outcome {
        let mike = self.register().await?;
        let count = self.users.count().await?;
        println!("1. The library registers {} as user {}, one of {count}.", self.name, mike.as_str());
        let session = self.sign_in(OLD, &mike).await?;
        println!("2. {} signs in; the library begins a session.", self.name);
        self.forgotten_username().await?;
        println!("3. By name, birth date and card number the username came, to the address on file.");
        self.look_alike().await?;
        println!("4. {}, which looks like it, got no mail.", self.look_alike_name());
        self.forgotten_password().await?;
        println!("5. The mailed link led to a new password.");
        check(self.users.session(&session, now()).await?.is_none(), "the old session goes on")?;
        println!("6. The session from before has ended, in the same transaction.");
        check(!self.opens(OLD).await?, "the old password still opens")?;
        let session = self.sign_in(&NEW.replace('+', " "), &mike).await?;
        println!("7. The new password signs in, the old one does not.");
        self.users.end_session(&session).await?;
        check(self.users.session(&session, now()).await?.is_none(), "nobody can sign out")
    }

    /// The library's own registration. Its password goes by regain's policy and hash, like those of a recovery.
    async fn register(&self) -> Outcome<AccountId> {
        let email = format!("{}@example.org", self.name);
        let mut account = Account::new(AccountId::new("new")?, &self.name);
        account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(&email)?)];
        let person = Person::new("Mike", "Silva").with_birth_date(date!(1980 - 02 - 29)).with_email(&email);
        account.person = Some(person.with_record_number(self.card_number()));
        account.password = Some(self.recovery.hash_new_password(&account, &Password::new(OLD)).await?);
        self.users.add(&[account], self.recovery.blind_index()).await?;
        let found = self.users.find_by_identifier(&Identifier::parse(&self.name)).await?;
        Ok(found.first().ok_or("nobody was registered")?.id.clone())
    }

    fn card_number(&self) -> String {
        format!("CARD-{}", self.name)
    }

    async fn sign_in(&self, password: &str, whose: &AccountId) -> Outcome<[u8; 32]> {
        let (identifier, password) = (Identifier::parse(&self.name), Password::new(password));
        let step = self.recovery.sign_in(&identifier, &password, &Client::unknown()).await?;
        let SignInStep::SignedIn(signed_in) = step else { return Err("a second factor is asked for".into()) };
        check(signed_in.account == *whose, "somebody else is signed in")?;
        let mut digest = [0; 32]; // of the cookie's random bytes, in a real service
        SystemEntropy.fill(&mut digest)?;
        let session = Session {
            account: signed_in.account,
            level: AuthLevel::Password,
            authenticated_at: now(),
            change_required: false,
        };
        self.users.begin_session(&digest, &session, now().plus(Duration::hours(8))).await?;
        check(self.users.session(&digest, now()).await? == Some(session), "there is no session")?;
        Ok(digest)
    }

    async fn opens(&self, password: &str) -> Outcome<bool> {
        let (identifier, password) = (Identifier::parse(&self.name), Password::new(password));
        match self.recovery.sign_in(&identifier, &password, &Client::unknown()).await {
            Ok(_) => Ok(true),
            Err(RecoveryError::NotAccepted) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn forgotten_username(&self) -> Outcome {
        let claims = IdentityClaims::new(TypedClaims {
            given_name: "mike".into(),
            family_name: "SILVA".into(),
            birth_date: "1980-02-29".into(),
            record_number: self.card_number(),
            ..TypedClaims::default()
        });
        self.recovery.ask_username(&claims, &Client::unknown()).await?;
        self.worker.drain().await?;
        check(self.last_mail()?.contains(&self.name), "the mail does not name the user")
    }

    fn look_alike_name(&self) -> String {
        self.name.replacen('i', "\u{ed}", 1)
    }

    async fn look_alike(&self) -> Outcome {
        let before = self.mailbox.mails().len();
        self.post("/recovery/forgot-password", &format!("identifier={}", self.look_alike_name())).await?;
        self.worker.drain().await?;
        check(self.mailbox.mails().len() == before, "somebody else got a mail")
    }

    async fn forgotten_password(&self) -> Outcome {
        self.post("/recovery/forgot-password", &format!("identifier={}%40example.org", self.name)).await?;
        self.worker.drain().await?;
        let mail = self.last_mail()?;
        let (_, token) = mail.split_once("token=").ok_or("the mail has no link")?;
        let token = token.split_whitespace().next().unwrap_or_default();
        self.post("/recovery/new-password", &format!("token={token}&password={NEW}")).await?;
        self.worker.drain().await?;
        check(self.last_mail()?.contains("password"), "no notice went out")
    }

    fn last_mail(&self) -> Outcome<String> {
        let mails = self.mailbox.to(&format!("{}@example.org", self.name));
        Ok(mails.last().ok_or("no mail went out")?.text.to_string())
    }

    async fn post(&self, path: &str, form: &str) -> Outcome {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.pages.clone().oneshot(request.body(Body::from(form.to_owned()))?).await?;
        if answer.status() == StatusCode::OK {
            Ok(())
        } else {
            Err(format!("{path}: {}", answer.status()).into())
        }
    }
}

fn now() -> Timestamp {
    SystemClock.now().into()
}
