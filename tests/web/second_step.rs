use super::members::hidden;
use super::{Answer, GOOD_PASSWORD, World};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use time::Duration;

const PASSWORD: &str = "the old oboe is gone";

impl World {
    /// The page that follows the right password.
    pub async fn sign_in(&self, username: &str) -> Answer {
        self.post("/sign-in", &[("identifier", username), ("password", PASSWORD)]).await
    }

    /// Password, then this code.
    pub async fn second_step(&self, username: &str, code: &str) -> Answer {
        let ticket = hidden(&self.sign_in(username).await, "ticket");
        self.post("/sign-in/factor", &[("ticket", &ticket), ("code", code)]).await
    }
}

#[tokio::test]
async fn a_code_of_the_app_follows_the_password() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    let page = world.sign_in("ana").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!page.headers.contains_key(SET_COOKIE) && !page.headers.contains_key(LOCATION));
    assert!(page.body.contains(r#"autocomplete="one-time-code""#));
    assert_eq!(world.accounts.sessions(&ana.id), 0, "the password alone is a session");

    let code = world.code(&secret);
    let fields = [("ticket", &*hidden(&page, "ticket")), ("code", &*code)];
    let signed_in = world.post("/sign-in/factor", &fields).await;
    assert_eq!(
        (signed_in.status, &signed_in.headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/home".parse().unwrap())
    );
    assert_eq!(world.accounts.sessions(&ana.id), 1);
}

#[tokio::test]
async fn a_recovery_code_goes_into_the_same_field_once() {
    let world = World::new();
    let (ana, _, codes) = world.protected("ana").await;
    let typed = codes[4].to_uppercase().replace('-', " ");
    assert_eq!(world.second_step("ana", &typed).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.second_step("ana", &typed).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.accounts.sessions(&ana.id), 1);
}

/// EN-1: wrong, malformed, used, somebody else's, too late: one answer.
#[tokio::test]
async fn whatever_is_wrong_with_a_code_is_answered_alike() {
    let world = World::new();
    let (_, secret, _) = world.protected("ana").await;
    let (_, _, beas) = world.protected("bea").await;
    let ticket = hidden(&world.sign_in("ana").await, "ticket");
    let send = async |ticket: &str, code: &str| {
        world.post("/sign-in/factor", &[("ticket", ticket), ("code", code)]).await
    };
    let refused = send(&ticket, "hello").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(r#"role="alert""#) && refused.body.contains(r#"aria-invalid="true""#));
    let right = world.code(&secret);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for code in [wrong, "", "\0", "<b>", &*beas[0], &"9".repeat(2_000)] {
        assert_eq!(send(&ticket, code).await, refused, "{code:?}");
    }
    world.clock.advance(Duration::minutes(6));
    let late = world.code(&secret);
    assert_eq!(send(&ticket, &late).await, refused, "a ticket works too long");
}

#[tokio::test]
async fn a_code_works_once() {
    let world = World::new();
    let (_, secret, _) = world.protected("ana").await;
    let code = world.code(&secret);
    assert_eq!(world.second_step("ana", &code).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.second_step("ana", &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// What is no ticket is of no page of ours: one begins again.
#[tokio::test]
async fn without_a_ticket_one_begins_again() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    let code = world.code(&secret);
    let start = world.get("/sign-in").await;
    for ticket in ["", "!", "<script>", &"A".repeat(5_000)] {
        let fields = [("ticket", ticket), ("code", &code)];
        assert_eq!(world.post("/sign-in/factor", &fields).await.body, start.body, "{ticket:?}");
    }
    assert_eq!(world.accounts.sessions(&ana.id), 0);
}

/// A ticket is what a session will be: it is in the form that needs it, and nowhere else.
#[tokio::test]
async fn the_ticket_is_in_no_header_and_on_no_page_but_its_own() {
    let world = World::new();
    let (_, secret, _) = world.protected("ana").await;
    let page = world.sign_in("ana").await;
    let ticket = hidden(&page, "ticket");
    let refused = world.post("/sign-in/factor", &[("ticket", &ticket), ("code", "1")]).await;
    let code = world.code(&secret);
    let signed_in = world.post("/sign-in/factor", &[("ticket", &ticket), ("code", &code)]).await;
    for (answer, times) in [(&page, 1), (&refused, 1), (&signed_in, 0)] {
        assert!(!format!("{:?}", answer.headers).contains(&ticket));
        assert_eq!(answer.body.matches(&ticket).count(), times);
    }
}

/// The mission: link, factor, password. The factor is bound as before.
#[tokio::test]
async fn beside_a_link_the_factor_is_proven_and_stays() {
    let world = World::new();
    let (_, secret, codes) = world.protected("ana").await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(page.body.contains(r#"action="/recovery/factor""#), "{}", page.body);
    assert!(!page.body.contains("new-password"), "a password can be chosen without the factor");

    let code = world.code(&secret);
    let chooser = world.post("/recovery/factor", &[("token", &token), ("code", &code)]).await;
    assert!(chooser.body.contains(r#"action="/recovery/new-password""#), "{}", chooser.body);
    let fields = [("token", &*token), ("password", GOOD_PASSWORD)];
    let done = world.post("/recovery/new-password", &fields).await;
    assert!(done.body.contains("Your new password is set"), "{}", done.body);

    let step = world.post("/sign-in", &[("identifier", "ana"), ("password", GOOD_PASSWORD)]).await;
    let fields = [("ticket", &*hidden(&step, "ticket")), ("code", &*codes[0])];
    assert_eq!(world.post("/sign-in/factor", &fields).await.status, StatusCode::SEE_OTHER);
}

/// MF-1: nobody gets past the factor by sending the last form first.
#[tokio::test]
async fn a_link_alone_leads_to_the_second_step_wherever_it_is_sent() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    let fields = [("token", &*token), ("password", GOOD_PASSWORD)];
    let skipped = world.post("/recovery/new-password", &fields).await;
    assert_eq!(skipped.body, page.body);
    assert_eq!(world.sign_in(&ana.username).await.status, StatusCode::OK, "the old password is gone");
}

#[tokio::test]
async fn beside_a_link_too_whatever_is_wrong_is_answered_alike() {
    let world = World::new();
    let (_, _, beas) = world.protected("bea").await;
    world.protected("ana").await;
    let token = world.token_for("ana").await;
    let send = async |code: &str| world.post("/recovery/factor", &[("token", &token), ("code", code)]).await;
    let refused = send("hello").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for code in ["", "<b>", "0123-4567-89ab-cdef", &beas[0]] {
        assert_eq!(send(code).await, refused, "{code:?}");
    }
}

/// EN-5: with a dead link nobody learns whether there was a factor.
#[tokio::test]
async fn a_dead_link_is_dead_at_the_second_step_too() {
    let world = World::new();
    world.protected("ana").await;
    let dead = world.get("/recovery/link").await;
    let replaced = world.token_for("ana").await;
    world.token_for("ana").await;
    for token in [&*replaced, "", "x", &"A".repeat(64)] {
        for code in ["123456", "hello", "0123-4567-89ab-cdef"] {
            let answer = world.post("/recovery/factor", &[("token", token), ("code", code)]).await;
            assert_eq!(answer, dead, "{token:?} {code:?}");
        }
    }
}

#[tokio::test]
async fn whoever_lost_the_phone_is_told_what_helps() {
    let world = World::new();
    world.protected("ana").await;
    let token = world.token_for("ana").await;
    for page in [world.sign_in("ana").await, world.post("/recovery/link", &[("token", &token)]).await] {
        assert!(page.body.contains("Is your phone lost or broken?"));
        assert!(page.body.contains("recovery codes") && page.body.contains("call +1 555 0100"));
    }
}
