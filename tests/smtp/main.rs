//! Mails to a mail server that does as it is told, also wrong: what becomes of each, and what can be read of it after.

mod canary;
mod contract;
#[cfg(feature = "dkim")]
mod dkim;
mod dots;
mod postfix;
mod protection;
mod real;
mod refusals;
mod server;
mod url;
mod words;

use regain::account::AddressOnFile;
use regain::identity::EmailAddress;
use regain::mail::{CircuitState, Delivery, Mailer as _, Message, Sender, SmtpBuilder, SmtpMailer};
use regain::testing::{Someone, World};
use server::{AUTHORITY, LOGIN, Quirk, Server, Speaks};
use std::sync::Arc;
use std::time::Duration;

fn url_of(server: &Server, speaks: Speaks) -> String {
    match speaks {
        Speaks::Tls => format!("smtps://{LOGIN}@localhost:{}", server.port),
        Speaks::StartTls => format!("smtp://{LOGIN}@localhost:{}?starttls=required", server.port),
        Speaks::Clear => format!("smtp://127.0.0.1:{}", server.port),
    }
}

fn builder(server: &Server, speaks: Speaks) -> SmtpBuilder {
    let builder = SmtpMailer::builder(&url_of(server, speaks)).unwrap();
    // Time enough for a busy machine; what never comes is tested with less.
    builder.with_root_certificate(AUTHORITY).unwrap().time_limit(Duration::from_secs(20)).unwrap()
}

fn mailer(server: &Server, speaks: Speaks) -> SmtpMailer {
    builder(server, speaks).build().unwrap()
}

/// A mail with a link, to this address.
async fn mail_to(address: &str) -> Message {
    let world = World::new();
    let address = AddressOnFile::Email(EmailAddress::parse(address).unwrap());
    let ana = world.person_with("Ana", |account| account.addresses = vec![address]).await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    world.mailbox.mails().pop().expect("a mail went out")
}

/// What becomes of one mail on a server with this quirk.
async fn delivery(speaks: Speaks, quirk: Quirk) -> (Delivery, Server) {
    let server = Server::start(speaks, &[quirk]).await;
    let delivery = mailer(&server, speaks).send(&mail_to("ana@home.example").await).await;
    (delivery, server)
}

#[track_caller]
fn refused(delivery: Delivery) -> String {
    match delivery {
        Delivery::Refused(error) => error.to_string(),
        other => panic!("{other:?} instead of a refusal"),
    }
}

/// Another try, and the circuit hears of it.
#[track_caller]
fn unreachable(delivery: Delivery) -> String {
    match delivery {
        Delivery::Unreachable(error) => error.to_string(),
        other => panic!("{other:?} instead of a mail system that is not reached"),
    }
}

/// Another try, whoever is to blame.
#[track_caller]
fn waits(delivery: Delivery) -> String {
    match delivery {
        Delivery::RetryLater(error) | Delivery::Unreachable(error) => error.to_string(),
        other => panic!("{other:?} instead of another try"),
    }
}

/// Another try, and the circuit does not hear of it.
#[track_caller]
fn later(delivery: Delivery) -> String {
    match delivery {
        Delivery::RetryLater(error) => error.to_string(),
        other => panic!("{other:?} instead of another try"),
    }
}

#[track_caller]
fn sent(delivery: Delivery) {
    assert!(matches!(delivery, Delivery::Sent), "{delivery:?}");
}

/// A world that sends by this mailer, in which Ana has asked for a link.
async fn world_with(mailer: SmtpMailer) -> (World, Someone) {
    let world = World::builder().mailer(Arc::new(mailer)).build();
    let ana = world.person("Ana").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    (world, ana)
}

/// Works on and on, with time enough between for a waiting mail to come up again, but not for its link to end.
async fn work_for_a_while(world: &World) {
    for _ in 0..4 {
        world.work().await;
        world.clock.advance(time::Duration::seconds(60));
    }
}
