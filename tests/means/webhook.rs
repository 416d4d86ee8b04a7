//! Messages to a gateway that does as it is told, also wrong.

use super::{ask, latest};
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use regain::account::{AddressKind, AddressOnFile};
use regain::mail::{
    CircuitState, Delivery, Mailer as _, Message, WebhookConfigError, WebhookMailer, WebhookSecret,
};
use regain::recovery::Means;
use regain::testing::contract::{Arrived, letter_contract, mailer_contract};
use regain::testing::{TestClock, World};
use serde_json::Value;
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PHONE: &str = "+15550100123";
const ALL: [AddressKind; 3] = [AddressKind::Email, AddressKind::Phone, AddressKind::Post];

/// What goes wrong on one connection.
#[derive(Clone)]
enum Quirk {
    Answers(u16),
    /// A redirect to another server.
    Redirects(u16, String),
    HangsUp,
    FallsSilent,
    /// Says that it is well, and never ends its answer.
    Floods,
    /// Headers without end.
    FloodsHeaders,
    Babbles,
}

/// A request that was read to its end.
#[derive(Clone)]
struct Taken {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Taken {
    fn header(&self, name: &str) -> &str {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let only = values.next().unwrap_or_else(|| panic!("no header {name}"));
        assert!(values.next().is_none(), "two headers {name}");
        only
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn signed_with(&self, secret: &str) -> String {
        let key = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let content =
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        hmac.update(content.as_bytes());
        format!("v1,{}", Base64::encode_string(&hmac.finalize().into_bytes()))
    }
}

struct Server {
    port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Server {
    async fn start(quirks: &[Quirk]) -> Self {
        Self::speaking(quirks, None).await
    }

    async fn speaking(quirks: &[Quirk], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (log, mut quirks) = (taken.clone(), quirks.iter().cloned().collect::<VecDeque<_>>());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let quirk = quirks.pop_front().unwrap_or(Quirk::Answers(200));
                let (log, tls) = (log.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            serve(BufStream::new(stream), quirk, &log).await;
                        }
                        None => serve(BufStream::new(stream), quirk, &log).await,
                    }
                });
            }
        });
        Self { port, taken }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?key=s3cr3t", self.port)
    }

    fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufStream<S>,
    quirk: Quirk,
    log: &Mutex<Vec<Taken>>,
) {
    let Some(request) = read(&mut stream).await else { return };
    log.lock().unwrap().push(request);
    let answer = match quirk {
        Quirk::Answers(code) => format!("HTTP/1.1 {code} Whatever\r\ncontent-length: 2\r\n\r\nok"),
        Quirk::Redirects(code, to) => {
            format!("HTTP/1.1 {code} Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
        }
        Quirk::HangsUp => return,
        Quirk::FallsSilent => std::future::pending().await,
        Quirk::Babbles => "220 mail.example.org ESMTP\r\n\r\n".to_owned(),
        Quirk::Floods => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").await;
            while stream.write_all(&[b'x'; 65_536]).await.is_ok() && stream.flush().await.is_ok() {}
            return;
        }
        Quirk::FloodsHeaders => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while stream.write_all(b"x-more: of the same\r\n").await.is_ok() && stream.flush().await.is_ok() {
            }
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.flush().await;
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<Taken> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Taken { line, headers, body: String::from_utf8(body).ok()? })
}

fn secret() -> WebhookSecret {
    WebhookSecret::parse(SECRET).unwrap()
}

fn mailer(server: &Server) -> WebhookMailer {
    let builder = WebhookMailer::builder(&server.url(), secret()).unwrap().carries(&ALL);
    // Time enough for a busy machine; what never comes is tested with less.
    builder.time_limit(Duration::from_secs(20)).unwrap().build().unwrap()
}

async fn text_message() -> Message {
    let means = Means::email_only().danger_allow_sms("risk assessment of 2026-03-02");
    let world = World::builder().configure(|builder| builder.means(means)).build();
    let phone = AddressOnFile::parse(AddressKind::Phone, PHONE).unwrap();
    let ana = world.person_with("Ana", |account| account.addresses = vec![phone]).await;
    ask(&world, &ana).await;
    world.work().await;
    latest(&world, PHONE)
}

async fn delivery(quirk: Quirk) -> Delivery {
    let server = Server::start(&[quirk]).await;
    mailer(&server).send(&text_message().await).await
}

#[tokio::test]
async fn a_message_is_posted_and_signed() {
    let server = Server::start(&[]).await;
    let message = text_message().await;
    assert!(matches!(mailer(&server).send(&message).await, Delivery::Sent));
    let [taken] = &server.taken()[..] else { panic!("one request") };
    assert_eq!(taken.line, "POST /hook?key=s3cr3t HTTP/1.1");
    assert_eq!(taken.header("host"), format!("127.0.0.1:{}", server.port));
    assert_eq!(taken.header("content-type"), "application/json");
    assert_eq!(taken.header("webhook-id"), message.message_id);
    assert_eq!(taken.header("webhook-signature"), taken.signed_with(SECRET));
    let json = taken.json();
    assert_eq!(json["type"], "message.send");
    assert_eq!(json["data"]["to"], serde_json::json!({"kind": "phone", "address": PHONE}));
    assert_eq!(
        (json["data"]["text"].as_str(), json["data"]["html"].as_str()),
        (Some(&**message.text), Some(""))
    );
    assert_eq!(json["data"]["from"]["name"], Value::Null);
}

#[tokio::test]
async fn every_try_has_its_own_timestamp_and_one_id() {
    let server = Server::start(&[Quirk::Answers(500)]).await;
    let clock = Arc::new(TestClock::default());
    let mailer = WebhookMailer::builder(&server.url(), secret())
        .unwrap()
        .carries(&ALL)
        .clock(clock.clone())
        .build()
        .unwrap();
    let message = text_message().await;
    assert!(matches!(mailer.send(&message).await, Delivery::RetryLater(_)));
    clock.advance(time::Duration::seconds(7));
    assert!(matches!(mailer.send(&message).await, Delivery::Sent));
    let [first, second] = &server.taken()[..] else { panic!("two requests") };
    let timestamp = |taken: &Taken| taken.header("webhook-timestamp").parse::<i64>().unwrap();
    assert_eq!(timestamp(second) - timestamp(first), 7);
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
    assert_eq!(second.header("webhook-signature"), second.signed_with(SECRET));
}

#[tokio::test]
async fn while_secrets_change_both_sign() {
    let other = format!("whsec_{}", Base64::encode_string(b"another secret of enough bytes"));
    let server = Server::start(&[]).await;
    let builder = WebhookMailer::builder(&server.url(), secret()).unwrap().carries(&ALL);
    let mailer = builder.also_signed_with(WebhookSecret::parse(&other).unwrap()).build().unwrap();
    assert!(matches!(mailer.send(&text_message().await).await, Delivery::Sent));
    let taken = &server.taken()[0];
    let both = format!("{} {}", taken.signed_with(SECRET), taken.signed_with(&other));
    assert_eq!(taken.header("webhook-signature"), both);
}

#[tokio::test]
async fn a_status_tells_what_becomes_of_a_message() {
    for code in [200, 201, 202, 204, 299] {
        assert!(matches!(delivery(Quirk::Answers(code)).await, Delivery::Sent), "{code}");
    }
    for code in [410, 422] {
        assert!(matches!(delivery(Quirk::Answers(code)).await, Delivery::Refused(_)), "{code}");
    }
    for code in [400, 408, 409, 413, 425, 429, 500, 501, 507, 599] {
        assert!(matches!(delivery(Quirk::Answers(code)).await, Delivery::RetryLater(_)), "{code}");
    }
    for code in [401, 403, 404, 405, 502, 503, 504] {
        assert!(matches!(delivery(Quirk::Answers(code)).await, Delivery::Unreachable(_)), "{code}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for code in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(&[]).await;
        let redirect = delivery(Quirk::Redirects(code, elsewhere.url())).await;
        assert!(matches!(redirect, Delivery::Unreachable(_)), "{code}: {redirect:?}");
        assert!(elsewhere.taken().is_empty(), "{code} was followed");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_tried_again() {
    for quirk in [Quirk::HangsUp, Quirk::Babbles, Quirk::FloodsHeaders] {
        let broken = delivery(quirk).await;
        assert!(matches!(broken, Delivery::Unreachable(_)), "{broken:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mailer = WebhookMailer::builder(&format!("http://{nobody}/"), secret())
        .unwrap()
        .carries(&ALL)
        .build()
        .unwrap();
    assert!(matches!(mailer.send(&text_message().await).await, Delivery::Unreachable(_)));
}

#[tokio::test]
async fn of_an_endless_answer_only_the_status_is_read() {
    assert!(matches!(delivery(Quirk::Floods).await, Delivery::Sent));
}

#[tokio::test]
async fn silence_ends_with_the_time_limit() {
    let server = Server::start(&[Quirk::FallsSilent]).await;
    let builder = WebhookMailer::builder(&server.url(), secret()).unwrap().carries(&ALL);
    let mailer = builder.time_limit(Duration::from_millis(200)).unwrap().build().unwrap();
    let silent = mailer.send(&text_message().await).await;
    assert!(
        matches!(&silent, Delivery::Unreachable(error) if error.to_string().contains("too long")),
        "{silent:?}"
    );
    for limit in [Duration::ZERO, Duration::from_secs(51)] {
        let builder = WebhookMailer::builder(&server.url(), secret()).unwrap();
        assert_eq!(builder.time_limit(limit).map(drop), Err(WebhookConfigError::TimeLimit));
    }
}

#[tokio::test]
async fn a_gateway_that_is_not_reached_is_spared() {
    let server = Server::start(&[const { Quirk::Answers(503) }; 3]).await;
    let mailer = mailer(&server);
    let message = text_message().await;
    for _ in 0..3 {
        mailer.send(&message).await;
    }
    assert!(matches!(mailer.circuit(), CircuitState::Open { .. }));
    assert!(matches!(mailer.send(&message).await, Delivery::RetryLater(_)));
    assert_eq!(server.taken().len(), 3);
}

/// The outbox tries again by itself, and gives up what is refused.
#[tokio::test]
async fn the_outbox_tries_again_until_the_gateway_takes_it() {
    let server =
        Server::start(&[Quirk::Answers(500), Quirk::HangsUp, Quirk::Answers(200), Quirk::Answers(410)]).await;
    let means = Means::email_only().danger_allow_sms("risk assessment of 2026-03-02");
    let world =
        World::builder().mailer(Arc::new(mailer(&server))).configure(|builder| builder.means(means)).build();
    let phone = AddressOnFile::parse(AddressKind::Phone, PHONE).unwrap();
    let ana = world.person_with("Ana", |account| account.addresses = vec![phone]).await;
    ask(&world, &ana).await;
    for _ in 0..3 {
        world.work().await;
        world.clock.advance(time::Duration::seconds(90));
    }
    let taken = server.taken();
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|next| next.body == taken[0].body));
    assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 0);
    ask(&world, &ana).await;
    world.work().await;
    assert_eq!(world.worker.dead_letters(9).await.unwrap().len(), 1);
}

/// LG-3: neither secret, address, path nor code.
#[tokio::test]
async fn no_error_and_no_debug_text_tells_a_secret() {
    let server = Server::start(&[]).await;
    let (mailer, message) = (mailer(&server), text_message().await);
    let code = message.text[message.text.len() - 9..].to_owned();
    let mut told = format!("{mailer:?} {:?}", WebhookMailer::builder(&server.url(), secret()).unwrap());
    for quirk in
        [Quirk::Answers(400), Quirk::Answers(410), Quirk::Answers(503), Quirk::HangsUp, Quirk::Babbles]
    {
        told += &format!("{:?}", delivery(quirk).await);
    }
    for secret in ["s3cr3t", "/hook", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", PHONE, &code] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

fn acceptor() -> TlsAcceptor {
    let certificates = CertificateDer::pem_slice_iter(include_bytes!("../smtp/certificates/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../smtp/certificates/localhost.key")).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config =
        config.with_no_client_auth().with_single_cert(certificates.map(Result::unwrap).collect(), key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

#[tokio::test]
async fn over_tls_the_certificate_has_to_be_good_for_the_name() {
    const AUTHORITY: &[u8] = include_bytes!("../smtp/certificates/authority.pem");
    let message = text_message().await;
    for (host, trusted, sent) in
        [("localhost", true, true), ("127.0.0.1", true, false), ("localhost", false, false)]
    {
        let server = Server::speaking(&[], Some(acceptor())).await;
        let url = format!("https://{host}:{}/hook", server.port);
        let builder = WebhookMailer::builder(&url, secret()).unwrap().carries(&ALL);
        let builder = if trusted { builder.with_root_certificate(AUTHORITY) } else { builder };
        // Of a machine without certificates of its own there is nothing to trust at all.
        let Ok(mailer) = builder.build() else {
            assert!(!trusted);
            continue;
        };
        let delivery = mailer.send(&message).await;
        assert_eq!(matches!(delivery, Delivery::Sent), sent, "{host}, {trusted}: {delivery:?}");
        assert_eq!(server.taken().len(), usize::from(sent));
    }
    let builder = WebhookMailer::builder("https://localhost/", secret())
        .unwrap()
        .with_root_certificate(b"no certificate");
    assert_eq!(builder.build().map(drop), Err(WebhookConfigError::Certificates));
}

/// What a gateway makes of it.
fn arrived(taken: &Taken) -> Arrived {
    let json = taken.json();
    let data = &json["data"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(text(&data["message_id"]), taken.header("webhook-id"));
    assert_eq!(taken.header("webhook-signature"), taken.signed_with(SECRET));
    let date = time::OffsetDateTime::parse(
        &text(&json["timestamp"]),
        &time::format_description::well_known::Rfc3339,
    );
    let letter = Arrived::letter(
        &text(&data["message_id"]),
        &text(&data["to"]["address"]),
        &text(&data["subject"]),
        &text(&data["text"]),
    );
    letter
        .with_html(&text(&data["html"]))
        .dated(date.unwrap())
        .sent_by(&text(&data["from"]["address"]), data["from"]["reply_to"].as_str())
}

fn far_end() -> (Arc<WebhookMailer>, impl AsyncFn() -> Vec<Arrived>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let log = taken.clone();
    let listener = TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let log = log.clone();
            tokio::spawn(async move { serve(BufStream::new(stream), Quirk::Answers(200), &log).await });
        }
    });
    let server = Server { port, taken: taken.clone() };
    (Arc::new(mailer(&server)), async move || taken.lock().unwrap().iter().map(arrived).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_keeps_the_contract_of_mailers() {
    mailer_contract(async || far_end()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_keeps_the_contract_of_letters() {
    for kind in [AddressKind::Phone, AddressKind::Post] {
        letter_contract(kind, async || far_end()).await;
    }
}
