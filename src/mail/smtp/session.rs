//! One conversation with the mail server, for one mail.
//!
//! Every answer must be the one that the step asks for: after a lost or an extra answer all later ones belong to
//! other questions, and a refusal would count as a success.

use super::config::{Security, Server};
use super::failure::{Failure, Missing, Step};
use super::in_turn::InTurn;
use super::pace::Pace;
use super::refusal::Answer;
use super::secured::Secured;
use lettre::Address;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpStream;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use zeroize::Zeroizing;

/// For saying good-bye. Nobody waits for it.
const GOOD_BYE: Duration = Duration::from_secs(5);

/// A mail as the server gets it.
pub(super) struct Parcel {
    pub(super) from: Address,
    pub(super) to: Address,
    /// What every server takes.
    pub(super) encoded: Zeroizing<Vec<u8>>,
    /// For one that offers 8BITMIME.
    pub(super) eight_bit: Option<Zeroizing<Vec<u8>>>,
}

impl Parcel {
    /// Whether an address or a header is not ASCII, and what is lacking where that is not taken.
    fn needs_other_letters(&self) -> Option<Missing> {
        let head = self.encoded.windows(4).position(|window| window == b"\r\n\r\n");
        let head = &self.encoded[..head.unwrap_or(self.encoded.len())];
        if !AsRef::<str>::as_ref(&self.to).is_ascii() {
            return Some(Missing::ForRecipient);
        }
        let ours = AsRef::<str>::as_ref(&self.from).is_ascii() && head.is_ascii();
        (!ours).then_some(Missing::ForSender)
    }
}

pub(super) struct Session {
    connection: AsyncSmtpConnection,
    pace: Pace,
}

impl Session {
    /// Connects, as secure as configured or not at all, and signs in.
    pub(super) async fn open(server: &Server, way: &Way<'_>, pace: Pace) -> Result<Self, Failure> {
        let mut session = Self { connection: connect(server, way, &pace).await?, pace };
        match session.sign_in(server).await {
            Ok(()) => Ok(session),
            Err(failure) => {
                session.close();
                Err(failure)
            }
        }
    }

    async fn sign_in(&mut self, server: &Server) -> Result<(), Failure> {
        let Some(login) = &server.login else { return Ok(()) };
        if self.connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(Failure::NotOffered(Missing::SignIn));
        }
        let credentials = Credentials::new(login.user.clone(), login.password.to_string());
        let asked = self.connection.auth(DEFAULT_MECHANISMS, &credentials);
        self.pace.step(Step::SignIn, expect(Step::SignIn, asked, &[235])).await
    }

    /// Hands the mail over; `Ok` when the server says that it has it.
    pub(super) async fn hand_over(&mut self, parcel: &Parcel) -> Result<(), Failure> {
        let text = match &parcel.eight_bit {
            Some(text) if self.offers(Extension::EightBitMime) => text,
            _ => &parcel.encoded,
        };
        let options = self.options(parcel, text)?;
        self.say(Step::Sender, Mail::new(Some(parcel.from.clone()), options), &[250]).await?;
        // 251: forwarded; 252: not checked yet.
        self.say(Step::Recipient, Rcpt::new(parcel.to.clone(), Vec::new()), &[250, 251, 252]).await?;
        self.say(Step::Text, Data, &[354]).await?;
        let taken = expect(Step::Text, self.connection.message(text), &[250]);
        self.pace.last(Step::Text, taken).await
    }

    fn offers(&self, extension: Extension) -> bool {
        self.connection.server_info().supports_feature(extension)
    }

    /// RFC 6531 and RFC 6152: what is not ASCII is only sent to a server that offers to take it.
    fn options(&self, parcel: &Parcel, text: &[u8]) -> Result<Vec<MailParameter>, Failure> {
        let mut options = Vec::new();
        if let Some(missing) = parcel.needs_other_letters() {
            // Who offers the one without the other cannot mean it.
            if !self.offers(Extension::SmtpUtfEight) || !self.offers(Extension::EightBitMime) {
                return Err(Failure::NotOffered(missing));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !text.is_ascii() {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(options)
    }

    async fn say(
        &mut self,
        step: Step,
        command: impl Display + Send,
        expected: &[u16],
    ) -> Result<(), Failure> {
        let asked = self.connection.command(command.to_string());
        self.pace.step(step, expect(step, asked, expected)).await
    }

    /// Says good-bye in the background: what is said by now stands.
    pub(super) fn close(self) {
        let Self { mut connection, .. } = self;
        let good_bye = async move {
            let _ = tokio::time::timeout(GOOD_BYE, connection.abort()).await;
        };
        tokio::spawn(good_bye.with_subscriber(Dispatch::none()));
    }
}

async fn expect(
    step: Step,
    answer: impl Future<Output = Result<Response, smtp::Error>>,
    expected: &[u16],
) -> Result<(), Failure> {
    let code = answer.await.map_err(|error| Failure::of(step, &error))?.code().into();
    if expected.contains(&code) { Ok(()) } else { Err(Failure::Answer { step, answer: Answer::plain(code) }) }
}

/// With what a server is reached.
pub(super) struct Way<'a> {
    /// What we call ourselves.
    pub(super) name: ClientId,
    pub(super) tls: Option<&'a TlsParameters>,
}

async fn connect(server: &Server, way: &Way<'_>, pace: &Pace) -> Result<AsyncSmtpConnection, Failure> {
    let connected = TcpStream::connect((server.host.as_str(), server.port));
    let connected = async { connected.await.map_err(|_| Failure::Connection(Step::Connect)) };
    let stream = Box::new(InTurn::new(pace.step(Step::Connect, connected).await?));
    match (server.security, way.tls) {
        (Security::Tls, Some(tls)) => {
            let secured = async { Secured::new(stream, tls.clone()).await.map_err(failed) };
            let secured = pace.step(Step::Connect, secured).await?;
            greet(Box::new(secured), way, pace).await
        }
        (Security::StartTls, Some(tls)) => {
            let mut connection = greet(stream, way, pace).await?;
            if !connection.can_starttls() {
                Session { connection, pace: *pace }.close();
                return Err(Failure::NotOffered(Missing::StartTls));
            }
            let secured = async { connection.starttls(tls.clone(), &way.name).await.map_err(failed) };
            pace.step(Step::Connect, secured).await?;
            if connection.is_encrypted() { Ok(connection) } else { Err(Failure::Tls) }
        }
        (Security::Loopback, _) => greet(stream, way, pace).await,
        (Security::Tls | Security::StartTls, None) => Err(Failure::Tls),
    }
}

fn failed(error: smtp::Error) -> Failure {
    Failure::of(Step::Connect, &error)
}

async fn greet(
    stream: Box<dyn AsyncTokioStream>,
    way: &Way<'_>,
    pace: &Pace,
) -> Result<AsyncSmtpConnection, Failure> {
    let greeted = AsyncSmtpConnection::connect_with_transport(stream, &way.name);
    pace.step(Step::Connect, async { greeted.await.map_err(failed) }).await
}
