//! What is served from a host's templates: the same story, under the same headers.

use super::{Answer, MARK, Portal, hidden, parts, source};
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use regain::Recovery;
use regain::language::{Language, Languages};
use regain::testing::World;
use regain::web::templates::Templates;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

const NEW: &str = "forty-one copper kettles whistle";

#[tokio::test]
async fn from_a_forgotten_password_to_a_sign_in_on_pages_of_the_hosts() {
    let portal = Portal::dressed();
    let ana = portal.world.person("Ana").await;
    let form = portal.get("/recovery/forgot-password").await;
    assert!(form.body.contains(MARK), "{}", form.body);
    let asked = portal.post("/recovery/forgot-password", &[("identifier", &ana.username)]).await;
    assert!(asked.status == StatusCode::OK && asked.body.contains(MARK), "{}", asked.body);
    portal.world.work().await;
    let token = portal.world.link_of(&ana).expose().to_string();

    let link = portal.get(&format!("/recovery/link?token={token}")).await;
    assert!(link.body.contains(MARK) && hidden(&link, "token") == token, "{}", link.body);
    let choose = portal.post("/recovery/link", &[("token", &hidden(&link, "token"))]).await;
    let token = hidden(&choose, "token");
    let weak = portal.post("/recovery/new-password", &[("token", &token), ("password", "short")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains(MARK) && weak.body.contains("This is too short."), "{}", weak.body);
    let set =
        portal.post("/recovery/new-password", &[("token", &hidden(&weak, "token")), ("password", NEW)]).await;
    assert!(set.body.contains(MARK) && set.body.contains("Your new password is set"), "{}", set.body);

    let wrong = portal.post("/sign-in", &[("identifier", &ana.username), ("password", "another")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains(MARK));
    let signed_in = portal.post("/sign-in", &[("identifier", &ana.username), ("password", NEW)]).await;
    assert_eq!(
        (signed_in.status, &signed_in.headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/security".parse().unwrap())
    );
    let security = portal.get("/security").await;
    assert!(security.body.contains(MARK) && security.body.contains(&ana.email), "{}", security.body);
}

fn but_length(mut answer: Answer) -> HeaderMap {
    assert!(answer.headers.remove(CONTENT_LENGTH).is_some());
    answer.headers
}

/// A template says how a page looks, and nothing else.
#[tokio::test]
async fn status_and_headers_are_those_of_regains_own_pages() {
    let (dressed, plain) = (Portal::dressed(), Portal::plain());
    for portal in [&dressed, &plain] {
        let ana = portal.world.person("Ana").await;
        portal.signed_in(&ana);
    }
    for path in [
        "/recovery/forgot-username",
        "/recovery/forgot-password",
        "/recovery/code",
        "/recovery/link?token=x",
        "/recovery/disown?letter=x",
        "/sign-in",
        "/sign-in?lang=es",
        "/security",
        "/security/app",
        "/security/password",
        "/security/email",
        "/security/questions",
        "/security/step-up",
    ] {
        let (theirs, ours) = (dressed.get(path).await, plain.get(path).await);
        assert!(theirs.body.contains(MARK) && !ours.body.contains(MARK), "{path}: {}", theirs.body);
        assert_eq!((theirs.status, but_length(theirs)), (ours.status, but_length(ours)), "{path}");
    }
}

#[tokio::test]
async fn whoever_has_no_account_gets_the_same_page() {
    let portal = Portal::dressed();
    let ana = portal.world.person("Ana").await;
    let known = portal.post("/recovery/forgot-password", &[("identifier", &ana.username)]).await;
    let unknown = portal.post("/recovery/forgot-password", &[("identifier", "nobody")]).await;
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
}

#[tokio::test]
async fn pages_without_a_template_stay_as_they_are() {
    let page =
        "<!doctype html><h1>{{ say(title) }}</h1><a href=\"{{ action.href }}\">{{ say(action.label) }}</a>";
    let portal =
        Portal::with(|world| Templates::builder().page("notice.html", page).build(&world.recovery).unwrap());
    let plain = Portal::plain();
    assert_eq!(portal.get("/sign-in").await.body, plain.get("/sign-in").await.body);
    let notice = portal.get("/recovery/link?token=x").await;
    let expected = "<!doctype html><h1>This link cannot be used</h1>\
                    <a href=\"&#x2f;recovery&#x2f;forgot-password\">Ask for a new link</a>";
    assert_eq!((notice.status, notice.body.as_str()), (StatusCode::GONE, expected));
}

#[tokio::test]
async fn every_word_is_in_the_language_of_whoever_asks() {
    let portal = Portal::dressed();
    let page = portal.get("/recovery/forgot-password?lang=es").await.body;
    assert!(
        page.contains("<html lang=\"es\"") && page.contains(Language::spanish().text("page.help")),
        "{page}"
    );
    assert!(!page.contains(Language::english().text("page.help")), "{page}");
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

/// Templates that were looked at with another service's languages, and fail in this one's.
#[tokio::test]
async fn a_template_that_fails_after_all_gives_way_to_regains_own_page() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let mut setup = World::builder().setup();
    setup.service = setup.service.speaking(Languages::new(Language::english()));
    let english = Recovery::builder(setup).build().unwrap();
    let failing = "<h1>{% if frame.tag == 'es' %}{% include token %}{% endif %}";
    let failing = source("link.html").replace("<h1>", failing);
    let templates = parts().page("link.html", failing).build(&english).unwrap();
    let portal = Portal::with(|_| templates);
    let ana = portal.world.person("Ana").await;
    let token = portal.world.fresh_link(&ana).await.expose().to_string();
    assert!(portal.get(&format!("/recovery/link?token={token}")).await.body.contains(MARK));
    let page = portal.get(&format!("/recovery/link?token={token}&lang=es")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(hidden(&page, "token") == token && !page.body.contains(MARK), "{}", page.body);
    assert!(page.body.contains(Language::spanish().text("link.intro")), "{}", page.body);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let errors: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(matches!(&errors[..], [only] if only.contains("link.html") && only.contains("line=6")), "{log}");
    assert!(!log.contains(&token), "{log}");
}
