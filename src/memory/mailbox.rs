//! Mail in memory.

use crate::account::AddressKind;
use crate::mail::{Delivery, Mailer, Message};
use async_trait::async_trait;
use std::sync::{Mutex, PoisonError};

/// Keeps every mail that it is given.
#[derive(Default)]
pub struct Mailbox {
    mails: Mutex<Vec<Message>>,
}

impl Mailbox {
    /// No mail yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All mails, the oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Message> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The mails to one address, the oldest first.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Message> {
        self.mails().into_iter().filter(|mail| mail.to.as_str() == address).collect()
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, message: &Message) -> Delivery {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        Delivery::Sent
    }

    /// All kinds.
    fn carries(&self, _: AddressKind) -> bool {
        true
    }
}
