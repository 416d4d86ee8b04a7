//! A network between a node and its database that can be told to misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Hands bytes on between whoever connects and a server on this machine. It ends with the test's runtime.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    silence: watch::Sender<bool>,
}

struct Shared {
    server: AtomicU16,
    swallowed: AtomicU32,
    swallows_listen: bool,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        Self::start(server, false).await
    }

    /// `LISTEN` arrives as something else: whoever said it believes that it listens.
    pub(crate) async fn that_swallows_listen(server: u16) -> Self {
        Self::start(server, true).await
    }

    async fn start(server: u16, swallows_listen: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Shared { server: server.into(), swallowed: AtomicU32::new(0), swallows_listen });
        let (silence, silent) = watch::channel(false);
        let through = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, through.clone(), silent.clone()));
            }
        });
        Self { port, shared, silence }
    }

    /// How often it swallowed a `LISTEN`.
    pub(crate) fn swallowed(&self) -> u32 {
        self.shared.swallowed.load(Ordering::SeqCst)
    }

    /// Connections from now on lead there. Those that are open stay where they are.
    pub(crate) fn lead_to(&self, server: u16) {
        self.shared.server.store(server, Ordering::SeqCst);
    }

    /// From now on nothing comes through and nobody is told, on the connections that are open for good.
    pub(crate) fn fall_silent(&self) {
        self.silence.send_replace(true);
    }

    /// New connections come through again.
    pub(crate) fn recover(&self) {
        self.silence.send_replace(false);
    }
}

async fn carry(client: TcpStream, shared: Arc<Shared>, mut silent: watch::Receiver<bool>) {
    let there = async {
        let server = TcpStream::connect(("127.0.0.1", shared.server.load(Ordering::SeqCst))).await.ok()?;
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::select! {
            () = copy(from_client, to_server, Some(&shared)) => {}
            () = copy(from_server, to_client, None) => {}
        }
        Some(())
    };
    // Not by value: what is silent stays open.
    let mut there = std::pin::pin!(there);
    let silence = async { silent.wait_for(|silent| *silent).await.map(drop) };
    tokio::select! {
        biased;
        _ = silence => std::future::pending().await,
        _ = &mut there => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, questions: Option<&Shared>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if let Some(shared) = questions.filter(|shared| shared.swallows_listen) {
            swallow(&mut bytes[..count], shared);
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// A statement of the same length, which listens to nothing.
fn swallow(question: &mut [u8], shared: &Shared) {
    let listen = b"LISTEN \"";
    let Some(at) = question.windows(listen.len()).position(|window| window == listen) else { return };
    question[at..at + 6].copy_from_slice(b"NOTIFY");
    shared.swallowed.fetch_add(1, Ordering::SeqCst);
}
