//! Headers that come twice: programs read the first, the last, or both joined. Each of ours says here what it does.
//!
//! A header that decides refuses when it is there twice; one that must not count does not count either way.

use crate::site::{Answer, FORGOT_PASSWORD, FORM, HOST, JSON, Site, form, is_ours, request};
use regain::mail::Message;
use regain::testing::Someone;
use regain::web::{ClientAddress, Proxies};

const API: &str = "/api/password-links";
const OWN: &str = "https://portal.mercy.example";
const KEY: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// Both ways to ask for a link: target, type and body.
fn asks(identifier: &str) -> [(&'static str, &'static str, String); 2] {
    [
        (FORGOT_PASSWORD, FORM, form(&[("identifier", identifier)])),
        (API, JSON, format!(r#"{{"identifier":"{identifier}"}}"#)),
    ]
}

/// The answers of page and API to an ask for somebody with these headers beside the usual ones.
async fn asked(site: &Site, who: &Someone, headers: &str) -> [Answer; 2] {
    let [page, api] = asks(&who.username);
    let ask = async |(target, kind, body): (&str, &str, String)| {
        site.send("POST", target, &format!("{kind}{headers}"), &body).await
    };
    [ask(page).await, ask(api).await]
}

fn statuses(answers: &[Answer; 2]) -> [u16; 2] {
    [answers[0].status, answers[1].status]
}

/// HOST: whichever of them counts to whomever, none gets into a mail or a page.
#[tokio::test]
async fn two_hosts_change_no_link() {
    let ours = HOST.trim_end();
    let hosts: [&[&str]; 9] = [
        &[ours, "Host: evil.test"],
        &["Host: evil.test", ours],
        &["Host: evil.test", "Host: evil.test"],
        &[ours, "Host: evil.test", ours],
        &["Host: evil.test"],
        &["Host: portal.mercy.example, evil.test"],
        &[ours, "X-Forwarded-Host: evil.test", "X-Forwarded-Host: portal.mercy.example"],
        &[ours, "Forwarded: host=evil.test", "Forwarded: host=evil.test;proto=http"],
        &[],
    ];
    let site = Site::new().await;
    for (number, hosts) in hosts.into_iter().enumerate() {
        for target_host in ["", "http://evil.test"] {
            let ana = site.world.person(&format!("Ana{number}x{}", target_host.len())).await;
            for (target, kind, body) in asks(&ana.username) {
                let headers: String =
                    hosts.iter().chain(&[kind.trim_end()]).map(|line| format!("{line}\r\n")).collect();
                let answer =
                    site.only(&request("POST", &format!("{target_host}{target}"), &headers, &body)).await;
                assert!([200, 202].contains(&answer.status), "{hosts:?}: {answer:?}");
                assert!(!format!("{answer:?}").contains("evil"), "{hosts:?}: {answer:?}");
            }
            let mails = site.mails_to(&ana).await;
            assert!(!mails.is_empty() && mails.iter().all(is_ours), "{hosts:?}");
            // The budget of this one client is not what is tried here.
            site.world.clock.advance(time::Duration::HOUR);
        }
    }
}

/// The twins that `is_ours` has to catch: the link's host from the request, its scheme, the sender's domain.
#[tokio::test]
async fn mails_of_another_host_are_caught() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    asked(&site, &ana, "").await;
    let mail = site.mails_to(&ana).await.remove(0);
    assert!(is_ours(&mail));
    let twin = |change: &dyn Fn(&mut Message)| {
        let mut twin = mail.clone();
        change(&mut twin);
        is_ours(&twin)
    };
    for (ours, other) in
        [("portal.mercy.example", "evil.test"), (".example/", ".example.evil.test/"), ("https:", "http:")]
    {
        assert!(!twin(&|mail| *mail.text = mail.text.replace(ours, other)), "{other}");
        assert!(!twin(&|mail| *mail.html = mail.html.replace(ours, other)), "{other}");
    }
    assert!(!twin(&|mail| mail.message_id = "1@evil.test".to_owned()));
}

#[tokio::test]
async fn two_origins_are_nobodys() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    for second in [OWN, "https://evil.test", "null", ""] {
        for headers in [
            format!("Origin: {OWN}\r\nOrigin: {second}\r\n"),
            format!("Origin: {second}\r\nOrigin: {OWN}\r\n"),
        ] {
            assert_eq!(statuses(&asked(&site, &ana, &headers).await), [403, 403], "{headers}");
        }
    }
    assert!(site.mails_to(&ana).await.is_empty());
    assert_eq!(statuses(&asked(&site, &ana, &format!("Origin: {OWN}\r\n")).await), [200, 202]);
}

/// Beside one `Sec-Fetch-Site` what `Origin` says is not looked at; two are nobody's, and nothing makes up for it.
#[tokio::test]
async fn two_words_on_the_site_are_nobodys() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    let own = "Sec-Fetch-Site: same-origin\r\n";
    for second in ["same-origin", "cross-site", "none", ""] {
        let second = format!("Sec-Fetch-Site: {second}\r\n");
        for headers in [format!("{own}{second}"), format!("{second}{own}Origin: {OWN}\r\n")] {
            assert_eq!(statuses(&asked(&site, &ana, &headers).await), [403, 403], "{headers}");
        }
    }
    assert!(site.mails_to(&ana).await.is_empty());
    assert_eq!(statuses(&asked(&site, &ana, own).await), [200, 202]);
}

#[tokio::test]
async fn a_body_of_two_types_is_not_read() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    for second in [FORM, JSON, "Content-Type: text/plain\r\n"] {
        for [first, second] in [[FORM, second], [JSON, second], [second, FORM], [second, JSON]] {
            for (target, _, body) in asks(&ana.username) {
                let answer = site.send("POST", target, &format!("{first}{second}"), &body).await;
                assert_eq!(answer.status, 415, "{target} {first}{second}");
            }
        }
    }
    assert!(site.mails_to(&ana).await.is_empty());
    assert_eq!(statuses(&asked(&site, &ana, "").await), [200, 202]);
}

/// Whoever plants a second ticket must not lead the first browser astray: with two, no code works.
#[tokio::test]
async fn two_tickets_are_none() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    let [page, _] = asks(&ana.username);
    let cookie = site.post(page.0, "", &page.2).await.cookie();
    let foreign = site.post(page.0, "", "identifier=eve").await.cookie();
    let mail = site.mails_to(&ana).await.remove(0);
    let is_code =
        |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && word.to_ascii_uppercase() == **word;
    let code = mail.text.split_whitespace().find(is_code).expect("a code");
    let body = form(&[("code", code)]);
    for headers in [
        format!("Cookie: {cookie}\r\nCookie: {foreign}\r\n"),
        format!("Cookie: {foreign}\r\nCookie: {cookie}\r\n"),
        format!("Cookie: {cookie}\r\nCookie: {cookie}\r\n"),
        format!("Cookie: a=b; {cookie}\r\nCookie: c=d; {foreign}; e=f\r\n"),
    ] {
        let answer = site.post("/recovery/code", &headers, &body).await;
        assert_eq!(answer.status, 422, "{headers}");
        assert!(!answer.body.contains("new-password"), "{headers}");
    }
    // Cookies of others beside it are let be.
    let headers = format!("Cookie: a=b\r\nCookie: {cookie}\r\n");
    assert!(site.post("/recovery/code", &headers, &body).await.body.contains("new-password"));
}

/// What the 31st ask of this connection's side is answered with, where the nth has these headers.
async fn the_31st(client_address: &ClientAddress, target: usize, headers: impl Fn(u8) -> String) -> u16 {
    let site = Site::with(client_address.clone()).await;
    let mut last = 0;
    for number in 0..31 {
        let (target, kind, body) = asks(&format!("nobody{number}"))[target].clone();
        let headers = format!("{kind}{}", headers(number));
        last = site.send("POST", target, &headers, &body).await.status;
    }
    last
}

/// RL-9: the client's address comes from a header only if it is the configured one, and a configured proxy wrote it.
#[tokio::test]
async fn two_forwarded_addresses_make_no_other_client() {
    let behind = |proxy| ClientAddress::Behind(Proxies::new("x-forwarded-for", [proxy]).expect("a proxy"));
    let [own, other] = [behind("127.0.0.1"), behind("10.2.0.0/16")];
    let doubled =
        |first: &str, second: &str| format!("X-Forwarded-For: {first}\r\nX-Forwarded-For: {second}\r\n");
    for (target, taken) in [200, 202].into_iter().enumerate() {
        for stranger in [&ClientAddress::Socket, &other] {
            let last =
                the_31st(stranger, target, |n| doubled("198.51.100.7", &format!("203.0.113.{n}"))).await;
            assert_eq!(last, 429, "{stranger:?}");
            let last = the_31st(stranger, target, |n| {
                format!(
                    "Forwarded: for=203.0.113.{n}\r\nForwarded: for=198.51.100.{n}\r\nX-Real-IP: 203.0.113.{n}\r\n"
                )
            });
            assert_eq!(last.await, 429, "{stranger:?}");
        }
        // The proxy's own line is the last one; what stands before it was forged.
        let last = the_31st(&own, target, |n| doubled(&format!("203.0.113.{n}"), "198.51.100.7")).await;
        assert_eq!(last, 429);
        let last = the_31st(&own, target, |n| {
            doubled("203.0.113.9", "198.51.100.7")
                + &format!("Forwarded: for=203.0.113.{n}\r\nForwarded: for=1\r\n")
        });
        assert_eq!(last.await, 429, "another header than the configured one");
        let last = the_31st(&own, target, |n| doubled(&format!("203.0.113.{n}"), "unknown")).await;
        assert_eq!(last, 429, "what cannot be read names nobody, and nobody has one budget");
        // The twin: whom the proxy names is another client each time.
        let last = the_31st(&own, target, |n| doubled("198.51.100.7", &format!("203.0.113.{n}"))).await;
        assert_eq!(last, taken);
    }
}

/// RFC 9110, 5.3: its lines are one list.
#[tokio::test]
async fn two_lists_of_languages_are_one() {
    let site = Site::new().await;
    for (headers, language) in [
        ("Accept-Language: ja\r\nAccept-Language: es\r\n", "es"),
        ("Accept-Language: es;q=0.1\r\nAccept-Language: en\r\n", "en"),
        ("Accept-Language: en;q=0.1\r\nAccept-Language: es\r\n", "es"),
        ("Accept-Language: \r\nAccept-Language: \u{ff}\r\n", "en"),
    ] {
        let page = site.send("GET", FORGOT_PASSWORD, headers, "").await;
        assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{headers}");
        // Mails speak the language of the account, never that of whoever asks.
        let ana = site.world.person(&format!("Ana{}", headers.len())).await;
        assert_eq!(statuses(&asked(&site, &ana, headers).await), [200, 202]);
        let mails = site.mails_to(&ana).await;
        assert!(mails.iter().all(|mail| mail.html.contains("<html lang=\"en\"")), "{headers}");
    }
}

#[tokio::test]
async fn two_keys_of_an_ask_are_none() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    let (_, _, body) = asks(&ana.username)[1].clone();
    let other = KEY.replace('0', "9");
    for second in [KEY, &*other, ""] {
        for [first, second] in [[KEY, second], [second, KEY]] {
            let headers = format!("Idempotency-Key: {first}\r\nIdempotency-Key: {second}\r\n");
            let answer = site.post(API, &headers, &body).await;
            assert_eq!(answer.status, 400, "{headers}");
            assert!(answer.body.contains("\"idempotency-key\""), "{}", answer.body);
        }
    }
    assert!(site.mails_to(&ana).await.is_empty());
    let single = format!("Idempotency-Key: {KEY}\r\n");
    let first = site.post(API, &single, &body).await;
    assert_eq!((first.status, &first.body), (202, &site.post(API, &single, &body).await.body));
}
