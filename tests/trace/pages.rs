use super::{KINDS, MAILED, Scene, Stores, is_linked};
use regain::web::{self, ClientAddress, WebConfig};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One more than the budget of whatever is typed, and one more.
const ASKS: usize = 7;

#[derive(Debug, Clone, Copy)]
enum Form {
    Password,
    Username,
}

impl Form {
    fn path(self) -> &'static str {
        match self {
            Self::Password => "/recovery/forgot-password",
            Self::Username => "/recovery/forgot-username",
        }
    }

    fn filled_in(self, scene: &Scene) -> String {
        let claims = &scene.claims;
        let born: Vec<&str> = claims.birth_date.split('-').collect();
        match self {
            Self::Password => encode(&[("identifier", &scene.typed)]),
            Self::Username => encode(&[
                ("given_name", &claims.given_name),
                ("family_name", &claims.family_name),
                ("birth_day", born[2]),
                ("birth_month", born[1]),
                ("birth_year", born[0]),
                ("record_number", &claims.record_number),
            ]),
        }
    }
}

fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

/// Every byte that comes back over the connection, but for the line with the date.
async fn exchange(portal: SocketAddr, path: &str, form: &str) -> String {
    let length = form.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: portal.mercy.example\r\nconnection: close\r\nsec-fetch-site: same-origin\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    let mut connection = TcpStream::connect(portal).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let lines: Vec<&str> = answer.split("\r\n").collect();
    let dates = lines.iter().filter(|line| line.starts_with("date: ")).count();
    assert_eq!(dates, 1, "a server that says what time it is: {answer}");
    lines.into_iter().filter(|line| !line.starts_with("date: ")).map(blank).collect::<Vec<_>>().join("\r\n")
}

/// The ticket of who asked is random: its 64 characters are left out, and all else of the cookie is looked at.
fn blank(line: &str) -> &str {
    match line.strip_prefix("set-cookie: __Host-regain-ask=") {
        Some(rest) if rest[..64].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
            &rest[64..]
        }
        _ => line,
    }
}

/// What somebody sees who asks several times about an account of this kind, with a worker that keeps up.
async fn seen(kind: &str, form: Form) -> Vec<String> {
    let scene = Scene::of(kind, Stores::Sqlite).await;
    let pages = web::router(scene.world.recovery.clone(), WebConfig::new(ClientAddress::Socket));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let portal = listener.local_addr().unwrap();
    let service = pages.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let (mut answers, mut mails) = (Vec::new(), 0);
    for _ in 0..ASKS {
        answers.push(exchange(portal, form.path(), &form.filled_in(&scene)).await);
        mails += scene.mails_after_work().await;
    }
    server.abort();
    let mailed = match form {
        Form::Password => is_linked(kind),
        Form::Username => MAILED.contains(&kind),
    };
    assert_eq!(mails, if mailed { 3 } else { 0 }, "{kind} is what it says");
    answers
}

async fn whoever_is_asked_about_sees_the_same(form: Form) {
    let first = seen(KINDS[0], form).await;
    for answer in &first[..5] {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Thank you."), "{answer}");
    }
    for answer in &first[5..] {
        assert!(answer.starts_with("HTTP/1.1 429 ") && answer.contains("\r\nretry-after: "), "{answer}");
    }
    let cookies = first
        .iter()
        .filter(|answer| answer.contains("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600"));
    assert_eq!(cookies.count(), if matches!(form, Form::Password) { 5 } else { 0 });
    assert!(first.iter().all(|answer| !answer.contains("set-cookie")), "a cookie that is no ticket");
    for kind in &KINDS[1..] {
        for (ask, (answer, expected)) in seen(kind, form).await.iter().zip(&first).enumerate() {
            assert_eq!(answer, expected, "{kind}, ask {ask}");
        }
    }
}

/// EN-1: status, headers and page are the same to the byte, those of a refusal too.
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_after_asking_for_a_link_are_the_same_bytes_whoever_is_asked_about() {
    whoever_is_asked_about_sees_the_same(Form::Password).await;
}

/// EN-1, ID-5
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_after_asking_for_a_username_are_the_same_bytes_whoever_is_asked_about() {
    whoever_is_asked_about_sees_the_same(Form::Username).await;
}
