//! LG-3: password, recipient and link go to the mail server, and nowhere else.

use crate::server::{LOGIN, PASSWORD, Quirk, Server, Speaks, USER};
use crate::*;
use base64ct::{Base64, Encoding as _};
use regain::mail::Delivery;
use std::io;
use std::sync::Mutex;
use tracing_subscriber::fmt::MakeWriter;

const RECIPIENT: &str = "canary-mail-7f3a@home.example";

/// Whatever is logged in this process, by whom ever.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_logs_nor_errors_hold_password_recipient_or_link() {
    let log = Log::default();
    // For all threads, all targets, and what goes to the `log` crate; lettre has its feature `tracing` on here.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    let mail = mail_to(RECIPIENT).await;
    let mut told = String::new();
    for speaks in [Speaks::Tls, Speaks::StartTls, Speaks::Clear] {
        for quirk in quirks() {
            let server = Server::start(speaks, &[quirk]).await;
            let mailer = mailer(&server, speaks);
            told += &format!("{mailer:?} {mailer:#?} ");
            let delivery = mailer.send(&mail).await;
            told += &format!("{delivery:?}\n");
            if let Delivery::RetryLater(error) | Delivery::Unreachable(error) | Delivery::Refused(error) =
                &delivery
            {
                told += &format!("{error} {:?}\n", error.source());
            }
        }
    }
    let (world, _) = world_with(mailer(&Server::start(Speaks::Tls, &quirks()[1..]).await, Speaks::Tls)).await;
    work_for_a_while(&world).await;
    let log = told + &String::from_utf8_lossy(&log.0.lock().unwrap());
    for reached in ["mail not delivered", "rustls::"] {
        assert!(log.contains(reached), "{reached} is not in the log");
    }
    let (_, link) = mail.text.split_once("?token=").unwrap();
    let link = &link[..32];
    let plain = Base64::encode_string(format!("\0{USER}\0{PASSWORD}").as_bytes());
    for secret in [PASSWORD, LOGIN, USER, RECIPIENT, "canary", link, &plain, &mail.subject] {
        if let Some(at) = log.find(secret) {
            let around: String = log[..at].lines().last().unwrap_or_default().chars().collect();
            panic!("{secret} is in the log: {around}");
        }
    }
}

/// Answers that quote what they should not.
fn quirks() -> Vec<Quirk> {
    vec![
        Quirk::None,
        Quirk::Answers("AUTH", "535 5.7.8 portal@mercy.example: canary/pass#7f3a: ü? is wrong"),
        Quirk::Answers("MAIL", "553 portal@mercy.example is not yours, canary"),
        Quirk::Answers("RCPT", "550 5.1.1 <canary-mail-7f3a@home.example> unknown"),
        Quirk::Answers("RCPT", "451 4.7.1 <canary-mail-7f3a@home.example> greylisted"),
        Quirk::Answers("TEXT", "554 5.6.0 canary is spam"),
        Quirk::Answers("TEXT", "canary garbage"),
        Quirk::Answers("EHLO", "250-canary\r\n550 canary"),
        Quirk::HangsUp("TEXT"),
        Quirk::Injects("250 canary"),
    ]
}
