//! A mail server that does as it is told, also wrong.

use base64ct::{Base64, Encoding as _};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub const USER: &str = "portal@mercy.example";
pub const PASSWORD: &str = "canary/pass#7f3a: ü?";
/// [`USER`] and [`PASSWORD`] as they stand in a URL.
pub const LOGIN: &str = "portal%40mercy.example:canary%2Fpass%237f3a%3A%20%C3%BC%3F";
pub const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

/// How connections begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Clear,
    Tls,
    StartTls,
}

/// What goes wrong on one connection. Moments are named by the command, or `GREETING`, or `TEXT` after the last dot.
#[derive(Clone)]
pub enum Quirk {
    None,
    /// Answers this instead.
    Answers(&'static str, &'static str),
    /// Hangs up instead of answering.
    HangsUp(&'static str),
    /// Takes the mail, and only answers after the client has gone.
    AnswersLate,
    /// Sends its answers byte by byte, with this time between two.
    Drips(Duration),
    /// Does not offer this.
    Hides(&'static str),
    /// Answers nothing more.
    FallsSilent(&'static str),
    /// Begins an answer, and never ends it.
    Floods(&'static str),
    /// Has no mailbox of this name.
    Lacks(&'static str),
    /// Somebody on the line adds this, in the clear, to its answer to STARTTLS.
    Injects(&'static str),
}

/// A mail that was taken.
#[derive(Clone)]
pub struct Taken {
    /// The whole command.
    pub from: String,
    /// The whole command.
    pub to: String,
    pub text: String,
}

#[derive(Default)]
struct Book {
    quirks: VecDeque<Quirk>,
    taken: Vec<Taken>,
    /// Commands, and whether they came encrypted.
    heard: Vec<(bool, String)>,
    flooded: usize,
    connections: usize,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    speaks: Speaks,
    book: Arc<Mutex<Book>>,
}

impl Server {
    /// One quirk for each connection in turn; afterwards all is well.
    pub async fn start(speaks: Speaks, quirks: &[Quirk]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let book = Book { quirks: quirks.iter().cloned().collect(), ..Book::default() };
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, speaks, book: Arc::new(Mutex::new(book)) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// Bytes of endless answers that it got rid of.
    pub fn flooded(&self) -> usize {
        self.book.lock().unwrap().flooded
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// Whether a command that begins so was heard.
    pub fn heard(&self, encrypted: bool, verb: &str) -> bool {
        let book = self.book.lock().unwrap();
        book.heard.iter().any(|(was, line)| *was == encrypted && line.starts_with(verb))
    }

    /// All commands that begin so.
    pub fn all_heard(&self, encrypted: bool, verb: &str) -> Vec<String> {
        let book = self.book.lock().unwrap();
        let begin = |(was, line): &&(bool, String)| *was == encrypted && line.starts_with(verb);
        book.heard.iter().filter(begin).map(|(_, line)| line.clone()).collect()
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let quirk = {
            let mut book = self.book.lock().unwrap();
            book.connections += 1;
            book.quirks.pop_front().unwrap_or(Quirk::None)
        };
        let talk = |encrypted| Talk { server: self, quirk: &quirk, encrypted };
        if self.speaks == Speaks::Tls {
            let stream = acceptor().accept(stream).await?;
            return talk(true).serve(BufStream::new(stream), true).await.map(drop);
        }
        if let Some(stream) = talk(false).serve(BufStream::new(stream), true).await? {
            let stream = acceptor().accept(stream).await?;
            talk(true).serve(BufStream::new(stream), false).await?;
        }
        Ok(())
    }
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("certificates/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/localhost.key")).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.collect::<Result<_, _>>().unwrap(), key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

struct Talk<'a> {
    server: &'a Server,
    quirk: &'a Quirk,
    encrypted: bool,
}

impl Talk<'_> {
    /// Until the client goes; or until it wants TLS, and then gives the stream back.
    async fn serve<S>(&self, mut stream: BufStream<S>, greet: bool) -> io::Result<Option<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if greet {
            self.answer(&mut stream, "GREETING", "220 mx.mercy.example ESMTP").await?;
        }
        let (mut signed_in, mut from, mut to) = (false, String::new(), String::new());
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let said = std::mem::take(&mut line).trim_end().to_owned();
            let verb = said.split(' ').next().unwrap_or_default().to_uppercase();
            self.server.book.lock().unwrap().heard.push((self.encrypted, said.clone()));
            let answer = match verb.as_str() {
                "EHLO" => self.extensions(),
                "STARTTLS" => "220 go ahead".to_owned(),
                "AUTH" => {
                    signed_in = said == format!("AUTH PLAIN {}", Base64::encode_string(&plain()));
                    if signed_in { "235 welcome" } else { "535 5.7.8 wrong" }.to_owned()
                }
                "MAIL" if !signed_in && self.server.speaks != Speaks::Clear => "530 sign in first".to_owned(),
                "MAIL" => {
                    from = said;
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    to = said;
                    let lacks = matches!(self.quirk, Quirk::Lacks(mailbox) if to.contains(mailbox));
                    if lacks { "550 5.1.1 unknown" } else { "250 ok" }.to_owned()
                }
                "DATA" => "354 go".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                _ => "500 what?".to_owned(),
            };
            let answer = self.answer(&mut stream, &verb, &answer).await?;
            match verb.as_str() {
                "STARTTLS" => return Ok(Some(stream.into_inner())),
                "DATA" if answer.starts_with('3') => {
                    let taken = Taken { from: from.clone(), to: to.clone(), text: text(&mut stream).await? };
                    self.take(&mut stream, taken).await?;
                }
                "QUIT" => break,
                _ => {}
            }
        }
        Ok(None)
    }

    async fn take<S>(&self, stream: &mut BufStream<S>, mail: Taken) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepts = match self.quirk {
            Quirk::HangsUp("TEXT") => false,
            Quirk::Answers("TEXT", answer) => answer.starts_with("250 "),
            _ => true,
        };
        if accepts {
            self.server.book.lock().unwrap().taken.push(mail);
        }
        if matches!(self.quirk, Quirk::AnswersLate) {
            stream.read_to_end(&mut Vec::new()).await?;
        }
        self.answer(stream, "TEXT", "250 taken").await.map(drop)
    }

    /// Gives this answer, unless the quirk is to give another; tells which it was.
    async fn answer<S>(&self, stream: &mut BufStream<S>, at: &str, usual: &str) -> io::Result<String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let answer = match self.quirk {
            Quirk::HangsUp(moment) if *moment == at => return Err(io::ErrorKind::ConnectionAborted.into()),
            Quirk::FallsSilent(moment) if *moment == at => return self.read_on(stream).await,
            Quirk::Floods(moment) if *moment == at => return self.flood(stream).await,
            Quirk::Answers(moment, answer) if *moment == at => (*answer).to_owned(),
            Quirk::Injects(more) if at == "STARTTLS" => format!("{usual}\r\n{more}"),
            _ => usual.to_owned(),
        };
        let bytes = format!("{answer}\r\n").into_bytes();
        if let Quirk::Drips(pause) = self.quirk {
            for byte in &bytes {
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(*pause).await;
            }
        }
        if !matches!(self.quirk, Quirk::Drips(_)) {
            stream.write_all(&bytes).await?;
        }
        stream.flush().await?;
        Ok(answer)
    }

    /// Until the client goes.
    async fn read_on<S>(&self, stream: &mut BufStream<S>) -> io::Result<String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        stream.read_to_end(&mut Vec::new()).await?;
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Says what has no end, until the client goes; counts what it got rid of.
    async fn flood<S>(&self, stream: &mut BufStream<S>) -> io::Result<String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        stream.write_all(b"250-").await?;
        let flooded = [b'a'; 64 * 1024];
        loop {
            stream.write_all(&flooded).await?;
            stream.flush().await?;
            self.server.book.lock().unwrap().flooded += flooded.len();
        }
    }

    fn extensions(&self) -> String {
        // Sign-in is offered in the clear too: a client that is tempted is caught.
        let mut lines = vec!["mx.mercy.example", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN"];
        if self.server.speaks == Speaks::StartTls && !self.encrypted {
            lines.push("STARTTLS");
        }
        if let Quirk::Hides(extension) = self.quirk {
            lines.retain(|line| !line.starts_with(extension));
        }
        let (last, first) = lines.split_last().unwrap();
        let first: String = first.iter().map(|line| format!("250-{line}\r\n")).collect();
        format!("{first}250 {last}")
    }
}

fn plain() -> Vec<u8> {
    format!("\0{USER}\0{PASSWORD}").into_bytes()
}

/// What comes before the dot, without the dots that were added.
async fn text<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> io::Result<String> {
    let (mut text, mut line) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 && line != ".\r\n" {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        line.clear();
    }
    if line == ".\r\n" { Ok(text) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
