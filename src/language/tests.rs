use super::*;

const ENGLISH_FILE: &str = include_str!("../../locales/en.txt");
const SPANISH_FILE: &str = include_str!("../../locales/es.txt");

fn problems(file: &str) -> Vec<String> {
    let error = Language::parse(file).expect_err("a file that is no language");
    error.problems().iter().map(ToString::to_string).collect()
}

/// The English file with one line put in the place of another.
fn with_line(old: &str, new: &str) -> String {
    assert!(ENGLISH_FILE.contains(old), "{old}");
    ENGLISH_FILE.replacen(old, new, 1)
}

#[test]
fn the_languages_that_come_along_are_whole() {
    for (file, language, name) in
        [(ENGLISH_FILE, Language::english(), "English"), (SPANISH_FILE, Language::spanish(), "Español")]
    {
        let read = Language::parse(file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&read, read.name()), (&language, name));
    }
}

/// Where a text is the same in both, it is a name or a number, or the two languages have one word for it.
#[test]
fn nothing_of_the_spanish_is_left_in_english() {
    let (english, spanish) = (Language::english(), Language::spanish());
    let same: Vec<_> =
        english.texts().filter(|(key, text)| spanish.text(key) == *text).map(|(key, _)| key).collect();
    let expected = [
        "desk.escalated",
        "desk.level.one",
        "desk.level.three",
        "desk.level.two",
        "desk.line",
        "desk.shown",
        "language.direction",
        "page.error",
    ];
    assert_eq!(same, expected);
}

#[test]
fn every_mistake_of_a_file_is_named_with_its_line() {
    let english =
        ENGLISH_FILE.lines().position(|line| line.starts_with("sign-in.title")).expect("a line") + 1;
    let found = |old, new: &str| problems(&with_line(old, new));
    let title = "sign-in.title = Sign in\n";
    assert_eq!(found(title, ""), ["sign-in.title is missing"]);
    let twice = format!("{title}{title}");
    assert_eq!(
        found(title, &twice),
        [format!("line {}: sign-in.title stands here a second time", english + 1)]
    );
    let unknown = found(title, "sign-in.titel = Sign in\n");
    assert_eq!(
        unknown,
        [format!("line {english}: there is no key sign-in.titel"), "sign-in.title is missing".to_owned()]
    );
    for (text, why) in [
        ("Sign in {now}", "needs these placeholders and no others: none"),
        ("Sign in {", "needs these placeholders and no others: none"),
        ("Sign } in", "needs these placeholders and no others: none"),
        ("", "is empty, over 2000 bytes"),
        ("Sign\u{7}in", "is empty, over 2000 bytes"),
        ("=?utf-8?q?=0A?=", "is empty, over 2000 bytes"),
        (&"x".repeat(2_001), "is empty, over 2000 bytes"),
    ] {
        let found = found(title, &format!("sign-in.title = {text}\n"));
        assert!(
            matches!(&found[..], [only] if only.starts_with(&format!("line {english}: ")) && only.contains(why)),
            "{found:?}"
        );
    }
    assert!(
        found(title, "sign-in.title: Sign in\n")[0]
            .starts_with(&format!("line {english}: write `key = text`"))
    );
    assert!(found("language.tag = en\n", "language.tag = e_n\n")[0].contains("e_n is not what"));
    assert!(found("language.direction = ltr\n", "language.direction = up\n")[0].contains("up is not what"));
    assert_eq!(problems(&"#".repeat(600_000)), ["the file is over 524288 bytes"]);
    assert!(problems("").contains(&"month.12 is missing".to_owned()));
}

#[test]
fn a_file_may_be_written_in_any_order_and_width() {
    let whole =
        "asked.same = Everybody sees this same page, so that nobody can find out here who has an account.";
    let broken = "asked.same=Everybody sees this same page,\r\n\tso that nobody can find out\r\n# why\r\n\r\n  here who has an account.";
    let file = format!("\u{feff}{}", with_line(whole, broken));
    assert_eq!(Language::parse(&file), Ok(Language::english()));
}

/// Polish tells one, few and many apart: its file has those, and no English form is missed.
#[test]
fn a_language_has_the_forms_of_its_own_numbers() {
    let polish = with_line("language.tag = en", "language.tag = pl");
    let missing = problems(&polish);
    assert!(missing.contains(&"time.days.few is missing".to_owned()), "{missing:?}");
    assert!(missing.iter().all(|problem| problem.ends_with("is missing")), "{missing:?}");
    let mut whole = polish.replace(
        "time.days.other = {count} days",
        "time.days.few = {count} dni\ntime.days.other = {count} dnia\ntime.days.many = {count} dni",
    );
    for problem in missing.iter().filter(|problem| !problem.starts_with("time.days")) {
        whole.push_str(&format!("{} = {{count}}\n", problem.trim_end_matches(" is missing")));
    }
    let polish = Language::parse(&whole).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(polish.count("time.days", 3), "3 dni");
    assert_eq!(problems(&with_line("time.days.one = {count} day", "time.days.two = {count} days")).len(), 2);
    let in_words = with_line("time.days.one = {count} day", "time.days.one = a day");
    assert_eq!(
        Language::parse(&in_words).map(|language| language.count("time.days", 1)),
        Ok("a day".to_owned())
    );
}

#[test]
fn a_single_word_can_be_put_otherwise() {
    let language = Language::english().with("link.disown", "That was not me").unwrap();
    assert_eq!(language.text("link.disown"), "That was not me");
    for (key, text) in
        [("link.disowned", "x"), ("link.disown", ""), ("link.disown", "{name}"), ("language.tag", "de")]
    {
        assert!(Language::english().with(key, text).is_err(), "{key} = {text}");
    }
    let question =
        Language::spanish().with("asks.first-pet", "¿Cómo se llamaba su primera mascota?").unwrap();
    assert!(question.get("asks.first-pet").is_some());
}

#[test]
fn what_is_filled_in_is_not_filled_in_again() {
    let language = Language::english();
    assert_eq!(language.fill("remove-app.title", &[("name", "{name}{x}")]), "Remove “{name}{x}”?");
    assert_eq!(
        language.around("security.waiting", "link", &[("address", "{link}")]),
        ("{link} is used as soon as you ".to_owned(), ".".to_owned())
    );
}

/// RFC 9110, 12.5.4; RFC 4647, 3.4.
#[test]
fn a_browser_gets_the_language_that_it_asks_for() {
    let brazilian = ENGLISH_FILE.replacen("language.tag = en", "language.tag = pt-BR", 1);
    let languages = Languages::default().and(Language::parse(&brazilian).unwrap());
    let long = format!("es, {}", "x".repeat(1_000));
    let many = format!("{}es", "ja, ".repeat(40));
    for (header, tag) in [
        ("", "en"),
        ("es", "es"),
        ("ES-mx", "es"),
        ("es-419,es;q=0.9,en;q=0.8", "es"),
        ("en-GB, es;q=0.9", "en"),
        ("en;q=0.4, es;q=0.5", "es"),
        ("en;q=0.5, es;q=0.5", "en"),
        ("ja, es;q=0.001", "es"),
        ("ja", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh-Hant-x-es", "en"),
        ("*", "en"),
        ("en;q=0, *;q=0.5", "es"),
        ("es;q=0, *", "en"),
        ("es;q=0", "en"),
        ("es-x-private", "es"),
        ("es;q=2", "en"),
        ("es;q=0.1234", "en"),
        ("es;q=-1, en", "en"),
        ("es;level=1", "en"),
        ("es_MX", "en"),
        ("<script>, es", "es"),
        (&long, "en"),
        (&many, "en"),
    ] {
        let found = languages.choose(Some(header));
        assert_eq!(found.tag().as_str(), tag, "{header:?}");
    }
    assert_eq!(languages.choose(None).tag().as_str(), "en");
}

#[test]
fn a_person_gets_the_language_on_file_or_the_default() {
    let languages = Languages::new(Language::spanish()).and(Language::english());
    let of = |tag: &str| languages.of(LanguageTag::parse(tag).ok().as_ref()).tag().to_string();
    assert_eq!((of("en-US"), of("es"), of("ja")), ("en".to_owned(), "es".to_owned(), "es".to_owned()));
    assert_eq!(languages.of(None).tag().as_str(), "es");
}

#[test]
fn dates_and_lengths_are_said_in_the_language() {
    let (english, spanish) = (Language::english(), Language::spanish());
    let at = time::macros::datetime!(1985-03-27 10:05 UTC);
    assert_eq!((&*english.day(at), &*spanish.day(at)), ("27 March 1985", "27 de marzo de 1985"));
    assert_eq!(english.moment(at), "27 March 1985 at 10:05 UTC");
    assert_eq!(spanish.moment(at), "27 de marzo de 1985 a las 10:05 UTC");
    assert_eq!(english.until(at), "27 March 1985, 10:05 UTC");
    assert_eq!(spanish.length(time::Duration::HOUR), "60 minutos");
    assert_eq!(spanish.wait(std::time::Duration::from_secs(3_600)), "60 minutos");
    assert_eq!(english.wait(std::time::Duration::ZERO), "2 seconds");
    assert_eq!(spanish.months().nth(11), Some("diciembre"));
}
