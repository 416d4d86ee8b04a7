//! What does not build.

use super::{Templates, TemplatesBuilder, pages, parts, source, whole};
use regain::testing::World;
use regain::web::templates::{FormProblem, TemplateError};

#[track_caller]
fn refused(builder: TemplatesBuilder) -> TemplateError {
    builder.build(&World::new().recovery).expect_err("templates that are not taken")
}

/// Whether the message says template, line and what.
#[track_caller]
fn assert_says(builder: TemplatesBuilder, place: &str, what: &str) {
    let said = refused(builder).to_string();
    assert!(said.starts_with(&format!("{place}: ")) && said.contains(what), "{said}");
}

fn one(name: &str, source: &str) -> TemplatesBuilder {
    Templates::builder().page(name, source)
}

/// A whole page, and something more at its fourth line.
fn with(more: &str) -> TemplatesBuilder {
    one("notice.html", &format!("<!doctype html>\n<h1>{{{{ say(title) }}}}</h1>\n\n{more}\n"))
}

#[test]
fn the_whole_set_builds_and_so_does_each_page_alone() {
    let recovery = World::new().recovery;
    assert!(whole().build(&recovery).is_ok());
    for name in pages() {
        let alone = parts().page(&name, source(&name)).build(&recovery);
        assert!(alone.is_ok(), "{name}: {alone:?}");
    }
    assert!(with("").build(&recovery).is_ok());
}

#[test]
fn only_pages_have_templates_and_each_has_one() {
    assert_eq!(refused(one("sign-in.html", "")), TemplateError::NoSuchPage("sign-in.html".to_owned()));
    let part = Templates::builder().part("link.html", "");
    assert_eq!(refused(part), TemplateError::NotAPart("link.html".to_owned()));
    let twice = parts().part("layout.html", "");
    assert_eq!(refused(twice), TemplateError::Twice("layout.html".to_owned()));
}

#[test]
fn what_does_not_parse_is_named_with_its_line() {
    assert_says(with("{% if title %}"), "notice.html, line 4", "syntax error");
    assert_says(with("").part("foot.html", "one\n{{ two"), "foot.html, line 2", "syntax error");
}

#[test]
fn a_variable_that_is_not_there_is_named_with_its_line() {
    assert_says(with("{{ titel }}"), "notice.html, line 4", "titel");
    assert_says(with("{{ frame.servise }}"), "notice.html, line 4", "undefined");
    assert_says(with("{% if token %}{% endif %}"), "notice.html, line 4", "undefined");
    // Of another page's.
    assert_says(with("{% for app in apps %}{% endfor %}"), "notice.html, line 4", "undefined");
    // In a part, and where the page is in another state.
    let part = with("{% include 'foot.html' %}").part("foot.html", "<p>\n{{ titel }}</p>");
    assert_says(part, "foot.html, line 2", "titel");
    let refused = source("security/app.html").replace("{{ say(\"add-app.refused\") }}", "{{ frame.nobody }}");
    assert_says(parts().page("security/app.html", refused), "security/app.html, line 7", "undefined");
    // Where no state comes by, and where nothing uses the part.
    assert_says(with("{% if title == 'x' %}{{ titel }}{% endif %}"), "notice.html, line 4", "titel");
    assert_says(with("").part("foot.html", "\n\n{{ titel }}"), "foot.html, line 3", "titel");
}

#[test]
fn a_text_that_is_not_there_or_not_filled_in_is_named() {
    assert_says(with("{{ say('no.such-key') }}"), "notice.html, line 4", "there is no text no.such-key");
    assert_says(with("{{ say('disown.hold') }}"), "notice.html, line 4", "disown.hold needs time");
    assert_says(with("{{ say('disown.title', time='x') }}"), "notice.html, line 4", "time");
    assert_says(with("{{ say('help.need-hint') }}"), "notice.html, line 4", "count");
    assert_says(with("{{ around('factor.none-left', 'no') }}"), "notice.html, line 4", "no placeholder no");
}

#[test]
fn nothing_is_read_but_what_was_given() {
    for more in ["{% include 'Cargo.toml' %}", "{% extends '/etc/passwd' %}", "{% import '../x' as x %}"] {
        assert_says(with(more), "notice.html, line 4", "");
    }
}

#[test]
fn nothing_is_written_without_escaping() {
    assert_says(with("{{ title|safe }}"), "notice.html, line 4", "safe");
    assert_says(
        with("{% autoescape false %}{{ title }}{% endautoescape %}"),
        "notice.html, line 4",
        "escaped",
    );
    assert_says(with("{{ debug() }}"), "notice.html, line 4", "");
}

#[test]
fn a_page_without_an_end_does_not_build() {
    let long = "{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}";
    assert_says(with(long), "notice.html, line 4", "fuel");
    let recursion = with("{% include 'again.html' %}").part("again.html", "{% include 'again.html' %}");
    assert!(matches!(refused(recursion), TemplateError::Source { .. }));
}

/// Changes a page of the set, which then is not taken.
#[track_caller]
fn problem(name: &str, old: &str, new: &str) -> (FormProblem, usize) {
    let (whole, parts) = (source(name), parts());
    assert!(whole.contains(old), "{old}");
    match refused(parts.page(name, whole.replace(old, new))) {
        TemplateError::Form { template, line, problem } if template == name => (problem, line),
        other => panic!("{other}"),
    }
}

/// The token of a form is what makes it work, on each page that has one.
#[test]
fn a_form_without_its_token_does_not_build() {
    let mut tried = 0;
    for name in pages() {
        let whole = source(&name);
        for line in whole.lines().filter(|line| line.contains("type=\"hidden\"")) {
            let (problem, _) = problem(&name, line, "");
            assert!(matches!(problem, FormProblem::Lacks { .. }), "{name}: {problem}");
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}

#[test]
fn a_form_that_would_not_be_taken_does_not_build() {
    let (link, to) = ("link.html", |path: &str| format!("/recovery/{path}"));
    let (lacks, line) = problem(link, r#"name="token" value="{{ token }}""#, r#"name="token" value="token""#);
    assert_eq!((lacks, line), (FormProblem::Lacks { action: to("link"), field: "token".to_owned() }, 8));
    let (other, _) = problem(link, r#"name="token""#, r#"name="Token""#);
    assert_eq!(other, FormProblem::Lacks { action: to("link"), field: "token".to_owned() });
    let (elsewhere, _) = problem(link, "/disown{{ frame.lang }}", "/dismiss{{ frame.lang }}");
    assert_eq!(elsewhere, FormProblem::Missing { action: to("disown") });
    let (silent, _) = problem(link, "/link{{ frame.lang }}", "/link");
    assert_eq!(silent, FormProblem::Missing { action: to("link?lang=en") });
    let (read, _) = problem(link, r#"method="post""#, r#"method="get""#);
    assert_eq!(read, FormProblem::NotPosted { action: to("link") });
    let page = "forgot_password.html";
    let asked = |field: &str| (to("forgot-password"), field.to_owned());
    let (action, field) = asked("csrf");
    let (more, _) = problem(page, "<button>", r#"<input name="csrf"><button>"#);
    assert_eq!(more, FormProblem::Unknown { action, field });
    let (action, field) = asked("identifier");
    let (twice, _) = problem(page, "<button>", r#"<button name="identifier">"#);
    assert_eq!(twice, FormProblem::Twice { action, field });
    let (action, field) = asked("identifier");
    let (none, _) = problem(page, r#"name="identifier""#, "");
    assert_eq!(none, FormProblem::Lacks { action, field });
    let (commented, _) = problem(link, "<input", "<!-- <input");
    assert!(matches!(commented, FormProblem::Lacks { .. }));
}

/// RC-16: the address of these pages holds a token until the script took it out.
#[test]
fn a_page_that_keeps_its_token_in_the_address_does_not_build() {
    for name in ["link.html", "disown.html"] {
        let silent = source(name).replace("assets/link.js", "assets/password.js");
        let said = refused(parts().page(name, silent)).to_string();
        assert!(said.starts_with(name) && said.contains("/assets/link.js"), "{said}");
    }
}
