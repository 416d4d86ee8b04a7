//! A body that may be looked at: not from another site, JSON, not too long, and exactly as described.
//!
//! Strict on purpose: a field that nobody reads is a mistake of the client's that it would never hear of, and a doubled one is
//! read differently by different programs.

use super::Api;
use super::problem::{Problem, ProblemCode};
use crate::client::Client;
use crate::web::Surface;
use crate::web::forgery::is_own_post;
use crate::web::posted::{Unread, is_of_type, read_body};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Who calls.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) headers: HeaderMap,
}

/// A body, and who sent it.
pub(super) struct Sent<T> {
    pub(super) body: T,
    pub(super) by: Caller,
}

impl Caller {
    fn of(extensions: &Extensions, headers: &HeaderMap, api: &Api) -> Self {
        let client = api.config.client_address.client(extensions, headers);
        Self { client, headers: headers.clone() }
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        Ok(Self::of(&parts.extensions, &parts.headers, api))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        // A page that calls from a script always has an origin, so `null` is always somebody else's.
        if !is_own_post(request.headers(), api.recovery.links().origin(), Surface::Session) {
            return Err(ProblemCode::Foreign.into());
        }
        if !is_of_type(request.headers(), "application/json") {
            return Err(ProblemCode::NotJson.into());
        }
        let by = Caller::of(request.extensions(), request.headers(), api);
        let bytes = read_body(request).await?;
        let Object(body) = serde_json::from_slice(&bytes).map_err(|error| refusal(&error))?;
        Ok(Self { body, by })
    }
}

impl From<Unread> for Problem {
    fn from(why: Unread) -> Self {
        Self::from(match why {
            Unread::TooLarge => ProblemCode::TooLarge,
            Unread::TooSlow => ProblemCode::TooSlow,
            Unread::Broken => ProblemCode::Malformed,
        })
    }
}

/// The error itself repeats what was sent, so it is not passed on.
fn refusal(error: &serde_json::Error) -> Problem {
    Problem::from(if error.is_data() { ProblemCode::Invalid } else { ProblemCode::Malformed })
}

/// A type that is written as an object and never as a list of its fields, which serde takes as well.
pub(super) struct Object<T>(pub(super) T);

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}
