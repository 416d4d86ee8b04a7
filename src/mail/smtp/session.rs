//! One conversation with the mail server, for one mail.
//!
//! Every answer must be the one that the step asks for: after a lost or an extra answer all later ones belong to
//! other questions, and a refusal would count as a success.

use super::config::{Security, Server};
use super::failure::{Failure, Step};
use super::in_turn::InTurn;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::fmt::Display;
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
    pub(super) text: Zeroizing<Vec<u8>>,
}

pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    /// Connects, as secure as configured or not at all, and signs in.
    pub(super) async fn open(server: &Server, tls: Option<&TlsParameters>) -> Result<Self, Failure> {
        let mut session = Self(connect(server, tls).await?);
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
        if self.0.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(Failure::NotOffered("AUTH PLAIN or LOGIN, though the URL has a user"));
        }
        let credentials = Credentials::new(login.user.clone(), login.password.to_string());
        let answer = self.0.auth(DEFAULT_MECHANISMS, &credentials).await;
        let code = answer.map_err(|error| Failure::of(Step::SignIn, &error))?.code().into();
        if code == 235 { Ok(()) } else { Err(Failure::Answer { step: Step::SignIn, code }) }
    }

    /// Hands the mail over; `Ok` when the server says that it has it.
    pub(super) async fn hand_over(&mut self, parcel: &Parcel) -> Result<(), Failure> {
        let options = self.options(parcel)?;
        self.say(Step::Sender, Mail::new(Some(parcel.from.clone()), options), &[250]).await?;
        // 251: forwarded; 252: not checked yet.
        self.say(Step::Recipient, Rcpt::new(parcel.to.clone(), Vec::new()), &[250, 251, 252]).await?;
        self.say(Step::Text, Data, &[354]).await?;
        let answer = self.0.message(&parcel.text).await;
        let code = answer.map_err(|error| Failure::of(Step::Text, &error))?.code().into();
        if code == 250 { Ok(()) } else { Err(Failure::Answer { step: Step::Text, code }) }
    }

    /// RFC 6531 and RFC 6152: what is not ASCII is only sent to a server that offers to take it.
    fn options(&self, parcel: &Parcel) -> Result<Vec<MailParameter>, Failure> {
        let offers = |extension| self.0.server_info().supports_feature(extension);
        let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let mut options = Vec::new();
        if !ascii(&parcel.from) || !ascii(&parcel.to) {
            if !offers(Extension::SmtpUtfEight) {
                return Err(Failure::NotOffered("SMTPUTF8, which this address needs"));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !parcel.text.is_ascii() {
            if !offers(Extension::EightBitMime) {
                return Err(Failure::NotOffered("8BITMIME, which this mail needs"));
            }
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
        let answer = self.0.command(command.to_string()).await;
        let code = answer.map_err(|error| Failure::of(step, &error))?.code().into();
        if expected.contains(&code) { Ok(()) } else { Err(Failure::Answer { step, code }) }
    }

    /// Says good-bye in the background: what is said by now stands.
    pub(super) fn close(self) {
        let Self(mut connection) = self;
        let good_bye = async move {
            let _ = tokio::time::timeout(GOOD_BYE, connection.abort()).await;
        };
        tokio::spawn(good_bye.with_subscriber(Dispatch::none()));
    }
}

async fn connect(server: &Server, tls: Option<&TlsParameters>) -> Result<AsyncSmtpConnection, Failure> {
    let failed = |error| Failure::of(Step::Connect, &error);
    let (host, name) = ((server.host.as_str(), server.port), ClientId::default());
    match (server.security, tls) {
        (Security::Tls, Some(tls)) => {
            let connected =
                AsyncSmtpConnection::connect_tokio1(host, None, &name, Some(tls.clone()), None).await;
            connected.map_err(failed)
        }
        (Security::StartTls, Some(tls)) => {
            let mut connection = in_the_clear(host, &name).await?;
            if !connection.can_starttls() {
                Session(connection).close();
                return Err(Failure::NotOffered("STARTTLS, and nothing is sent without"));
            }
            connection.starttls(tls.clone(), &name).await.map_err(failed)?;
            if connection.is_encrypted() { Ok(connection) } else { Err(Failure::Tls) }
        }
        (Security::Loopback, _) => in_the_clear(host, &name).await,
        (Security::Tls | Security::StartTls, None) => Err(Failure::Tls),
    }
}

async fn in_the_clear(host: (&str, u16), name: &ClientId) -> Result<AsyncSmtpConnection, Failure> {
    let stream = TcpStream::connect(host).await.map_err(|_| Failure::Connection(Step::Connect))?;
    let connected = AsyncSmtpConnection::connect_with_transport(Box::new(InTurn::new(stream)), name).await;
    connected.map_err(|error| Failure::of(Step::Connect, &error))
}
