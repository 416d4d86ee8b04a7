//! Signatures, as far as they can be looked at without another's code; `tools/smtp/postfix` has them verified.

use crate::server::{Quirk, Server, Speaks};
use crate::*;
use regain::mail::DkimKey;

const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

fn signing(server: &Server, domain: &str) -> SmtpMailer {
    builder(server, Speaks::Clear).dkim(DkimKey::new("s1", domain, KEY).unwrap()).build().unwrap()
}

#[tokio::test]
async fn every_try_has_the_same_signature_and_is_encoded() {
    let server = Server::start(Speaks::Clear, &[Quirk::None]).await;
    let (mailer, mut mail) = (signing(&server, "mercy.example"), mail_to("ana@home.example").await);
    *mail.text += "\r\nПривіт, Ана\r\n";
    sent(mailer.send(&mail).await);
    sent(mailer.send(&mail).await);
    let taken = server.taken();
    assert_eq!(taken[0].text, taken[1].text);
    assert!(
        taken[0]
            .text
            .starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n\td=mercy.example;")
    );
    assert!(taken[0].text.is_ascii(), "8BITMIME is offered, and not used");
    assert!(taken[0].text.split("\r\n").all(|line| line.len() <= 78 || !line.starts_with('\t')));
}

#[tokio::test]
async fn a_key_of_another_domain_makes_the_mail_wait_before_anything_is_sent() {
    for domain in ["home.example", "cy.example", "portal.mercy.example"] {
        let server = Server::start(Speaks::Clear, &[]).await;
        let error = later(signing(&server, domain).send(&mail_to("ana@home.example").await).await);
        assert_eq!(error, "the DKIM key is of another domain than the sender; give the sender's");
        assert_eq!(server.connections(), 0);
    }
    let server = Server::start(Speaks::Clear, &[]).await;
    sent(signing(&server, "example").send(&mail_to("ana@home.example").await).await);
}
