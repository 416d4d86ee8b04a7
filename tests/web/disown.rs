use super::{Answer, GOOD_PASSWORD, World, form};
use axum::body::Body;
use axum::http::{Request, StatusCode};

const DONE: &str = "Thank you for telling us";

/// The token of the button in the latest mail to somebody.
async fn letter_to(world: &World, username: &str) -> String {
    let mail = world.mail_to(&format!("{username}@example.org")).await.expect("a mail");
    let (_, rest) =
        mail.split_once("https://portal.example.org/recovery/disown?letter=").expect("the button");
    rest.split_whitespace().next().expect("a token").to_owned()
}

async fn press(world: &World, letter: &str) -> Answer {
    world.post("/recovery/disown", &[("letter", letter)]).await
}

/// A mail that Ana did not ask for: she opens the page, presses the button, and nobody gets anywhere with the link.
#[tokio::test]
async fn ana_says_that_it_was_not_her() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let letter = letter_to(&world, "ana").await;
    let page = world.get(&format!("/recovery/disown?letter={letter}")).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in
        ["stop working", "24 hours", "signed out", r#"<form method="post" action="/recovery/disown">"#]
    {
        assert!(page.body.contains(words), "{words:?}: {}", page.body);
    }
    let done = press(&world, &letter).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.body.contains(DONE), "{}", done.body);
    assert_eq!(world.get(&format!("/recovery/link?token={token}")).await.status, StatusCode::GONE);
    assert_eq!(press(&world, &letter).await, done, "a second press is answered alike");
    let opened = world.get(&format!("/recovery/disown?letter={letter}")).await;
    assert_eq!(opened, page, "and so is a look afterwards");
}

/// RC-17: what a scanner does leaves no trace.
#[tokio::test]
async fn opening_the_page_a_hundred_times_does_nothing() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let path = format!("/recovery/disown?letter={}", letter_to(&world, "ana").await);
    for _ in 0..50 {
        assert_eq!(world.get(&path).await.status, StatusCode::OK);
        let head = world.send(Request::head(&path).body(Body::empty()).expect("a request")).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    }
    let fields = [("token", &*token), ("password", GOOD_PASSWORD)];
    assert!(world.post("/recovery/new-password", &fields).await.body.contains("Your new password is set"));
}

/// The page is the same for anybody's letter, but for the token in the form.
#[tokio::test]
async fn the_page_says_nothing_of_the_account() {
    let world = World::new();
    let (ana, _) = (world.person("ana"), world.person("bea"));
    let mut pages = Vec::new();
    for name in ["ana", "bea"] {
        world.token_for(name).await;
        let letter = letter_to(&world, name).await;
        let page = world.get(&format!("/recovery/disown?letter={letter}")).await;
        assert_eq!(page.body.matches(&letter).count(), 1);
        assert!(!format!("{:?}", page.headers).contains(&letter));
        pages.push(page.body.replace(&letter, ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert!(!pages[0].contains(ana.id.as_str()) && !pages[0].contains("example.org"));
}

#[tokio::test]
async fn whatever_is_no_letter_gets_one_answer_and_forged_forms_do_nothing() {
    let world = World::patient();
    world.person("ana");
    let token = world.token_for("ana").await;
    let letter = letter_to(&world, "ana").await;
    let gone = world.get("/recovery/disown").await;
    assert_eq!(gone.status, StatusCode::GONE);
    let near = format!("B{}", &letter[1..]);
    for text in ["", "x", &token, &near, &format!("{letter}="), &"A".repeat(512), &"A".repeat(5_000)] {
        let query = super::encode(&[("letter", text)]);
        assert_eq!(world.get(&format!("/recovery/disown?{query}")).await, gone, "{text:?}");
        assert_eq!(press(&world, text).await, gone, "{text:?}");
    }
    assert_eq!(world.get(&format!("/recovery/disown?letter={letter}&letter={letter}")).await, gone);
    assert_eq!(world.get(&format!("/recovery/link?token={letter}")).await, gone);
    let both = [("letter", &*letter), ("token", &*token)];
    assert_eq!(world.post("/recovery/disown", &both).await, gone);
    assert_eq!(world.post("/recovery/disown", &[("token", &letter)]).await, gone);
    assert_eq!(world.post("/recovery/disown", &[("letter", &token)]).await, gone);

    let mut forged =
        form("/recovery/disown").body(Body::from(format!("letter={letter}"))).expect("a request");
    forged.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(world.send(forged).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.get(&format!("/recovery/link?token={token}")).await.status, StatusCode::OK);
    assert!(press(&world, &letter).await.body.contains(DONE));
}
