//! Words for each kind of address, and a mailer that hands each kind to another one.

use crate::account::AddressKind;
use crate::mail::letter::{self, DisownButton, Written, on_one_line};
use crate::mail::{Composed, Delivery, LetterContent, MailTemplates, Mailer, Message, Voice};
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Puts a letter into words for an address of this kind. Only an e-mail is written from templates, and only it carries the button "This wasn't me": a text message
/// has no link, and nobody types one from paper.
pub(crate) fn compose_for(
    kind: AddressKind,
    templates: &MailTemplates,
    voice: Voice<'_>,
    content: &LetterContent,
    disown: Option<&DisownButton>,
    at: OffsetDateTime,
) -> Result<Composed, askama::Error> {
    match kind {
        AddressKind::Email => letter::compose(templates, voice, content, disown, at),
        AddressKind::Post => letter::compose_paper(voice, content, at),
        AddressKind::Phone => Ok(text_message(voice, content, at)),
    }
}

/// One sentence or two, from whom, and no link: phones show previews, and who taps a link in a text message learns to do so.
fn text_message(voice: Voice<'_>, content: &LetterContent, at: OffsetDateTime) -> Composed {
    let Voice { language, name, support } = voice;
    let subject = letter::subject(voice, content);
    let text = match content {
        LetterContent::CodeByPhone { code, minutes } => language
            .fill("sms.code", &[("service", name), ("time", &voice.minutes(*minutes)), ("code", code)]),
        LetterContent::UsernameReminder { username, .. } => {
            language.fill("sms.username", &[("service", name), ("username", &on_one_line(username))])
        }
        _ => language.fill("sms.notice", &[("service", name), ("subject", &subject), ("support", support)]),
    };
    let (text, written) = (Zeroizing::new(text), Written::now(voice, at));
    Composed { subject, text, html: Zeroizing::default(), written }
}

/// Hands each kind of address to a mailer of its own, such as e-mail to a mail server, text messages to a gateway, and
/// letters to a printer.
///
/// ```
/// use regain::account::AddressKind;
/// use regain::mail::{ByKind, Mailer as _};
/// use regain::memory::Mailbox;
/// use std::sync::Arc;
///
/// let mailer = ByKind::new()
///     .with(AddressKind::Email, Arc::new(Mailbox::new()))
///     .with(AddressKind::Post, Arc::new(Mailbox::new()));
/// assert!(mailer.carries(AddressKind::Post) && !mailer.carries(AddressKind::Phone));
/// ```
#[derive(Clone, Default)]
pub struct ByKind {
    mailers: Vec<(AddressKind, Arc<dyn Mailer>)>,
}

impl ByKind {
    /// Carries nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Addresses of this kind go to this mailer, if it carries them; a mailer that was given for the kind before is replaced.
    #[must_use]
    pub fn with(mut self, kind: AddressKind, mailer: Arc<dyn Mailer>) -> Self {
        self.mailers.retain(|(known, _)| *known != kind);
        self.mailers.push((kind, mailer));
        self
    }

    fn of(&self, kind: AddressKind) -> Option<&dyn Mailer> {
        let (_, mailer) = self.mailers.iter().find(|(known, _)| *known == kind)?;
        mailer.carries(kind).then_some(&**mailer)
    }
}

impl fmt::Debug for ByKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.mailers.iter().map(|(kind, _)| kind.code())).finish()
    }
}

/// There is no mailer for such addresses.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no mailer carries addresses of the kind {0}")]
struct NotCarried(&'static str);

#[async_trait]
impl Mailer for ByKind {
    async fn send(&self, message: &Message) -> Delivery {
        let kind = message.to.kind();
        match self.of(kind) {
            Some(mailer) => mailer.send(message).await,
            None => Delivery::Refused(NotCarried(kind.code()).into()),
        }
    }

    fn carries(&self, kind: AddressKind) -> bool {
        self.of(kind).is_some()
    }
}
