//! A hospital's patient portal that gives people back what they forgot: `cargo run --example portal`.
//!
//! Nothing here is a rule; it only plugs things together. What a real portal would do otherwise is said where it
//! stands: the key file, the people, the mail room. Several of it on one PostgreSQL are one service:
//! `cargo run --example portal --features postgres,smtp -- --database postgres://… --key-file portal.key`.

#[cfg(feature = "api")]
mod api;
mod args;
mod clock;
mod desk;
mod keys;
mod mail_room;
mod mails;
mod pages;
mod people;
mod sessions;
mod stores;
mod words;
// The portal's users are those of the other example, which shows how a host's own table is put behind regain.
#[path = "../embed/users.rs"]
mod users;
#[path = "../embed/sessions.rs"]
mod users_sessions;

#[cfg(feature = "api")]
use api::router as api;
use args::Args;
use axum::Router;
use clap::Parser as _;
use mails::Mails;
use regain::clock::Clock;
use regain::identity::EmailAddress;
use regain::ids::Realm;
use regain::mail::Sender;
use regain::origin::{Links, TrustedOrigin};
use regain::password::Argon2Hasher;
use regain::recovery::{Limits, Setup};
use regain::security::SecurityRules;
use regain::web::{self, ClientAddress, WebConfig};
use regain::{Recovery, Worker};
use sessions::Portal;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use stores::Stores;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// After a signal, requests under way have this long to end.
const GRACE: Duration = Duration::from_secs(10);

/// Why the portal does not start, in one line that says what to do.
struct Failure(String);

/// Turns an error into a [`Failure`] that says what was being done.
fn failed<E: std::error::Error>(doing: impl std::fmt::Display) -> impl FnOnce(E) -> Failure {
    move |error| {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Failure(format!("{doing}: {error}{source}"))
    }
}

/// A way in that this program was built without.
#[cfg(not(all(feature = "postgres", feature = "smtp")))]
fn without_feature(option: &str, feature: &str) -> Failure {
    Failure(format!(
        "{option} needs feature `{feature}`, which this program was built without: \
         cargo run --example portal --features postgres,smtp -- {option} …"
    ))
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => {
            eprintln!("portal: {why}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    args.check()?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(failed(format!("cannot listen on {}; choose another address with --listen", args.listen)))?;
    let address = listener.local_addr().map_err(failed("the listening address cannot be read"))?;
    let links = links(&args, address)?;
    let mails = Mails::set_up(&args)?;
    let stores = Stores::open(&args).await?;
    let keys = keys::load(&args)?;
    let clock = clock::set_up(args.clock_file.as_deref())?;
    let recovery = recovery(&args, keys, links, &stores, clock.clone())?;
    let known = people::fill(&stores.accounts, &recovery, args.people).await?;

    let worker = Worker::new(recovery.clone(), mails.mailer.clone());
    let folder = mails.folder.filter(|_| address.ip().is_loopback());
    let portal =
        Portal { accounts: stores.accounts.clone(), secure: recovery.links().origin().is_https(), clock };
    let config = WebConfig::new(ClientAddress::Socket).help_at("/recovery/help").map_err(failed("paths"))?;
    let staff_at = Some(address).filter(|address| address.ip().is_loopback());
    let desk = desk::open(&recovery, &stores.accounts).map_err(failed("support desk"))?;
    let managers = web::change_password_router("/security/password").map_err(failed("paths"))?;
    let portal = Arc::new(portal);
    let mut app = app(&recovery, portal.clone(), config.clone())
        .merge(managers)
        .merge(api(&recovery, portal, desk.clone(), &stores.accounts, staff_at))
        .merge(desk::router(desk, &stores.accounts, &config, staff_at));
    if let Some(folder) = &folder {
        app = app.merge(mail_room::router(&recovery, folder, address));
    }
    pages::print_welcome(&recovery, &known, folder.is_some(), staff_at.is_some());
    let served = serve(listener, app, worker).await;
    stores.close().await;
    served
}

fn links(args: &Args, address: SocketAddr) -> Result<Links, Failure> {
    let origin = args.origin.clone().unwrap_or_else(|| format!("http://{address}"));
    let origin = TrustedOrigin::parse(&origin)
        .map_err(failed(format!("{origin} cannot be in mailed links; name another --origin")))?;
    Links::new(origin, "/recovery", "/sign-in").map_err(failed("paths"))
}

fn recovery(
    args: &Args,
    keys: regain::keys::KeyRing,
    links: Links,
    stores: &Stores,
    clock: Arc<dyn Clock>,
) -> Result<Recovery, Failure> {
    let sender = EmailAddress::parse("portal@mercy.example").map_err(failed("sender"))?;
    let setup = Setup {
        realm: Realm::new("mercy").map_err(failed("realm"))?,
        keys,
        links,
        service: words::service().map_err(failed("service"))?,
        sender: Sender::new(sender).named("Mercy Hospital").map_err(failed("sender"))?,
        accounts: stores.accounts.clone(),
        flows: stores.flows.clone(),
    };
    let limits = args
        .client_budget()
        .map_or_else(Limits::default, |quota| Limits::default().danger_asks_per_client(quota));
    let builder = Recovery::builder(setup).limits(limits).security_rules(rules()).clock(clock);
    let builder =
        if args.cheap_hashes { builder.hasher(Arc::new(Argon2Hasher::danger_for_tests())) } else { builder };
    builder.build().map_err(failed("configuration"))
}

/// The users' table has room for two addresses.
fn rules() -> SecurityRules {
    let mut rules = SecurityRules::default();
    rules.most_addresses = 2;
    rules
}

fn app(recovery: &Recovery, portal: Arc<Portal>, config: WebConfig) -> Router {
    web::router(recovery.clone(), config.clone())
        .merge(web::sign_in_router(recovery.clone(), portal.clone(), config.clone()))
        .merge(web::security_router(recovery.clone(), portal.clone(), config))
        .merge(pages::router(recovery, portal))
}

/// Without feature `api` there is none.
#[cfg(not(feature = "api"))]
fn api(
    _: &Recovery,
    _: Arc<Portal>,
    _: regain::desk::Desk,
    _: &Arc<users::Users>,
    _: Option<SocketAddr>,
) -> Router {
    Router::new()
}

/// Serves and works until Ctrl-C or SIGTERM.
async fn serve(listener: TcpListener, app: Router, worker: Worker) -> Result<(), Failure> {
    let (stop, stopping) = watch::channel(());
    let stopped = || {
        let mut stopping = stopping.clone();
        async move { drop(stopping.changed().await) }
    };
    let working = tokio::spawn(worker.run(stopped()));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped());
    let serving = tokio::spawn(serving.into_future());
    signal().await?;
    stop.send_replace(());
    let ended = async { (serving.await, working.await) };
    match tokio::time::timeout(GRACE, ended).await {
        Ok((Ok(Ok(())), Ok(()))) => Ok(()),
        Ok(_) => Err(Failure("the portal did not stop in order; look at the log".to_owned())),
        Err(_) => Err(Failure("requests were still under way when the portal stopped".to_owned())),
    }
}

#[cfg(unix)]
fn signal() -> impl Future<Output = Result<(), Failure>> {
    use tokio::signal::unix::{SignalKind, signal};
    async {
        let mut terminate = signal(SignalKind::terminate()).map_err(failed("SIGTERM"))?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            pressed = tokio::signal::ctrl_c() => pressed.map_err(failed("Ctrl-C")),
        }
    }
}

#[cfg(not(unix))]
async fn signal() -> Result<(), Failure> {
    tokio::signal::ctrl_c().await.map_err(failed("Ctrl-C"))
}
