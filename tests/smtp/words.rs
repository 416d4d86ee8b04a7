//! What arrives is what was written, and cannot be more than one mail.

use crate::server::{Quirk, Server, Speaks};
use crate::*;
use mail_parser::MessageParser;

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
    assert!(taken[0].text.is_ascii());
}

/// NO-7: the case of an address is kept, of its domain too.
#[tokio::test]
async fn an_ascii_address_is_kept_byte_for_byte() {
    let server = Server::start(Speaks::Clear, &[]).await;
    sent(mailer(&server, Speaks::Clear).send(&mail_to("Ana.Silva+portal@Example.ORG").await).await);
    assert_eq!(server.taken()[0].to, "RCPT TO:<Ana.Silva+portal@Example.ORG>");
}

#[tokio::test]
async fn a_name_in_other_letters_goes_by_smtputf8_or_waits() {
    let server = Server::start(Speaks::Clear, &[Quirk::Hides("SMTPUTF8"), Quirk::Hides("8BITMIME")]).await;
    let (mailer, mail) = (mailer(&server, Speaks::Clear), mail_to("用户@例子.example").await);
    assert!(later(mailer.send(&mail).await).contains("does not offer SMTPUTF8"));
    assert!(later(mailer.send(&mail).await).contains("does not offer 8BITMIME"));
    assert!(!server.heard(false, "MAIL"));
    sent(mailer.send(&mail).await);
    let taken = server.taken();
    assert_eq!(taken[0].from, "MAIL FROM:<portal@mercy.example> SMTPUTF8 BODY=8BITMIME");
    assert_eq!(taken[0].to, "RCPT TO:<用户@xn--fsqu00a.example>");
}
