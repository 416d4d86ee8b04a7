//! The contract of mailers, over each way to a server.

use crate::server::{Quirk, Server, Speaks};
use crate::*;
use regain::testing::contract::{Arrived, mailer_contract};

async fn over(speaks: Speaks, quirk: Quirk) {
    mailer_contract(async || {
        let quirks: Vec<Quirk> = (0..40).map(|_| quirk.clone()).collect();
        let server = Server::start(speaks, &quirks).await;
        let mailer = Arc::new(mailer(&server, speaks));
        let arrived = async move || {
            let taken = server.taken().into_iter();
            taken.map(|mail| Arrived::raw(mail.text.as_bytes()).to(vec![recipient(&mail.to)])).collect()
        };
        (mailer, arrived)
    })
    .await;
}

fn recipient(command: &str) -> String {
    let (_, path) = command.split_once('<').unwrap();
    path.split_once('>').unwrap().0.to_owned()
}

#[tokio::test]
async fn mails_over_tls_keep_the_contract() {
    over(Speaks::Tls, Quirk::None).await;
}

#[tokio::test]
async fn mails_over_starttls_keep_the_contract() {
    over(Speaks::StartTls, Quirk::None).await;
}

#[tokio::test]
async fn mails_to_a_server_without_8bitmime_or_smtputf8_keep_the_contract() {
    over(Speaks::Clear, Quirk::Hides("8BITMIME")).await;
    over(Speaks::Clear, Quirk::Hides("SMTPUTF8")).await;
}
