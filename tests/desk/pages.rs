//! The desk's pages, over HTTP.

use super::{Office, email, staff};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use regain::desk::case::CaseStateKind;
use regain::desk::{LONGEST_TEXT, Staff};
use regain::ids::{AccountId, CaseId};
use regain::store::StoreError;
use regain::testing::{SeedAccounts, Someone};
use regain::web::{self, ClientAddress, StaffHost, WebConfig};
use std::sync::Arc;
use time::Duration;
use tower::ServiceExt as _;

/// A proxy in front says who is signed in, and staff type usernames.
struct Front(Arc<dyn SeedAccounts>);

#[async_trait]
impl StaffHost for Front {
    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError> {
        let name = headers.get("x-staff").and_then(|name| name.to_str().ok());
        if name == Some("nobody-knows") {
            return Err(StoreError::plain("the host does not answer"));
        }
        Ok(name.map(|name| staff(name, 10)))
    }

    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        let typed = regain::identity::Identifier::parse(typed);
        Ok(self.0.find_by_identifier(&typed).await?.first().map(|account| account.id.clone()))
    }
}

struct Site {
    office: Office,
    app: Router,
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Site {
    fn new() -> Self {
        let office = Office::new();
        let config = || WebConfig::new(ClientAddress::None).help_at("/recovery/help").unwrap();
        let front = Arc::new(Front(office.world.accounts.clone()));
        let app = web::router(office.world.recovery.clone(), config())
            .merge(web::help_router(office.desk.clone(), config()))
            .merge(web::desk_router(office.desk.clone(), front, config()));
        Self { office, app }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(Request::get(path).header("x-staff", who).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(own(path).header("x-staff", who).body(encode(fields).into()).unwrap()).await
    }

    /// Sends a form of a case's page, with what the page put into its hidden fields.
    async fn fill(&self, who: &str, case: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(who, case).await;
        assert!(
            page.body.contains(&format!(r#"action="/recovery/desk/{action}""#)),
            "{action}: {}",
            page.body
        );
        let hidden = [("case", field(&page.body, "case")), ("version", field(&page.body, "version"))];
        let hidden = hidden.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        self.post(who, &format!("/recovery/desk/{action}"), &all).await
    }

    async fn opened(&self, who: &Someone) -> String {
        let opened = self.post("ida", "/recovery/desk", &[("account", &who.username)]).await;
        location(&opened)
    }
}

fn own(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[LOCATION].to_str().unwrap().to_owned()
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!(r#"name="{name}" value=""#)).expect(name);
    rest.split('"').next().unwrap().to_owned()
}

/// The values of a selection.
fn options(page: &str, id: &str) -> Vec<String> {
    let (_, rest) = page.split_once(&format!(r#"<select id="{id}""#)).expect(id);
    let (list, _) = rest.split_once("</select>").unwrap();
    let values = list.split(r#"<option value=""#).skip(1);
    values
        .map(|option| option.split('"').next().unwrap().to_owned())
        .filter(|code| !code.is_empty())
        .collect()
}

fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

const EVIDENCE: [(&str, &str); 5] = [
    ("kind", "photo_id_in_person"),
    ("level", "ial2"),
    ("need", "password"),
    ("new_kind", "email"),
    ("new_address", ""),
];

/// The same in another language: it goes along from page to page, and no page of the way says anything in the first one.
#[tokio::test]
async fn a_case_is_worked_on_in_the_language_that_somebody_chose() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let form = site.get("", "/recovery/help?lang=es").await;
    assert!(form.body.contains("<h1>Escriba a nuestro personal</h1>"), "{}", form.body);
    let opened = site.post("ida", "/recovery/desk?lang=es", &[("account", &ana.username)]).await;
    let case = location(&opened);
    assert!(case.ends_with("&lang=es"), "{case}");
    let english = regain::language::Language::english();
    for (action, fields) in
        [("note", &[("text", "...")][..]), ("assign", &[("to", "ida")]), ("evidence", &EVIDENCE)]
    {
        let page = site.get("ida", &case).await;
        assert!(page.body.contains("<html lang=\"es\"") && page.body.contains("<h1>Caso "), "{}", page.body);
        assert!(page.body.contains("href=\"?id=") && page.body.contains("hreflang=\"en\""), "{}", page.body);
        for (key, words) in english.texts().filter(|(key, text)| key.starts_with("desk.") && text.len() > 12)
        {
            assert!(!page.body.contains(&format!(">{words}<")), "{key}: {words}");
        }
        let hidden = ["case", "version"].map(|name| (name, field(&page.body, name)));
        let hidden = hidden.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        let sent = site.post("ida", &format!("/recovery/desk/{action}?lang=es"), &all).await;
        assert_eq!(location(&sent), case);
    }
    let refused = site.post("ida", "/recovery/desk?lang=es", &[("account", &ana.username)]).await;
    assert!(refused.body.contains("Esta cuenta ya tiene un caso abierto."), "{}", refused.body);
    let queue = site.get("ida", "/recovery/desk?lang=es").await;
    assert!(
        queue.body.contains("Tiene que decidir una segunda persona (ida). Abierto por el personal."),
        "{}",
        queue.body
    );
}

/// Ana is stuck, writes, and two staff people help her: nobody does anything but fill in forms.
#[tokio::test]
async fn a_case_goes_from_the_persons_page_over_two_staff_people_to_a_link() {
    let site = Site::new();
    let world = &site.office.world;
    let ana = world.person("Ana").await;
    let form = site.get("", "/recovery/help").await;
    assert!(form.body.contains(r#"<form method="post" action="/recovery/help">"#), "{}", form.body);
    let sent = site.post("", "/recovery/help", &[("text", "I am Ana, help"), ("reach", "call me")]).await;
    assert_eq!(sent.status, StatusCode::OK);

    let queue = site.get("ida", "/recovery/desk").await;
    let (_, rest) = queue.body.split_once("/recovery/desk/case?id=").expect("a case is in the queue");
    let case = format!("/recovery/desk/case?id={}", rest.split('"').next().unwrap());
    let page = site.get("ida", &case).await;
    assert!(page.body.contains("I am Ana, help") && page.body.contains("call me"), "{}", page.body);
    assert_eq!(location(&site.fill("ida", &case, "assign", &[("to", "ida")]).await), case);
    location(&site.fill("ida", &case, "note", &[("text", "called her back")]).await);
    location(&site.fill("ida", &case, "concern", &[("account", "ana")]).await);
    location(&site.fill("ida", &case, "evidence", &EVIDENCE).await);
    let page = site.get("ida", &case).await;
    assert!(!page.body.contains("/desk/approve"), "who recorded evidence is not offered to decide");
    let page = site.get("jon", &case).await;
    let to = options(&page.body, "to");
    assert_eq!(to.len(), 1);
    location(&site.fill("jon", &case, "approve", &[("need", "password"), ("to", &to[0])]).await);
    let page = site.get("jon", &case).await;
    assert!(page.body.contains("Approved, and waits until"), "{}", page.body);
    assert!(!page.body.contains(&ana.email), "staff see as much of an address as they need");

    world.clock.advance(Duration::DAY);
    world.work().await;
    assert!(site.get("jon", &case).await.body.contains("The link is sent"));
    assert!(site.office.choose(&world.link_of(&ana)).await);
}

#[tokio::test]
async fn after_a_proofing_anew_the_page_offers_the_new_address() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let case = site.opened(&ana).await;
    location(&site.fill("ida", &case, "assign", &[("to", "ida")]).await);
    let named = |address| {
        [
            ("kind", "proofed_anew"),
            ("level", "ial2"),
            ("need", "password"),
            ("new_kind", "email"),
            ("new_address", address),
        ]
    };
    let wrong = site.fill("ida", &case, "evidence", &named("nowhere")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    location(&site.fill("ida", &case, "evidence", &named("ana@new.example")).await);
    assert_eq!(options(&site.get("jon", &case).await.body, "to").last().unwrap(), "recorded");
    location(&site.fill("jon", &case, "approve", &[("need", "password"), ("to", "recorded")]).await);
    site.office.world.clock.advance(Duration::DAY);
    site.office.world.work().await;
    assert_eq!(site.office.links_to("ana@new.example").await, 1);
    assert_eq!(site.office.world.account(&ana).await.unwrap().addresses, [email(&ana.email)]);
}

const POSTS: [&str; 8] =
    ["", "/concern", "/assign", "/note", "/evidence", "/approve", "/refuse", "/withdraw"];

/// Whoever is not signed in as staff sees nothing and does nothing.
#[tokio::test]
async fn a_stranger_gets_nowhere() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let case = site.opened(&ana).await;
    let id = case.split_once("id=").unwrap().1.to_owned();
    let before = site.office.world.audit().await;
    let mut answers = Vec::new();
    for path in ["/recovery/desk", case.as_str(), "/recovery/desk?after=1-0"] {
        answers.push(site.send(Request::get(path).body(Body::empty()).unwrap()).await);
    }
    for path in POSTS {
        let fields = encode(&[("case", &id), ("version", "1"), ("account", "ana"), ("to", "ida")]);
        answers.push(site.send(own(&format!("/recovery/desk{path}")).body(fields.into()).unwrap()).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(site.office.world.audit().await, before);
    assert_eq!(site.get("nobody-knows", "/recovery/desk").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// A browser's session adds authority here: nothing is taken from another site.
#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let case = site.opened(&ana).await;
    let id = case.split_once("id=").unwrap().1.to_owned();
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "null"),
        ("origin", "https://evil.test"),
    ];
    for path in POSTS {
        for (name, value) in foreign {
            let request = Request::post(format!("/recovery/desk{path}"))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("x-staff", "jon")
                .header(name, value);
            let fields = [("case", id.as_str()), ("version", "1")];
            let answer = site.send(request.body(encode(&fields).into()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {value}");
        }
    }
    let id = CaseId::parse(&id).unwrap();
    assert_eq!(site.office.state(id).await, CaseStateKind::Opened);
    assert_eq!(site.office.world.audit().await.len(), 1);
}

#[tokio::test]
async fn what_is_not_done_is_said_and_how_to_go_on() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let case = site.opened(&ana).await;
    let id = case.split_once("id=").unwrap().1.to_owned();
    let stale = [("case", id.as_str()), ("version", "1"), ("to", "ida")];
    location(&site.post("ida", "/recovery/desk/assign", &stale).await);
    let answers = [
        (site.post("jon", "/recovery/desk/assign", &stale).await, StatusCode::CONFLICT),
        (site.post("jon", "/recovery/desk", &[("account", "ana")]).await, StatusCode::UNPROCESSABLE_ENTITY),
        (site.post("jon", "/recovery/desk", &[("account", "who")]).await, StatusCode::UNPROCESSABLE_ENTITY),
        (site.fill("jon", &case, "note", &[("text", " \n ")]).await, StatusCode::UNPROCESSABLE_ENTITY),
        (site.fill("jon", &case, "assign", &[("to", "")]).await, StatusCode::UNPROCESSABLE_ENTITY),
        (site.fill("jon", &case, "evidence", &EVIDENCE).await, StatusCode::UNPROCESSABLE_ENTITY),
        (site.get("jon", "/recovery/desk/case?id=x").await, StatusCode::NOT_FOUND),
        (site.get("jon", &format!("/recovery/desk/case?id={}", "0".repeat(32))).await, StatusCode::NOT_FOUND),
        (
            site.post("jon", "/recovery/desk/refuse", &[("case", "x"), ("version", "1")]).await,
            StatusCode::NOT_FOUND,
        ),
        (
            site.post("jon", "/recovery/desk/refuse", &[("case", &id), ("version", "-1")]).await,
            StatusCode::NOT_FOUND,
        ),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains("Nothing was done."), "{}", answer.body);
    }
    assert_eq!(site.get("jon", "/recovery/desk/refuse").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let huge = "x".repeat(100_000);
    let answer = site.post("jon", "/recovery/desk/note", &[("text", &huge)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// SD-6, on the page.
#[tokio::test]
async fn a_case_above_ones_role_is_not_shown() {
    let site = Site::new();
    let chief = site.office.world.person("Chief").await;
    let case = site.opened(&chief).await;
    site.office.employ(&chief, &staff("chief", 50));
    for who in ["jon", "chief"] {
        let answer = site.get(who, &case).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(!answer.body.contains(chief.id.as_str()));
    }
}

/// Whatever is typed stays text, on every page where it is shown.
#[tokio::test]
async fn what_people_type_is_never_markup() {
    let site = Site::new();
    let markup = "<script>alert(1)</script>\"'&";
    site.post("", "/recovery/help", &[("text", markup), ("reach", markup)]).await;
    let queue = site.get("<ida>", "/recovery/desk").await;
    let (_, rest) = queue.body.split_once("/recovery/desk/case?id=").unwrap();
    let case = format!("/recovery/desk/case?id={}", rest.split('"').next().unwrap());
    location(&site.fill("<ida>", &case, "assign", &[("to", markup)]).await);
    location(&site.fill("<ida>", &case, "note", &[("text", markup)]).await);
    for path in [case.as_str(), "/recovery/desk"] {
        let page = site.get("<ida>", path).await;
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<ida>"), "{}", page.body);
        assert!(page.body.contains("alert(1)"), "{path}: it is shown");
    }
}

/// EN-1: the person's page answers alike, but for a number that is drawn at random.
#[tokio::test]
async fn the_persons_page_answers_everybody_alike() {
    let site = Site::new();
    site.office.world.person("Ana").await;
    let mut answers = Vec::new();
    for text in ["I am Ana, username ana", "nobody", "\u{1f600}"] {
        let mut answer = site.post("", "/recovery/help", &[("text", text), ("reach", "x")]).await;
        let (_, rest) = answer.body.split_once("Your case is called ").unwrap();
        let number = rest[..9].to_owned();
        answer.body = answer.body.replace(&number, "NUMBER");
        answers.push(answer);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    for empty in ["", "   ", "\u{200b}"] {
        let answer = site.post("", "/recovery/help", &[("text", empty), ("reach", "x")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let longest = "x".repeat(LONGEST_TEXT);
    let answer = site.post("", "/recovery/help", &[("text", &longest), ("reach", "x")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    // All clients are one here: the sixth is told to wait, and the empty ones cost nothing.
    site.post("", "/recovery/help", &[("text", "five"), ("reach", "x")]).await;
    let answer = site.post("", "/recovery/help", &[("text", "six"), ("reach", "x")]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// From any page.
#[tokio::test]
async fn every_page_leads_to_the_persons_page_where_there_is_one() {
    let site = Site::new();
    let plain = web::router(site.office.world.recovery.clone(), WebConfig::new(ClientAddress::None));
    for path in
        ["/recovery/forgot-password", "/recovery/forgot-username", "/recovery/code", "/recovery/link?token=x"]
    {
        let page = site.get("", path).await;
        assert!(page.body.contains(r#"<a href="/recovery/help">"#), "{path}");
        let request = Request::get(path).body(Body::empty()).unwrap();
        let body =
            plain.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("/recovery/help"), "{path}");
    }
}

/// Looking does nothing, and all pages of the desk have the headers of the others.
#[tokio::test]
async fn looking_at_a_case_writes_nothing() {
    let site = Site::new();
    let ana = site.office.world.person("Ana").await;
    let case = site.opened(&ana).await;
    let before = site.office.world.audit().await;
    for _ in 0..20 {
        let page = site.get("jon", &case).await;
        assert_eq!(page.headers[REFERRER_POLICY], "same-origin");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        site.get("jon", "/recovery/desk").await;
    }
    assert_eq!(site.office.world.audit().await, before);
}
