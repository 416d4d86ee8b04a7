//! Whatever anybody typed is text on a page.

use super::{Portal, hidden};
use axum::http::StatusCode;
use regain::mail::Service;
use regain::testing::World;
use regain::web::templates::Templates;
use regain::web::{ClientAddress, WebConfig};

const TYPED: &str = "\"><script>alert('&')</script>";
const ESCAPED: &str = "&quot;&gt;&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;&#x2f;script&gt;";

#[tokio::test]
async fn what_a_person_typed_is_escaped() {
    let portal = Portal::dressed();
    let ana = portal.world.person("Ana").await;
    portal.signed_in(&ana);
    let form = hidden(&portal.get("/security/app").await, "form");
    let label = TYPED.repeat(3);
    let refused = portal.post("/security/app", &[("form", &form), ("label", &label)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(&format!("value=\"{}\"", ESCAPED.repeat(3))), "{}", refused.body);
    let begun = portal.post("/security/app", &[("form", &form), ("label", TYPED)]).await;
    let page = portal.get(begun.headers["location"].to_str().unwrap()).await;
    // The QR code is the one variable that is markup.
    assert!(page.body.contains("<svg") && !page.body.contains("<script>alert"), "{}", page.body);
}

/// Every way in which a template can hand a text on.
#[tokio::test]
async fn no_way_through_a_template_is_one_round_escaping() {
    let ways = r#"<!doctype html>{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}
        {% set y %}{{ frame.service }}{% endset %}{{ y }}{{ m(frame.service) }}{{ "<i>" ~ frame.service }}
        {{ [frame.service, "<i>"|e]|join("<i>") }}{{ ("%s"|e)|format(frame.service) }}{{ frame.service|replace("a", "<") }}
        {{ frame.service|e }}{{ frame.service|upper }}{{ frame.service|reverse|reverse }}{{ frame.service|list }}
        {% filter upper %}{{ frame.service }}{% endfilter %}{{ [frame.service] }}{{ frame }}{{ frame.service|indent(2) }}
        {{ say("page.error", title=frame.service) }}{{ around("page.error", "title") }}{{ m("<i>"|e ~ frame.service) }}
        {% set ns = namespace(a="", b="") %}{% autoescape false %}
        {% set ns.a = [frame.service, "&lt;"|e]|join %}{% set ns.b = frame.service ~ ("x"|e) %}
        {% endautoescape %}{{ ns.a }}{{ ns.b }}{{ namespace(x=frame.service).x }}{{ frame.service|split("x") }}{{ frame.service|pprint }}"#;
    let mut setup = World::builder().setup();
    setup.service = Service::new("<a href=x>SERVICE</a>", "call 555 0100").unwrap();
    let recovery = regain::Recovery::builder(setup).build().unwrap();
    let templates = Templates::builder().page("notice.html", ways).build(&recovery);
    let templates = templates.unwrap_or_else(|error| panic!("{error}"));
    let app = regain::web::router(recovery, WebConfig::new(ClientAddress::None).templates(templates));
    let portal = Portal { app, ..Portal::plain() };
    let page = portal.get("/recovery/link?token=x").await.body;
    let plain = ["<b>", "</b>", "<B>", "</B>", "<!doctype html>"]
        .iter()
        .fold(page.clone(), |page, tag| page.replace(tag, ""));
    assert!(page.contains("SERVICE") && !plain.contains('<'), "{page}");
}
