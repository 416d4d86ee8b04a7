use super::World;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use regain::factor::AuthLevel;

/// The code in a mail: the one word of that many characters after "code".
fn code_in(mail: &str) -> String {
    let code = mail.split_whitespace().find(|word| {
        word.len() == 9 && word.contains('-') && word.chars().all(|c| c == '-' || c.is_ascii_alphanumeric())
    });
    code.unwrap_or_else(|| panic!("no code in {mail}")).to_owned()
}

#[tokio::test]
async fn a_new_address_is_used_once_its_code_was_typed() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let form = browser.get("/security/email").await;
    assert!(form.body.contains(r#"value="ana@example.org" checked"#), "{}", form.body);
    let fields = [("address", "Ana.New@example.org"), ("replaces", "ana@example.org")];
    let sent = browser.post("/security/email", &fields).await;
    assert_eq!(sent.headers[LOCATION], "/security/email/confirm", "{}", sent.body);
    let overview = browser.get("/security").await;
    assert!(overview.body.contains("is used as soon as you"), "{}", overview.body);

    let mail = world.mail_to("Ana.New@example.org").await.expect("a mail with a code");
    let wrong = browser.post("/security/email/confirm", &[("code", "AAAA-AAAA")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed = browser.post("/security/email/confirm", &[("code", &code_in(&mail))]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let overview = browser.get("/security").await;
    assert!(overview.body.contains("Ana.New@example.org") && !overview.body.contains("<p>ana@example.org"));
    let told = world.mail_to("ana@example.org").await.expect("the old address is told");
    assert!(told.contains("set back to what they were before"), "{told}");
}

#[tokio::test]
async fn what_is_no_address_is_kept_in_the_form() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    for typed in ["", "ana", "a@b@c", "\"><script>alert(1)</script>@example.org", "ana@example.org"] {
        let fields = [("address", typed), ("replaces", "ana@example.org")];
        let refused = browser.post("/security/email", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}: {}", refused.body);
        assert!(refused.body.contains(r#"aria-invalid="true""#) && !refused.body.contains("<script>alert"));
    }
    let fields = [("address", "ana at example.org"), ("replaces", "")];
    assert!(browser.post("/security/email", &fields).await.body.contains(r#"value="ana at example.org""#));
}

#[tokio::test]
async fn an_address_that_is_not_on_file_is_not_replaced() {
    let world = World::new();
    let (ana, _) = (world.person("ana"), world.person("bea"));
    let browser = world.browser(&ana, AuthLevel::Password);
    for goes in ["bea@example.org", "x", "<b>"] {
        let fields = [("address", "new@example.org"), ("replaces", goes)];
        assert_eq!(browser.post("/security/email", &fields).await.status, StatusCode::CONFLICT, "{goes:?}");
    }
}

#[tokio::test]
async fn without_a_proposal_there_is_no_page_for_its_code() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    assert_eq!(browser.get("/security/email/confirm").await.status, StatusCode::CONFLICT);
}
