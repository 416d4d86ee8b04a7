//! What goes wrong, as `application/problem+json` (RFC 9457): each problem has one code, one status and one text, and all
//! three are chosen here.

use crate::error::RecoveryError;
#[cfg(feature = "questions")]
use crate::factor::AnswerRefused;
use crate::password::Reason;
use crate::security::ChangeRefused;
use crate::store::StoreError;
use crate::web::answer::SOON;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;
use utoipa::openapi::header::Header;
use utoipa::openapi::response::{Response as Described, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

const PROBLEM_JSON: &str = "application/problem+json";

/// What a client may act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ProblemCode {
    Malformed,
    IdempotencyKey,
    Foreign,
    NotSignedIn,
    StepUpRequired,
    ChangeRequired,
    FactorNeeded,
    QuestionNeeded,
    NotFound,
    WrongMethod,
    ChangeRefused,
    LinkNotUsable,
    TooLarge,
    NotJson,
    Invalid,
    CodeNotUsable,
    FactorNotAccepted,
    AnswerNotAccepted,
    NotAccepted,
    PasswordRefused,
    TooManyAttempts,
    Unavailable,
}

/// What a body can be refused for before anybody looks at what it says.
const OF_BODIES: [ProblemCode; 5] = [
    ProblemCode::Malformed,
    ProblemCode::Foreign,
    ProblemCode::TooLarge,
    ProblemCode::NotJson,
    ProblemCode::Invalid,
];

struct Terms {
    name: &'static str,
    status: StatusCode,
    title: &'static str,
    detail: &'static str,
}

const fn terms(name: &'static str, status: StatusCode, title: &'static str, detail: &'static str) -> Terms {
    Terms { name, status, title, detail }
}

impl ProblemCode {
    fn terms(self) -> Terms {
        const INVALID: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        match self {
            Self::Malformed => terms(
                "malformed",
                StatusCode::BAD_REQUEST,
                "No JSON",
                "The body is no JSON in UTF-8. Nothing was done.",
            ),
            Self::IdempotencyKey => terms(
                "idempotency-key",
                StatusCode::BAD_REQUEST,
                "Bad Idempotency-Key",
                "An Idempotency-Key is sent once, and has 16 to 128 visible ASCII characters. Nothing was done.",
            ),
            Self::Foreign => terms(
                "foreign",
                StatusCode::FORBIDDEN,
                "Not from our own pages",
                "Origin or Sec-Fetch-Site name another site. Nothing was done.",
            ),
            Self::NotSignedIn => terms(
                "not-signed-in",
                StatusCode::FORBIDDEN,
                "Signed out",
                "There is no session, or it has ended. Sign in again.",
            ),
            Self::StepUpRequired => terms(
                "step-up-required",
                StatusCode::FORBIDDEN,
                "Is it still you?",
                "Password and second step are asked for once more before this.",
            ),
            Self::ChangeRequired => terms(
                "change-required",
                StatusCode::FORBIDDEN,
                "A new password is needed",
                "This session does nothing but choose another password.",
            ),
            Self::FactorNeeded => terms(
                "factor-needed",
                StatusCode::FORBIDDEN,
                "Second step needed",
                "The second step of the account comes first.",
            ),
            Self::QuestionNeeded => terms(
                "question-needed",
                StatusCode::FORBIDDEN,
                "Security question",
                "A security question has to be answered first, or too many answers were wrong and only people can help.",
            ),
            Self::NotFound => terms(
                "not-found",
                StatusCode::NOT_FOUND,
                "No such path",
                "There is nothing at this path. See openapi.json.",
            ),
            Self::WrongMethod => terms(
                "wrong-method",
                StatusCode::METHOD_NOT_ALLOWED,
                "Wrong method",
                "This path takes the methods that Allow names.",
            ),
            Self::ChangeRefused => terms(
                "change-refused",
                StatusCode::CONFLICT,
                "Nothing was changed",
                "The change is not made; the reasons say why.",
            ),
            Self::LinkNotUsable => terms(
                "link-not-usable",
                StatusCode::GONE,
                "This link cannot be used",
                "It may have expired, it may have been used already, or a newer link has replaced it. Ask for a new one.",
            ),
            Self::TooLarge => terms(
                "too-large",
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too long",
                "A body has at most 16 KiB. Nothing was done.",
            ),
            Self::NotJson => terms(
                "not-json",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Not application/json",
                "A body is sent as application/json. Nothing was done.",
            ),
            Self::Invalid => terms(
                "invalid",
                INVALID,
                "Not as described",
                "A field is missing, doubled, unknown, or not of its type or form. See openapi.json. Nothing was done.",
            ),
            Self::CodeNotUsable => terms(
                "code-not-usable",
                INVALID,
                "This code cannot be used",
                "It may be mistyped, expired, used, replaced, or of another ask.",
            ),
            Self::FactorNotAccepted => terms(
                "factor-not-accepted",
                INVALID,
                "The second step was not accepted",
                "The code may be mistyped or used, or comes too late.",
            ),
            Self::AnswerNotAccepted => terms(
                "answer-not-accepted",
                INVALID,
                "The answer was not accepted",
                "The answer is wrong, or no more are compared.",
            ),
            Self::NotAccepted => {
                terms("not-accepted", INVALID, "Not accepted", "Username or password is wrong.")
            }
            Self::PasswordRefused => terms(
                "password-refused",
                INVALID,
                "Choose another password",
                "The password is not good enough; the reasons say why. The link still works.",
            ),
            Self::TooManyAttempts => terms(
                "too-many-attempts",
                StatusCode::TOO_MANY_REQUESTS,
                "Please wait a while",
                "There were too many tries. Wait as many seconds as Retry-After says.",
            ),
            Self::Unavailable => terms(
                "unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "Please try again in a moment",
                "Something is out of order on our side. Nothing is half done.",
            ),
        }
    }
}

/// One of the reasons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProblemReason)]
pub(super) struct Because {
    /// Stable.
    code: &'static str,
    /// In plain English, for the person. May change.
    text: String,
}

/// What went wrong, and what to do. Act on `code`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:regain:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The same for each code. May change.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// Stable.
    code: ProblemCode,
    /// In plain English. May change.
    detail: &'static str,
    /// Why, where there is more than one possible reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    reasons: Vec<Because>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        let Terms { name, status, title, detail } = code.terms();
        Self {
            kind: format!("urn:regain:problem:{name}"),
            title,
            status: status.as_u16(),
            code,
            detail,
            reasons: Vec::new(),
            retry_after: (code == ProblemCode::Unavailable).then_some(SOON),
        }
    }
}

impl From<RecoveryError> for Problem {
    fn from(error: RecoveryError) -> Self {
        Self::from(match error {
            RecoveryError::LinkNotUsable => ProblemCode::LinkNotUsable,
            RecoveryError::CodeNotUsable => ProblemCode::CodeNotUsable,
            RecoveryError::FactorNeeded => ProblemCode::FactorNeeded,
            RecoveryError::FactorNotAccepted => ProblemCode::FactorNotAccepted,
            RecoveryError::QuestionNeeded => ProblemCode::QuestionNeeded,
            RecoveryError::AnswerNotAccepted => ProblemCode::AnswerNotAccepted,
            RecoveryError::NotAccepted => ProblemCode::NotAccepted,
            RecoveryError::StepUpRequired => ProblemCode::StepUpRequired,
            RecoveryError::Unavailable => ProblemCode::Unavailable,
            RecoveryError::PasswordRefused(reasons) => return Self::password_refused(&reasons),
            RecoveryError::ChangeRefused(why) => return Self::unchanged(why),
            RecoveryError::TooManyAttempts { retry_after } => {
                let retry_after = Some(retry_after);
                return Self { retry_after, ..Self::from(ProblemCode::TooManyAttempts) };
            }
        })
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a session cannot be told");
        Self::from(ProblemCode::Unavailable)
    }
}

impl Problem {
    fn password_refused(reasons: &[Reason]) -> Self {
        let reasons = reasons.iter().map(|reason| Because { code: reason.code(), text: reason.to_string() });
        Self { reasons: reasons.collect(), ..Self::from(ProblemCode::PasswordRefused) }
    }

    fn unchanged(why: ChangeRefused) -> Self {
        let reasons = vec![Because { code: reason(why), text: why.to_string() }];
        Self { reasons, ..Self::from(ProblemCode::ChangeRefused) }
    }
}

fn reason(why: ChangeRefused) -> &'static str {
    match why {
        ChangeRefused::NotThere => "not-there",
        ChangeRefused::TooMany => "too-many",
        ChangeRefused::Held => "held",
        ChangeRefused::ChangedLately => "changed-lately",
        ChangeRefused::AddressesElsewhere => "addresses-elsewhere",
        ChangeRefused::KindNotTaken => "kind-not-taken",
        ChangeRefused::OnFileAlready => "on-file-already",
        #[cfg(feature = "questions")]
        ChangeRefused::Answer(why) => match why {
            AnswerRefused::TooShort => "answer-too-short",
            AnswerRefused::TooLong => "answer-too-long",
            AnswerRefused::Common => "answer-common",
            AnswerRefused::Known => "answer-known",
            AnswerRefused::Password => "answer-password",
            AnswerRefused::Repeated => "answer-repeated",
            AnswerRefused::Question => "question",
        },
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.terms().status;
        let json = serde_json::to_vec(&self).unwrap_or_default();
        let mut answer = (status, [(CONTENT_TYPE, PROBLEM_JSON)], json).into_response();
        if let Some(time) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(time.as_secs()));
        }
        answer
    }
}

/// The problems of one route, for its description.
pub(super) trait Problems {
    const CODES: &'static [ProblemCode];
    const HAS_BODY: bool = true;
}

pub(super) struct Of<T>(PhantomData<T>);

impl<T: Problems> IntoResponses for Of<T> {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let of_body = if T::HAS_BODY { &OF_BODIES[..] } else { &[] };
        let mut by_status: BTreeMap<String, Vec<ProblemCode>> = BTreeMap::new();
        for code in of_body.iter().chain(T::CODES) {
            by_status.entry(code.terms().status.as_str().to_owned()).or_default().push(*code);
        }
        by_status.into_iter().map(|(status, codes)| (status, described(&codes).into())).collect()
    }
}

fn described(codes: &[ProblemCode]) -> Described {
    let lines: Vec<_> = codes.iter().map(|code| code.terms()).collect();
    let lines: Vec<_> = lines.iter().map(|terms| format!("`{}`: {}", terms.name, terms.title)).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let described = ResponseBuilder::new().description(lines.join("; ")).content(PROBLEM_JSON, content);
    let waits =
        codes.iter().any(|code| matches!(code, ProblemCode::TooManyAttempts | ProblemCode::Unavailable));
    if !waits {
        return described.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let mut header = Header::new(seconds);
    header.description = Some("Seconds to wait.".to_owned());
    described.header("Retry-After", header).build()
}

/// Names the problems of a route beside those of its body.
macro_rules! problems {
    ($name:ident: $($code:ident),+ $(,)?) => {
        pub(super) struct $name;

        impl $crate::api::problem::Problems for $name {
            const CODES: &'static [$crate::api::problem::ProblemCode] = &[$($crate::api::problem::ProblemCode::$code),+];
        }
    };
}
pub(super) use problems;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_named_alike_in_both_places() {
        for code in OF_BODIES.into_iter().chain([
            ProblemCode::IdempotencyKey,
            ProblemCode::StepUpRequired,
            ProblemCode::NotSignedIn,
        ]) {
            let problem = serde_json::to_value(Problem::from(code)).unwrap();
            assert_eq!(problem["type"], format!("urn:regain:problem:{}", problem["code"].as_str().unwrap()));
        }
    }
}
