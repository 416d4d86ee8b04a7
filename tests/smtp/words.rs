//! What arrives is what was written, and cannot be more than one mail.

use crate::server::{Quirk, Server, Speaks};
use crate::*;
use mail_parser::MessageParser;
use regain::mail::SmtpConfigError;

/// CVE-2021-38189: lettre 0.9 let a text end the mail and go on with commands.
#[tokio::test]
async fn a_text_with_dots_arrives_whole_and_gives_no_commands() {
    let text = ".\r\n..\r\na\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n\r\n.\r\n\r\nQUIT\r\n.";
    let server = Server::start(Speaks::Tls, &[]).await;
    let mut mail = mail_to("ana@home.example").await;
    *mail.text = text.to_owned();
    sent(mailer(&server, Speaks::Tls).send(&mail).await);
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert!(!server.heard(true, "MAIL FROM:<evil"));
    let parsed = MessageParser::default().parse(&taken[0].text).unwrap();
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&parsed.body_text(0).unwrap()), lines(text));
}

/// A CR or LF alone ends a line for some servers: where two disagree, a text can smuggle a mail in (CVE-2023-51764).
#[tokio::test]
async fn line_ends_that_are_none_arrive_and_end_no_line() {
    for text in ["a\r.\rMAIL FROM:<evil@evil.example>\r", "a\n.\nü", "a\n.\r\nü\r\n.\r\n", "\r\r\n.\r\n"] {
        let server = Server::start(Speaks::Clear, &[Quirk::None, Quirk::Hides("8BITMIME")]).await;
        let (mailer, mut mail) = (mailer(&server, Speaks::Clear), mail_to("ana@home.example").await);
        *mail.text = text.to_owned();
        sent(mailer.send(&mail).await);
        sent(mailer.send(&mail).await);
        for taken in server.taken() {
            let bare = taken.text.replace("\r\n", "");
            assert!(!bare.contains(['\r', '\n']), "{:?}", taken.text);
            let parsed = MessageParser::default().parse(&taken.text).unwrap();
            let lines = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
            assert_eq!(lines(&parsed.body_text(0).unwrap()), lines(text));
        }
    }
}

#[tokio::test]
async fn both_parts_subject_and_message_id_arrive() {
    let server = Server::start(Speaks::StartTls, &[]).await;
    let mail = mail_to("ana@home.example").await;
    sent(mailer(&server, Speaks::StartTls).send(&mail).await);
    let taken = server.taken();
    let parsed = MessageParser::default().parse(&taken[0].text).unwrap();
    assert_eq!(parsed.subject(), Some(mail.subject.as_str()));
    assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
    assert!(mail.message_id.ends_with("@mercy.example"));
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&parsed.body_text(0).unwrap()), lines(&mail.text));
    assert_eq!(lines(&parsed.body_html(0).unwrap()), lines(&mail.html));
}

#[tokio::test]
async fn a_line_break_in_a_header_is_refused_before_anything_is_sent() {
    let server = Server::start(Speaks::Clear, &[]).await;
    let mailer = mailer(&server, Speaks::Clear);
    for bad in ["a\r\nBcc: evil@evil.example", "a\nb", "a\rb", "a\0b", "\r\n\r\nbody"] {
        let mut mail = mail_to("ana@home.example").await;
        bad.clone_into(&mut mail.subject);
        refused(mailer.send(&mail).await);
        let mut mail = mail_to("ana@home.example").await;
        bad.clone_into(&mut mail.message_id);
        refused(mailer.send(&mail).await);
    }
    assert!(!server.heard(false, ""));
}

#[tokio::test]
async fn a_domain_in_other_letters_is_written_in_ascii() {
    let server = Server::start(Speaks::Clear, &[Quirk::Hides("SMTPUTF8")]).await;
    sent(mailer(&server, Speaks::Clear).send(&mail_to("Ana.S@bücher.example").await).await);
    let taken = server.taken();
    assert_eq!(taken[0].to, "RCPT TO:<Ana.S@xn--bcher-kva.example>");
    assert!(taken[0].text.split_once("\r\n\r\n").unwrap().0.is_ascii());
}

/// NO-7: the case of an address is kept, of its domain too.
#[tokio::test]
async fn an_ascii_address_is_kept_byte_for_byte() {
    let server = Server::start(Speaks::Clear, &[]).await;
    sent(mailer(&server, Speaks::Clear).send(&mail_to("Ana.Silva+portal@Example.ORG").await).await);
    assert_eq!(server.taken()[0].to, "RCPT TO:<Ana.Silva+portal@Example.ORG>");
}

#[tokio::test]
async fn a_name_in_other_letters_goes_by_smtputf8_or_is_refused() {
    let server = Server::start(Speaks::Clear, &[Quirk::Hides("SMTPUTF8"), Quirk::Hides("8BITMIME")]).await;
    let (mailer, mail) = (mailer(&server, Speaks::Clear), mail_to("пример@пошта.укр").await);
    for _ in 0..2 {
        let error = refused(mailer.send(&mail).await);
        assert!(
            error.contains("does not offer SMTPUTF8 with 8BITMIME, which the letters before the @"),
            "{error}"
        );
    }
    assert!(!server.heard(false, "MAIL"));
    sent(mailer.send(&mail).await);
    let taken = server.taken();
    assert_eq!(taken[0].from, "MAIL FROM:<portal@mercy.example> SMTPUTF8 BODY=8BITMIME");
    assert_eq!(taken[0].to, "RCPT TO:<пример@xn--80a1acn3a.xn--j1amh>");
}

/// The sender is ours: another one may be configured while the mail waits.
#[tokio::test]
async fn a_sender_in_other_letters_goes_by_smtputf8_or_waits() {
    let ours = |text| EmailAddress::parse(text).unwrap();
    for (sender, from) in [
        (Sender::new(ours("портал@mercy.example")), "портал@mercy.example"),
        (
            Sender::new(ours("portal@mercy.example")).reply_to(ours("помощь@mercy.example")),
            "portal@mercy.example",
        ),
    ] {
        let server = Server::start(Speaks::Clear, &[Quirk::Hides("SMTPUTF8")]).await;
        let (mailer, mut mail) = (mailer(&server, Speaks::Clear), mail_to("ana@home.example").await);
        mail.sender = sender;
        assert!(later(mailer.send(&mail).await).contains("which the sender's addresses need"));
        sent(mailer.send(&mail).await);
        assert_eq!(server.taken()[0].from, format!("MAIL FROM:<{from}> SMTPUTF8 BODY=8BITMIME"));
    }
}

/// RFC 6152
#[tokio::test]
async fn words_go_as_they_are_by_8bitmime_and_encoded_without() {
    let server = Server::start(Speaks::Clear, &[Quirk::None, Quirk::Hides("8BITMIME")]).await;
    let (mailer, mut mail) = (mailer(&server, Speaks::Clear), mail_to("ana@home.example").await);
    *mail.text += "\r\nПривіт, Ана\r\n";
    mail.subject = "Новий пароль".to_owned();
    sent(mailer.send(&mail).await);
    sent(mailer.send(&mail).await);
    let taken = server.taken();
    assert_eq!(taken[0].from, "MAIL FROM:<portal@mercy.example> BODY=8BITMIME");
    assert!(taken[0].text.contains("Content-Transfer-Encoding: 8bit\r\n"));
    assert!(taken[0].text.contains("\r\nПривіт, Ана\r\n"));
    assert_eq!(taken[1].from, "MAIL FROM:<portal@mercy.example>");
    assert!(taken[1].text.is_ascii());
    for taken in &taken {
        let head = taken.text.split_once("\r\n\r\n").unwrap().0;
        assert!(head.is_ascii(), "{head}");
        let parsed = MessageParser::default().parse(&taken.text).unwrap();
        assert_eq!(parsed.subject(), Some("Новий пароль"));
        assert!(parsed.body_text(0).unwrap().contains("Привіт, Ана"));
    }
}

/// RFC 5322, 2.1.1: 998 bytes in a line, also where eight bits are taken.
#[tokio::test]
async fn a_long_line_is_encoded_whatever_is_offered() {
    let server = Server::start(Speaks::Clear, &[]).await;
    let mut mail = mail_to("ana@home.example").await;
    *mail.text = "Привіт ".repeat(500);
    sent(mailer(&server, Speaks::Clear).send(&mail).await);
    let taken = server.taken();
    assert!(taken[0].text.split("\r\n").all(|line| line.len() <= 998));
    let parsed = MessageParser::default().parse(&taken[0].text).unwrap();
    assert_eq!(parsed.body_text(0).unwrap().trim_end(), mail.text.trim_end());
}

#[tokio::test]
async fn no_mailing_list_headers_no_copies_no_second_sender() {
    let server = Server::start(Speaks::Clear, &[]).await;
    sent(mailer(&server, Speaks::Clear).send(&mail_to("ana@home.example").await).await);
    let taken = server.taken();
    let head = taken[0].text.split_once("\r\n\r\n").unwrap().0;
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Date",
            "Auto-Submitted",
            "Content-Language",
            "MIME-Version",
            "Content-Type"
        ]
    );
}

/// The machine's name is nobody's business.
#[tokio::test]
async fn we_call_ourselves_by_the_senders_domain_or_as_configured() {
    for (name, expected) in [
        (None, "EHLO mercy.example"),
        (Some("Portal.Mercy.Example"), "EHLO portal.mercy.example"),
        (Some("192.0.2.1"), "EHLO [192.0.2.1]"),
        (Some("2001:db8::1"), "EHLO [IPv6:2001:db8::1]"),
    ] {
        let server = Server::start(Speaks::StartTls, &[]).await;
        let mut builder = builder(&server, Speaks::StartTls);
        if let Some(name) = name {
            builder = builder.client_name(name).unwrap();
        }
        sent(builder.build().unwrap().send(&mail_to("ana@home.example").await).await);
        for encrypted in [false, true] {
            let greetings: Vec<String> = server.all_heard(encrypted, "EHLO");
            assert_eq!(greetings, [expected]);
        }
    }
    for bad in ["", "a b", "a\r\nMAIL FROM:<x>", "bücher.example", "[::1]", "-a", "a..b"] {
        let builder = SmtpMailer::builder("smtp://localhost").unwrap();
        assert!(matches!(builder.client_name(bad), Err(SmtpConfigError::ClientName)), "{bad:?}");
    }
}
