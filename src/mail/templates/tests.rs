use super::check::in_every_state;
use super::view::{NAMES, name, variables, view};
use super::{MailTemplates, MailTemplatesBuilder, ending};
use crate::jinja::FUEL;
use crate::jinja::markup::unescaped;
use crate::jinja::variables::{Seen, assert_same, documented, sections};
use crate::mail::letter::{Drafted, Piece, drafted, own_html, own_text, samples};
use crate::mail::{LetterContent, Service, SharedAccount};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use time::Duration;

const DOCUMENTED: &str = include_str!("variables.md");
/// The section for what every mail has.
const EVERY: &str = "Every mail";

fn service() -> Service {
    Service::new("Mercy <Clinic>", "call +1 555 0100").expect("a service")
}

#[test]
fn every_variable_is_documented_with_its_kind() {
    let mut seen = Seen::default();
    let Ok(()) = in_every_state::<Infallible>(&service(), |draft| {
        let shared = ["frame", "mail", "subject", "disown", "blocks"];
        let section = |name: &str| shared.contains(&name).then_some(EVERY);
        seen.look(name(draft.content), &variables(Piece::Html, draft), section);
        Ok(())
    });
    assert_same(&seen.variables(), &documented(DOCUMENTED));
}

#[test]
fn every_mail_is_documented_and_has_its_states() {
    let mut sampled = BTreeSet::new();
    let Ok(()) = in_every_state::<Infallible>(&service(), |draft| {
        sampled.insert(name(draft.content));
        Ok(())
    });
    assert_eq!(sampled, NAMES.into_iter().collect());
    assert_eq!(sections(DOCUMENTED), sampled);
}

/// What is a secret is in no subject: it is shown on locked screens, and to whoever looks after dead letters.
#[test]
fn a_subject_gets_no_secret() {
    let Ok(()) = in_every_state::<Infallible>(&service(), |draft| {
        let shown = format!("{:?}", view(Piece::Subject, draft));
        for secret in ["SECRET", "THIRD", "OTHER", "BCDF"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        Ok(())
    });
}

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/host/mail");
    fs::read_to_string(folder.join(name)).expect("a template")
}

/// What a host can begin with: regain's own mails in the dialect of hosts' templates.
fn set() -> MailTemplatesBuilder {
    let builder = MailTemplates::builder();
    ["letter.txt", "letter.html"].iter().fold(builder, |builder, name| builder.mail(name, read(name)))
}

/// The same, each mail by its own variables and texts.
fn each() -> MailTemplatesBuilder {
    let parts = ["frame.txt", "frame.html", "pieces.txt", "pieces.html"];
    let one = |name: &str| read(&format!("each/{name}"));
    let builder = parts.iter().fold(MailTemplates::builder(), |builder, name| builder.part(name, one(name)));
    let pieces = [Piece::Subject, Piece::Text, Piece::Html].map(ending);
    let names = NAMES.iter().flat_map(|mail| pieces.map(|ending| format!("{mail}{ending}")));
    names.fold(builder, |builder, name| builder.mail(&name, one(&name)))
}

#[track_caller]
fn assert_is_regains_own(templates: MailTemplatesBuilder, pieces: &[Piece]) {
    let templates = templates.build(&service()).unwrap_or_else(|error| panic!("{error}"));
    let Ok(()) = in_every_state::<Infallible>(&service(), |draft| {
        for piece in pieces {
            let theirs = templates.write(*piece, draft).expect("it was written before").to_string();
            match piece {
                Piece::Subject => assert_eq!(theirs, draft.subject),
                Piece::Text => assert_eq!(theirs, *own_text(draft).expect("ours")),
                Piece::Html => assert_eq!(unescaped(&theirs), unescaped(&own_html(draft).expect("ours"))),
            }
        }
        Ok(())
    });
}

#[test]
fn the_set_to_begin_with_is_regains_own_mails() {
    assert_is_regains_own(set(), &[Piece::Text, Piece::Html]);
}

/// So the variables of each mail are enough to write it anew.
#[test]
fn each_mail_by_its_own_variables_is_regains_own_mail() {
    assert_is_regains_own(each(), &[Piece::Subject, Piece::Text, Piece::Html]);
}

fn household(people: usize) -> LetterContent {
    let LetterContent::SharedLinks { mut accounts, minutes } =
        samples::all(Duration::DAY).into_iter().find(|content| name(content) == "shared_links").expect("one")
    else {
        panic!("another letter")
    };
    let first = accounts.remove(0);
    let accounts = (0..people).map(|n| SharedAccount { username: format!("ana-{n}"), ..first.clone() });
    LetterContent::SharedLinks { accounts: accounts.collect(), minutes }
}

fn of_household<T>(people: usize, doing: impl FnOnce(&Drafted<'_>) -> T) -> T {
    let service = service();
    drafted(service.voice_for(None), &household(people), None, |draft| doing(&draft))
}

#[test]
fn the_largest_mail_costs_a_tenth_of_what_a_mail_may_cost() {
    let ready = set().build(&service()).expect("the set builds").0.expect("templates");
    of_household(50, |draft| {
        let template = ready.html.get_template("letter.html").expect("a template");
        let written = template.render_captured(view(Piece::Html, draft)).expect("it is written");
        let (spent, _) = written.state().fuel_levels().expect("there is a limit");
        assert!(spent < FUEL / 10 && spent > FUEL / 1_000, "{spent}");
    });
}

/// Mail programs would cut it off: regain's own is shorter, or is cut off as it always was.
#[test]
fn a_mail_that_gets_too_long_is_not_the_hosts() {
    let long = format!("{{% for one in accounts %}}{}{{% endfor %}}", ".".repeat(1_000));
    let source = read("letter.html").replace("<hr", &format!("{long}<hr"));
    let templates =
        MailTemplates::builder().mail("shared_links.html", source).build(&service()).expect("short");
    of_household(10, |draft| assert!(templates.write(Piece::Html, draft).is_some()));
    of_household(100, |draft| assert!(templates.write(Piece::Html, draft).is_none()));
}
