//! The contract of a [`Mailer`] that carries letters or text messages.

use super::Arrived;
use crate::account::{AddressKind, AddressOnFile};
use crate::identity::EmailAddress;
use crate::language::LanguageTag;
use crate::mail::{Delivery, Mailer, Message, Sender};
use futures_util::future::join_all;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use time::macros::datetime;
use zeroize::Zeroizing;

/// Runs the contract of a mailer for addresses of one kind other than e-mail: what is composed for a phone or for paper has
/// words and no HTML. `fresh` gives a mailer, and a way to see all that has arrived through it so far.
///
/// # Panics
/// With the name of the broken promise.
pub async fn letter_contract<M, A>(kind: AddressKind, fresh: impl AsyncFn() -> (Arc<M>, A))
where
    M: Mailer + 'static,
    A: AsyncFn() -> Vec<Arrived>,
{
    words_arrive(kind, &fresh().await).await;
    every_try_is_one_letter(kind, &fresh().await).await;
    letters_at_once_do_not_mix(kind, &fresh().await).await;
    a_hostile_name_changes_no_other_letter(kind, &fresh().await).await;
    a_send_that_is_dropped_spoils_nothing(kind, &fresh().await).await;
    what_is_not_carried_is_refused_in_silence(&fresh().await).await;
}

const SECRET: &str = "CDFG-HJKM";

fn address(kind: AddressKind, number: usize) -> AddressOnFile {
    let text = match kind {
        AddressKind::Email => format!("p{number}@home.example"),
        AddressKind::Phone => format!("+1555010{number:04}"),
        AddressKind::Post => format!("Ana (née Silva) \\ No. {number}\nRua das Flores 7\n1200-195 Lisboa"),
    };
    AddressOnFile::parse(kind, &text).expect("an address")
}

fn letter(kind: AddressKind, number: usize) -> Message {
    let from = EmailAddress::parse("portal@mercy.example").expect("an address");
    let endless = "endless ".repeat(300);
    Message {
        message_id: format!("{number}.letter@mercy.example"),
        sender: Sender::new(from),
        to: address(kind, number),
        date: datetime!(2026-03-02 09:00 UTC),
        subject: format!("Uma nova senha para a Clínica São José – número {number}"),
        text: Zeroizing::new(format!(
            "Olá (número {number}) \\ 50 €\r\n\r\n    {SECRET}\r\n{endless}\r\n%%EOF\r\n{}\r\n",
            "x".repeat(200)
        )),
        html: Zeroizing::default(),
        language: LanguageTag::parse("en").ok(),
        written_on: "2 March 2026".to_owned(),
    }
}

type End<M, A> = (Arc<M>, A);

async fn sent<M: Mailer, A>(end: &End<M, A>, message: &Message) {
    let delivery = end.0.send(message).await;
    assert!(matches!(delivery, Delivery::Sent), "a letter to somebody ordinary is sent, not {delivery:?}");
}

async fn of<M, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>, message: &Message) -> Vec<Arrived> {
    let mut arrived = end.1().await;
    arrived.retain(|letter| letter.message_id == message.message_id);
    arrived
}

/// Paper is narrow, so lines may be broken anywhere.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn is_whole(arrived: &Arrived, message: &Message) {
    assert!(arrived.to == message.to.as_str(), "an address is kept byte for byte");
    assert!(arrived.subject.is_empty() || arrived.subject == message.subject, "the subject arrives");
    assert!(solid(&arrived.text) == solid(&message.text), "the words arrive as they were written");
    assert!(arrived.html.is_empty(), "nothing is added");
}

async fn words_arrive<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(kind: AddressKind, end: &End<M, A>) {
    assert!(end.0.carries(kind), "a mailer carries what it is tried with");
    let message = letter(kind, 1);
    sent(end, &message).await;
    let arrived = end.1().await;
    assert_eq!(arrived.len(), 1, "one letter arrives for one that was sent");
    assert_eq!(arrived[0].message_id, message.message_id, "a letter keeps its message id");
    is_whole(&arrived[0], &message);
}

/// NO-8
async fn every_try_is_one_letter<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    kind: AddressKind,
    end: &End<M, A>,
) {
    let message = letter(kind, 1);
    sent(end, &message).await;
    sent(end, &message).await;
    let arrived = end.1().await;
    assert!(!arrived.is_empty(), "a letter that is said to be sent arrives");
    assert!(
        arrived.iter().all(|letter| letter.message_id == message.message_id),
        "every try has one message id"
    );
    arrived.iter().for_each(|letter| is_whole(letter, &message));
}

async fn letters_at_once_do_not_mix<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    kind: AddressKind,
    end: &End<M, A>,
) {
    let letters: Vec<Message> = (0..12).map(|number| letter(kind, number)).collect();
    join_all(letters.iter().map(|message| sent(end, message))).await;
    assert_eq!(end.1().await.len(), letters.len(), "of letters at once each arrives once");
    for message in &letters {
        let arrived = of(end, message).await;
        assert_eq!(arrived.len(), 1, "letters at once do not mix");
        is_whole(&arrived[0], message);
    }
}

/// INJ: a message id names a file, a header, a row.
async fn a_hostile_name_changes_no_other_letter<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    kind: AddressKind,
    end: &End<M, A>,
) {
    let good = letter(kind, 1);
    sent(end, &good).await;
    for name in [
        "../1.letter@mercy.example",
        "/etc/passwd",
        "1.letter@mercy.example\0",
        "a\r\nX-Injected: 1",
        ".",
        "",
    ] {
        let mut hostile = letter(kind, 2);
        hostile.message_id = name.to_owned();
        if let Delivery::Refused(error) | Delivery::RetryLater(error) | Delivery::Unreachable(error) =
            end.0.send(&hostile).await
        {
            tells_nothing(&*error, &hostile);
        }
    }
    let arrived = of(end, &good).await;
    assert_eq!(arrived.len(), 1, "no name takes the place of another letter");
    is_whole(&arrived[0], &good);
}

/// However far it got; it may arrive, and then whole.
async fn a_send_that_is_dropped_spoils_nothing<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    kind: AddressKind,
    end: &End<M, A>,
) {
    for (number, polls) in [1, 2, 3, 5, 8, 40].into_iter().enumerate() {
        let (dropped, next) = (letter(kind, 100 + number), letter(kind, number));
        poll(end.0.send(&dropped), polls).await;
        sent(end, &next).await;
        let arrived = of(end, &next).await;
        assert_eq!(arrived.len(), 1, "a send that was dropped spoils the next");
        is_whole(&arrived[0], &next);
        of(end, &dropped).await.iter().for_each(|part| is_whole(part, &dropped));
    }
}

async fn poll(future: impl Future, times: usize) {
    let mut future = pin!(future);
    for _ in 0..times {
        if poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn what_is_not_carried_is_refused_in_silence<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    for &kind in AddressKind::ALL {
        if end.0.carries(kind) {
            continue;
        }
        let message = letter(kind, 1);
        match end.0.send(&message).await {
            Delivery::Refused(error) => tells_nothing(&*error, &message),
            other => panic!("what is not carried is refused: {other:?} never ends"),
        }
    }
    assert!(end.1().await.is_empty(), "what is refused does not arrive");
}

/// LG-3
fn tells_nothing(error: &(dyn std::error::Error + Send + Sync), message: &Message) {
    let told = format!("{error} {error:?} {:?}", error.source());
    let lines = message.to.as_str().lines();
    for secret in lines.chain([SECRET, message.subject.as_str()]) {
        assert!(!told.contains(secret), "an error tells neither recipient nor text, as it is logged");
    }
}
