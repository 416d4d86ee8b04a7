//! The one URL.

use regain::mail::{SmtpConfigError, SmtpMailer};
use std::time::Duration;

#[test]
fn a_url_says_where_and_how() {
    for (url, shown) in [
        ("smtps://mail.example.org", "mail.example.org:465 (Tls)"),
        ("smtps://u:p@MAIL.example.org:2465/", "mail.example.org:2465 (Tls)"),
        ("smtps://u:p@[2001:db8::1]", "2001:db8::1:465 (Tls)"),
        ("smtp://u:p@mail.example.org?starttls=required", "mail.example.org:587 (StartTls)"),
        ("smtp://localhost?starttls=required", "localhost:587 (StartTls)"),
        ("smtp://localhost", "localhost:25 (Loopback)"),
        ("smtp://127.0.0.1:2525", "127.0.0.1:2525 (Loopback)"),
        ("smtp://u:p@[::1]:2525", "::1:2525 (Loopback)"),
    ] {
        assert_eq!(format!("{:?}", SmtpMailer::new(url).unwrap()), format!("SmtpMailer({shown})"), "{url}");
    }
}

#[test]
fn any_other_url_is_refused_with_what_to_do() {
    use SmtpConfigError::{Host, Login, NotEncrypted, Parameter, Path, Port, Scheme, Url};
    let cases: [(&str, fn(&SmtpConfigError) -> bool); 36] = [
        ("", |e| matches!(e, Url)),
        ("mail.example.org", |e| matches!(e, Url)),
        ("smtps://mail.example.org:99999", |e| matches!(e, Url)),
        ("smtps://portal:sec/ret@mail.example.org", |e| matches!(e, Url)),
        (" smtps://mail.example.org", |e| matches!(e, Url)),
        ("smtps://mail.example.org\r\n", |e| matches!(e, Url)),
        ("smtps://u:p@mail\t.example.org", |e| matches!(e, Url)),
        ("https://mail.example.org", |e| matches!(e, Scheme)),
        ("mail.example.org:465", |e| matches!(e, Scheme)),
        ("smtps:mail.example.org", |e| matches!(e, Host)),
        ("smtps://", |e| matches!(e, Host)),
        ("smtps:///x", |e| matches!(e, Host)),
        ("smtps://bücher.example", |e| matches!(e, Host)),
        ("smtps://mail..example.org", |e| matches!(e, Host)),
        ("smtps://mail_x.example.org", |e| matches!(e, Host)),
        ("smtps://2130706433", |e| matches!(e, Host)),
        ("smtp://127.1", |e| matches!(e, Host)),
        ("smtps://mail.example.org:0", |e| matches!(e, Port)),
        ("smtps://portal@mail.example.org", |e| matches!(e, Login)),
        ("smtps://portal:@mail.example.org", |e| matches!(e, Login)),
        ("smtps://:secret@mail.example.org", |e| matches!(e, Login)),
        ("smtps://portal:se%00cret@mail.example.org", |e| matches!(e, Login)),
        ("smtps://portal:se%0D%0Acret@mail.example.org", |e| matches!(e, Login)),
        ("smtps://portal:se%FFcret@mail.example.org", |e| matches!(e, Login)),
        ("smtps://mail.example.org/helo", |e| matches!(e, Path)),
        ("smtps://mail.example.org#part", |e| matches!(e, Path)),
        ("smtps://portal:12#secret@mail.example.org", |e| matches!(e, Host | Path)),
        ("smtps://mail.example.org?starttls=required", |e| matches!(e, Parameter)),
        ("smtps://mail.example.org?", |e| matches!(e, Parameter)),
        ("smtp://mail.example.org?starttls=opportunistic", |e| matches!(e, Parameter)),
        ("smtp://mail.example.org?tls=required", |e| matches!(e, Parameter)),
        ("smtp://localhost?timeout=5", |e| matches!(e, Parameter)),
        ("smtp://mail.example.org?starttls=required&starttls=required", |e| matches!(e, Parameter)),
        ("smtp://mail.example.org", |e| matches!(e, NotEncrypted)),
        ("smtp://u:p@10.0.0.1:25", |e| matches!(e, NotEncrypted)),
        ("smtp://localhost.example.org", |e| matches!(e, NotEncrypted)),
    ];
    for (url, expected) in cases {
        let error = SmtpMailer::new(url).expect_err(url);
        assert!(expected(&error), "{url:?} gives {error:?}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("secret") && !told.contains("sec/ret"), "{told}");
    }
}

#[test]
fn a_try_may_take_no_longer_than_its_lease() {
    let builder = || SmtpMailer::builder("smtp://localhost").unwrap();
    for seconds in [0, 51, 60, 3_600] {
        let refused = builder().time_limit(Duration::from_secs(seconds));
        assert!(matches!(refused, Err(SmtpConfigError::TimeLimit)), "{seconds}");
    }
    builder().time_limit(Duration::from_secs(50)).unwrap();
}
