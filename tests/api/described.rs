//! The description that the API serves, and whether an answer is as it says.

use super::{Answer, Portal, answered};
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

pub struct Description(pub Value);

impl Description {
    pub async fn served_by(app: &Router) -> Self {
        let request = Request::get("/api/openapi.json").body(Body::empty()).expect("a request");
        let answer = answered(app.clone(), request).await;
        assert_eq!(answer.status, StatusCode::OK);
        Self(answer.json())
    }

    /// Every path and method that is described.
    pub fn operations(&self) -> Vec<(Method, String)> {
        let paths = self.0["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").keys();
            methods.map(move |method| (method.to_uppercase().parse().expect("a method"), path.clone()))
        });
        operations.collect()
    }

    /// Status, type of content, headers and fields: whatever comes back has to be described.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let what = format!("{method} {path} answered with {}: {}", answer.status, answer.body);
        let path = path.strip_prefix("/api").expect("a path of the API");
        let operation = &self.0["paths"][path][method.as_str().to_ascii_lowercase()];
        let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if operation.is_null() {
            let nowhere = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::FORBIDDEN];
            assert!(nowhere.contains(&answer.status) && kind == "application/problem+json", "{what}");
            return self.fits(&answer.json(), &self.0["components"]["schemas"]["Problem"], &what);
        }
        let response = &operation["responses"][answer.status.as_str()];
        assert!(!response.is_null(), "not described: {what}");
        let content = &response["content"][kind];
        assert!(!content.is_null(), "{kind:?} is not described: {what}");
        if kind == "application/problem+json" {
            let listed = response["description"].as_str().expect("a description");
            assert!(listed.contains(&format!("`{}`:", answer.code())), "not listed in {listed:?}: {what}");
        }
        let waits = answer.headers.contains_key(RETRY_AFTER);
        assert!(
            !waits || !response["headers"]["Retry-After"].is_null(),
            "Retry-After is not described: {what}"
        );
        self.fits(&answer.json(), &content["schema"], &what);
    }

    #[track_caller]
    fn fits(&self, value: &Value, schema: &Value, what: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/components/schemas/").expect("a schema of ours");
            return self.fits(value, &self.0["components"]["schemas"][name], what);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let null = choices.iter().any(|choice| choice["type"] == "null");
            let other = choices.iter().find(|choice| choice["type"] != "null").expect("a choice");
            return if value.is_null() { assert!(null, "{what}") } else { self.fits(value, other, what) };
        }
        assert!(is_of_type(value, &schema["type"]), "{value} is no {}: {what}", schema["type"]);
        if let (Some(known), false) = (schema["enum"].as_array(), value.is_null()) {
            assert!(known.contains(value), "{value} is none of {known:?}: {what}");
        }
        if let Some(items) = value.as_array() {
            items.iter().for_each(|item| self.fits(item, &schema["items"], what));
        }
        let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
            return;
        };
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(fields.contains_key(required.as_str().expect("a name")), "no {required}: {what}");
        }
        for (name, value) in fields {
            let known = properties.get(name).unwrap_or_else(|| panic!("{name} is not described: {what}"));
            self.fits(value, known, what);
        }
    }
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    };
    match wanted {
        Value::String(one) => is(one),
        Value::Array(several) => several.iter().any(|one| one.as_str().is_some_and(is)),
        _ => false,
    }
}

#[tokio::test]
async fn the_description_is_openapi_3_1_below_its_mount() {
    let portal = Portal::new().await;
    let description = &portal.description.0;
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert_eq!(description["servers"][0]["url"], "/api");
    assert_eq!(description["info"]["license"]["identifier"], "MIT OR Apache-2.0");
}

/// What is not in this list is not served, and what is in it is described.
#[tokio::test]
async fn every_route_is_described_and_every_described_one_is_there() {
    let portal = Portal::new().await;
    let mut served: Vec<_> = [
        "GET /openapi.json",
        "POST /username-reminders",
        "POST /password-links",
        "POST /codes",
        "POST /link",
        "POST /link/factor",
        "POST /link/question",
        "POST /link/answer",
        "POST /link/password/strength",
        "POST /link/password",
        "POST /disown/look",
        "POST /disown",
        "POST /help",
        "GET /desk",
        "POST /desk",
        "GET /desk/case",
        "POST /desk/concern",
        "POST /desk/assign",
        "POST /desk/note",
        "POST /desk/evidence",
        "POST /desk/approve",
        "POST /desk/refuse",
        "POST /desk/withdraw",
        "POST /sign-in",
        "POST /sign-in/factor",
        "GET /security",
        "POST /security/step-up",
        "POST /security/password/strength",
        "POST /security/password",
        "POST /security/apps",
        "POST /security/apps/confirm",
        "POST /security/factors/remove",
        "POST /security/codes",
        "POST /security/addresses",
        "POST /security/addresses/confirm",
        "GET /security/questions",
        "POST /security/questions",
        "POST /security/questions/remove",
    ]
    .map(str::to_owned)
    .into();
    let mut described: Vec<_> =
        portal.description.operations().iter().map(|(method, path)| format!("{method} {path}")).collect();
    served.sort();
    described.sort();
    assert_eq!(described, served);
    for (method, path) in portal.description.operations() {
        let request = Request::builder().method(&method).uri(format!("/api{path}")).body(Body::empty());
        let answer = portal.send(request.expect("a request")).await;
        let nowhere = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(!nowhere.contains(&answer.status), "{method} {path}: {}", answer.status);
    }
}
