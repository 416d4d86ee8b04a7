use super::samples::{all, at};
use super::*;
use crate::language::{Language, LanguageTag};
use crate::mail::MailTemplates;

fn button() -> DisownButton {
    samples::button(Duration::DAY)
}

/// As by a service without templates.
fn compose(
    voice: Voice<'_>,
    content: &LetterContent,
    disown: Option<&DisownButton>,
    at: OffsetDateTime,
) -> Result<Composed, askama::Error> {
    super::compose(&MailTemplates::default(), voice, content, disown, at)
}

/// All that are mailed or printed, one of each at the least.
fn one_of_each() -> Vec<LetterContent> {
    let mut each = all(Duration::DAY);
    let secret = |text: &str| Zeroizing::new(text.to_owned());
    each.push(LetterContent::CodeByPhone { code: secret("BCDF-GHJK"), minutes: 10 });
    each.push(LetterContent::CodeByPost {
        code: secret("BCDF-GHJK"),
        reference: "0123 4567".into(),
        page: "https://a.org/code".into(),
        days: 21,
    });
    let there = |letter: &Letter| each.iter().any(|content| content.letter() == *letter);
    let missing: Vec<_> = Letter::ALL.iter().filter(|letter| !there(letter)).collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
    each
}

#[test]
fn what_comes_from_the_account_is_escaped_in_html() {
    let service = Service::new("A & B <clinic>", "call 1").unwrap();
    let content = LetterContent::UsernameReminder {
        username: "<a href=\"https://evil.test\">x</a>".to_owned(),
        sign_in: "https://a.org/sign-in".to_owned(),
    };
    let mail = compose(service.voice_for(None), &content, Some(&button()), at()).unwrap();
    assert!(!mail.html.contains("<a href=\"https://evil.test"), "{}", *mail.html);
    assert!(mail.html.contains("A &#38; B &#60;clinic&#62;"), "{}", *mail.html);
    assert!(mail.text.contains("A & B <clinic>"));
}

/// NO-3: how to object and where help is, in both parts of every letter, in every language.
#[test]
fn every_letter_says_how_to_object_and_where_help_is() {
    let service = Service::new("Mercy Clinic", "call +1 555 0100").unwrap();
    for (tag, said) in [
        ("en", ["This wasn\u{2019}t me", "24 hours", "7 days", "Need help?"]),
        ("es", ["No fui yo", "24 horas", "7 días", "¿Necesita ayuda?"]),
    ] {
        let tag = LanguageTag::parse(tag).unwrap();
        for content in one_of_each() {
            // A letter about several accounts brings the button of each.
            let brings_its_own = matches!(content, LetterContent::SharedLinks { .. });
            let voice = service.voice_for(Some(&tag));
            let mail = compose(voice, &content, (!brings_its_own).then_some(&button()), at()).unwrap();
            for part in [&mail.text, &mail.html] {
                let named = part.matches("letter=SECRET").count();
                assert_eq!(named, if part.contains("<html") { 2 } else { 1 }, "{content:?}");
                for words in said.into_iter().chain(["call +1 555 0100", "Mercy Clinic"]) {
                    assert!(part.contains(words), "{content:?} does not say {words:?}: {}", **part);
                }
                assert!(!part.contains(['{', '}']), "{}", **part);
            }
            assert!(mail.html.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")));
            assert!(mail.subject.contains("Mercy Clinic"), "{}", mail.subject);
            assert_eq!(mail.written.language, tag);
        }
    }
}

/// Whoever gets a Spanish letter lands on a Spanish page; an English one leaves it to the browser.
#[test]
fn every_link_leads_to_a_page_in_the_language_of_its_letter() {
    let service = Service::new("Mercy Clinic", "call +1 555 0100").unwrap();
    for (tag, alone, more) in [("en", "", ""), ("es", "?lang=es", "&lang=es")] {
        let tag = LanguageTag::parse(tag).unwrap();
        for content in one_of_each() {
            let mail = compose(service.voice_for(Some(&tag)), &content, Some(&button()), at()).unwrap();
            let urls: Vec<_> = mail.text.lines().filter(|line| line.starts_with("https://")).collect();
            assert!(!urls.is_empty(), "{content:?}");
            for url in urls {
                let names = ["?lang=", "&lang="].into_iter().find_map(|name| url.find(name));
                let (plain, end) = url.split_at(names.unwrap_or(url.len()));
                assert_eq!(end, if plain.contains('?') { more } else { alone }, "{content:?}: {url}");
                assert!(mail.html.contains(&format!("href=\"{}\"", url.replace('&', "&#38;"))), "{url}");
            }
        }
    }
}

/// A letter has no word of another language: nothing in it stays the same when the language changes, but names and values.
#[test]
fn every_letter_is_in_one_language() {
    let service = Service::new("Mercy Clinic", "call +1 555 0100").unwrap();
    let tags = ["en", "es"].map(|tag| LanguageTag::parse(tag).unwrap());
    for content in one_of_each() {
        let [english, spanish] =
            tags.each_ref().map(|tag| compose(service.voice_for(Some(tag)), &content, None, at()).unwrap());
        let values =
            ["My \"<phone>", "2026-0042", "BCDF", "0123", "https://", "ana", "bo.", "Mercy Clinic", "--"];
        let is_value =
            |line: &str| line.trim().is_empty() || values.iter().any(|value| line.trim().starts_with(value));
        for line in spanish.text.lines().filter(|line| !is_value(line)) {
            assert!(!english.text.lines().any(|other| other == line), "{content:?}: {line}");
        }
        assert_ne!(english.subject, spanish.subject);
    }
}

#[test]
fn a_service_may_be_called_otherwise_in_another_language() {
    let [spanish, other] = ["es-MX", "ja"].map(|tag| LanguageTag::parse(tag).unwrap());
    let service = Service::new("Mercy Clinic", "call 1").unwrap();
    let service =
        service.named_in(&LanguageTag::parse("es").unwrap(), "Clínica Mercy", "llame al 1").unwrap();
    let told = |tag: &LanguageTag| {
        let mail = compose(service.voice_for(Some(tag)), &LetterContent::SomebodyAsked, None, at()).unwrap();
        mail.text.to_string()
    };
    assert!(told(&spanish).contains("de Clínica Mercy.") && told(&spanish).contains("llame al 1"));
    assert!(told(&other).contains("at Mercy Clinic.") && told(&other).contains("call 1"));
}

/// What a person calls a factor, or a host a case, never begins a line of its own and is no markup.
#[test]
fn names_in_notices_stay_in_their_place() {
    let service = Service::new("Mercy Clinic", "call 1").unwrap();
    let name = "x\r\nCall https://evil.test\u{2028}<b>now</b>";
    let named = |name: &str| {
        let [label, number] = [(); 2].map(|()| name.to_owned());
        [
            LetterContent::FactorAdded(FactorAdded { label: label.clone(), at: at() }),
            LetterContent::FactorRemoved(FactorRemoved { label, how: TakenAway::SwitchedOff, at: at() }),
            LetterContent::CaseOpened(CaseOpened { number: number.clone(), at: at() }),
            LetterContent::CaseWaiting(CaseWaiting { number: number.clone(), until: at() }),
            LetterContent::CaseDecided(CaseDecided { number, released: false }),
        ]
    };
    for (wicked, plain) in named(name).iter().zip(named("plain")) {
        let [wicked, plain] = [wicked, &plain]
            .map(|content| compose(service.voice_for(None), content, Some(&button()), at()).unwrap());
        assert_eq!(wicked.text.lines().count(), plain.text.lines().count());
        assert_eq!(wicked.html.lines().count(), plain.html.lines().count());
        assert!(!wicked.html.contains("<b>"), "{}", *wicked.html);
    }
}

#[test]
fn without_a_hold_none_is_promised() {
    let service = Service::new("Mercy Clinic", "call 1").unwrap();
    let button = DisownButton { hold: Duration::ZERO, ..button() };
    let mail = compose(service.voice_for(None), &LetterContent::SomebodyAsked, Some(&button), at()).unwrap();
    assert!(!mail.text.contains("nobody can ask"), "{}", *mail.text);
}

#[test]
fn lengths_are_said_in_the_unit_that_people_think_in() {
    for (time, said) in [
        (Duration::seconds(1), "1 minute"),
        (Duration::minutes(90), "90 minutes"),
        (Duration::hours(24), "24 hours"),
        (Duration::hours(47), "47 hours"),
        (Duration::hours(49), "3 days"),
        (Duration::days(7), "7 days"),
    ] {
        assert_eq!(Language::english().length(time), said);
    }
}
