//! TLS, or nothing.

use crate::server::{AUTHORITY, LOGIN, Quirk, Server, Speaks};
use crate::*;

const SENSITIVE: [&str; 4] = ["AUTH", "MAIL", "RCPT", "DATA"];

#[track_caller]
fn nothing_was_told(server: &Server) {
    for verb in SENSITIVE {
        assert!(!server.heard(false, verb), "{verb} went out in the clear");
    }
    assert_eq!(server.taken().len(), 0);
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    for quirk in [
        Quirk::Hides("STARTTLS"),
        Quirk::Answers("STARTTLS", "454 not now"),
        Quirk::Answers("STARTTLS", "502 never heard of it"),
        Quirk::Answers("EHLO", "500 what?"),
        Quirk::HangsUp("STARTTLS"),
    ] {
        let (delivery, server) = delivery(Speaks::StartTls, quirk).await;
        unreachable(delivery);
        nothing_was_told(&server);
        assert!(!server.heard(true, "AUTH"));
    }
}

/// What somebody on the line adds before TLS is not taken for an answer of the server, be it one or as many as make
/// the answer to the recipient that to the text.
#[tokio::test]
async fn what_comes_in_the_clear_past_starttls_ends_the_try() {
    for more in ["250 a", "250 a\r\n250 b", "250 a\r\n235 b", "250 a\r\n235 b\r\n250 c", "2"] {
        let (delivery, server) = delivery(Speaks::StartTls, Quirk::Injects(more)).await;
        let error = unreachable(delivery);
        assert_eq!(error, "the mail server spoke out of turn before TLS; somebody may be on the line");
        nothing_was_told(&server);
        assert!(!server.heard(true, "AUTH"), "the password was sent to whom?");
    }
}

#[tokio::test]
async fn a_certificate_signed_by_nobody_known_is_not_taken() {
    for speaks in [Speaks::Tls, Speaks::StartTls] {
        let server = Server::start(speaks, &[]).await;
        let mailer = SmtpMailer::new(&url_of(&server, speaks)).unwrap();
        let error = unreachable(mailer.send(&mail_to("ana@home.example").await).await);
        assert!(error.starts_with("the certificate of the mail server is not good"), "{error}");
        nothing_was_told(&server);
        assert!(!server.heard(true, ""));
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let server = Server::start(Speaks::Tls, &[]).await;
    let mailer = SmtpMailer::builder(&format!("smtps://{LOGIN}@127.0.0.1:{}", server.port)).unwrap();
    let mailer = mailer.with_root_certificate(AUTHORITY).unwrap().build().unwrap();
    let error = unreachable(mailer.send(&mail_to("ana@home.example").await).await);
    assert!(error.starts_with("the certificate of the mail server is not good"), "{error}");
    nothing_was_told(&server);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gets_nothing() {
    let server = Server::start(Speaks::Clear, &[]).await;
    let error = unreachable(mailer(&server, Speaks::Tls).send(&mail_to("ana@home.example").await).await);
    assert!(!error.is_empty());
    nothing_was_told(&server);
}

#[tokio::test]
async fn without_a_way_to_sign_in_nothing_is_sent() {
    let (delivery, server) = delivery(Speaks::Tls, Quirk::Hides("AUTH")).await;
    assert!(unreachable(delivery).contains("does not offer AUTH"));
    nothing_was_told(&server);
}

#[test]
fn what_is_no_certificate_is_an_error_at_once() {
    let bad = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    for pem in [&b""[..], b"certificate", bad, include_bytes!("certificates/localhost.key")] {
        let builder = SmtpMailer::builder("smtps://mail.example.org").unwrap();
        assert!(builder.with_root_certificate(pem).is_err());
    }
}

/// A server, or somebody on the line, whose answer has no end: it fills nobody's memory.
#[tokio::test]
async fn an_endless_answer_ends_the_try() {
    for (speaks, at) in [
        (Speaks::Clear, "GREETING"),
        (Speaks::Clear, "EHLO"),
        (Speaks::StartTls, "EHLO"),
        (Speaks::StartTls, "AUTH"),
        (Speaks::Tls, "GREETING"),
        (Speaks::Tls, "AUTH"),
    ] {
        let (delivery, server) = delivery(speaks, Quirk::Floods(at)).await;
        let error = unreachable(delivery);
        assert_eq!(error, "the mail server says more than any mail server has to say");
        // What lies in between in the buffers of both ends comes on top.
        assert!(server.flooded() < 32 * 1024 * 1024, "{} bytes", server.flooded());
    }
}
