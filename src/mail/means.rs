//! Words for each kind of address, and a mailer that hands each kind to another one.

use crate::account::AddressKind;
use crate::mail::letter::{self, DisownButton, on_one_line};
use crate::mail::{Composed, Delivery, LetterContent, Mailer, Message, Service};
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Puts a letter into words for an address of this kind. Only an e-mail carries the button "This wasn't me": a text message
/// has no link, and nobody types one from paper.
pub(crate) fn compose_for(
    kind: AddressKind,
    service: &Service,
    content: &LetterContent,
    disown: Option<&DisownButton>,
) -> Result<Composed, askama::Error> {
    match kind {
        AddressKind::Email => letter::compose(service, content, disown),
        AddressKind::Post => letter::compose_paper(service, content),
        AddressKind::Phone => Ok(text_message(service, content)),
    }
}

/// One sentence or two, from whom, and no link: phones show previews, and who taps a link in a text message learns to do so.
fn text_message(service: &Service, content: &LetterContent) -> Composed {
    let Service { name, support } = service;
    let text = match content {
        LetterContent::CodeByPhone { code, minutes } => Zeroizing::new(format!(
            "{name}: type this code within {minutes} minutes on the page where you asked for a new password, and tell it \
             nobody: {}",
            &**code
        )),
        LetterContent::UsernameReminder { username, .. } => {
            Zeroizing::new(format!("{name}: your username is {}", on_one_line(username)))
        }
        _ => {
            let what = letter::subject(service, content);
            Zeroizing::new(format!("{name}: {what}. Was it not you? {support}"))
        }
    };
    Composed { subject: letter::subject(service, content), text, html: Zeroizing::default() }
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
