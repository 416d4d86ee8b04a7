//! What does not build.

use super::{HTML, TEXT, built, one, service};
use regain::mail::templates::{MailTemplateError, MailTemplates, MailTemplatesBuilder};

const VARIABLES: &str = include_str!("../../../src/mail/templates/variables.md");

/// Every mail with what it cannot do without, for HTML and for text.
const NEEDED: [(&str, &[(&str, &str)]); 5] = [
    ("password_changed", &[DISOWN]),
    ("username_reminder", &[DISOWN, ("{{ username }}", "{{ username }}")]),
    ("recovery_link", &[DISOWN, LINK, CODE]),
    ("address_code", &[DISOWN, CODE]),
    ("shared_links", &[SHARED_LINK, SHARED_NAME, SHARED_DISOWN]),
];
const DISOWN: (&str, &str) = ("<a href='{{ disown.url }}'>No</a>", "{{ disown.url }}");
const LINK: (&str, &str) = ("<a href=\"{{ link }}\">Go</a>", "Go: {{ link }}");
const CODE: (&str, &str) =
    ("{% if code %}<b>{{ code }}</b>{% endif %}", "{% if code %}{{ code }}.{% endif %}");
const SHARED_LINK: (&str, &str) = (
    "{% for one in accounts %}<a href=\"{{ one.link }}\">Go</a>{% endfor %}",
    "{% for one in accounts %}<{{ one.link }}>{% endfor %}",
);
const SHARED_NAME: (&str, &str) = (
    "{% for one in accounts %}{{ one.username }}{% endfor %}",
    "{% for one in accounts %}{{ one.username }}{% endfor %}",
);
const SHARED_DISOWN: (&str, &str) = (
    "{% for one in accounts %}<a href=\"{{ one.disown.url }}\">No</a>{% endfor %}",
    "{% for one in accounts %}{{ one.disown.url }}\n{% endfor %}",
);

#[track_caller]
fn refused(builder: MailTemplatesBuilder) -> String {
    builder.build(&service()).expect_err("templates that are not taken").to_string()
}

#[test]
fn only_mails_have_templates_and_each_piece_has_one() {
    for name in
        ["recovery-link.html", "recovery_link", "recovery_link.HTML", "layout.html", "sms.txt", ".html"]
    {
        let error = one(name, "").build(&service()).expect_err(name);
        assert_eq!(error, MailTemplateError::NoSuchMail(name.to_owned()));
    }
    let part = MailTemplates::builder().part("letter.html", "").build(&service());
    assert_eq!(part.expect_err("a mail"), MailTemplateError::NotAPart("letter.html".to_owned()));
    let twice = MailTemplates::builder().part("foot", "").part("foot", "").build(&service());
    assert_eq!(twice.expect_err("two parts"), MailTemplateError::Twice("foot".to_owned()));
    built(one("letter.html", HTML).mail("letter.txt", TEXT).mail("letter.subject", "{{ subject }}\n"));
}

/// Each piece of what a mail cannot do without, left out of it: it does not build.
#[test]
fn a_mail_without_what_it_is_for_does_not_build() {
    for (mail, needed) in NEEDED {
        let body = |left_out: Option<usize>, html: bool| -> String {
            let kept = needed.iter().enumerate().filter(|(at, _)| Some(*at) != left_out);
            kept.map(|(_, (in_html, in_text))| format!("{}\n", if html { in_html } else { in_text }))
                .collect()
        };
        for (ending, html) in [(".html", true), (".txt", false)] {
            let name = format!("{mail}{ending}");
            built(one(&name, &body(None, html)));
            for at in 0..needed.len() {
                let said = refused(one(&name, &body(Some(at), html)));
                assert!(said.starts_with(&format!("{name}, for the mail {mail}: it has to ")), "{said}");
            }
        }
    }
}

/// Every mail, in both parts: a person has to be able to say that it wasn't them.
#[test]
fn no_mail_goes_without_this_wasnt_me() {
    let titles = VARIABLES.lines().filter_map(|line| line.strip_prefix("## `"));
    let mails: Vec<_> = titles.map(|title| title.trim_end_matches('`')).collect();
    assert_eq!(mails.len(), 17);
    for mail in mails {
        for ending in [".html", ".txt"] {
            let said = refused(one(&format!("{mail}{ending}"), "Hello"));
            assert!(said.starts_with(&format!("{mail}{ending}, for the mail {mail}: it has to ")), "{said}");
        }
        built(one(&format!("{mail}.subject"), "Hello"));
    }
}

/// A mail for all of them is looked at in each.
#[test]
fn a_template_for_every_mail_has_to_show_what_each_needs() {
    for (block, said) in [
        ("action", "letter.txt, for the mail recovery_link: it has to show link"),
        ("objection", "letter.txt, for the mail username_reminder: it has to show disown.url"),
        ("value", "letter.txt, for the mail username_reminder: it has to show username"),
    ] {
        let silent = format!("{{% for block in blocks if block.kind != '{block}' %}}");
        let error = refused(one("letter.txt", &TEXT.replace("{% for block in blocks %}", &silent)));
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn a_slip_is_named_with_its_template_and_line() {
    let html = |more: &str| one("letter.html", &HTML.replacen("<head>", &format!("<head>{more}"), 1));
    for (builder, said) in [
        (html("{% if %}"), "letter.html, line 3: syntax error"),
        (html("{{ titel }}"), "letter.html, line 3: "),
        (html("{{ frame.servise }}"), "letter.html, line 3: undefined value"),
        (
            html("{% if mail == 'x' %}{{ titel }}{% endif %}"),
            "letter.html, line 3: there is no variable titel",
        ),
        (html("{{ say('no.such-key') }}"), "letter.html, line 3: invalid operation: there is no text"),
        (html("{{ say('letter.link.life') }}"), "letter.html, line 3: invalid operation: the text"),
        (html("{{ subject|safe }}"), "letter.html, line 3: "),
        (html("{% autoescape false %}{{ subject }}{% endautoescape %}"), "letter.html, line 3: invalid"),
        (html("{% include 'Cargo.toml' %}"), "letter.html, line 3: "),
        (html("{% include 'foot' %}").part("foot", "\n\n{{ titel }}"), "foot, line 3: "),
        (
            html("{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}"),
            "letter.html, line 3: ",
        ),
        (one("letter.txt", &format!("\n{{{{ link }}}}{TEXT}")), "letter.txt, line 2: undefined value"),
    ] {
        let error = refused(builder);
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn a_subject_that_is_no_line_of_plain_text_does_not_build() {
    let wrong = "password_changed.subject, for the mail password_changed: the subject is one line";
    for subject in ["", " \n ", "A\nBcc: x@evil.test", "A\r\nB", "=?utf-8?q?=0D=0ABcc:_x?=", "A\u{2028}B"] {
        let error = refused(one("password_changed.subject", subject));
        assert!(error.starts_with(wrong), "{subject:?}: {error}");
    }
    assert!(refused(one("password_changed.subject", &"a".repeat(301))).starts_with(wrong));
    // It is shown on locked screens: it has no secret to show.
    for secret in ["{{ link }}", "{{ code }}", "{{ disown.url }}", "{{ blocks[0].text }}"] {
        let error = refused(one("recovery_link.subject", secret));
        assert!(error.starts_with("recovery_link.subject, line 1: undefined value"), "{error}");
    }
}
