//! Fields of Qdrant's requests that this server has no use for.

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A field that would change the result and that this server does not support: anything but null is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(deserializer)? {
            None => Ok(Self),
            Some(_) => Err(D::Error::custom("this field is not supported here: leave it out")),
        }
    }
}

/// A field that tunes memory, speed or copies of a Qdrant cluster: it changes no result and is not used; the answer's header
/// `sop-ignored` names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tuning {
    /// Whether the field was there, and not null.
    pub given: bool,
}

impl<'de> Deserialize<'de> for Tuning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { given: Option::<IgnoredAny>::deserialize(deserializer)?.is_some() })
    }
}

impl PartialSchema for Unsupported {
    fn schema() -> RefOr<Schema> {
        let description = "Not supported here: leave it out.";
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null)).description(Some(description)).into()
    }
}

impl ToSchema for Unsupported {}

impl PartialSchema for Tuning {
    fn schema() -> RefOr<Schema> {
        let description = "Tunes a Qdrant cluster. It is not used, and the answer's header `sop-ignored` says so.";
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description)).into()
    }
}

impl ToSchema for Tuning {}
