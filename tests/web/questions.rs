use super::members::Browser;
use super::{Answer, GOOD_PASSWORD, World};
use axum::http::StatusCode;
use regain::factor::AuthLevel;

const CHOSEN: [(&str, &str); 6] = [
    ("question_1", "first-teacher"),
    ("answer_1", "Mrs. Okonkwo"),
    ("question_2", "learnt-to-swim"),
    ("answer_2", "Lake Bohinj"),
    ("question_3", "hiding-place"),
    ("answer_3", "under the stairs"),
];

/// The right answer to what a page asks.
fn answer_to(page: &Answer) -> &'static str {
    let asked = |text: &str| page.body.contains(&format!("<label for=\"answer\">{text}"));
    match () {
        () if asked("What was the name of your favourite teacher?") => "mrs okonkwo",
        () if asked("Where did you learn to swim?") => "LAKE BOHINJ",
        () if asked("Where did you hide things as a child?") => "Under the stairs!",
        () => panic!("no question in {}", page.body),
    }
}

impl Browser<'_> {
    async fn choose_questions(&self) {
        let set = self.post("/security/questions", &CHOSEN).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    }
}

/// SQ-1, SQ-2: beside the link, the same one until it is answered, and never instead of anything.
#[tokio::test]
async fn one_of_the_questions_is_asked_behind_a_link() {
    let world = World::new();
    let ana = world.person("ana");
    world.browser(&ana, AuthLevel::Password).choose_questions().await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(page.body.contains(r#"action="/recovery/question""#), "{}", page.body);
    assert_eq!(world.post("/recovery/link", &[("token", &token)]).await, page);
    let skipped = [("token", &*token), ("password", GOOD_PASSWORD)];
    assert_eq!(world.post("/recovery/new-password", &skipped).await, page);

    let refused = world.post("/recovery/question", &[("token", &token), ("answer", "no<b>idea")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(r#"aria-invalid="true""#) && !refused.body.contains("no<b>idea"));
    assert_eq!(answer_to(&refused), answer_to(&page), "another question is asked");
    let long = "x".repeat(5_000);
    for wrong in ["", &long] {
        assert_eq!(world.post("/recovery/question", &[("token", &token), ("answer", wrong)]).await, refused);
    }

    let fields = [("token", &*token), ("answer", answer_to(&page))];
    let chooser = world.post("/recovery/question", &fields).await;
    assert!(chooser.body.contains(r#"action="/recovery/new-password""#), "{}", chooser.body);
    let done = world.post("/recovery/new-password", &skipped).await;
    assert!(done.body.contains("Your new password is set"), "{}", done.body);
}

/// First the factor, then the question.
#[tokio::test]
async fn the_question_comes_after_the_factor() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    world.browser(&ana, AuthLevel::SecondFactor).choose_questions().await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(page.body.contains(r#"action="/recovery/factor""#), "{}", page.body);
    for answer in ["mrs okonkwo", "lake bohinj", "under the stairs"] {
        let early = world.post("/recovery/question", &[("token", &token), ("answer", answer)]).await;
        assert_eq!(early, page, "{answer}");
    }
    let code = world.code(&secret);
    let asked = world.post("/recovery/factor", &[("token", &token), ("code", &code)]).await;
    let fields = [("token", &*token), ("answer", answer_to(&asked))];
    let chooser = world.post("/recovery/question", &fields).await;
    assert!(chooser.body.contains(r#"action="/recovery/new-password""#), "{}", chooser.body);
}

/// EN-5
#[tokio::test]
async fn a_dead_link_asks_nothing() {
    let world = World::new();
    let dead = world.get("/recovery/link").await;
    for token in ["", "x", &"A".repeat(64)] {
        assert_eq!(world.post("/recovery/question", &[("token", token), ("answer", "x")]).await, dead);
    }
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_not_kept_and_the_choice_is() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    for (at, answer, said) in [
        (1, "ab", "An answer needs at least 3 letters or digits."),
        (1, "unknown", "easily guessed"),
        (3, "mrs okonkwo", "Two questions need two answers."),
        (1, "the old one is gone", "An answer must not be your password."),
        (1, "<b>ana</b>", "cannot be used"),
    ] {
        let mut fields = CHOSEN;
        fields[at].1 = answer;
        if at == 1 && answer == "<b>ana</b>" {
            fields[0].1 = "none-of-the-list";
        }
        let refused = browser.post("/security/questions", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(refused.body.contains(said), "{answer}: {}", refused.body);
        assert!(refused.body.contains(r#"value="hiding-place" selected"#));
        for secret in ["Okonkwo", "Bohinj", "stairs", answer] {
            assert!(!refused.body.contains(&format!("value=\"{secret}")), "{secret} is shown");
        }
    }
    assert!(browser.get("/security").await.body.contains("You have chosen none"));
}

#[tokio::test]
async fn questions_are_taken_away_again() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    assert!(!browser.get("/security/questions").await.body.contains("Remove my questions"));
    browser.choose_questions().await;
    assert!(browser.get("/security").await.body.contains("One of 3 is asked"));
    let page = browser.get("/security/questions").await;
    assert!(page.body.contains("Remove my questions") && !page.body.contains("selected"), "{}", page.body);
    assert_eq!(browser.post("/security/questions/remove", &[]).await.status, StatusCode::OK);
    assert_eq!(browser.post("/security/questions/remove", &[]).await.status, StatusCode::CONFLICT);
    let token = world.token_for("ana").await;
    let chooser = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(chooser.body.contains(r#"action="/recovery/new-password""#));
}
