//! Pages and API behind a socket, on SQLite, with people of every kind; and a page that does what it must not.

use crate::caller::WRONG;
use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use regain::Worker;
use regain::account::{Account, AccountStatus};
use regain::api::{self, ApiConfig, ApiHost};
use regain::budget::Quota;
use regain::client::Client;
use regain::identity::Identifier;
use regain::password::{Argon2Hasher, Password, PasswordHash};
use regain::recovery::{Limits, RecoveryBuilder, SignedIn};
use regain::security::AuthSession;
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::StoreError;
use regain::testing::{SeedAccounts, Someone, World};
use regain::web::{self, ClientAddress, SecurityHost, SessionHost, WebConfig};
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use time::Duration;

/// Between two rounds, so that no budget of what is typed, or of this one network, is reached.
pub const ROUND: Duration = Duration::hours(5);

/// One mail for one account in so long: less than it takes until a known person is asked about again.
const MAIL_EVERY: Duration = Duration::days(50);

pub const TWIN: &str = "/twin";

/// The person of each state, whose turn it is.
pub struct People {
    pub known: Vec<Someone>,
    pub disabled: Someone,
    pub over_limit: Someone,
}

pub struct Site {
    pub world: World,
    pub address: SocketAddr,
}

impl Site {
    pub async fn on(folder: &Path, hasher: Argon2Hasher) -> Result<Self, Box<dyn Error>> {
        let flows = Arc::new(SqliteFlows::open(folder.join("flows.db")).await?);
        let accounts = Arc::new(SqliteAccounts::open(folder.join("accounts.db")).await?);
        let mut limits = Limits::default();
        limits.mails_per_account_day = Quota::new(1, MAIL_EVERY);
        let configure = move |builder: RecoveryBuilder| builder.limits(limits).hasher(Arc::new(hasher));
        let world = World::builder().flows(flows).accounts(accounts).configure(configure).build();
        let address = serve(mounted(&world)).await?;
        // As in earnest: it works at the same time, on the same machine.
        tokio::spawn(Worker::new(world.recovery.clone(), world.mailbox.clone()).run(std::future::pending()));
        Ok(Self { world, address })
    }

    pub async fn people(&self, hash: &PasswordHash) -> Result<People, Box<dyn Error>> {
        let world = &self.world;
        let person = async |name: String, change: fn(&mut Account)| {
            let hashed = |account: &mut Account| {
                account.password = Some(hash.clone());
                change(account);
            };
            world.person_with(&name, hashed).await
        };
        let mut people = People {
            known: Vec::new(),
            disabled: person("Dora0000".to_owned(), |account| account.status = AccountStatus::Disabled).await,
            over_limit: person("Olga0000".to_owned(), |_| ()).await,
        };
        // So many that nobody has their turn again within the time for one mail.
        for number in 0..=MAIL_EVERY.whole_hours() / ROUND.whole_hours() {
            people.known.push(person(format!("Anna{number:04}"), |_| ()).await);
        }
        self.use_up(&people.over_limit).await?;
        Ok(people)
    }

    /// A mail is sent, and the password is shut.
    async fn use_up(&self, who: &Someone) -> Result<(), Box<dyn Error>> {
        let (world, wrong) = (&self.world, Password::new(WRONG));
        world.recovery.ask_password(&who.identifier(), &world.client()).await?;
        for _ in 0..100 {
            let refused = world.recovery.sign_in(&who.identifier(), &wrong, &world.client()).await;
            assert!(refused.is_err(), "a wrong password");
            world.clock.advance(ROUND);
        }
        Ok(())
    }
}

fn mounted(world: &World) -> Router {
    let (recovery, nobody) = (&world.recovery, Arc::new(Nobody));
    let config = WebConfig::new(ClientAddress::Socket);
    let api = ApiConfig::new(ClientAddress::Socket).sessions(nobody.clone());
    let twin = Twin { recovery: recovery.clone(), accounts: world.accounts.clone() };
    web::router(recovery.clone(), config.clone())
        .merge(web::sign_in_router(recovery.clone(), nobody, config))
        .nest("/api", api::router(recovery.clone(), api))
        .merge(Router::new().route(TWIN, post(mail_in_the_request)).with_state(twin))
}

async fn serve(app: Router) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

#[derive(Clone)]
struct Twin {
    recovery: regain::Recovery,
    accounts: Arc<dyn SeedAccounts>,
}

/// The published fault: the account is looked up while the asker waits, and its mail costs one more commit.
async fn mail_in_the_request(State(twin): State<Twin>, typed: String) {
    let identifier = Identifier::parse(typed.trim_start_matches("identifier="));
    let _asked = twin.recovery.ask_password(&identifier, &Client::unknown()).await;
    if twin.accounts.find_by_identifier(&identifier).await.is_ok_and(|found| !found.is_empty()) {
        let mail = Identifier::parse(&format!("mail {:?}", Instant::now()));
        let _sent = twin.recovery.ask_password(&mail, &Client::unknown()).await;
    }
}

/// No sign-in comes to its end here.
struct Nobody;

fn not_here<T>() -> Result<T, StoreError> {
    Err(StoreError::plain("nobody signs in here"))
}

#[async_trait]
impl SessionHost for Nobody {
    async fn begin(&self, _: SignedIn) -> Result<Response, StoreError> {
        not_here()
    }
}

#[async_trait]
impl SecurityHost for Nobody {
    async fn session(&self, _: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
        Ok(None)
    }

    async fn raise(&self, _: &HeaderMap, _: SignedIn) -> Result<HeaderMap, StoreError> {
        not_here()
    }
}

#[async_trait]
impl ApiHost for Nobody {
    async fn open(&self, _: SignedIn) -> Result<HeaderMap, StoreError> {
        not_here()
    }
}
