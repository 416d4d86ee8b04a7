//! Languages: chosen by the browser or by a link, and carried on; no page of two.

use super::{Answer, GOOD_PASSWORD, World, encode, form, link_in};
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, LOCATION, VARY};
use axum::http::{Request, StatusCode};
use regain::account::AccountStatus;
use regain::factor::AuthLevel;
use regain::language::{Language, LanguageTag};

const PAGES: [&str; 5] = [
    "/recovery/forgot-password",
    "/recovery/forgot-username",
    "/recovery/code",
    "/recovery/link?token=x",
    "/sign-in",
];

impl World {
    async fn get_in(&self, language: &str, path: &str) -> Answer {
        let request = Request::get(path).header(ACCEPT_LANGUAGE, language);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post_in(&self, language: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = form(path).header(ACCEPT_LANGUAGE, language);
        self.send(request.body(encode(fields).into()).expect("a request")).await
    }
}

fn is_in(answer: &Answer, tag: &str) -> bool {
    let said = answer.headers.get(CONTENT_LANGUAGE).and_then(|value| value.to_str().ok());
    answer.body.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")) && said == Some(tag)
}

#[tokio::test]
async fn a_browser_gets_pages_in_its_language() {
    let world = World::new();
    for path in PAGES {
        for (asked, tag) in [("es-MX,es;q=0.9,en;q=0.8", "es"), ("en-GB", "en"), ("fr", "en"), ("", "en")] {
            let page = world.get_in(asked, path).await;
            assert!(is_in(&page, tag), "{path} for {asked}: {}", page.body);
            assert_eq!(page.headers.get(VARY).and_then(|value| value.to_str().ok()), Some("accept-language"));
        }
    }
}

#[tokio::test]
async fn a_link_on_the_page_leads_to_it_in_the_other_language() {
    let world = World::new();
    for path in PAGES {
        let page = world.get(path).await;
        let link = page.body.split_once("hreflang=\"es\">Español</a>").expect("a link").0;
        let link = link.rsplit_once("href=\"").expect("an address").1.split('"').next().unwrap_or_default();
        let link = link.replace("&#38;", "&");
        let here = path.split('?').next().unwrap_or_default();
        let address = if link.starts_with('?') { format!("{here}{link}") } else { link };
        let page = world.get_in("en", &address).await;
        assert!(is_in(&page, "es"), "{address}: {}", page.body);
        assert!(page.body.contains("hreflang=\"en\">English</a>"));
    }
}

/// Without a cookie: every link and form of the page says the language on, and so does the answer.
#[tokio::test]
async fn a_language_that_was_chosen_goes_along() {
    let world = World::new();
    for path in PAGES {
        let address = format!("{path}{}lang=es", if path.contains('?') { "&" } else { "?" });
        let page = world.get_in("en", &address).await.body;
        let page = page.split("<nav").next().expect("a page");
        for attribute in [" href=\"/", " action=\"/"] {
            for address in page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                let is_ours = !address.contains("/assets/");
                assert!(!is_ours || address.ends_with("lang=es"), "{path} leads to {address}");
            }
        }
    }
    for (path, fields) in [
        ("/recovery/forgot-password?lang=es", &[("identifier", "ana")][..]),
        ("/recovery/link?lang=es", &[("token", "x")]),
        ("/recovery/code?lang=es", &[("code", "x")]),
        ("/sign-in?lang=es", &[("identifier", "ana"), ("password", "x")]),
    ] {
        let answer = world.post_in("en", path, fields).await;
        assert!(is_in(&answer, "es"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn no_other_value_of_the_parameter_is_looked_at() {
    let world = World::new();
    for query in
        ["lang=fr", "lang=ES", "lang=es&lang=es", "lang=", "lang=%22%3E%3Cscript%3E", "lang=es%00", "LANG=es"]
    {
        let page = world.get_in("en", &format!("/recovery/forgot-password?{query}")).await;
        assert!(is_in(&page, "en"), "{query}");
        assert_eq!(page.body, world.get("/recovery/forgot-password").await.body, "{query}");
    }
}

/// The mission, all of it in Spanish: pages by the link, mails because the account says so.
#[tokio::test]
async fn a_password_is_recovered_in_spanish() {
    let world = World::new();
    let ana = world.person("ana");
    world.keep(&ana.in_language(LanguageTag::parse("es-MX").expect("a tag")));
    let asked = world.post("/recovery/forgot-password?lang=es", &[("identifier", "ana")]).await;
    assert!(asked.body.contains("<h1>Revise su correo</h1>"), "{}", asked.body);
    let mail = world.mail_to("ana@example.org").await.expect("a mail");
    assert!(mail.contains("Este enlace sirve una vez, durante 30 minutos."), "{mail}");
    let link = link_in(&mail).strip_prefix("https://portal.example.org").expect("a link of ours").to_owned();
    let (_, rest) = link.split_once("token=").expect("a token");
    let token = rest.strip_suffix("&lang=es").expect("the language of the mail").to_owned();
    // A link to the same page in another language would have the token in its address.
    let page = world.get(&format!("/recovery/link?token={token}")).await;
    assert!(!page.body.contains("hreflang") && is_in(&page, "en"), "{}", page.body);
    // The mail was in Spanish: so are the pages behind it, whatever the browser asks for.
    let page = world.get_in("en", &link).await;
    assert!(page.body.contains("<h1>Elija una contraseña nueva</h1>"), "{}", page.body);
    assert!(page.body.contains("action=\"/recovery/link?lang=es\""), "{}", page.body);
    let page = world.post_in("en", "/recovery/link?lang=es", &[("token", &token)]).await;
    assert!(page.body.contains("Al menos 15 caracteres."), "{}", page.body);
    assert!(page.body.contains("data-show=\"Mostrar la contraseña\""), "{}", page.body);
    let page =
        world.post_in("es", "/recovery/new-password", &[("token", &token), ("password", "corta")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Es demasiado corta. Use al menos 15 caracteres"), "{}", page.body);
    let fields = [("token", &*token), ("password", GOOD_PASSWORD)];
    let done = world.post_in("es", "/recovery/new-password", &fields).await;
    assert!(done.body.contains("<h1>Su contraseña nueva está guardada</h1>"), "{}", done.body);
    let mail = world.mail_to("ana@example.org").await.expect("a mail");
    assert!(mail.contains("La contraseña de su cuenta de Mercy Hospital"), "{mail}");
}

/// Whoever asks has no say in the language of somebody else's mails.
#[tokio::test]
async fn mails_are_in_the_language_of_the_account_and_not_of_the_asker() {
    let world = World::new();
    world.person("ana");
    let bea = world.person("bea").in_language(LanguageTag::parse("es").expect("a tag"));
    world.keep(&bea);
    let eva = world.person("eva").in_language(LanguageTag::parse("ja").expect("a tag"));
    world.keep(&eva);
    for (asker, name, words) in [
        ("es", "ana", "This link works once"),
        ("en", "bea", "Este enlace sirve una vez"),
        ("es", "eva", "This link works once"),
    ] {
        world.post_in(asker, "/recovery/forgot-password", &[("identifier", name)]).await;
        let mail = world.mail_to(&format!("{name}@example.org")).await.expect("a mail");
        assert!(mail.contains(words), "{mail}");
    }
    let mails = world.mailbox.to("bea@example.org");
    assert!(mails[0].html.contains("<html lang=\"es\"") && mails[0].language == bea.language);
}

/// EN-1, in each language: known, unknown, disabled and without an address, and then over the limit.
#[tokio::test]
async fn whoever_asks_gets_one_and_the_same_answer_in_every_language() {
    let world = World::patient();
    world.person("ana");
    let mut account = world.person("disabled");
    account.status = AccountStatus::Disabled;
    world.keep(&account);
    let mut account = world.person("noaddress");
    account.addresses.clear();
    world.keep(&account.in_language(LanguageTag::parse("es").expect("a tag")));
    let people = ["ana", "nobody", "disabled", "noaddress"];
    for (language, path) in [
        ("en", "/recovery/forgot-password"),
        ("es", "/recovery/forgot-password"),
        ("en", "/recovery/forgot-password?lang=es"),
    ] {
        let mut answers = Vec::new();
        for name in people {
            answers.push(world.post_in(language, path, &[("identifier", name)]).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{language} {path}");
        assert_eq!(answers[0].status, StatusCode::OK);
    }
    for (language, path) in [("en", "/recovery/forgot-password"), ("es", "/recovery/forgot-password")] {
        let mut refused = Vec::new();
        for name in people {
            // Three asks each came before: five are within the limit.
            for _ in 0..2 {
                world.post_in(language, path, &[("identifier", name)]).await;
            }
            refused.push(world.post_in(language, path, &[("identifier", name)]).await);
        }
        assert!(refused.iter().all(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS));
        assert!(refused.iter().all(|answer| answer.body == refused[0].body), "{language}");
        assert!(is_in(&refused[0], language));
    }
}

/// EN-1, EN-5, in each language, on every other route that somebody without an account reaches.
#[tokio::test]
async fn every_route_answers_known_and_unknown_alike_in_every_language() {
    let world = World::patient();
    world.person("ana");
    let mut account = world.person("disabled");
    account.status = AccountStatus::Disabled;
    world.keep(&account);
    let used = world.token_for("ana").await;
    world.post("/recovery/new-password", &[("token", &used), ("password", GOOD_PASSWORD)]).await;
    let unknown = "A".repeat(used.len());
    let claims = |record| {
        [
            ("given_name", "Ana"),
            ("family_name", "Silva"),
            ("birth_day", "17"),
            ("birth_month", "5"),
            ("birth_year", "1990"),
            ("record_number", record),
        ]
    };
    let (known, nobody, shut) = (claims("MRN-ana"), claims("MRN-x"), claims("MRN-disabled"));
    for language in ["en", "es"] {
        let mut groups = vec![
            ("/recovery/forgot-username", vec![&known[..], &nobody, &shut]),
            (
                "/sign-in",
                vec![
                    &[("identifier", "ana"), ("password", "x")][..],
                    &[("identifier", "nobody"), ("password", "x")],
                    &[("identifier", "disabled"), ("password", "the old oboe is gone")],
                ],
            ),
        ];
        let dead = [[("token", &*used)], [("token", &*unknown)], [("token", "x")]];
        for path in ["/recovery/link", "/recovery/disown", "/recovery/question"] {
            groups.push((path, dead.iter().map(|fields| &fields[..]).collect()));
        }
        for (path, tries) in groups {
            let mut answers = Vec::new();
            for fields in tries {
                answers.push(world.post_in(language, path, fields).await);
            }
            assert!(is_in(&answers[0], language), "{path}: {}", answers[0].body);
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{language} {path}");
        }
        for page in ["link?token", "disown?letter"] {
            let opened = world.get_in(language, &format!("/recovery/{page}={used}")).await;
            for other in [&*unknown, "x", ""] {
                let answer = world.get_in(language, &format!("/recovery/{page}={other}")).await;
                assert_eq!(answer, opened, "{language} {page}={other}");
            }
        }
    }
}

/// What the pages of somebody who is signed in say, and where they lead, is in the language as well.
#[tokio::test]
async fn security_pages_speak_the_language_and_lead_on_in_it() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    for (path, words) in [
        ("/security", "<h1>Seguridad</h1>"),
        ("/security/app", "<h1>Añadir una aplicación</h1>"),
        ("/security/codes", "¿Crear códigos de recuperación nuevos?"),
        ("/security/password", "<h1>Cambie su contraseña</h1>"),
        ("/security/email", "<h1>Cambie su correo electrónico</h1>"),
        ("/security/questions", "¿Dónde aprendió a nadar?"),
        ("/security/step-up", "¿Sigue siendo usted?"),
    ] {
        let page = browser.get(&format!("{path}?lang=es")).await;
        assert!(is_in(&page, "es") && page.body.contains(words), "{path}: {}", page.body);
        for address in page.body.split(" href=\"/security").skip(1).filter_map(|rest| rest.split('"').next())
        {
            assert!(address.ends_with("lang=es"), "{path} leads to {address}");
        }
    }
    let stranger = world.get("/security?lang=es").await;
    assert_eq!(
        stranger.headers.get(LOCATION).and_then(|value| value.to_str().ok()),
        Some("/sign-in?lang=es")
    );
}

/// A host that wants other words has them; one that speaks one language has no links to others.
#[tokio::test]
async fn a_host_may_change_every_word() {
    let language = Language::english();
    let keys: Vec<_> = language.texts().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
    let mut changed = language;
    for (key, text) in keys.iter().filter(|(key, _)| !key.starts_with("language.")) {
        changed = changed.with(key, &format!("«{text}»")).expect("the same placeholders");
    }
    let world = World::speaking(regain::language::Languages::new(changed));
    for path in PAGES {
        let page = world.get(path).await.body;
        assert!(!page.contains("hreflang"), "{page}");
        let main = page.split_once("<main>").expect("a page").1;
        for text in main.split(['<', '>']).step_by(2) {
            let text = text.trim();
            let is_ours = text.chars().any(char::is_alphabetic) && !text.contains("555 0100");
            assert!(!is_ours || text.starts_with('«'), "{path}: {text}");
        }
    }
}
