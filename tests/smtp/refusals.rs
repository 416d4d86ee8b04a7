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
        assert_eq!(taken[0].from, "MAIL FROM:<portal@mercy.example> BODY=8BITMIME");
        assert_eq!(taken[0].to, "RCPT TO:<ana@home.example>");
        assert!(taken[0].text.contains("Auto-Submitted: auto-generated\r\n"));
    }
}

#[tokio::test]
async fn what_is_said_of_the_recipient_is_for_good() {
    for (at, answer) in [
        ("RCPT", "550 unknown"),
        ("RCPT", "551 not here"),
        ("RCPT", "553 not a name"),
        ("RCPT", "556 takes no mail"),
        ("RCPT", "550 5.0.0 unknown"),
        ("RCPT", "550 5.1.1 unknown"),
        ("RCPT", "501 5.1.3 bad syntax"),
        ("RCPT", "556 5.1.10 takes no mail"),
        ("RCPT", "554 5.2.1 disabled"),
        ("RCPT", "550 5.6.7 not in these letters"),
        ("TEXT", "550 5.1.1 unknown after all"),
        ("TEXT", "552 5.2.3 too long for this mailbox"),
        ("DATA", "550-5.1.1 unknown\r\n550 5.1.1 and more"),
    ] {
        let (delivery, server) = delivery(Speaks::Clear, Quirk::Answers(at, answer)).await;
        let error = refused(delivery);
        assert!(error.contains(&format!("answers {}", &answer[..3])), "{error}");
        assert_eq!(server.taken().len(), 0);
    }
}

/// A relay that does not know us, a sender that it does not like, a filter that takes our texts for spam: said to every
/// mail, and put right by somebody. One such mistake must not make dead letters of all mails.
#[tokio::test]
async fn what_is_said_of_relay_sender_rights_or_text_makes_the_mail_wait() {
    for (at, answer) in [
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "550 5.7.1 Relaying denied"),
        ("RCPT", "553 5.7.1 Sender address rejected: not owned by user"),
        ("RCPT", "553 5.1.8 no such sender's domain"),
        ("RCPT", "550 5.1.7 bad sender"),
        ("RCPT", "554 transaction failed"),
        ("RCPT", "550 5.4.4 no route"),
        ("RCPT", "552 5.2.2 mailbox full"),
        ("RCPT", "552 5.3.4 too big for this system"),
        ("RCPT", "550 4.1.1 says both"),
        ("DATA", "554 5.5.1 no valid recipients"),
        ("TEXT", "554 5.7.1 looks like spam"),
        ("TEXT", "550 5.6.0 looks like spam"),
        ("TEXT", "550 looks like spam"),
        ("TEXT", "554 looks like spam"),
        ("TEXT", "552 5.3.4 too big for this system"),
    ] {
        let (delivery, server) = delivery(Speaks::Clear, Quirk::Answers(at, answer)).await;
        let error = later(delivery);
        assert!(error.contains(&answer[..3]), "{error}");
        assert_eq!(server.taken().len(), 0);
    }
}

#[tokio::test]
async fn every_other_refusal_makes_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        for answer in ["421 a", "450 b", "451 c", "452 d", "500 e", "530 f", "535 g", "552 h", "555 i"] {
            let (delivery, server) = delivery(Speaks::Tls, Quirk::Answers(at, answer)).await;
            let the_server = matches!(at, "GREETING" | "EHLO" | "AUTH") || answer == "421 a";
            let error = if the_server { unreachable(delivery) } else { later(delivery) };
            assert!(error.contains(&answer[..3]), "{answer} at {at}");
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
        waits(delivery);
    }
}

#[tokio::test]
async fn answers_that_are_none_make_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        for answer in ["", "garbage", "\u{0}\u{1}", "999 what", "250-a\r\n550 b", "25", "HTTP/1.1 200 OK"] {
            let (delivery, server) = delivery(Speaks::Tls, Quirk::Answers(at, answer)).await;
            waits(delivery);
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
        waits(delivery);
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_makes_the_mail_wait() {
    for at in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT"] {
        let (delivery, server) = delivery(Speaks::Tls, Quirk::HangsUp(at)).await;
        waits(delivery);
        assert_eq!(server.taken().len(), 0);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_makes_the_mail_wait() {
    let mailer = SmtpMailer::new("smtp://127.0.0.1:1").unwrap();
    let error = unreachable(mailer.send(&mail_to("ana@home.example").await).await);
    assert_eq!(error, "the mail server is not reached, or broke off, at the connection");
}

/// Each answer comes in time, all together do not.
#[tokio::test]
async fn a_slow_server_makes_the_mail_wait() {
    let server = Server::start(Speaks::Clear, &[Quirk::Drips(Duration::from_millis(50))]).await;
    let builder = builder(&server, Speaks::Clear).time_limit(Duration::from_secs(4)).unwrap();
    let error = waits(builder.build().unwrap().send(&mail_to("ana@home.example").await).await);
    assert!(error.starts_with("the mail server took too long at "), "{error}");
    assert!(server.heard(false, "EHLO"), "it did answer");
    assert_eq!(server.taken().len(), 0);
}

/// There is time for all of it, but not for this step.
#[tokio::test]
async fn a_server_that_stops_answering_is_given_up_at_that_step() {
    let mail = mail_to("ana@home.example").await;
    for (at, named) in [
        ("GREETING", "the connection"),
        ("EHLO", "the connection"),
        ("AUTH", "user and password"),
        ("MAIL", "the sender"),
        ("RCPT", "the recipient"),
        ("DATA", "the text"),
    ] {
        let server = Server::start(Speaks::Tls, &[Quirk::FallsSilent(at)]).await;
        let builder = builder(&server, Speaks::Tls).time_limit(Duration::from_secs(50)).unwrap();
        let mailer = builder.step_limit(Duration::from_secs(2)).unwrap().build().unwrap();
        let tried = tokio::time::timeout(Duration::from_secs(45), mailer.send(&mail)).await;
        let error = waits(tried.expect("not all the time that there is for the whole mail"));
        assert_eq!(error, format!("the mail server took too long at {named}"));
    }
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

#[tokio::test]
async fn of_two_recipients_one_is_refused_and_the_other_gets_the_mail() {
    let gone = Quirk::Lacks("old@home.example");
    let server = Server::start(Speaks::Tls, &[gone.clone(), gone.clone(), gone]).await;
    let world = World::builder().mailer(Arc::new(mailer(&server, Speaks::Tls))).build();
    for (name, address) in [("Ana", "old@home.example"), ("Bo", "new@home.example")] {
        let address = AddressOnFile::Email(EmailAddress::parse(address).unwrap());
        let who = world.person_with(name, |account| account.addresses = vec![address]).await;
        world.recovery.ask_password(&who.identifier(), &world.client()).await.unwrap();
    }
    work_for_a_while(&world).await;
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "RCPT TO:<new@home.example>"));
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
