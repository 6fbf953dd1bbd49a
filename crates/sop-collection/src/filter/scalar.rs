//! Values without parts, compared by what they are worth.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde_json::{Number, Value};

/// A number of JSON, compared by value: 7 and 7.0 are equal, and 2^53 and 2^53 + 1 are not.
#[derive(Clone, Copy, Debug)]
pub struct Real(Kind);

/// Every number has one form only.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A whole number that fits.
    Whole(i64),
    /// A whole number from 2^63 to 2^64.
    Large(u64),
    /// Any other finite number: one with a fraction, or beyond 64 bits.
    Float(f64),
}

const TO_63: f64 = (1_u64 << 63) as f64;
const TO_64: f64 = 2.0 * TO_63;

impl Real {
    fn from_float(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        Some(Self(match value {
            _ if value.trunc() != value => Kind::Float(value),
            _ if (-TO_63..TO_63).contains(&value) => Kind::Whole(value as i64),
            _ if (TO_63..TO_64).contains(&value) => Kind::Large(value as u64),
            _ => Kind::Float(value),
        }))
    }

    /// The number; `None` where it is not finite.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        Self::from_float(value)
    }

    /// The number of a JSON value.
    #[must_use]
    pub fn from_json(number: &Number) -> Option<Self> {
        match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Some(whole.into()),
            (_, Some(whole)) => Some(whole.into()),
            _ => number.as_f64().and_then(Self::from_float),
        }
    }

    /// The number as JSON; a whole one as an integer where JSON's 64 bits hold it.
    #[must_use]
    pub fn to_json(self) -> Value {
        match self.0 {
            Kind::Float(value) => Value::from(value),
            Kind::Whole(value) => Value::from(value),
            Kind::Large(value) => Value::from(value),
        }
    }
}

impl From<i64> for Real {
    fn from(value: i64) -> Self {
        Self(Kind::Whole(value))
    }
}

impl From<u64> for Real {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Kind::Large(value), Kind::Whole))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.whole(), other.whole()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            (Err(left), Err(right)) => left.total_cmp(&right),
            (Ok(left), Err(right)) => compare(left, right),
            (Err(left), Ok(right)) => compare(right, left).reverse(),
        }
    }
}

impl Real {
    fn whole(self) -> Result<i128, f64> {
        match self.0 {
            Kind::Whole(value) => Ok(value.into()),
            Kind::Large(value) => Ok(value.into()),
            Kind::Float(value) => Err(value),
        }
    }
}

/// Compares a whole number of 64 bits with a float that is none.
fn compare(whole: i128, float: f64) -> Ordering {
    if float.abs() >= TO_63 {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    if whole <= float.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Kind::Whole(value) => value.hash(state),
            Kind::Large(value) => value.hash(state),
            Kind::Float(value) => value.to_bits().hash(state),
        }
    }
}

/// A JSON value without parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Real),
    /// A text.
    Text(Arc<str>),
}

impl Scalar {
    /// The value without parts that a JSON value is; `None` for lists and objects.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Number(number) => Real::from_json(number).map(Self::Number),
            Value::String(text) => Some(Self::Text(text.as_str().into())),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether it stands for a class that points can be counted by: a text, a whole number or a truth value.
    pub(crate) fn is_countable(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(_) | Self::Text(_) => true,
            Self::Number(number) => number.whole().is_ok(),
        }
    }

    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::from(*value),
            Self::Number(number) => number.to_json(),
            Self::Text(text) => Value::from(text.as_ref()),
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Scalar {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(text: &str) -> Real {
        let Value::Number(number) = serde_json::from_str(text).unwrap() else { panic!("{text} is no number") };
        Real::from_json(&number).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!(real("7"), real("7.0"));
        assert_eq!(real("-0.0"), real("0"));
        assert!(real("9007199254740993") > real("9007199254740992.0"));
        assert!(real("18446744073709551615") > real("9223372036854775807"));
        assert!(real("18446744073709551615") < real("1.8446744073709552e19"));
        assert_eq!(real("9223372036854775808"), real("9223372036854775808.0"));
        assert!(real("-9223372036854775808") > real("-1e19"));
        assert_eq!(size_of::<Scalar>(), 24);
        let ascending = ["-1e300", "-3", "-2.5", "-2", "0", "0.5", "1", "1.5", "2", "1e29", "1e300"];
        for pair in ascending.windows(2) {
            assert!(real(pair[0]) < real(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn numbers_come_back_as_json() {
        for text in ["7", "-7", "18446744073709551615", "0.25", "1e300"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(real(text).to_json(), value);
        }
        assert_eq!(real("7.0").to_json(), Value::from(7));
        assert_eq!(Real::from_f64(f64::NAN), None);
    }
}
