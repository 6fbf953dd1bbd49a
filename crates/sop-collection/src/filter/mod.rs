//! Filters: conditions on payloads and ids, in the form in which Qdrant's clients write them.

mod direct;
mod json;
mod key_path;
mod scalar;

pub(crate) use direct::matches_point;
pub use json::FilterError;
pub(crate) use key_path::Step;
pub use key_path::{InvalidKeyPath, KeyPath};
pub use scalar::{Real, Scalar};

use crate::limits::{LimitExceeded, Limits};
use crate::point::PointId;

/// Conditions that a point must meet. A filter without conditions lets every point through.
///
/// Its JSON form is Qdrant's: `{"must": [{"key": "label", "match": {"value": 3}}]}`. Unknown fields are errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// All of these.
    pub must: Vec<Condition>,
    /// At least one of these, where there are any.
    pub should: Vec<Condition>,
    /// None of these.
    pub must_not: Vec<Condition>,
    /// At least so many of some.
    pub min_should: Option<MinShould>,
}

/// At least `min_count` of the conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct MinShould {
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// How many must be met.
    pub min_count: usize,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A value of the payload, or an element of a list there, is one of some values or none of them.
    Match {
        /// Where the value is.
        key: KeyPath,
        /// What it must be.
        test: Match,
    },
    /// A number of the payload, or an element of a list there, lies in a range.
    Range {
        /// Where the number is.
        key: KeyPath,
        /// The range.
        range: Range,
    },
    /// The point's id is one of these.
    HasId(Vec<PointId>),
    /// There is no value, or only null or an empty list.
    IsEmpty(KeyPath),
    /// The value is there, and null or a list with a null in it.
    IsNull(KeyPath),
    /// A filter within the filter.
    Nested(Box<Filter>),
}

/// What a value must be. Numbers are compared by value: 7 is 7.0.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// This one.
    Value(Scalar),
    /// One of these.
    Any(Vec<Scalar>),
    /// Anything but these; null and a missing value are not.
    Except(Vec<Scalar>),
}

/// A range of numbers; every bound may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// Above this.
    pub gt: Option<Real>,
    /// From this on.
    pub gte: Option<Real>,
    /// Below this.
    pub lt: Option<Real>,
    /// Up to this.
    pub lte: Option<Real>,
}

impl Range {
    /// Whether a number lies in the range.
    #[must_use]
    pub fn contains(&self, number: Real) -> bool {
        self.gt.is_none_or(|bound| number > bound)
            && self.gte.is_none_or(|bound| number >= bound)
            && self.lt.is_none_or(|bound| number < bound)
            && self.lte.is_none_or(|bound| number <= bound)
    }
}

impl Filter {
    /// Whether every point passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.must.is_empty() && self.should.is_empty() && self.must_not.is_empty() && self.min_should.is_none()
    }

    /// Checks depth, number of conditions, and number of values.
    ///
    /// # Errors
    /// Says which limit is exceeded.
    pub fn check(&self, limits: &Limits) -> Result<(), LimitExceeded> {
        let mut size = Size::default();
        self.measure(1, limits, &mut size)
    }

    /// The conditions of all kinds.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let of_min_should = self.min_should.iter().flat_map(|min_should| &min_should.conditions);
        self.must.iter().chain(&self.should).chain(&self.must_not).chain(of_min_should)
    }

    fn measure(&self, depth: usize, limits: &Limits, size: &mut Size) -> Result<(), LimitExceeded> {
        LimitExceeded::check("filters within each other", depth, limits.filter_depth)?;
        for condition in self.conditions() {
            size.conditions += 1;
            size.values += match condition {
                Condition::Match { test: Match::Any(values) | Match::Except(values), .. } => values.len(),
                Condition::HasId(ids) => ids.len(),
                _ => 0,
            };
            LimitExceeded::check("conditions of a filter", size.conditions, limits.filter_conditions)?;
            LimitExceeded::check("values listed in a filter", size.values, limits.filter_values)?;
            if let Condition::Nested(filter) = condition {
                filter.measure(depth + 1, limits, size)?;
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Size {
    conditions: usize,
    values: usize,
}

impl Match {
    /// Whether a value meets it; `None` stands for a list or an object.
    pub(crate) fn accepts(&self, value: Option<&Scalar>) -> bool {
        match (self, value) {
            (_, Some(Scalar::Null)) => false,
            (Self::Value(wanted), Some(value)) => wanted == value,
            (Self::Any(wanted), Some(value)) => wanted.contains(value),
            (Self::Except(unwanted), Some(value)) => !unwanted.contains(value),
            (Self::Value(_) | Self::Any(_), None) => false,
            (Self::Except(_), None) => true,
        }
    }
}
