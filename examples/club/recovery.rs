//! All that the club added, so that members get back what they forgot.

use regain::identity::EmailAddress;
use regain::ids::Realm;
use regain::keys::KeyRing;
use regain::mail::{Mailer, Sender, Service};
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::Setup;
use regain::sqlite::{SqliteFlows, UserStatements, UsersTable};
use regain::web::{self, ClientAddress, WebConfig};
use regain::{Recovery, Worker};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// The pages, for the service's router. The worker runs beside them: it finds members, and sends the mails.
pub async fn pages(
    members: sqlx::SqlitePool,
    mailer: Arc<dyn Mailer>,
    folder: &Path,
) -> Result<axum::Router, Box<dyn Error + Send + Sync>> {
    let statements = UserStatements {
        find: "SELECT number AS id, name AS username, email, password FROM members
               WHERE lower(name) = $1 OR lower(email) = $2",
        get: "SELECT number AS id, name AS username, email, password FROM members WHERE number = $1",
        set_password: "UPDATE members SET password = $2 WHERE number = $1",
        end_sessions: "DELETE FROM logins WHERE member = $1",
    };
    let setup = Setup {
        realm: Realm::new("club")?,
        keys: KeyRing::new(1, std::fs::read(folder.join("recovery.key"))?.as_slice().try_into()?),
        links: Links::new(TrustedOrigin::parse("http://127.0.0.1:8090")?, "/recovery", "/login")?,
        service: Service::new("Allotment club", "call 555 0100")?,
        sender: Sender::new(EmailAddress::parse("club@example.org")?),
        accounts: Arc::new(UsersTable::open(members, statements).await?),
        flows: Arc::new(SqliteFlows::open(folder.join("recovery.db")).await?),
    };
    let recovery = Recovery::builder(setup).build()?;
    let worker = Worker::new(recovery.clone(), mailer);
    tokio::spawn(worker.run(std::future::pending())); // or until the service stops
    Ok(web::router(recovery, WebConfig::new(ClientAddress::Socket)))
}
