//! The problems by name: each has one code, one status, one title and one text, and all of them are chosen here. Those
//! of the support desk are the same as on its pages, and stand there.

#[cfg(feature = "desk")]
use crate::language::Language;
#[cfg(feature = "desk")]
use crate::web::desk::NotDone;
use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What is said of a problem.
pub(super) struct Terms {
    pub(super) name: &'static str,
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: &'static str,
}

macro_rules! table {
    ($($code:ident = $name:literal, $status:ident, $title:literal, $detail:literal;)+) => {
        /// What a client may act on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::api) enum ProblemCode {
            $($code,)+
            /// Something is not done at the support desk.
            #[cfg(feature = "desk")]
            Desk(NotDone),
        }

        /// All but those of the support desk.
        const PLAIN: &[ProblemCode] = &[$(ProblemCode::$code),+];

        impl ProblemCode {
            pub(super) fn terms(self) -> Terms {
                match self {
                    $(Self::$code => Terms {
                        name: $name,
                        status: StatusCode::$status,
                        title: $title,
                        detail: $detail,
                    },)+
                    #[cfg(feature = "desk")]
                    Self::Desk(why) => terms_at_the_desk(why),
                }
            }
        }
    };
}

table! {
    Malformed = "malformed", BAD_REQUEST, "No JSON",
        "The body is no JSON in UTF-8, or it did not arrive whole. Nothing was done.";
    IdempotencyKey = "idempotency-key", BAD_REQUEST, "Bad Idempotency-Key",
        "An Idempotency-Key is sent once, and has 16 to 128 visible ASCII characters. Nothing was done.";
    Foreign = "foreign", FORBIDDEN, "Not from our own pages",
        "Origin or Sec-Fetch-Site name another site. Nothing was done.";
    NotSignedIn = "not-signed-in", FORBIDDEN, "Signed out",
        "There is no session, or it has ended. Sign in again.";
    NotStaff = "not-staff", FORBIDDEN, "Not signed in as staff",
        "There is no session of a member of staff, or it has ended. Sign in again.";
    StepUpRequired = "step-up-required", FORBIDDEN, "Is it still you?",
        "Password and second step are asked for once more before this.";
    ChangeRequired = "change-required", FORBIDDEN, "A new password is needed",
        "This session does nothing but choose another password.";
    FactorNeeded = "factor-needed", FORBIDDEN, "Second step needed",
        "The second step of the account comes first.";
    QuestionNeeded = "question-needed", FORBIDDEN, "Security question",
        "A security question has to be answered first, or too many answers were wrong and only people can help.";
    NotFound = "not-found", NOT_FOUND, "No such path",
        "There is nothing at this path. See openapi.json.";
    WrongMethod = "wrong-method", METHOD_NOT_ALLOWED, "Wrong method",
        "This path takes the methods that Allow names.";
    TooSlow = "too-slow", REQUEST_TIMEOUT, "Too slow",
        "A body has 20 seconds to arrive. Nothing was done; send it once more.";
    ChangeRefused = "change-refused", CONFLICT, "Nothing was changed",
        "The change is not made; the reasons say why.";
    LinkNotUsable = "link-not-usable", GONE, "This link cannot be used",
        "It may have expired, it may have been used already, or a newer link has replaced it. Ask for a new one.";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "Too long",
        "A body has at most 16 KiB. Nothing was done.";
    NotJson = "not-json", UNSUPPORTED_MEDIA_TYPE, "Not application/json",
        "A body is sent as application/json. Nothing was done.";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Not as described",
        "A field is missing, doubled, unknown, or not of its type or form. See openapi.json. Nothing was done.";
    CodeNotUsable = "code-not-usable", UNPROCESSABLE_ENTITY, "This code cannot be used",
        "It may be mistyped, expired, used, replaced, or of another ask.";
    FactorNotAccepted = "factor-not-accepted", UNPROCESSABLE_ENTITY, "The second step was not accepted",
        "The code may be mistyped or used, or comes too late.";
    AnswerNotAccepted = "answer-not-accepted", UNPROCESSABLE_ENTITY, "The answer was not accepted",
        "The answer is wrong, or no more are compared.";
    NotAccepted = "not-accepted", UNPROCESSABLE_ENTITY, "Not accepted",
        "Username or password is wrong.";
    PasswordRefused = "password-refused", UNPROCESSABLE_ENTITY, "Choose another password",
        "The password is not good enough; the reasons say why. The link still works.";
    TooManyAttempts = "too-many-attempts", TOO_MANY_REQUESTS, "Please wait a while",
        "There were too many tries. Wait as many seconds as Retry-After says.";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Please try again in a moment",
        "Something is out of order on our side. Nothing is half done.";
}

#[cfg(feature = "desk")]
fn terms_at_the_desk(why: NotDone) -> Terms {
    let english = Language::reference();
    let (title, detail) = (english.text("desk.not-done"), english.text(why.key()));
    Terms { name: why.code(), status: why.status(), title, detail }
}

impl ProblemCode {
    /// What the description says of it.
    pub(super) fn in_short(self) -> &'static str {
        match self {
            #[cfg(feature = "desk")]
            Self::Desk(_) => self.terms().detail.trim_end_matches('.'),
            _ => self.terms().title,
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let all = PLAIN.iter().copied();
        #[cfg(feature = "desk")]
        let all = all.chain(NotDone::ALL.iter().copied().map(Self::Desk));
        all
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.terms().name)
    }
}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let names: Vec<_> = Self::all().map(|code| code.terms().name).collect();
        let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        text.description(Some("What a client may act on.")).into()
    }
}

impl ToSchema for ProblemCode {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_problems_have_one_code() {
        let names: Vec<_> = ProblemCode::all().map(|code| code.terms().name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }
}
