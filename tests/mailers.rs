//! Mailers keep the contract, and one that breaks a promise is caught by its name.

use async_trait::async_trait;
use regain::account::AddressOnFile;
use regain::identity::EmailAddress;
use regain::mail::{Circuit, Delivery, EmlMailer, Mailer, Message, Sender};
use regain::memory::Mailbox;
use regain::testing::contract::{Arrived, mailer_contract};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn written(folder: &Path) -> Vec<Arrived> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mails = entries.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    mails.map(|path| Arrived::raw(&fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn the_mailbox_in_memory_keeps_the_contract() {
    mailer_contract(async || {
        let mailbox = Arc::new(Mailbox::new());
        let seen = mailbox.clone();
        (mailbox, async move || seen.mails().iter().map(Arrived::from).collect())
    })
    .await;
}

#[tokio::test]
async fn mails_as_files_keep_the_contract_behind_a_circuit_too() {
    mailer_contract(async || {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Circuit::new(EmlMailer::new(folder.path()).unwrap());
        (Arc::new(mailer), async move || written(folder.path()))
    })
    .await;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ForgetsTheMail,
    SendsACopy,
    NewIdAtEachTry,
    DateOfTheTry,
    DropsTheHtml,
    SwallowsDots,
    LowersTheAddress,
    AsksForTheAddressAgain,
    SquashesTheAddress,
    QuotesTheRecipient,
    CarriesLineBreaks,
    LongLines,
    OtherSender,
    ListUnsubscribe,
    NoAutoSubmitted,
    OneBufferForAll,
    SpoiledByTheDropped,
}

/// Writes mails out well, but for one fault.
struct Twin {
    fault: Fault,
    tries: AtomicUsize,
    buffer: Mutex<Option<Message>>,
    half: Mutex<String>,
    arrived: Mutex<Vec<Vec<u8>>>,
}

impl Twin {
    fn new(fault: Fault) -> Self {
        let (tries, buffer, half, arrived) = Default::default();
        Self { fault, tries, buffer, half, arrived }
    }

    /// What it makes of a mail before it is written out.
    fn change(&self, mail: &mut Message) {
        let tried = self.tries.fetch_add(1, Ordering::SeqCst);
        let AddressOnFile::Email(to) = &mail.to else { panic!("no e-mail") };
        let to = to.as_str().to_owned();
        match self.fault {
            Fault::NewIdAtEachTry => mail.message_id = format!("{tried}.try@mercy.example"),
            Fault::DateOfTheTry => mail.date += time::Duration::seconds(1 + i64::try_from(tried).unwrap()),
            Fault::DropsTheHtml => mail.html.clear(),
            Fault::SwallowsDots => *mail.text = mail.text.replace("\r\n..", "\r\n."),
            Fault::LowersTheAddress => mail.to = email(&to.to_ascii_lowercase()),
            Fault::SquashesTheAddress => mail.to = email(&to.replace(|c: char| !c.is_ascii(), "")),
            Fault::OtherSender => {
                mail.sender = Sender::new(EmailAddress::parse("evil@evil.example").unwrap())
            }
            _ => {}
        }
    }

    /// What it makes of what was written.
    fn spoil(&self, text: String) -> String {
        match self.fault {
            Fault::ListUnsubscribe => format!("List-Unsubscribe: <https://mercy.example>\r\n{text}"),
            Fault::NoAutoSubmitted => text.replace("Auto-Submitted: auto-generated\r\n", ""),
            Fault::LongLines => format!("X-Trace: {}\r\n{text}", "a".repeat(1_000)),
            _ => text,
        }
    }

    async fn write(&self, mail: &Message) -> Delivery {
        let folder = tempfile::tempdir().unwrap();
        let delivery = EmlMailer::new(folder.path()).unwrap().send(mail).await;
        if matches!(delivery, Delivery::Sent) {
            let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
            let text = self.spoil(fs::read_to_string(path).unwrap());
            self.arrived.lock().unwrap().push(text.into_bytes());
        }
        delivery
    }
}

/// Used again, with what lies in it.
struct Connection<'a> {
    twin: &'a Twin,
    unsent: String,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.twin.half.lock().unwrap().push_str(&self.unsent);
    }
}

fn email(text: &str) -> AddressOnFile {
    AddressOnFile::Email(
        EmailAddress::parse(text).unwrap_or_else(|_| EmailAddress::parse("x@y.example").unwrap()),
    )
}

#[async_trait]
impl Mailer for Twin {
    async fn send(&self, message: &Message) -> Delivery {
        let AddressOnFile::Email(to) = &message.to else { panic!("no e-mail") };
        let mut mail = message.clone();
        self.change(&mut mail);
        match self.fault {
            Fault::ForgetsTheMail => return Delivery::Sent,
            Fault::AsksForTheAddressAgain if !to.as_str().is_ascii() => {
                return Delivery::RetryLater("not now".into());
            }
            Fault::QuotesTheRecipient if !to.as_str().is_ascii() => {
                return Delivery::Refused(format!("550 <{}> unknown", to.as_str()).into());
            }
            Fault::CarriesLineBreaks if mail.subject.contains("\r\n") => {
                let raw = format!("Subject: {}\r\nMessage-ID: <{}>\r\n\r\n", mail.subject, mail.message_id);
                self.arrived.lock().unwrap().push(raw.into_bytes());
                return Delivery::Sent;
            }
            Fault::OneBufferForAll => {
                *self.buffer.lock().unwrap() = Some(mail.clone());
                tokio::task::yield_now().await;
                mail.text = self.buffer.lock().unwrap().clone().unwrap().text;
            }
            Fault::SpoiledByTheDropped => {
                let mut connection = Connection { twin: self, unsent: mail.text.to_string() };
                let before = std::mem::take(&mut *self.half.lock().unwrap());
                tokio::task::yield_now().await;
                connection.unsent.clear();
                *mail.text = before + &mail.text;
            }
            Fault::SendsACopy => {
                self.write(&mail).await;
            }
            _ => {}
        }
        self.write(&mail).await
    }
}

async fn contract_of(fault: Fault) {
    mailer_contract(async || {
        let twin = Arc::new(Twin::new(fault));
        let seen = twin.clone();
        (twin, async move || seen.arrived.lock().unwrap().iter().map(|mail| Arrived::raw(mail)).collect())
    })
    .await;
}

/// Or the others would be caught for something else.
#[tokio::test]
async fn the_twin_without_a_fault_keeps_the_contract() {
    contract_of(Fault::None).await;
}

macro_rules! caught {
    ($($name:ident: $fault:ident, $promise:literal;)*) => {$(
        #[tokio::test]
        #[should_panic(expected = $promise)]
        async fn $name() {
            contract_of(Fault::$fault).await;
        }
    )*};
}

caught! {
    a_mail_that_is_forgotten_is_caught: ForgetsTheMail, "a mail that is said to be sent arrives";
    a_copy_is_caught: SendsACopy, "one mail arrives for one that was sent";
    a_new_message_id_is_caught: NewIdAtEachTry, "one mail arrives for one that was sent, under its message id";
    the_date_of_the_try_is_caught: DateOfTheTry, "the date is that of the message";
    html_that_is_dropped_is_caught: DropsTheHtml, "the HTML part arrives as it was written";
    dots_that_are_swallowed_are_caught: SwallowsDots, "the text arrives as it was written";
    an_address_in_lower_case_is_caught: LowersTheAddress, "an address is kept byte for byte";
    an_address_that_is_waited_for_is_caught: AsksForTheAddressAgain, "an address that cannot be carried is refused";
    an_address_that_is_squashed_is_caught: SquashesTheAddress, "an address is carried as it is";
    a_recipient_in_an_error_is_caught: QuotesTheRecipient, "an error tells neither recipient nor text";
    an_injected_header_is_caught: CarriesLineBreaks, "no value begins a header of its own";
    a_long_line_is_caught: LongLines, "no line is longer than mail systems carry";
    another_sender_is_caught: OtherSender, "a mail comes from the configured sender";
    list_unsubscribe_is_caught: ListUnsubscribe, "there is no header list-unsubscribe";
    a_missing_auto_submitted_is_caught: NoAutoSubmitted, "Auto-Submitted keeps automatic answers away";
    mails_that_mix_are_caught: OneBufferForAll, "mails at once do not mix";
    a_spoiled_next_mail_is_caught: SpoiledByTheDropped, "a send that was dropped spoils the next";
}
