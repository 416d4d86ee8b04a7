//! LEAK: what is secret in a request is in no answer to it, but for the token of a link, in the one field that carries it on.

use crate::site::{FORGOT_PASSWORD, FORM, HOST, JSON, Site, converse, form, request};

const PASSWORD: &str = "seven canaries 7f3a";
const SESSION: &str = "member=canary-session-91c2";

/// What must not come back, and what may once.
struct Secrets {
    token: String,
    /// The cookie of who asked, the code of the mail, what was typed as a password, a session.
    others: [String; 4],
}

/// The token is there so many times, as the value of a hidden field and nowhere in the head; nothing else is there at all.
fn check(secrets: &Secrets, raw: &str, carried: usize) -> Result<(), String> {
    if let Some(other) = secrets.others.iter().find(|other| raw.contains(*other)) {
        return Err(format!("{other} is in\n{raw}"));
    }
    let field = format!(r#"<input type="hidden" name="token" value="{}">"#, secrets.token);
    let (head, _) = raw.split_once("\r\n\r\n").ok_or("no head")?;
    let (all, fields) = (raw.matches(&secrets.token).count(), raw.matches(&field).count());
    if head.contains(&secrets.token) || all != fields || (fields > 0) != (carried > 0) {
        return Err(format!("the token is there {all} times, {fields} times in its field:\n{raw}"));
    }
    Ok(())
}

/// A site where Ana has asked, and everything that is secret about it.
async fn asked() -> (Site, Secrets) {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    let asked = site.post(FORGOT_PASSWORD, "", &form(&[("identifier", &ana.username)])).await;
    let (_, ticket) =
        asked.cookie().split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a pair");
    let mail = site.mails_to(&ana).await.remove(0);
    let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
    let is_big = |word: &&str| is_code(word) && word.to_ascii_uppercase() == **word;
    let code = mail.text.split_whitespace().find(is_big).expect("a code").to_owned();
    let token = site.world.link_of(&ana).expose().to_string();
    (site, Secrets { token, others: [ticket, code, PASSWORD.to_owned(), SESSION.to_owned()] })
}

#[tokio::test]
async fn no_secret_comes_back() {
    let (site, secrets) = asked().await;
    let Secrets { token, others: [ticket, code, ..] } = &secrets;
    let cookie =
        format!("Cookie: __Host-regain-ask={ticket}; {SESSION}\r\nAuthorization: Bearer {ticket}\r\n");
    let headers =
        format!("{HOST}{cookie}Referer: https://portal.mercy.example/recovery/link?token={token}\r\n");
    let as_form = format!("{headers}{FORM}");
    let as_json = format!("{headers}{JSON}");
    let link = format!("/recovery/link?token={token}");
    let fields = form(&[("token", token), ("password", PASSWORD)]);
    let json = serde_json::json!({"token": token, "password": PASSWORD, "code": code}).to_string();
    let mut sent = vec![
        (1, request("GET", &link, &headers, "")),
        (0, request("HEAD", &link, &headers, "")),
        (1, request("POST", "/recovery/link", &as_form, &form(&[("token", token)]))),
        (0, request("GET", &format!("/recovery/disown?letter={token}"), &headers, "")),
        (0, request("GET", &format!("/recovery/link/x?token={token}"), &headers, "")),
        (0, request("GET", &format!("/{token}"), &headers, "")),
        (0, request("POST", "/recovery/code", &as_form, &form(&[("code", code), ("reference", code)]))),
        (0, request("POST", "/sign-in", &as_form, &form(&[("identifier", code), ("password", PASSWORD)]))),
        (
            0,
            request(
                "POST",
                "/recovery/new-password",
                &format!("{as_form}Origin: https://evil.test\r\n"),
                &fields,
            ),
        ),
        (0, request("POST", "/recovery/new-password", &as_json, &json)),
        (0, request("POST", "/recovery/password-strength", &as_form, &fields)),
        (0, request("POST", "/recovery/password-strength", &as_json, &json)),
        (0, request("POST", "/recovery/new-password", &as_form, &format!("{fields}{}", "a".repeat(20_000)))),
        (0, request("POST", FORGOT_PASSWORD, &as_form, &fields)),
        (0, request("GET", "/security", &headers, "")),
    ];
    for method in ["TRACE", "OPTIONS", "PUT", "DELETE", "CONNECT", "TOKEN"] {
        sent.push((0, request(method, &link, &as_form, &fields)));
    }
    for target in
        ["/api/link", "/api/link/password", "/api/codes", "/api/sign-in", "/api/disown", "/api/nowhere"]
    {
        sent.push((0, request("POST", target, &as_json, &json)));
        sent.push((0, request("POST", target, &as_json, &json[1..])));
        sent.push((0, request("TRACE", &format!("{target}?token={token}"), &as_json, &json)));
    }
    let opened = serde_json::json!({"token": token}).to_string();
    let refused = serde_json::json!({"token": token, "password": "7f3a"}).to_string();
    sent.push((0, request("POST", "/api/link", &as_json, &opened)));
    sent.push((0, request("POST", "/api/link/password", &as_json, &refused)));
    sent.push((0, request("POST", "/api/link/password/strength", &as_json, &refused)));
    // What no handler sees.
    for (whole, broken) in
        [("HTTP/1.1", "HTTP/9.9"), ("Host", "Ho\0st"), ("Length: ", "Length: x"), ("Cookie:", "Cookie :")]
    {
        let text = String::from_utf8(request("POST", &link, &as_form, &fields)).expect("UTF-8");
        sent.push((0, text.replacen(whole, broken, 1).into_bytes()));
    }
    for (carried, bytes) in &sent {
        let raw = String::from_utf8(converse(site.address, &[bytes]).await).expect("UTF-8");
        let status: u16 = raw.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let shown = String::from_utf8_lossy(bytes);
        assert!((200..500).contains(&status), "{status} for\n{shown}");
        check(&secrets, &raw, *carried).unwrap_or_else(|why| panic!("{shown}\n\n{why}"));
    }
    // A password that is not good enough comes back in no field; the link goes on in its own.
    let weak = form(&[("token", token), ("password", "7f3a")]);
    let answer = site.post("/recovery/new-password", "", &weak).await;
    assert_eq!(answer.status, 422);
    check(&secrets, &format!("\r\n\r\n{}", answer.body), 1).unwrap();
    assert!(!answer.body.contains("7f3a"));
}

/// Whoever gets the page of a link must not hand its address on, nor keep it.
#[tokio::test]
async fn the_address_of_a_link_goes_nowhere() {
    let (site, secrets) = asked().await;
    for method in ["GET", "POST", "PUT", "TRACE"] {
        let target = format!("/recovery/link?token={}", secrets.token);
        let answer = site.send(method, &target, FORM, "").await;
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method}");
        assert_eq!(answer.header("location"), None, "{method}");
    }
}

/// Each way to repeat a secret is caught.
#[tokio::test]
async fn answers_that_repeat_a_secret_are_caught() {
    let (site, secrets) = asked().await;
    let link = format!("/recovery/link?token={}", secrets.token);
    let page = String::from_utf8(converse(site.address, &[&request("GET", &link, HOST, "")]).await).unwrap();
    check(&secrets, &page, 1).unwrap();
    check(&secrets, &page, 0).unwrap_err();
    let mut twins = vec![
        page.replacen("\r\n\r\n", &format!("\r\nlocation: {link}\r\n\r\n"), 1),
        page.replacen("action=\"", &format!("action=\"{link}"), 1),
        page.replacen("<main>", &format!("<main><!-- {} -->", secrets.token), 1),
        page.replace(&secrets.token, ""),
    ];
    twins.extend(secrets.others.iter().map(|other| format!("{page}{other}")));
    for twin in twins {
        assert_ne!(twin, page);
        check(&secrets, &twin, 1).unwrap_err();
    }
}
