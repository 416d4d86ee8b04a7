//! Waking the workers of other nodes: `LISTEN` and `NOTIFY` on a channel that is called like the schema.
//!
//! Best effort, by intent. A notice is sent after the commit, on its own: inside the transaction it would make all
//! commits of the database queue for one lock. What is lost is found when a worker's poll comes.

use crate::entropy::{SystemEntropy, random};
use crate::postgres::database::Database;
use crate::postgres::schema::SchemaName;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// Between two notices. Whatever is committed meanwhile shares the second one.
const GATHER: Duration = Duration::from_millis(20);
/// A listener that is lost is replaced after this, doubling up to the second value; whichever lived longer than that
/// begins anew.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// After so much silence the listener asks whether the server is still there, and waits so long for the answer.
const SILENCE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(5));

/// Rings at the other nodes, and is heard here. Its tasks begin with the first use and end with it.
pub(super) struct Bell {
    node: Arc<str>,
    database: Database,
    wanted: Arc<Notify>,
    heard: Arc<Notify>,
    ringing: OnceLock<AbortHandle>,
    listening: OnceLock<AbortHandle>,
}

impl Bell {
    /// Each node has a name that means nothing to anybody: whoever may connect to the database may listen too.
    pub(super) fn new(database: &Database) -> Self {
        // Without a name a node wakes itself now and then, which only costs it a look.
        let name = random::<8>(&SystemEntropy).map_or(0, u64::from_be_bytes);
        Self {
            node: format!("{name:016x}").into(),
            database: database.clone(),
            wanted: Arc::default(),
            heard: Arc::default(),
            ringing: OnceLock::new(),
            listening: OnceLock::new(),
        }
    }

    /// Tells the other nodes, at once or a moment later; the caller waits for nothing.
    pub(super) fn ring(&self) {
        self.ringing.get_or_init(|| {
            let ringing = ring(self.database.clone(), self.node.clone(), self.wanted.clone());
            tokio::spawn(ringing).abort_handle()
        });
        self.wanted.notify_one();
    }

    /// Returns when another node rang. Behind a pooler it never does: what is listened for there comes to nobody.
    pub(super) async fn heard(&self) {
        // Before the listener begins, so that its first word is not missed.
        let mut heard = std::pin::pin!(self.heard.notified());
        heard.as_mut().enable();
        if !self.database.pooled {
            self.listening.get_or_init(|| {
                let listening = listen(self.database.clone(), self.node.clone(), self.heard.clone());
                tokio::spawn(listening).abort_handle()
            });
        }
        heard.await;
    }

    /// Ends the tasks for good.
    pub(super) fn stop(&self) {
        for task in [self.ringing.get(), self.listening.get()].into_iter().flatten() {
            task.abort();
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn ring(database: Database, node: Arc<str>, wanted: Arc<Notify>) {
    let notice = format!("NOTIFY \"{}\", '{node}'", database.schema);
    loop {
        wanted.notified().await;
        let rung = sqlx::raw_sql(AssertSqlSafe(notice.clone())).execute(&database.pool).await;
        if let Err(error) = rung {
            tracing::debug!(%error, "other nodes were not woken; they look by themselves");
        }
        sleep(GATHER).await;
    }
}

async fn listen(database: Database, node: Arc<str>, heard: Arc<Notify>) {
    let mut wait = BACK_OFF.0;
    loop {
        match listener(&database.pool, &database.schema).await {
            Ok(listener) => {
                let since = Instant::now();
                // Others may have rung before.
                heard.notify_waiters();
                if let Err(error) = follow(listener, &node, &heard).await {
                    tracing::debug!(%error, "the listener for other nodes' work is lost; a new one follows");
                }
                if since.elapsed() > BACK_OFF.1 {
                    wait = BACK_OFF.0;
                }
            }
            Err(error) => tracing::debug!(%error, "nobody listens for other nodes' work; it is polled for"),
        }
        sleep(wait).await;
        wait = BACK_OFF.1.min(wait * 2);
    }
}

/// On a connection beside the host's pool, which may be small: a listener keeps its own. Each has a pool of its own too,
/// since one whose server fell silent never gives its connection back.
async fn listener(pool: &PgPool, schema: &SchemaName) -> Result<PgListener, sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let own = own.acquire_timeout(SILENCE.1).connect_lazy_with(pool.connect_options().as_ref().clone());
    let mut listener = PgListener::connect_with(&own).await?;
    // Coming back is up to the loop above, with its back-off.
    listener.eager_reconnect(false);
    listener.listen(schema.as_str()).await?;
    Ok(listener)
}

/// Until the connection is lost.
async fn follow(mut listener: PgListener, node: &str, heard: &Notify) -> Result<(), sqlx::Error> {
    loop {
        match timeout(SILENCE.0, listener.try_recv()).await {
            Ok(Ok(Some(notice))) if notice.payload() == node => {}
            Ok(Ok(Some(_))) => heard.notify_waiters(),
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => still_there(&mut listener).await?,
        }
    }
}

async fn still_there(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let asked = sqlx::Executor::execute(listener, "SELECT 1");
    match timeout(SILENCE.1, asked).await {
        Ok(answered) => answered.map(drop),
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}
