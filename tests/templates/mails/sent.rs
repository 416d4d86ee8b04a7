//! What is sent: in the host's words, in the person's language, and never without its link.

use super::{HTML, TEXT, built, one, service};
use regain::language::{Language, LanguageTag, Languages};
use regain::mail::Message;
use regain::mail::templates::MailTemplates;
use regain::testing::{Someone, World};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use time::Duration;

/// What only the host's mails have.
const MARK: &str = "THE HOST'S OWN";

fn world(templates: MailTemplates) -> World {
    World::builder().configure(move |builder| builder.mail_templates(templates)).build()
}

/// The mail that went out last.
async fn mail_after_an_ask(world: &World, who: &Someone) -> Message {
    world.recovery.ask_password(&who.identifier(), &world.client()).await.expect("an ask");
    world.work().await;
    world.mailbox.to(&who.email).pop().expect("a mail")
}

#[tokio::test]
async fn one_mail_is_the_hosts_and_the_others_stay_as_they_are() {
    let [html, text] = [HTML, TEXT].map(|source| format!("{source}\n{MARK}"));
    let world = world(built(
        one("recovery_link.subject", "[{{ frame.service }}] {{ subject }}\n")
            .mail("recovery_link.html", html)
            .mail("recovery_link.txt", text),
    ));
    let (ana, plain) = (world.person("Ana").await, World::new());
    let mail = mail_after_an_ask(&world, &ana).await;
    assert!(
        mail.subject.starts_with("[Mercy") && mail.subject.contains("] Choose a new password"),
        "{}",
        mail.subject
    );
    assert!(mail.text.ends_with(MARK) && mail.html.ends_with(MARK), "{}", *mail.text);
    assert!(mail.html.contains(&format!("<title>{}", mail.subject)), "{}", *mail.html);
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "the link opens");

    let other = plain.person("Ana").await;
    for (world, who) in [(&world, &ana), (&plain, &other)] {
        world.recovery.ask_username(&who.claims(), &world.client()).await.expect("an ask");
        world.work().await;
    }
    let [theirs, ours] =
        [(&world, &ana), (&plain, &other)].map(|(world, who)| world.mailbox.to(&who.email).pop().unwrap());
    assert_eq!(theirs.subject, ours.subject);
    for (theirs, ours) in [(&theirs.text, &ours.text), (&theirs.html, &ours.html)] {
        let length = |part: &str| part.lines().map(str::len).collect::<Vec<_>>();
        assert!(!theirs.contains(MARK) && length(theirs) == length(ours), "{}", **theirs);
    }
}

#[tokio::test]
async fn every_mail_is_the_hosts_and_in_the_language_of_its_person() {
    let world = world(built(
        one("letter.html", &format!("{HTML}\n{MARK}")).mail("letter.txt", format!("{TEXT}\n{MARK}")),
    ));
    let ana = world.person_with("Ana", |ana| ana.language = LanguageTag::parse("es").ok()).await;
    let mail = mail_after_an_ask(&world, &ana).await;
    let intro = Language::spanish().text("letter.copy").to_owned();
    assert!(mail.html.contains("<html lang=\"es\"") && mail.html.contains(&intro), "{}", *mail.html);
    let link = mail.text.lines().find(|line| line.contains("/link?token=")).expect("a link");
    assert!(link.ends_with("&lang=es"), "{link}");
    world.recovery.ask_username(&ana.claims(), &world.client()).await.expect("an ask");
    world.work().await;
    let mails = world.mailbox.to(&ana.email);
    assert!(
        mails.len() == 2 && mails.iter().all(|mail| mail.html.ends_with(MARK) && mail.text.ends_with(MARK))
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged on this thread while it is kept.
fn logged(log: &Log) -> tracing::subscriber::DefaultGuard {
    let log = log.clone();
    let writer = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
    tracing::subscriber::set_default(writer.finish())
}

impl Log {
    fn errors(&self) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8");
        log.lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect()
    }
}

/// Templates that fail in a state that nobody could know of: the mail goes all the same, with its link, as regain's own.
#[tokio::test]
async fn a_template_that_fails_after_all_loses_no_mail_and_no_link() {
    let english = service().speaking(Languages::new(Language::english()));
    let fails = format!("{TEXT}{{% if frame.tag == 'es' %}}{{% include link %}}{{% endif %}}");
    let silent = HTML.replace("{{ block.url }}", "{% if frame.tag == 'en' %}{{ block.url }}{% endif %}");
    let templates = MailTemplates::builder()
        .mail("recovery_link.txt", fails)
        .mail("recovery_link.html", silent)
        .mail("recovery_link.subject", "{% if frame.tag == 'es' %}a\nb{% else %}Hello{% endif %}")
        .build(&english)
        .expect("good in English");
    let world = world(templates);
    let ana = world.person_with("Ana", |ana| ana.language = LanguageTag::parse("es").ok()).await;
    let (bo, log) = (world.person("Bo").await, Log::default());
    let guard = logged(&log);
    let theirs = mail_after_an_ask(&world, &bo).await;
    assert!(theirs.subject == "Hello" && log.errors().is_empty(), "{:?}", log.errors());
    let mail = mail_after_an_ask(&world, &ana).await;
    drop(guard);

    let plain = World::new();
    let other = plain.person_with("Ana", |ana| ana.language = LanguageTag::parse("es").ok()).await;
    let own = mail_after_an_ask(&plain, &other).await;
    assert_eq!(mail.subject, own.subject);
    for part in [&mail.text, &mail.html] {
        let token = world.link_of(&ana).expose().to_string();
        assert!(part.contains(&token), "{}", **part);
    }
    assert_eq!(mail.html.lines().count(), own.html.lines().count());
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "the link opens");

    let errors = log.errors();
    let said = ["recovery_link.subject", "recovery_link.txt", "recovery_link.html"];
    assert_eq!(errors.len(), 3, "{errors:?}");
    for (error, name) in errors.iter().zip(said) {
        assert!(error.contains(name), "{error}");
        assert!(!error.contains("token=") && !error.contains("letter="), "{error}");
    }
}

/// What an account is called is the account's: it begins no header, no line and no tag.
#[tokio::test]
async fn what_comes_from_an_account_stays_in_its_place() {
    let source =
        "<!doctype html><p title=\"{{ username }}\">{{ username }}<a href=\"{{ disown.url }}\">No</a>";
    let world = world(built(
        one("username_reminder.subject", "{{ username }} is your username")
            .mail("username_reminder.html", source)
            .mail("username_reminder.txt", "Username: {{ username }}\n{{ disown.url }}"),
    ));
    let log = Log::default();
    let guard = logged(&log);
    for (name, subject) in [
        ("\"><script>x</script>", "\"><script>x</script> is your username"),
        ("ana\r\nBcc: eva@evil.test", "ana\u{FFFD}\u{FFFD}Bcc: eva@evil.test is your username"),
        ("ana\u{2028}Call 555 0199", "ana\u{FFFD}Call 555 0199 is your username"),
        // A mail program would decode it: regain's own subject goes.
        ("=?utf-8?q?=0D=0ABcc:_eva=40evil.test?=", "Your username for "),
    ] {
        let ana = world.person_with("Ana", |ana| ana.username = name.to_owned()).await;
        world.recovery.ask_username(&ana.claims(), &world.client()).await.expect("an ask");
        world.work().await;
        let mail = world.mailbox.to(&ana.email).pop().expect("a mail");
        assert!(mail.subject.starts_with(subject), "{:?}", mail.subject);
        assert_eq!(mail.text.lines().count(), 2, "{}", *mail.text);
        assert!(!mail.html.contains("<script") && mail.html.starts_with("<!doctype html><p title=\""));
        world.accounts.remove(&ana.id).await;
    }
    drop(guard);
    let errors = log.errors();
    assert!(matches!(&errors[..], [only] if only.contains("username_reminder.subject")), "{errors:?}");
}

/// A template that hides the link where no state came by: it is looked at again before the mail is sealed.
#[tokio::test]
async fn a_mail_that_would_go_without_its_link_is_regains_own() {
    let hides = "{% if minutes == 30 %}{{ link }}{% endif %} {{ code }}\n{{ disown.url }}";
    let templates = built(one("recovery_link.txt", hides));
    let world = World::builder()
        .configure(move |builder| builder.mail_templates(templates).link_life(Duration::minutes(20)))
        .build();
    let (ana, log) = (world.person("Ana").await, Log::default());
    let guard = logged(&log);
    let mail = mail_after_an_ask(&world, &ana).await;
    drop(guard);
    assert!(mail.text.contains(Language::english().text("letter.choose")), "{}", *mail.text);
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "the link opens");
    assert!(matches!(&log.errors()[..], [only] if only.contains("recovery_link.txt")), "{:?}", log.errors());
}
