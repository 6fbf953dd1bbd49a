//! Filters as JSON, in Qdrant's form.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Condition, Filter, KeyPath, Match, MinShould, Range, Real, Scalar};
use crate::limits::Limits;
use crate::point::PointId;

/// Why a JSON value is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct FilterError {
    /// Where in the filter, such as `filter.must[2].match`.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Says where what is wrong; fields that are not known are errors, and so is a filter beyond the limits.
    pub fn from_json(value: &Value, limits: &Limits) -> Result<Self, FilterError> {
        let filter = filter(value, &Place { parent: None, step: Part::Name("filter") }, 1, limits)?;
        filter.check(limits).map_err(|limit| FilterError { place: "filter".to_owned(), what: limit.to_string() })?;
        Ok(filter)
    }

    /// The filter in Qdrant's form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list = |conditions: &[Condition]| Value::from_iter(conditions.iter().map(to_json));
        let mut object = Map::new();
        for (name, conditions) in [("must", &self.must), ("should", &self.should), ("must_not", &self.must_not)] {
            if !conditions.is_empty() {
                object.insert(name.to_owned(), list(conditions));
            }
        }
        if let Some(MinShould { conditions, min_count }) = &self.min_should {
            let min_should = json!({"conditions": list(conditions), "min_count": min_count});
            object.insert("min_should".to_owned(), min_should);
        }
        Value::Object(object)
    }
}

/// Where in a filter something stands; written down only for errors.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    fn at(&'a self, name: &'a str) -> Self {
        Place { parent: Some(self), step: Part::Name(name) }
    }

    fn element(&'a self, index: usize) -> Self {
        Place { parent: Some(self), step: Part::Index(index) }
    }

    fn text(&self) -> String {
        match (self.parent.map(Place::text), self.step) {
            (None, Part::Name(name)) => name.to_owned(),
            (Some(parent), Part::Name(name)) => format!("{parent}.{name}"),
            (parent, Part::Index(index)) => format!("{}[{index}]", parent.unwrap_or_default()),
        }
    }

    fn wrong(&self, what: impl Into<String>) -> FilterError {
        FilterError { place: self.text(), what: what.into() }
    }
}

fn object<'v>(value: &'v Value, place: &Place<'_>) -> Result<&'v Map<String, Value>, FilterError> {
    value.as_object().ok_or_else(|| place.wrong("must be an object"))
}

fn list<'v>(value: &'v Value, place: &Place<'_>) -> Result<&'v [Value], FilterError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| place.wrong("must be a list"))
}

fn unknown(name: &str, known: &str, place: &Place<'_>) -> FilterError {
    let name: String = name.chars().take(60).flat_map(char::escape_debug).collect();
    place.wrong(format!("`{name}` is not known here; known are {known}"))
}

fn filter(value: &Value, place: &Place<'_>, depth: usize, limits: &Limits) -> Result<Filter, FilterError> {
    if depth > limits.filter_depth {
        return Err(place.wrong(format!("more than {} filters within each other", limits.filter_depth)));
    }
    let mut filter = Filter::default();
    for (name, value) in object(value, place)? {
        let place = place.at(name);
        match name.as_str() {
            "must" => filter.must = conditions(value, &place, depth, limits)?,
            "should" => filter.should = conditions(value, &place, depth, limits)?,
            "must_not" => filter.must_not = conditions(value, &place, depth, limits)?,
            "min_should" if value.is_null() => {}
            "min_should" => filter.min_should = Some(min_should(value, &place, depth, limits)?),
            _ => return Err(unknown(name, "must, should, must_not and min_should", place.parent.unwrap_or(&place))),
        }
    }
    Ok(filter)
}

/// A list of conditions, one condition, or null.
fn conditions(value: &Value, place: &Place<'_>, depth: usize, limits: &Limits) -> Result<Vec<Condition>, FilterError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => {
            if values.len() > limits.filter_conditions {
                return Err(place.wrong(format!("more than {} conditions", limits.filter_conditions)));
            }
            let numbered = values.iter().enumerate();
            numbered.map(|(index, value)| condition(value, &place.element(index), depth, limits)).collect()
        }
        value => Ok(vec![condition(value, place, depth, limits)?]),
    }
}

fn min_should(value: &Value, place: &Place<'_>, depth: usize, limits: &Limits) -> Result<MinShould, FilterError> {
    let (mut found, mut min_count) = (None, None);
    for (name, value) in object(value, place)? {
        match name.as_str() {
            "conditions" => found = Some(conditions(value, &place.at(name), depth, limits)?),
            "min_count" => min_count = value.as_u64().and_then(|count| usize::try_from(count).ok()),
            _ => return Err(unknown(name, "conditions and min_count", place)),
        }
    }
    match (found, min_count) {
        (Some(conditions), Some(min_count)) => Ok(MinShould { conditions, min_count }),
        _ => Err(place.wrong("needs `conditions`, a list, and `min_count`, a whole number from 0")),
    }
}

const CONDITIONS: &str = "key with match, range, is_empty or is_null, has_id, is_empty, is_null, and filters (must, should, must_not, min_should)";

fn condition(value: &Value, place: &Place<'_>, depth: usize, limits: &Limits) -> Result<Condition, FilterError> {
    let fields = object(value, place)?;
    let only = |name: &str| match fields.keys().find(|key| key.as_str() != name) {
        None => Ok(()),
        Some(other) => Err(place.wrong(format!("`{name}` stands alone, but `{other}` is there, too"))),
    };
    if fields.contains_key("key") {
        return of_field(fields, place, limits);
    }
    if let Some(ids) = fields.get("has_id") {
        only("has_id")?;
        let here = place.at("has_id");
        let ids = list(ids, &here)?;
        if ids.len() > limits.filter_values {
            return Err(here.wrong(format!("more than {} ids", limits.filter_values)));
        }
        let ids = ids
            .iter()
            .map(|id| PointId::deserialize(id).map_err(|_| here.wrong("ids are texts or whole numbers from 0")));
        return Ok(Condition::HasId(ids.collect::<Result<_, _>>()?));
    }
    for (name, make) in [("is_empty", Condition::IsEmpty as fn(KeyPath) -> _), ("is_null", Condition::IsNull)] {
        if let Some(value) = fields.get(name) {
            only(name)?;
            let here = place.at(name);
            let inner = object(value, &here)?;
            if let Some(other) = inner.keys().find(|name| name.as_str() != "key") {
                return Err(unknown(other, "key", &here));
            }
            return Ok(make(key(inner.get("key"), &here)?));
        }
    }
    if fields.is_empty()
        || fields.keys().any(|name| ["must", "should", "must_not", "min_should"].contains(&name.as_str()))
    {
        return Ok(Condition::Nested(Box::new(filter(value, place, depth + 1, limits)?)));
    }
    let name = fields.keys().next().map_or("", String::as_str);
    Err(unknown(name, CONDITIONS, place))
}

fn key(value: Option<&Value>, place: &Place<'_>) -> Result<KeyPath, FilterError> {
    let text = value.and_then(Value::as_str).ok_or_else(|| place.wrong("needs `key`, a text"))?;
    KeyPath::new(text).map_err(|error| place.at("key").wrong(error.to_string()))
}

/// A condition on a key.
fn of_field(fields: &Map<String, Value>, place: &Place<'_>, limits: &Limits) -> Result<Condition, FilterError> {
    let key = key(fields.get("key"), place)?;
    let mut condition = None;
    for (name, value) in fields.iter().filter(|(name, value)| name.as_str() != "key" && !value.is_null()) {
        let here = place.at(name);
        let made = match name.as_str() {
            "match" => Condition::Match { key: key.clone(), test: matching(value, &here, limits)? },
            "range" => Condition::Range { key: key.clone(), range: range(value, &here)? },
            "is_empty" => asked(Condition::IsEmpty(key.clone()), value, &here)?,
            "is_null" => asked(Condition::IsNull(key.clone()), value, &here)?,
            _ => return Err(unknown(name, "match, range, is_empty and is_null", place)),
        };
        if condition.replace(made).is_some() {
            return Err(place.wrong("has two conditions on one key: make two of them"));
        }
    }
    condition.ok_or_else(|| place.wrong("needs match, range, is_empty or is_null"))
}

/// The condition where the value is true, what it excludes where it is false.
fn asked(condition: Condition, value: &Value, place: &Place<'_>) -> Result<Condition, FilterError> {
    match value.as_bool() {
        Some(true) => Ok(condition),
        Some(false) => Ok(Condition::Nested(Box::new(Filter { must_not: vec![condition], ..Filter::default() }))),
        None => Err(place.wrong("must be true or false")),
    }
}

fn matching(value: &Value, place: &Place<'_>, limits: &Limits) -> Result<Match, FilterError> {
    let fields = object(value, place)?;
    let (Some((name, value)), 1) = (fields.iter().next(), fields.len()) else {
        return Err(place.wrong("needs one of value, any and except"));
    };
    let here = place.at(name);
    let scalar = |value: &Value| match Scalar::from_json(value) {
        None | Some(Scalar::Null) => Err(here.wrong("values are texts, numbers, true and false")),
        Some(scalar) => Ok(scalar),
    };
    let scalars = |value: &Value| -> Result<Vec<Scalar>, FilterError> {
        let values = list(value, &here)?;
        if values.len() > limits.filter_values {
            return Err(here.wrong(format!("more than {} values", limits.filter_values)));
        }
        values.iter().map(scalar).collect()
    };
    match name.as_str() {
        "value" => Ok(Match::Value(scalar(value)?)),
        "any" => Ok(Match::Any(scalars(value)?)),
        "except" => Ok(Match::Except(scalars(value)?)),
        _ => Err(unknown(name, "value, any and except", place)),
    }
}

fn range(value: &Value, place: &Place<'_>) -> Result<Range, FilterError> {
    let mut range = Range::default();
    for (name, value) in object(value, place)? {
        let bound = match value {
            Value::Null => None,
            Value::Number(number) => Real::from_json(number),
            _ => return Err(place.at(name).wrong("bounds are numbers")),
        };
        match name.as_str() {
            "gt" => range.gt = bound,
            "gte" => range.gte = bound,
            "lt" => range.lt = bound,
            "lte" => range.lte = bound,
            _ => return Err(unknown(name, "gt, gte, lt and lte", place)),
        }
    }
    Ok(range)
}

fn to_json(condition: &Condition) -> Value {
    let scalars = |values: &[Scalar]| Value::from_iter(values.iter().map(Scalar::to_json));
    match condition {
        Condition::Match { key, test } => {
            let test = match test {
                Match::Value(value) => json!({"value": value.to_json()}),
                Match::Any(values) => json!({"any": scalars(values)}),
                Match::Except(values) => json!({"except": scalars(values)}),
            };
            json!({"key": key.as_str(), "match": test})
        }
        Condition::Range { key, range } => {
            let bounds = [("gt", range.gt), ("gte", range.gte), ("lt", range.lt), ("lte", range.lte)];
            let bounds = bounds.into_iter().filter_map(|(name, bound)| Some((name.to_owned(), bound?.to_json())));
            json!({"key": key.as_str(), "range": Map::from_iter(bounds)})
        }
        Condition::HasId(ids) => json!({"has_id": ids}),
        Condition::IsEmpty(key) => json!({"is_empty": {"key": key.as_str()}}),
        Condition::IsNull(key) => json!({"is_null": {"key": key.as_str()}}),
        Condition::Nested(filter) => filter.to_json(),
    }
}

impl<'de> Deserialize<'de> for Filter {
    /// Reads a filter within the default limits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value, &Limits::default()).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
