//! The contracts of mailers, on every mailer of this feature set.

use super::print::letters_in;
use regain::account::AddressKind;
use regain::mail::{ByKind, PrintForm, PrintMailer};
use regain::memory::Mailbox;
use regain::testing::contract::{Arrived, letter_contract, mailer_contract};
use std::sync::Arc;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn letters_as_text_keep_the_contract() {
    printed(PrintForm::Text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_as_pdf_keep_the_contract() {
    printed(PrintForm::Pdf).await;
}

async fn printed(form: PrintForm) {
    letter_contract(AddressKind::Post, async || {
        let folder = Arc::new(TempDir::new().unwrap());
        let mailer = Arc::new(PrintMailer::new(folder.path(), form).unwrap());
        (mailer, async move || letters_in(folder.path()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailer_by_kind_keeps_the_contracts_of_those_behind() {
    let both = || {
        let mailbox = Arc::new(Mailbox::new());
        let mailer =
            ByKind::new().with(AddressKind::Email, mailbox.clone()).with(AddressKind::Phone, mailbox.clone());
        (Arc::new(mailer), async move || mailbox.mails().iter().map(Arrived::from).collect())
    };
    mailer_contract(async || both()).await;
    letter_contract(AddressKind::Phone, async || both()).await;
}
