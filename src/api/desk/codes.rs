//! Codes in bodies: the same that are stored and audited, each type with the list of its values in the description.

use crate::account::AddressKind;
use crate::desk::Ial;
use crate::desk::case::{CaseEventKind, CaseStateKind, EvidenceKind, LapseReason, Need, OriginKind};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A type whose values have stable codes.
pub(super) trait Coded: Copy + 'static {
    const NAME: &'static str;
    const ABOUT: &'static str;
    const VALUES: &'static [Self];

    fn code(self) -> &'static str;
}

macro_rules! coded {
    ($($alias:ident = $coded:ident, $about:literal;)+) => {$(
        // The description reads a generic type as a list or an option of something, so each has a plain name.
        pub(super) type $alias = Code<$coded>;

        impl Coded for $coded {
            const NAME: &'static str = stringify!($coded);
            const ABOUT: &'static str = $about;
            const VALUES: &'static [Self] = Self::ALL;

            fn code(self) -> &'static str {
                self.code()
            }
        }
    )+};
}

coded! {
    KindCode = AddressKind, "The kind of an address.";
    EventCode = CaseEventKind, "What happened to a case.";
    StateCode = CaseStateKind,
        "Where a case stands. Nothing follows after `acted`, `refused`, `disputed`, `lapsed` and `withdrawn`.";
    EvidenceCode = EvidenceKind, "How a person showed who they are. Only `proofed_anew` lets a new address in.";
    LevelCode = Ial, "How surely a person is who they say: the identity assurance levels of NIST SP 800-63A-4.";
    LapseCode = LapseReason, "Why a case lapsed.";
    NeedCode = Need, "What a person needs: a new password, or that and the second factor is lost.";
    OriginCode = OriginKind, "How a case began.";
}

/// A value by its code.
pub(super) struct Code<T>(pub(super) T);

impl<T: Coded> Serialize for Code<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.code())
    }
}

impl<'de, T: Coded> Deserialize<'de> for Code<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::VALUES.iter().copied().find(|value| value.code() == text);
        found.map(Self).ok_or_else(|| D::Error::custom("no such code"))
    }
}

impl<T: Coded> PartialSchema for Code<T> {
    fn schema() -> RefOr<Schema> {
        let codes = T::VALUES.iter().map(|value| value.code());
        let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
        text.description(Some(T::ABOUT)).into()
    }
}

impl<T: Coded> ToSchema for Code<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}
