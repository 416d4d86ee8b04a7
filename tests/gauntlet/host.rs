//! HOST: nothing that a request says of hosts gets into a mail.

use crate::kit::{FORGOT_PASSWORD, ORIGIN, Site, Verdict, form, holds_and_catches};
use regain::mail::Message;
use regain::origin::TrustedOrigin;
use std::sync::atomic::{AtomicU32, Ordering};

rows! { "HOST":
    "CVE-2017-9303" => host_cve_2017_9303_laravel_link_origin_from_request,
    "CVE-2017-8295" => host_cve_2017_8295_wordpress_sender_domain_from_request,
    "CVE-2016-7903" => host_cve_2016_7903_dotclear_link_address_from_host_header,
    "CVE-2025-64101" => host_cve_2025_64101_zitadel_forwarded_header_in_links,
    "GHSA-93m4-mfpg-c3xf" => host_ghsa_93m4_mfpg_c3xf_zitadel_forwarded_proto_in_links,
    "CVE-2012-4520" => host_cve_2012_4520_django_user_info_in_host,
    "CVE-2026-34835" => host_cve_2026_34835_rack_allow_list_by_prefix_and_suffix,
}

type Headers<'a> = &'a [(&'a str, &'a str)];

/// What a mail shows of hosts.
struct Mailed {
    from: String,
    reply_to: String,
    message_id: String,
    body: String,
}

/// Asks for a link for somebody with an account, and gives what is mailed.
trait Asked {
    async fn ask(&self, target: &str, headers: Headers<'_>) -> Vec<Mailed>;
}

struct Regain {
    site: Site,
    count: AtomicU32,
}

impl Regain {
    fn new() -> Self {
        Self { site: Site::new(), count: AtomicU32::new(0) }
    }
}

impl From<&Message> for Mailed {
    fn from(mail: &Message) -> Self {
        let from = mail.sender.from();
        Self {
            from: from.as_str().to_owned(),
            reply_to: mail.sender.answers().unwrap_or(from).as_str().to_owned(),
            message_id: mail.message_id.clone(),
            body: format!("{}\n{}\n{}", mail.subject, *mail.text, *mail.html),
        }
    }
}

impl Asked for Regain {
    async fn ask(&self, target: &str, headers: Headers<'_>) -> Vec<Mailed> {
        let world = &self.site.world;
        let ana = world.person(&format!("Ana{}", self.count.fetch_add(1, Ordering::Relaxed))).await;
        self.site.post(target, headers, form(&[("identifier", &ana.username)])).await;
        world.work().await;
        world.mailbox.to(&ana.email).iter().map(Mailed::from).collect()
    }
}

/// A twin says what of the request gets into the mail: the origin of the link, and the sender's domain.
struct Twin(fn(&Header<'_>) -> (String, String));

type Header<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl Asked for Twin {
    async fn ask(&self, target: &str, headers: Headers<'_>) -> Vec<Mailed> {
        let in_target = target.split_once("://").and_then(|(_, rest)| rest.split('/').next());
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found
                .map(|(_, value)| (*value).to_owned())
                .or(in_target.filter(|_| name == "host").map(Into::into))
        };
        let (origin, domain) = (self.0)(&header);
        let from = format!("portal@{domain}");
        let body = format!("Choose a new password:\n{origin}/recovery/link?token=abc\n");
        vec![Mailed { reply_to: from.clone(), from, message_id: format!("1@{domain}"), body }]
    }
}

const TARGETS: &[&str] = &[
    FORGOT_PASSWORD,
    "https://evil.test/recovery/forgot-password",
    "http://user:pw@evil.test:81/recovery/forgot-password",
];

#[rustfmt::skip]
const TRICKS: &[Headers<'static>] = &[
    &[],
    &[("host", "portal.mercy.example")],
    &[("host", "evil.test")],
    &[("host", "evil.test:443")],
    &[("host", "www.evil.test")],
    &[("host", "portal.mercy.example"), ("host", "evil.test")],
    &[("host", "portal.mercy.example.evil.test")],
    &[("host", "evil.test/portal.mercy.example")],
    &[("host", "evil.test#portal.mercy.example")],
    &[("host", "evil.test?portal.mercy.example")],
    &[("host", "portal.mercy.example@evil.test")],
    &[("host", "portal.mercy.example:pw@evil.test")],
    &[("host", "portal.mercy.example:443@evil.test")],
    &[("host", "evil.test\\.portal.mercy.example")],
    &[("host", "portal.mercy.example, evil.test")],
    &[("host", "portal.mercy.example evil.test")],
    &[("host", "portal.mercy.example\tevil.test")],
    &[("host", "\"><a href=//evil.test>")],
    &[("x-forwarded-host", "evil.test")],
    &[("host", "portal.mercy.example"), ("x-forwarded-host", "evil.test, portal.mercy.example")],
    &[("x-forwarded-server", "evil.test")],
    &[("x-forwarded-proto", "http")],
    &[("x-forwarded-proto", "javascript")],
    &[("x-forwarded-proto", "javascript:alert(1)//evil")],
    &[("x-forwarded-proto", "https://evil.test/?")],
    &[("x-forwarded-proto", "http, https")],
    &[("x-forwarded-scheme", "http")],
    &[("x-forwarded-ssl", "off")],
    &[("x-forwarded-port", "81")],
    &[("x-forwarded-port", "443@evil.test")],
    &[("x-forwarded-prefix", "//evil.test")],
    &[("forwarded", "host=evil.test")],
    &[("forwarded", "for=192.0.2.1;host=evil.test;proto=http")],
    &[("forwarded", "Host=\"evil.test\"")],
    &[("forwarded", "host=\"evil.test:443\";proto=\"https\"")],
    &[("forwarded", "host=\"ev\\il.test\"")],
    &[("forwarded", "for=\"[2001:db8::1]\" ; host = evil.test")],
    &[("forwarded", "host=portal.mercy.example, host=evil.test")],
    &[("forwarded", "host=evil.test, host=portal.mercy.example")],
    &[("forwarded", "for=unknown;;;host=evil.test;host=portal.mercy.example")],
    &[("forwarded", "for=1"), ("forwarded", "host=evil.test")],
    &[("x-original-url", "https://evil.test/")],
    &[("x-rewrite-url", "https://evil.test/")],
    &[("x-http-host-override", "evil.test")],
    &[("x-original-host", "evil.test")],
    &[("x-host", "evil.test")],
    &[("x-envoy-original-host", "evil.test")],
    &[("cf-connecting-host", "evil.test")],
    &[("referer", "https://evil.test/forgot")],
    &[("via", "1.1 evil.test")],
    &[("from", "evil@evil.test")],
    &[("x-mail-from", "evil@evil.test")],
];

/// Whatever the request says: a mail goes out, and it is the same as ever.
async fn check_mails(subject: &impl Asked) -> Verdict {
    for target in TARGETS {
        for headers in TRICKS {
            let mails = subject.ask(target, headers).await;
            ensure!(!mails.is_empty(), "{target} {headers:?}: no mail");
            for mail in mails {
                check_mail(&mail).map_err(|why| format!("{target} {headers:?}: {why}"))?;
            }
        }
    }
    Ok(())
}

fn check_mail(mail: &Mailed) -> Verdict {
    ensure!(
        mail.body.contains(&format!("{ORIGIN}/recovery/link?token=")),
        "no link of ours in {}",
        mail.body
    );
    for (at, _) in mail.body.match_indices("://") {
        let ours =
            mail.body[..at].ends_with("https") && mail.body[at..].starts_with("://portal.mercy.example/");
        ensure!(ours, "a foreign address in {}", mail.body);
    }
    // Without tokens: one in a few thousand has the word in it by chance.
    let without_token = |piece: &'_ str| {
        let named = piece.split_once('=').filter(|(name, _)| ["token", "letter"].contains(name));
        let rest = named.map_or(piece, |(_, value)| value);
        rest.trim_start_matches(|c: char| named.is_some() && (c.is_ascii_alphanumeric() || "-_".contains(c)))
            .to_owned()
    };
    let words: String = mail.body.split('?').map(without_token).collect();
    ensure!(!words.to_ascii_lowercase().contains("evil"), "evil in {}", mail.body);
    ensure!(mail.from == "portal@mercy.example", "from {}", mail.from);
    ensure!(mail.reply_to == "portal@mercy.example", "answers to {}", mail.reply_to);
    ensure!(mail.message_id.ends_with("@mercy.example"), "message id {}", mail.message_id);
    Ok(())
}

const SENDER: &str = "mercy.example";

/// Laravel 5.3 and 5.4: `url()` in the reset mail took its root from the request.
#[tokio::test]
async fn host_cve_2017_9303_laravel_link_origin_from_request() {
    let twin = Twin(|header| {
        let host = header("host").unwrap_or("portal.mercy.example".into());
        (format!("https://{host}"), SENDER.into())
    });
    holds_and_catches(
        check_mails(&Regain::new()).await,
        check_mails(&twin).await,
        "(\"host\", \"evil.test\")",
    );
}

/// WordPress up to 4.7.4: `SERVER_NAME` without `www.` became the domain of From and Return-Path.
#[tokio::test]
async fn host_cve_2017_8295_wordpress_sender_domain_from_request() {
    let twin = Twin(|header| {
        let name = header("host").unwrap_or(SENDER.into()).to_ascii_lowercase();
        (ORIGIN.into(), name.trim_start_matches("www.").trim_start_matches("portal.").to_owned())
    });
    holds_and_catches(check_mails(&Regain::new()).await, check_mails(&twin).await, "from portal@evil.test");
}

/// Dotclear before 2.10.3: the link was put together of scheme, `HTTP_HOST` and port of the request.
#[tokio::test]
async fn host_cve_2016_7903_dotclear_link_address_from_host_header() {
    let twin = Twin(|header| {
        let host = header("host").unwrap_or("portal.mercy.example:443".into());
        let (name, port) = host.rsplit_once(':').unwrap_or((&host, "443"));
        let scheme = if port == "443" { "https" } else { "http" };
        (format!("{scheme}://{name}"), SENDER.into())
    });
    holds_and_catches(
        check_mails(&Regain::new()).await,
        check_mails(&twin).await,
        "(\"host\", \"evil.test\")",
    );
}

/// ZITADEL: host and scheme of a `Forwarded` or `X-Forwarded-Host` header poisoned links.
#[tokio::test]
async fn host_cve_2025_64101_zitadel_forwarded_header_in_links() {
    let twin = Twin(|header| {
        let forwarded = header("forwarded").unwrap_or_default();
        let host = forwarded.split([';', ',']).find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim().eq_ignore_ascii_case("host")).then(|| value.trim().trim_matches('"').to_owned())
        });
        let host = host.unwrap_or("portal.mercy.example".into());
        (format!("https://{host}"), SENDER.into())
    });
    holds_and_catches(
        check_mails(&Regain::new()).await,
        check_mails(&twin).await,
        "(\"forwarded\", \"host=evil.test\")",
    );
}

/// ZITADEL: `X-Forwarded-Proto` was put before the host of a link without a look at it.
#[tokio::test]
async fn host_ghsa_93m4_mfpg_c3xf_zitadel_forwarded_proto_in_links() {
    let twin = Twin(|header| {
        let scheme = header("x-forwarded-proto").unwrap_or("https".into());
        (format!("{scheme}://portal.mercy.example"), SENDER.into())
    });
    holds_and_catches(
        check_mails(&Regain::new()).await,
        check_mails(&twin).await,
        "(\"x-forwarded-proto\", \"http\")",
    );
}

#[rustfmt::skip]
const BAD_ORIGINS: &[&str] = &[
    "", "null ", "https://", "https:", "portal.mercy.example", "//portal.mercy.example",
    "https://user@portal.mercy.example", "https://user:pw@portal.mercy.example",
    "https://portal.mercy.example:pw@evil.test", "https://portal.mercy.example:443@evil.test",
    "https://portal.mercy.example@evil.test", "https://evil.test/portal.mercy.example",
    "https://evil.test?portal.mercy.example", "https://evil.test#portal.mercy.example",
    "https://evil.test/.mercy.example", "https://evil.test?.mercy.example", "https://evil.test#.mercy.example",
    "https://evil.test\\.mercy.example", "https://evil.test%2f.mercy.example", "https://evil.test@.mercy.example",
    "https://portal.mercy.example/", "https://portal.mercy.example/x", "https://portal.mercy.example?",
    "https://portal.mercy.example#", "https://portal.mercy.example\\", "https://portal.mercy.example\t",
    "https://portal.mercy.example\n", "https://portal.mercy.example\0", " https://portal.mercy.example",
    "https://portal.mercy.example ", "https://portal.mercy.example.", "https://portal..mercy.example",
    "https://portal.mercy.example:", "https://portal.mercy.example:0", "https://portal.mercy.example:99999",
    "https://portal.mercy.example:443:443", "https://portal.mercy.example,https://evil.test",
    "https://portal.mercy.example, https://evil.test", "https://portal.mercy.example https://evil.test",
    "http://portal.mercy.example", "ftp://portal.mercy.example", "javascript://portal.mercy.example",
    "https:/portal.mercy.example", "https:\\\\portal.mercy.example", "https://[portal.mercy.example]",
    "https://portal\u{3002}mercy.example", "https://portal.mercy.exampl\u{435}",
];
const FOREIGN_ORIGINS: &[&str] = &[
    "https://evil.test",
    "https://portal.mercy.example.evil.test",
    "https://evil-portal.mercy.example",
    "https://other.mercy.example",
    "https://portal.mercy.example:8443",
    "https://mercy.example",
];

fn check_parser(parses: impl Fn(&str) -> bool) -> Verdict {
    for good in [ORIGIN, "https://portal.mercy.example:8443", "http://127.0.0.1:8080"] {
        ensure!(parses(good), "{good} is refused");
    }
    for bad in BAD_ORIGINS {
        ensure!(!parses(bad), "{bad:?} is an origin");
    }
    Ok(())
}

/// Django 1.3 and 1.4: the host was looked at up to the first colon, so that user-info got through.
#[tokio::test]
async fn host_cve_2012_4520_django_user_info_in_host() {
    let twin = |origin: &str| {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        let name = host.split(':').next().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
    };
    holds_and_catches(
        check_parser(|origin| TrustedOrigin::parse(origin).is_ok()),
        check_parser(twin),
        "user:pw@portal.mercy.example\" is an origin",
    );
}

/// Who may post forms.
trait AllowList {
    async fn lets_in(&self, origin: &str) -> bool;
}

impl AllowList for Regain {
    async fn lets_in(&self, origin: &str) -> bool {
        // What no HTTP header can carry does not get as far as regain.
        let carried = origin.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
        carried
            && self
                .site
                .post(FORGOT_PASSWORD, &[("origin", origin)], form(&[("identifier", "ana")]))
                .await
                .status
                != 403
    }
}

async fn check_allow_list(subject: &impl AllowList) -> Verdict {
    ensure!(subject.lets_in(ORIGIN).await, "our own origin is refused");
    for origin in BAD_ORIGINS.iter().chain(FOREIGN_ORIGINS) {
        ensure!(!subject.lets_in(origin).await, "{origin:?} is taken for ours");
    }
    Ok(())
}

/// Rack: the host's grammar let `@`, `/`, `?` and `#` through, so allow-lists by prefix and suffix let anybody in.
struct Rack;

impl AllowList for Rack {
    async fn lets_in(&self, origin: &str) -> bool {
        let Some(host) = origin.strip_prefix("https://") else { return false };
        host == "portal.mercy.example" || host.ends_with(".mercy.example")
    }
}

/// Rack: see [`Rack`].
#[tokio::test]
async fn host_cve_2026_34835_rack_allow_list_by_prefix_and_suffix() {
    holds_and_catches(
        check_allow_list(&Regain::new()).await,
        check_allow_list(&Rack).await,
        "is taken for ours",
    );
}
