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
    for (url, expected) in [
        ("", "Url"),
        ("mail.example.org", "Url"),
        ("smtps://mail.example.org:99999", "Url"),
        ("smtps://portal:sec/ret@mail.example.org", "Url"),
        (" smtps://mail.example.org", "Url"),
        ("smtps://mail.example.org\r\n", "Url"),
        ("smtps://u:p@mail\t.example.org", "Url"),
        ("https://mail.example.org", "Scheme"),
        ("mail.example.org:465", "Scheme"),
        ("smtps:mail.example.org", "Host"),
        ("smtps://", "Host"),
        ("smtps:///x", "Host"),
        ("smtps://bücher.example", "Host"),
        ("smtps://mail..example.org", "Host"),
        ("smtps://mail_x.example.org", "Host"),
        ("smtps://2130706433", "Host"),
        ("smtp://127.1", "Host"),
        ("smtps://mail.example.org:0", "Port"),
        ("smtps://portal@mail.example.org", "Login"),
        ("smtps://portal:@mail.example.org", "Login"),
        ("smtps://:secret@mail.example.org", "Login"),
        ("smtps://portal:se%00cret@mail.example.org", "Login"),
        ("smtps://portal:se%0D%0Acret@mail.example.org", "Login"),
        ("smtps://portal:se%FFcret@mail.example.org", "Login"),
        ("smtps://mail.example.org/helo", "Path"),
        ("smtps://mail.example.org#part", "Path"),
        ("smtps://portal:12#secret@mail.example.org", "Path"),
        ("smtps://mail.example.org?starttls=required", "Parameter"),
        ("smtps://mail.example.org?", "Parameter"),
        ("smtp://mail.example.org?starttls=opportunistic", "Parameter"),
        ("smtp://mail.example.org?tls=required", "Parameter"),
        ("smtp://localhost?timeout=5", "Parameter"),
        ("smtp://mail.example.org?starttls=required&starttls=required", "Parameter"),
        ("smtp://mail.example.org", "NotEncrypted"),
        ("smtp://u:p@10.0.0.1:25", "NotEncrypted"),
        ("smtp://localhost.example.org", "NotEncrypted"),
    ] {
        let error = SmtpMailer::new(url).expect_err(url);
        assert_eq!(format!("{error:?}"), expected, "{url:?}");
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
        let refused = builder().step_limit(Duration::from_secs(seconds));
        assert!(matches!(refused, Err(SmtpConfigError::TimeLimit)), "{seconds}");
    }
    builder().time_limit(Duration::from_secs(50)).unwrap();
}
