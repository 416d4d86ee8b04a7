//! Mails of the host's: what is built, what is sent then, and what is sent when a template fails after all.

mod built;
mod sent;

use regain::mail::Service;
use regain::mail::templates::{MailTemplates, MailTemplatesBuilder};
use regain::testing::World;

const HTML: &str = include_str!("../../../templates/host/mail/letter.html");
const TEXT: &str = include_str!("../../../templates/host/mail/letter.txt");

fn service() -> Service {
    World::builder().setup().service
}

fn one(name: &str, source: &str) -> MailTemplatesBuilder {
    MailTemplates::builder().mail(name, source)
}

#[track_caller]
fn built(builder: MailTemplatesBuilder) -> MailTemplates {
    builder.build(&service()).unwrap_or_else(|error| panic!("{error}"))
}
