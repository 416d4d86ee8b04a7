//! What goes wrong, as `application/problem+json` (RFC 9457).

mod code;

pub(super) use code::ProblemCode;

use crate::error::RecoveryError;
#[cfg(feature = "questions")]
use crate::factor::AnswerRefused;
use crate::language::Language;
use crate::password::Reason;
use crate::security::ChangeRefused;
use crate::store::StoreError;
use crate::web::answer::SOON;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use code::Terms;
use serde::Serialize;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use utoipa::openapi::header::Header;
use utoipa::openapi::response::{Response as Described, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

const PROBLEM_JSON: &str = "application/problem+json";

/// What a body can be refused for before anybody looks at what it says.
const OF_BODIES: [ProblemCode; 6] = [
    ProblemCode::Malformed,
    ProblemCode::Foreign,
    ProblemCode::TooSlow,
    ProblemCode::TooLarge,
    ProblemCode::NotJson,
    ProblemCode::Invalid,
];

/// One of the reasons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProblemReason)]
pub(super) struct Because {
    /// Stable.
    code: &'static str,
    /// In plain English, for the person. May change.
    text: String,
}

impl From<&Reason> for Because {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code(), text: reason.to_string() }
    }
}

/// What went wrong, and what to do. Act on `code`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:regain:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The same for each code. May change.
    title: Box<str>,
    /// The status of the answer.
    status: u16,
    /// Stable.
    code: ProblemCode,
    /// In plain English, but for the support desk: there in the language that `Accept-Language` asks for. May change.
    detail: Box<str>,
    /// Why, where there is more than one possible reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    reasons: Vec<Because>,
    /// The language of title and detail, where it is not always one.
    #[serde(skip)]
    language: Option<Arc<Language>>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        let Terms { name, status, title, detail } = code.terms();
        Self {
            kind: format!("urn:regain:problem:{name}"),
            title: title.into(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            reasons: Vec::new(),
            language: None,
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

#[cfg(feature = "desk")]
mod desk;

impl Problem {
    fn password_refused(reasons: &[Reason]) -> Self {
        let reasons = reasons.iter().map(Because::from).collect();
        Self { reasons, ..Self::from(ProblemCode::PasswordRefused) }
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
        let tag = self.language.as_ref().map(|language| HeaderValue::from_str(language.tag().as_str()));
        if let Some(Ok(tag)) = tag {
            answer.headers_mut().insert(CONTENT_LANGUAGE, tag);
        }
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
    let lines: Vec<_> =
        codes.iter().map(|code| format!("`{}`: {}", code.terms().name, code.in_short())).collect();
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
    ($name:ident: $($code:ident $(($why:ident))?),+ $(,)?) => {
        pub(super) struct $name;

        impl $crate::api::problem::Problems for $name {
            const CODES: &'static [$crate::api::problem::ProblemCode] =
                &[$($crate::api::problem::ProblemCode::$code $(($crate::web::desk::NotDone::$why))?),+];
        }
    };
}
pub(super) use problems;
