//! The mail relay: takes mails and writes them to a folder, and can be away. Now and then it takes a mail and hangs up
//! instead of saying so, as relays do.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};

/// Of so many mails, one is taken without an answer.
const SILENT: u32 = 37;

pub struct Relay {
    pub port: u16,
    book: Arc<Book>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

struct Book {
    folder: PathBuf,
    taken: AtomicU32,
}

impl Relay {
    pub async fn start(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Book { folder: folder.to_owned(), taken: AtomicU32::new(0) });
        let listening = tokio::spawn(serve(listener, book.clone()));
        Self { port, book, listening: Mutex::new(Some(listening)) }
    }

    /// Nobody listens any more, and every conversation breaks off.
    pub async fn stop(&self) {
        if let Some(listening) = self.listening.lock().await.take() {
            listening.abort();
            let _ = listening.await;
        }
    }

    pub async fn start_again(&self) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], self.port))).await.unwrap();
        *self.listening.lock().await = Some(tokio::spawn(serve(listener, self.book.clone())));
    }
}

async fn serve(listener: TcpListener, book: Arc<Book>) {
    // Conversations end with the task.
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let book = book.clone();
        conversations.spawn(async move { book.converse(stream).await });
        while conversations.try_join_next().is_some() {}
    }
}

impl Book {
    async fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufStream::new(stream);
        say(&mut stream, "220 relay.mercy.example ESMTP").await?;
        let (mut to, mut line) = (String::new(), String::new());
        while stream.read_line(&mut line).await? > 0 {
            let said = std::mem::take(&mut line).trim_end().to_owned();
            let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => "250-relay.mercy.example\r\n250 8BITMIME",
                "RCPT" => {
                    to = said;
                    "250 ok"
                }
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            say(&mut stream, answer).await?;
            if verb == "DATA" {
                let text = text(&mut stream).await?;
                if self.take(&to, &text)? % SILENT == 0 {
                    return Ok(());
                }
                say(&mut stream, "250 taken").await?;
            }
        }
        Ok(())
    }

    /// Under its name once it is whole; the recipient of the envelope comes first.
    fn take(&self, to: &str, text: &str) -> io::Result<u32> {
        let number = self.taken.fetch_add(1, Ordering::SeqCst) + 1;
        let draft = self.folder.join(format!(".{number}"));
        fs::write(&draft, format!("X-Envelope: {to}\r\n{text}"))?;
        fs::rename(draft, self.folder.join(format!("{number}.eml")))?;
        Ok(number)
    }
}

async fn say(stream: &mut BufStream<TcpStream>, answer: &str) -> io::Result<()> {
    stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// What comes before the dot, without the dots that were added.
async fn text(stream: &mut BufStream<TcpStream>) -> io::Result<String> {
    let (mut text, mut line) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 && line != ".\r\n" {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        line.clear();
    }
    if line == ".\r\n" { Ok(text) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
