//! Vectors.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

/// A list of finite numbers. Named, sparse and multiple vectors are refused.
#[derive(Debug, Clone, Default, PartialEq, ToSchema)]
#[schema(value_type = Vec<f32>)]
pub struct DenseVector(pub Vec<f32>);

impl<'de> Deserialize<'de> for DenseVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneVector)
    }
}

struct OneVector;

impl<'de> Visitor<'de> for OneVector {
    type Value = DenseVector;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a vector: one list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<DenseVector, A::Error> {
        components(list).map(DenseVector)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<DenseVector, A::Error> {
        Err(A::Error::custom(
            "named and sparse vectors are not supported: a collection has one vector per point, a list of numbers",
        ))
    }
}

/// The numbers of a list as `f32`.
pub(super) fn components<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<f32>, A::Error> {
    // What a client says about the length is not believed: memory grows with what arrives.
    let mut vector = Vec::new();
    while let Some(component) = list.next_element::<f64>()? {
        #[allow(clippy::cast_possible_truncation, reason = "vectors are stored as f32")]
        let rounded = component as f32;
        if !rounded.is_finite() {
            return Err(A::Error::custom(format_args!(
                "component {} is {component}, which no f32 can hold",
                vector.len()
            )));
        }
        vector.push(rounded);
    }
    Ok(vector)
}
