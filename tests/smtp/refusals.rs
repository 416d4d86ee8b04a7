//! Which refusals end a mail and which make it wait; and that the worker ends with one mail, or a dead letter.

use crate::server::{Quirk, Server, Speaks};
use crate::*;
use mail_parser::MessageParser;
use std::collections::HashSet;

const WELL: Quirk = Quirk::None;

#[tokio::test]
async fn a_mail_is_sent_over_tls_from_the_start_and_over_starttls_and_to_this_machine() {
    for speaks in [Speaks::Tls, Speaks::StartTls, Speaks::Clear] {
        let (delivery, server) = delivery(speaks, WELL).await;
        sent(delivery);
        let taken = server.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].from, "MAIL FROM:<portal@mercy.example>");
        assert_eq!(taken[0].to, "RCPT TO:<ana@home.example>");
        assert!(taken[0].text.contains("Auto-Submitted: auto-generated\r\n"));
    }
}

#[tokio::test]
async fn a_recipient_or_text_refused_for_good_is_refused() {
    for at in ["RCPT", "DATA", "TEXT"] {
        for code in ["550 5.1.1 a", "551 b", "553 c", "554 5.7.1 d", "556 e"] {
            let (delivery, server) = delivery(Speaks::Clear, Quirk::Answers(at, code)).await;
            assert!(refused(delivery).contains(&format!("answers {}", &code[..3])));
            assert_eq!(server.taken().len(), 0);
        }
    }
}

#[tokio::test]
async fn every_other_refusal_makes_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        for answer in ["421 a", "450 b", "451 c", "452 d", "500 e", "530 f", "535 g", "552 h", "555 i"] {
            let (delivery, server) = delivery(Speaks::Tls, Quirk::Answers(at, answer)).await;
            assert!(later(delivery).contains(&answer[..3]), "{answer} at {at}");
            assert_eq!(server.taken().len(), 0);
        }
    }
}

/// What a server says of the connection, the login or the sender is about our configuration: one typo there must not
/// make dead letters of all mails.
#[tokio::test]
async fn what_is_said_of_the_configuration_makes_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL"] {
        let (delivery, _) = delivery(Speaks::Tls, Quirk::Answers(at, "554 5.7.1 you are not welcome")).await;
        later(delivery);
    }
}

#[tokio::test]
async fn answers_that_are_none_make_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        for answer in ["", "garbage", "\u{0}\u{1}", "999 what", "250-a\r\n550 b", "25", "HTTP/1.1 200 OK"] {
            let (delivery, server) = delivery(Speaks::Tls, Quirk::Answers(at, answer)).await;
            later(delivery);
            assert_eq!(server.taken().len(), 0, "{answer} at {at}");
        }
    }
}

/// A success of another kind is an answer to another question: lettre alone takes 354 for a mail that was sent.
#[tokio::test]
async fn a_success_that_belongs_to_another_step_is_none() {
    for (at, answer) in [
        ("AUTH", "250 ok"),
        ("MAIL", "235 welcome"),
        ("RCPT", "354 go"),
        ("DATA", "250 ok"),
        ("TEXT", "354 go"),
        ("TEXT", "221 bye"),
        ("TEXT", "251 forwarded"),
    ] {
        let (delivery, _) = delivery(Speaks::Tls, Quirk::Answers(at, answer)).await;
        later(delivery);
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_makes_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        let (delivery, server) = delivery(Speaks::Tls, Quirk::HangsUp(at)).await;
        later(delivery);
        assert_eq!(server.taken().len(), 0);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_makes_the_mail_wait() {
    let mailer = SmtpMailer::new("smtp://127.0.0.1:1").unwrap();
    let error = later(mailer.send(&mail_to("ana@home.example").await).await);
    assert_eq!(error, "the mail server is not reached, or broke off, at the connection");
}

/// Each answer comes in time, all together do not.
#[tokio::test]
async fn a_slow_server_makes_the_mail_wait() {
    let server = Server::start(Speaks::Clear, &[Quirk::Drips(Duration::from_millis(10))]).await;
    let builder = builder(&server, Speaks::Clear).time_limit(Duration::from_millis(400)).unwrap();
    let error = later(builder.build().unwrap().send(&mail_to("ana@home.example").await).await);
    assert_eq!(error, "the mail server took too long");
    assert!(server.heard(false, "EHLO"), "it did answer");
    assert_eq!(server.taken().len(), 0);
}

/// The server has the mail, but nobody knows: it goes again, and can be told to be the same.
#[tokio::test]
async fn a_mail_whose_answer_comes_too_late_goes_twice_under_one_message_id() {
    let server = Server::start(Speaks::Clear, &[Quirk::AnswersLate]).await;
    let builder = builder(&server, Speaks::Clear).time_limit(Duration::from_millis(1500)).unwrap();
    let (world, _) = world_with(builder.build().unwrap()).await;
    work_for_a_while(&world).await;
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    let ids: HashSet<String> = taken
        .iter()
        .map(|mail| MessageParser::default().parse(&mail.text).unwrap().message_id().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(taken[0].text, taken[1].text);
    assert_eq!(world.worker.dead_letters(10).await.unwrap().len(), 0);
}

#[tokio::test]
async fn whatever_passes_ends_with_exactly_one_mail() {
    for quirk in [
        Quirk::None,
        Quirk::Answers("GREETING", "421 busy"),
        Quirk::Answers("AUTH", "535 5.7.8 wrong"),
        Quirk::Answers("MAIL", "553 not yours"),
        Quirk::Answers("RCPT", "450 4.2.0 greylisted"),
        Quirk::Answers("TEXT", "452 full"),
        Quirk::Answers("TEXT", "garbage"),
        Quirk::HangsUp("DATA"),
        Quirk::HangsUp("TEXT"),
        Quirk::Hides("STARTTLS"),
        Quirk::Injects("250 ok"),
    ] {
        let server = Server::start(Speaks::StartTls, &[quirk.clone(), quirk]).await;
        let (world, _) = world_with(mailer(&server, Speaks::StartTls)).await;
        work_for_a_while(&world).await;
        assert_eq!(server.taken().len(), 1);
        assert_eq!(world.worker.dead_letters(10).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_recipient_that_is_not_there_ends_as_a_dead_letter_after_one_try() {
    let gone = Quirk::Answers("RCPT", "550 5.1.1 <ana@home.example> unknown");
    let server = Server::start(Speaks::Tls, &[gone]).await;
    let (world, _) = world_with(mailer(&server, Speaks::Tls)).await;
    work_for_a_while(&world).await;
    assert_eq!(server.taken().len(), 0);
    let dead = world.worker.dead_letters(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].why.as_str(), dead[0].attempts), (1, "refused", 1));
}

/// A caller that goes away between text and answer breaks nothing off.
#[tokio::test]
async fn a_try_goes_on_when_nobody_waits_for_it() {
    let server = Server::start(Speaks::Tls, &[]).await;
    let (mailer, mail) = (mailer(&server, Speaks::Tls), mail_to("ana@home.example").await);
    // Polled once, and then dropped.
    tokio::select! {
        biased;
        delivery = mailer.send(&mail) => panic!("{delivery:?} at once"),
        () = std::future::ready(()) => {}
    }
    let taken = async {
        while server.taken().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken).await.expect("the mail arrives");
}
