use super::{Answer, GOOD_PASSWORD, World, hash};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use regain::account::AccountStore as _;
use regain::token::RecoveryToken;

const SET: &str = "Your new password is set";

async fn choose(world: &World, token: &str, password: &str) -> Answer {
    world.post("/recovery/new-password", &[("token", token), ("password", password)]).await
}

/// The whole story: forgotten, asked, mailed, opened, chosen, signed in.
#[tokio::test]
async fn ana_gets_back_into_her_account() {
    let world = World::new();
    let ana = world.person("ana");
    world.accounts.begin_session(&ana.id);
    let form = world.get("/recovery/forgot-password").await;
    assert!(form.body.contains(r#"<form method="post" action="/recovery/forgot-password">"#));
    let token = world.token_for("ana").await;

    let opened = world.get(&format!("/recovery/link?token={token}")).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert!(opened.body.contains(&format!(r#"<input type="hidden" name="token" value="{token}">"#)));

    let chooser = world.post("/recovery/link", &[("token", &token)]).await;
    assert_eq!(chooser.status, StatusCode::OK);
    assert!(chooser.body.contains("At least 15 characters"), "{}", chooser.body);
    assert!(chooser.body.contains(r#"autocomplete="new-password""#));

    let done = choose(&world, &token, GOOD_PASSWORD).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.body.contains(SET), "{}", done.body);
    assert!(done.body.contains(r#"href="/sign-in""#));
    assert_eq!(world.accounts.sessions(&ana.id), 0);

    let fields = [("identifier", "ana"), ("password", GOOD_PASSWORD)];
    assert_eq!(world.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
    let notice = world.mail_to("ana@example.org").await.expect("a notice");
    assert!(notice.contains("was changed"), "{notice}");
}

/// RC-17
#[tokio::test]
async fn opening_a_link_a_hundred_times_does_not_burn_it() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let path = format!("/recovery/link?token={token}");
    for _ in 0..50 {
        assert_eq!(world.get(&path).await.status, StatusCode::OK);
        let head = world.send(Request::head(&path).body(Body::empty()).expect("a request")).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
        assert_eq!(world.post("/recovery/link", &[("token", &token)]).await.status, StatusCode::OK);
    }
    assert!(choose(&world, &token, GOOD_PASSWORD).await.body.contains(SET));
}

/// EN-5
#[tokio::test]
async fn every_link_that_cannot_be_used_gets_one_answer() {
    let world = World::patient();
    world.person("ana");
    world.person("bea");
    let replaced = world.token_for("ana").await;
    let used = world.token_for("ana").await;
    assert!(choose(&world, &used, GOOD_PASSWORD).await.body.contains(SET));
    let other = world.token_for("bea").await;
    let wrong_secret = format!("{}{}", &other[..32], &used[32..]);
    assert!(RecoveryToken::parse(&wrong_secret).is_ok());
    let dead = [&replaced, &used, &wrong_secret, "", "x", "<script>", &"A".repeat(64), &"A".repeat(5_000)];

    let answer = world.get("/recovery/link").await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.body.contains(r#"href="/recovery/forgot-password""#));
    for token in dead {
        let query = super::encode(&[("token", token)]);
        assert_eq!(world.get(&format!("/recovery/link?{query}")).await, answer, "{token:?}");
        assert_eq!(world.post("/recovery/link", &[("token", token)]).await, answer, "{token:?}");
        assert_eq!(world.post("/recovery/disown", &[("token", token)]).await, answer, "{token:?}");
        assert_eq!(choose(&world, token, GOOD_PASSWORD).await, answer, "{token:?}");
        let fields = [("token", token), ("password", GOOD_PASSWORD)];
        assert_eq!(world.post("/recovery/password-strength", &fields).await, answer, "{token:?}");
    }
    let doubled = world.get(&format!("/recovery/link?token={other}&token={other}")).await;
    assert_eq!(doubled, answer);
}

#[tokio::test]
async fn what_a_mail_system_adds_to_a_link_does_no_harm() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let opened = world.get(&format!("/recovery/link?utm_source=mail&token={token}&fbclid=%ff")).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert!(!opened.body.contains("utm_source"));
}

#[tokio::test]
async fn a_refused_password_can_be_chosen_better_with_the_same_link() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    for (typed, words) in [
        ("lampshade<b>", "Use at least 15 characters"),
        ("passwordpasswordpassword", "Many people use this password"),
        ("", "spaces alone are not enough"),
        ("nine green\0lamps at noon", "cannot be typed everywhere"),
        ("the old oboe is gone", "This is your present password"),
    ] {
        let refused = choose(&world, &token, typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(refused.body.contains(words), "{typed:?}: {}", refused.body);
        assert!(refused.body.contains(r#"role="alert""#) && refused.body.contains(r#"aria-invalid="true""#));
        assert!(typed.is_empty() || !refused.body.contains(typed), "{typed:?} is shown");
    }
    assert!(choose(&world, &token, GOOD_PASSWORD).await.body.contains(SET));
}

/// A second field of that name must not slip past whoever looks at the first.
#[tokio::test]
async fn a_password_sent_twice_is_not_taken() {
    let world = World::new();
    let ana = world.person("ana");
    let token = world.token_for("ana").await;
    let twice = [("token", &*token), ("password", GOOD_PASSWORD), ("password", GOOD_PASSWORD)];
    assert_eq!(world.post("/recovery/new-password", &twice).await.status, StatusCode::GONE);
    let stored = world.accounts.get(&ana.id).await.expect("memory answers").expect("ana");
    assert_eq!(stored.password, Some(hash("the old oboe is gone")));
}

#[tokio::test]
async fn this_wasnt_me_ends_the_link_and_changes_nothing_else() {
    let world = World::new();
    let ana = world.person("ana");
    let token = world.token_for("ana").await;
    let disowned = world.post("/recovery/disown", &[("token", &token)]).await;
    assert_eq!(disowned.status, StatusCode::OK);
    assert_eq!(world.get(&format!("/recovery/link?token={token}")).await.status, StatusCode::GONE);
    let stored = world.accounts.get(&ana.id).await.expect("memory answers").expect("ana");
    assert_eq!(stored.password, ana.password);
}

#[tokio::test]
async fn with_a_second_factor_a_link_alone_sets_no_password() {
    let world = World::new();
    let mut ana = world.person("ana");
    ana.factors = vec!["totp".to_owned()];
    world.keep(&ana);
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(page.body.contains("contact us") && page.body.contains("call +1 555 0100"), "{}", page.body);
    assert!(!page.body.contains("new-password"), "{}", page.body);
    assert!(!choose(&world, &token, GOOD_PASSWORD).await.body.contains(SET));
}

/// RC-16: the token is in the form that needs it, and nowhere else.
#[tokio::test]
async fn the_token_is_in_no_header_and_on_no_page_but_its_own() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let opened = world.get(&format!("/recovery/link?token={token}")).await;
    let chooser = world.post("/recovery/link", &[("token", &token)]).await;
    let refused = choose(&world, &token, "short").await;
    let done = choose(&world, &token, GOOD_PASSWORD).await;
    for answer in [&opened, &chooser, &refused, &done] {
        assert!(!format!("{:?}", answer.headers).contains(&token));
    }
    let in_forms = format!(r#"name="token" value="{token}""#);
    for (answer, times) in [(&opened, 2), (&chooser, 1), (&refused, 1), (&done, 0)] {
        assert_eq!(answer.body.matches(&token).count(), times);
        assert_eq!(answer.body.matches(&in_forms).count(), times);
    }
}
