//! The contract of [`Mailer`].

use super::Arrived;
use crate::account::AddressOnFile;
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

/// Runs the whole contract. `fresh` gives a mailer, and a way to see all that has arrived through it so far; on a server
/// that takes mails, for whomever.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use regain::memory::Mailbox;
/// use regain::testing::contract::{Arrived, mailer_contract};
/// use std::sync::Arc;
///
/// mailer_contract(async || {
///     let (mailer, far_end) = { let mailbox = Arc::new(Mailbox::new()); (mailbox.clone(), mailbox) };
///     (mailer, async move || far_end.mails().iter().map(Arrived::from).collect()) // or `Arrived::raw(bytes)`
/// })
/// .await;
/// # });
/// ```
///
/// # Panics
/// With the name of the broken promise.
pub async fn mailer_contract<M, A>(fresh: impl AsyncFn() -> (Arc<M>, A))
where
    M: Mailer + 'static,
    A: AsyncFn() -> Vec<Arrived>,
{
    words_arrive_as_they_were_written(&fresh().await).await;
    headers_say_who_writes_and_that_nobody_needs_to_answer(&fresh().await).await;
    every_try_has_one_message_id(&fresh().await).await;
    an_address_is_kept_byte_for_byte(&fresh().await).await;
    an_address_in_other_letters_arrives_or_is_refused(&fresh().await).await;
    no_line_break_gets_into_a_header(&fresh().await).await;
    mails_at_once_do_not_mix(&fresh().await).await;
    a_send_that_is_dropped_spoils_nothing(&fresh().await).await;
}

const TO: &str = "Ana.Silva+portal@home.example";
const SECRET: &str = "dGhlIHNlY3JldCBvZiBhIGxpbms";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn mail(number: usize, to: &str) -> Message {
    let name = "Clínica São José, \"recepção\"";
    let sender = Sender::new(address("portal@mercy.example")).named(name).expect("a name");
    let long = "endless ".repeat(300);
    let words = format!("Olá, 你好 🙂 {number}\r\n.\r\n..two\r\n.dot\r\nFrom the clinic\r\n{long}\r\n");
    let link = format!("https://mercy.example/recovery/link?token={SECRET}{number}=3D");
    Message {
        message_id: format!("{number}.mail@mercy.example"),
        sender: sender.reply_to(address("help@mercy.example")),
        to: AddressOnFile::Email(address(to)),
        date: datetime!(2026-03-02 09:00 UTC),
        subject: format!("Uma nova senha para a Clínica São José da Póvoa – número {number}"),
        text: Zeroizing::new(format!("{words}{link}\r\n")),
        html: Zeroizing::new(format!("<p>{words}</p>\r\n<a href=\"{link}\">é</a>\r\n")),
        language: LanguageTag::parse("en").ok(),
        written_on: "2 March 2026".to_owned(),
    }
}

type End<M, A> = (Arc<M>, A);

async fn send<M: Mailer, A>(end: &End<M, A>, message: &Message) {
    let delivery = end.0.send(message).await;
    assert!(matches!(delivery, Delivery::Sent), "a mail to somebody ordinary is sent, not {delivery:?}");
}

/// What arrived of one mail.
async fn of<M, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>, message: &Message) -> Vec<Arrived> {
    let mut arrived = end.1().await;
    arrived.retain(|mail| mail.message_id == message.message_id);
    arrived
}

async fn the_one<M, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>, message: &Message) -> Arrived {
    let all = end.1().await.len();
    let mut arrived = of(end, message).await;
    assert!(all > 0, "a mail that is said to be sent arrives");
    assert_eq!((arrived.len(), all), (1, 1), "one mail arrives for one that was sent, under its message id");
    arrived.remove(0)
}

/// Mail systems end lines as they like, and may add one at the end.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end_matches('\n').to_owned()
}

fn is_whole(arrived: &Arrived, message: &Message) {
    assert_eq!(arrived.subject, message.subject, "the subject arrives");
    assert!(lines(&arrived.text) == lines(&message.text), "the text arrives as it was written");
    assert!(lines(&arrived.html) == lines(&message.html), "the HTML part arrives as it was written");
}

async fn words_arrive_as_they_were_written<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    let message = mail(1, TO);
    send(end, &message).await;
    let arrived = the_one(end, &message).await;
    is_whole(&arrived, &message);
    assert!(arrived.longest_line <= 998, "no line is longer than mail systems carry (RFC 5322, 2.1.1)");
    assert!(!arrived.has_bare_line_ends, "every line ends with CR LF");
}

async fn headers_say_who_writes_and_that_nobody_needs_to_answer<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    end: &End<M, A>,
) {
    let message = mail(1, TO);
    send(end, &message).await;
    let arrived = the_one(end, &message).await;
    assert_eq!(arrived.from, "portal@mercy.example", "a mail comes from the configured sender");
    assert_eq!(arrived.reply_to.as_deref(), Some("help@mercy.example"), "answers go where it was configured");
    assert_eq!(
        arrived.date,
        message.date.unix_timestamp(),
        "the date is that of the message, not of the try"
    );
    let Some(headers) = &arrived.headers else { return };
    let count = |name: &str| headers.iter().filter(|(other, _)| other == name).count();
    for name in ["from", "to", "subject", "date", "message-id"] {
        assert_eq!(count(name), 1, "there is one header {name}");
    }
    let value = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!(
        value("auto-submitted"),
        Some("auto-generated"),
        "Auto-Submitted keeps automatic answers away"
    );
    assert!(value("sender").is_none_or(|it| it.contains("portal@mercy.example")), "Sender names nobody else");
    for name in ["list-unsubscribe", "list-unsubscribe-post", "precedence", "cc", "bcc"] {
        assert_eq!(count(name), 0, "there is no header {name}");
    }
}

/// NO-8
async fn every_try_has_one_message_id<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    let message = mail(1, TO);
    send(end, &message).await;
    send(end, &message).await;
    let (all, arrived) = (end.1().await, of(end, &message).await);
    assert!(!all.is_empty(), "a mail that is said to be sent arrives");
    assert_eq!(all.len(), arrived.len(), "every try has the same message id");
    assert!(arrived.iter().all(|mail| mail.date == arrived[0].date), "every try has the same date");
}

/// NO-7
async fn an_address_is_kept_byte_for_byte<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    let message = mail(1, "Ana.Silva+portal@Home.EXAMPLE");
    send(end, &message).await;
    let arrived = the_one(end, &message).await;
    assert_eq!(arrived.to, "Ana.Silva+portal@Home.EXAMPLE", "an address is kept byte for byte");
    if let Some(recipients) = arrived.recipients {
        assert_eq!(
            recipients,
            ["Ana.Silva+portal@Home.EXAMPLE"],
            "a mail goes to its recipient and nobody else"
        );
    }
}

async fn an_address_in_other_letters_arrives_or_is_refused<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(
    end: &End<M, A>,
) {
    let (mut sent, spellings) = (0, ["josé@home.example", "ana@bücher.example", "пример@пошта.укр"]);
    for (number, to) in spellings.into_iter().enumerate() {
        let message = mail(number, to);
        match end.0.send(&message).await {
            Delivery::Sent => sent += 1,
            Delivery::Refused(error) => {
                tells_nothing(&*error, &message);
                continue;
            }
            other => panic!("an address that cannot be carried is refused: {other:?} never ends for {to}"),
        }
        let arrived = of(end, &message).await;
        let parsed = arrived.first().and_then(|mail| EmailAddress::parse(&mail.to).ok());
        let same = parsed.is_some_and(|arrived| arrived.key() == address(to).key());
        assert!(same, "an address is carried as it is, or in the ASCII form of its domain, or refused");
    }
    assert_eq!(end.1().await.len(), sent, "what is refused does not arrive");
}

fn tells_nothing(error: &(dyn std::error::Error + Send + Sync), message: &Message) {
    let (local, _) = message.to.as_str().split_once('@').unwrap_or_default();
    let told = format!("{error} {error:?} {:?}", error.source());
    for secret in [local, SECRET, message.subject.as_str()] {
        assert!(!told.contains(secret), "an error tells neither recipient nor text, as it is logged");
    }
}

/// INJ
async fn no_line_break_gets_into_a_header<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    for (number, end_of_line) in ["\r\n", "\n", "\r", "\r\n ", "\0"].into_iter().enumerate() {
        let injected = format!("a{end_of_line}X-Injected: 1\r\nBcc: evil@evil.example\r\n\r\n<p>evil</p>");
        for field in 0..2 {
            let mut message = mail(10 * number + field, TO);
            match field {
                0 => message.subject.clone_from(&injected),
                _ => message.message_id = format!("{injected}@mercy.example"),
            }
            if let Delivery::Refused(error) | Delivery::RetryLater(error) | Delivery::Unreachable(error) =
                end.0.send(&message).await
            {
                tells_nothing(&*error, &message);
            }
        }
    }
    for arrived in end.1().await {
        let names = arrived.headers.iter().flatten().map(|(name, _)| name.as_str());
        let injected = names.into_iter().any(|name| matches!(name, "x-injected" | "bcc"));
        assert!(!injected, "no value begins a header of its own");
        let elsewhere = arrived.recipients.iter().flatten().any(|recipient| recipient.contains("evil"));
        assert!(!elsewhere, "no value names a recipient");
        assert!(!arrived.text.contains("<p>evil</p>"), "no header ends the headers");
    }
}

async fn mails_at_once_do_not_mix<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    let mails: Vec<Message> =
        (0..12).map(|number| mail(number, &format!("p{number}@home.example"))).collect();
    join_all(mails.iter().map(|message| send(end, message))).await;
    assert_eq!(end.1().await.len(), mails.len(), "of mails at once each arrives once");
    for message in &mails {
        let arrived = of(end, message).await;
        let to = message.to.as_str();
        let own = |mail: &Arrived| {
            let elsewhere = mail.recipients.as_ref().is_some_and(|all| *all != [to]);
            mail.to == to && mail.text.contains(&message.subject[message.subject.len() - 1..]) && !elsewhere
        };
        assert!(arrived.len() == 1 && own(&arrived[0]), "mails at once do not mix");
        is_whole(&arrived[0], message);
    }
}

/// However far it got; it may arrive, and then whole.
async fn a_send_that_is_dropped_spoils_nothing<M: Mailer, A: AsyncFn() -> Vec<Arrived>>(end: &End<M, A>) {
    for (number, polls) in [1, 2, 3, 5, 8, 40].into_iter().enumerate() {
        let (dropped, next) = (mail(100 + number, "dropped@home.example"), mail(number, TO));
        poll(end.0.send(&dropped), polls).await;
        let delivery = end.0.send(&next).await;
        assert!(matches!(delivery, Delivery::Sent), "a send that was dropped spoils the next: {delivery:?}");
        let arrived = of(end, &next).await;
        let whole = |mail: &Arrived| mail.to == TO && lines(&mail.text) == lines(&next.text);
        assert!(arrived.len() == 1 && whole(&arrived[0]), "a send that was dropped spoils the next");
        for part in of(end, &dropped).await {
            is_whole(&part, &dropped);
        }
    }
}

/// Polls so many times, and drops.
async fn poll(future: impl Future, times: usize) {
    let mut future = pin!(future);
    for _ in 0..times {
        if poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
