//! A mail server of other people's making; `tools/smtp/run` starts one.

use crate::*;
use mail_parser::MessageParser;
use std::fs;

fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; tools/smtp/run sets it"))
}

fn mailer_from_environment(url: &str) -> SmtpMailer {
    let authority = fs::read(told("REGAIN_SMTP_CA")).expect("the authority's certificate can be read");
    SmtpMailer::builder(url).unwrap().with_root_certificate(&authority).unwrap().build().unwrap()
}

#[tokio::test]
#[ignore = "needs a mail server: tools/smtp/run"]
async fn a_real_server_takes_mails_and_their_refusals_are_understood() {
    let mailer = mailer_from_environment(&told("REGAIN_SMTP"));
    let mut mail = mail_to("ana@home.example").await;
    mail.text.push_str("\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n");
    sent(mailer.send(&mail).await);
    sent(mailer.send(&mail_to("用户@例子.example").await).await);
    assert!(refused(mailer.send(&mail_to("gone@home.example").await).await).contains("answers 550"));
    let mails: Vec<String> = fs::read_dir(told("REGAIN_SMTP_MAILS"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().any(|text| text.contains("X-To: 用户@xn--fsqu00a.example\r\n")));
    let first = mails.iter().find(|text| text.contains("X-To: ana@home.example\r\n")).unwrap();
    let parsed = MessageParser::default().parse(first).unwrap();
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&parsed.body_text(0).unwrap()), lines(&mail.text));
    assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
    assert!(first.starts_with("X-From: portal@mercy.example\r\n"));
}

#[tokio::test]
#[ignore = "needs a mail server: tools/smtp/run"]
async fn a_real_server_that_knows_another_password_makes_the_mail_wait() {
    let url = told("REGAIN_SMTP").replace("canary", "wrong");
    let mail = mail_to("ana@home.example").await;
    let error = unreachable(mailer_from_environment(&url).send(&mail).await);
    assert_eq!(error, "the mail server answers 535 5.7.8 to user and password");
}
