//! What a search looks for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use sop_collection::PointId;
use utoipa::ToSchema;

use super::Unsupported;
use super::vector::components;

/// What a search looks for: a vector, the id of a point, which is then no hit of its own, or nothing but points drawn at random.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryInput {
    /// Near this vector.
    Vector(Vec<f32>),
    /// Near this point.
    Point(PointId),
    /// Any points, drawn at random.
    Sample,
}

/// Form of a query: a vector, the id of a point, or either as `nearest`.
#[derive(Debug, ToSchema)]
#[schema(as = Query)]
#[serde(untagged)]
pub enum QueryForm {
    /// A vector.
    Vector(Vec<f32>),
    /// The id of a point.
    Number(u64),
    /// The id of a point.
    Text(String),
    /// Points drawn at random.
    Sample {
        /// `random`
        sample: SampleForm,
    },
    /// A vector or the id of a point, in an object.
    Nearest {
        /// A vector or the id of a point.
        #[schema(value_type = Object)]
        nearest: serde_json::Value,
    },
}

/// How points are drawn.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[schema(as = Sample)]
#[serde(rename_all = "lowercase")]
pub enum SampleForm {
    /// Each as likely as any other.
    Random,
}

impl<'de> Deserialize<'de> for QueryInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Input { in_object: false })
    }
}

struct Input {
    in_object: bool,
}

impl<'de> Visitor<'de> for Input {
    type Value = QueryInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of numbers, the id of a point, or {\"nearest\": either}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<QueryInput, E> {
        Ok(QueryInput::Point(PointId::Number(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<QueryInput, E> {
        Ok(QueryInput::Point(PointId::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<QueryInput, A::Error> {
        components(list).map(QueryInput::Vector)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<QueryInput, A::Error> {
        if self.in_object {
            return Err(A::Error::custom(
                "named, sparse and multiple vectors, documents and images are not supported here",
            ));
        }
        let mut query = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "nearest" if query.is_none() => query = Some(map.next_value_seed(Nearest)?),
                "sample" if query.is_none() => {
                    let SampleForm::Random = map.next_value()?;
                    query = Some(QueryInput::Sample);
                }
                "mmr" => {
                    map.next_value::<Unsupported>()?;
                }
                other => {
                    let shown: String = other.chars().take(60).flat_map(char::escape_debug).collect();
                    return Err(A::Error::custom(format_args!(
                        "query `{shown}` is not supported; `nearest` and `sample` are"
                    )));
                }
            }
        }
        query.ok_or_else(|| A::Error::missing_field("nearest"))
    }
}

struct Nearest;

impl<'de> serde::de::DeserializeSeed<'de> for Nearest {
    type Value = QueryInput;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<QueryInput, D::Error> {
        deserializer.deserialize_any(Input { in_object: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<QueryInput, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn vectors_and_ids_are_read_in_every_form() {
        assert_eq!(read("[1, -0.5]"), Ok(QueryInput::Vector(vec![1.0, -0.5])));
        assert_eq!(read(r#"{"nearest": [2.0]}"#), Ok(QueryInput::Vector(vec![2.0])));
        assert_eq!(read(r#"{"sample": "random"}"#), Ok(QueryInput::Sample));
        assert_eq!(read("7"), Ok(QueryInput::Point(PointId::Number(7))));
        assert_eq!(read(r#"{"nearest": "a/b", "mmr": null}"#), Ok(QueryInput::Point(PointId::Text("a/b".into()))));
    }

    #[test]
    fn other_queries_are_refused_by_name() {
        assert!(read(r#"{"recommend": {"positive": [1]}}"#).unwrap_err().contains("`recommend` is not supported"));
        assert!(read(r#"{"nearest": {"indices": [1], "values": [1.0]}}"#).unwrap_err().contains("sparse"));
        assert!(read("[1e39]").unwrap_err().contains("component 0"));
        for wrong in [
            "-1",
            "1.5",
            "true",
            "[[1.0]]",
            "{}",
            r#"["a"]"#,
            r#"{"nearest": [1.0], "mmr": {}}"#,
            r#"{"sample": "best"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
