//! Through Postfix; `tools/smtp/postfix` starts one.

use crate::*;
use mail_parser::MessageParser;
use regain::clock::SystemClock;
use regain::password::Password;
use regain::token::RecoveryToken;
use std::fs;
use std::path::PathBuf;

fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; tools/smtp/postfix sets it"))
}

fn postfix(name: &str) -> SmtpBuilder {
    SmtpMailer::builder(&told(name)).unwrap().with_root_certificate(AUTHORITY).unwrap()
}

async fn becomes(name: &str, mail: &Message) -> Delivery {
    postfix(name).build().unwrap().send(mail).await
}

/// The mail with this id, once it is in the mailbox.
async fn arrived(mailbox: &str, message_id: &str) -> String {
    let folder = PathBuf::from(told("REGAIN_POSTFIX_MAILS")).join(mailbox).join("new");
    let id = format!("\nMessage-ID: <{message_id}>\n");
    for _ in 0..300 {
        let files = fs::read_dir(&folder).into_iter().flatten();
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let found: Vec<String> = texts.filter(|text| text.contains(&id)).collect();
        if let Some(text) = found.first() {
            assert_eq!(found.len(), 1, "one mail, one time");
            return text.clone();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{message_id} does not arrive");
}

/// Asked for, sent, found in the mailbox, followed, signed in.
#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn the_whole_story_goes_through_postfix() {
    for url in ["REGAIN_POSTFIX_TLS", "REGAIN_POSTFIX_STARTTLS"] {
        let mailer = Arc::new(postfix(url).build().unwrap());
        let world =
            World::builder().mailer(mailer).configure(|builder| builder.clock(Arc::new(SystemClock))).build();
        let address = AddressOnFile::Email(EmailAddress::parse("ana@home.example").unwrap());
        let ana = world.person_with("Ana", |account| account.addresses = vec![address]).await;
        world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
        world.work().await;
        assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 0);
        let id = last_message_id(&world);
        let text = arrived("ana", &id).await;
        let parsed = MessageParser::default().parse(&text).unwrap();
        for (name, value) in [
            ("Return-Path", "<portal@mercy.example>"),
            ("Delivered-To", "ana@home.example"),
            ("Auto-Submitted", "auto-generated"),
        ] {
            assert_eq!(parsed.header_raw(name).map(str::trim), Some(value), "{text}");
        }
        assert_eq!(text.matches("Message-ID:").count(), 1);
        assert!(parsed.header_raw("List-Unsubscribe").is_none() && parsed.header_raw("Sender").is_none());
        assert!(parsed.header_raw("Received").unwrap().contains("from mercy.example "), "{text}");
        let body = parsed.body_text(0).unwrap();
        let (_, token) = body.split_once("?token=").expect("a link");
        let token = RecoveryToken::parse(token.split_whitespace().next().unwrap()).unwrap();
        let password = Password::new("wombat overtakes the 7 quiet ferries");
        world.recovery.choose_password(&token, &password, &world.client()).await.unwrap();
        world.work().await;
        let notice = arrived("ana", &last_message_id(&world)).await;
        assert!(notice.contains("password of your account"), "{notice}");
        world.recovery.sign_in(&ana.identifier(), &password, &world.client()).await.unwrap();
    }
}

fn last_message_id(world: &World) -> String {
    let events = world.events.take();
    let sent = events.iter().rev().find_map(|event| match event {
        regain::events::RecoveryEvent::Mail { id, outcome: "sent", .. } => {
            Some(format!("{id}@mercy.example"))
        }
        _ => None,
    });
    sent.unwrap_or_else(|| panic!("no mail was sent: {events:?}"))
}

#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn what_postfix_says_of_the_recipient_is_for_good() {
    for (to, expected) in [
        ("gone@home.example", "the mail server answers 550 5.1.1 to the recipient"),
        ("nobody@home.example", "the mail server answers 550 5.1.1 to the recipient"),
    ] {
        assert_eq!(refused(becomes("REGAIN_POSTFIX_TLS", &mail_to(to).await).await), expected);
    }
}

#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn what_postfix_says_of_itself_or_of_us_makes_the_mail_wait() {
    for (url, to, expected) in [
        ("REGAIN_POSTFIX_TLS", "later@home.example", "450 4.2.0 to the recipient"),
        ("REGAIN_POSTFIX_TLS", "closed@home.example", "554 5.7.1 to the recipient"),
        ("REGAIN_POSTFIX_BARE", "ana@elsewhere.example", "554 5.7.1 to the recipient"),
        ("REGAIN_POSTFIX_SMALL", "ana@home.example", "552 5.3.4 to the text"),
    ] {
        let error = later(becomes(url, &mail_to(to).await).await);
        assert_eq!(error, format!("the mail server answers {expected}"), "{url} {to}");
    }
}

/// 553 5.7.1: the sender belongs to somebody else.
#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn a_sender_that_postfix_does_not_let_us_use_makes_the_mail_wait() {
    let mut mail = mail_to("ana@home.example").await;
    mail.sender = Sender::new(EmailAddress::parse("kept@mercy.example").unwrap());
    let error = later(becomes("REGAIN_POSTFIX_TLS", &mail).await);
    assert_eq!(error, "the mail server answers 553 5.7.1 to the recipient");
}

#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn a_wrong_password_opens_the_circuit_and_no_mail_is_given_up() {
    let url = told("REGAIN_POSTFIX_TLS").replace("canary", "wrong");
    let mailer =
        SmtpMailer::builder(&url).unwrap().with_root_certificate(AUTHORITY).unwrap().build().unwrap();
    for _ in 0..3 {
        let error = unreachable(mailer.send(&mail_to("ana@home.example").await).await);
        assert_eq!(error, "the mail server answers 535 5.7.8 to user and password");
    }
    later(mailer.send(&mail_to("ana@home.example").await).await);
    assert!(matches!(mailer.circuit(), CircuitState::Open { .. }));
}

#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn addresses_and_words_in_other_letters_go_through_postfix() {
    let mut mail = mail_to("пример@пошта.укр").await;
    *mail.text += "\r\nПривіт, Ана\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n";
    sent(becomes("REGAIN_POSTFIX_TLS", &mail).await);
    let text = arrived("ana", &mail.message_id).await;
    assert!(text.contains("\nПривіт, Ана\n.\nMAIL FROM:<evil@evil.example>\n"), "{text}");
    let to = MessageParser::default().parse(&text).unwrap().header_raw("To").unwrap().trim().to_owned();
    assert_eq!(to, "пример@xn--80a1acn3a.xn--j1amh");
    // ASCII before the @: needs no SMTPUTF8.
    let mut mail = mail_to("ana@пошта.укр").await;
    *mail.text += "\r\nПривіт, Ана\r\n";
    sent(becomes("REGAIN_POSTFIX_BARE", &mail).await);
    let text = arrived("ana", &mail.message_id).await;
    assert!(text.is_ascii(), "{text}");
    let parsed = MessageParser::default().parse(&text).unwrap();
    assert!(parsed.body_text(0).unwrap().contains("Привіт, Ана"));
    let error = refused(becomes("REGAIN_POSTFIX_BARE", &mail_to("пример@пошта.укр").await).await);
    assert!(error.contains("does not offer SMTPUTF8"), "{error}");
}

/// What Python's dkimpy makes of them, `tools/smtp/postfix` asks afterwards.
#[cfg(feature = "dkim")]
#[tokio::test]
#[ignore = "needs Postfix: tools/smtp/postfix"]
async fn signed_mails_go_through_postfix() {
    use regain::mail::DkimKey;
    for name in ["rsa", "ed25519"] {
        let pem = fs::read(PathBuf::from(told("REGAIN_POSTFIX_KEYS")).join(format!("{name}.pem"))).unwrap();
        let key = DkimKey::new(name, "mercy.example", &pem).unwrap();
        let mut mail = mail_to("dkim@home.example").await;
        *mail.text += "\r\nПривіт,  Ана \t \r\n\r\n.\r\n\r\n\r\n";
        sent(postfix("REGAIN_POSTFIX_STARTTLS").dkim(key).build().unwrap().send(&mail).await);
        arrived("dkim", &mail.message_id).await;
    }
}
