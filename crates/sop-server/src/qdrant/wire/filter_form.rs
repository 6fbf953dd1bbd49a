//! Filters: their form for the OpenAPI document, and the way from JSON to a checked filter.

use serde_json::Value;
use sop_collection::{Filter, PointId};
use utoipa::ToSchema;

use super::IdForm;
use crate::http::ApiError;

/// The filter that a request gives; a filter without conditions is none.
///
/// # Errors
/// 422 that names the place, for unknown fields and beyond the limits for depth and size.
pub fn filter(value: Option<Value>, limits: &sop_collection::Limits) -> Result<Option<Filter>, ApiError> {
    let Some(value) = value else { return Ok(None) };
    let filter = Filter::from_json(&value, limits);
    let filter = filter.map_err(|error| ApiError::unprocessable(error.to_string()))?;
    Ok((!filter.is_empty()).then_some(filter))
}

/// Conditions that a point must meet.
#[derive(Debug, ToSchema)]
#[schema(as = Filter)]
pub struct FilterForm {
    /// All of these.
    #[schema(no_recursion)]
    pub must: Option<Vec<ConditionForm>>,
    /// At least one of these.
    #[schema(no_recursion)]
    pub should: Option<Vec<ConditionForm>>,
    /// None of these.
    #[schema(no_recursion)]
    pub must_not: Option<Vec<ConditionForm>>,
    /// `{"conditions": […], "min_count": n}`: at least so many of some.
    pub min_should: Option<Value>,
}

/// One condition: `key` with `match` or `range`, `has_id`, `is_empty`, `is_null`, or a filter.
#[derive(Debug, ToSchema)]
#[schema(as = Condition)]
pub struct ConditionForm {
    /// Path in the payload, such as `label`, `a.b` or `list[]`.
    pub key: Option<String>,
    /// What the value must be.
    pub r#match: Option<MatchForm>,
    /// Where the number must lie.
    pub range: Option<RangeForm>,
    /// Ids, one of which the point must have.
    #[schema(value_type = Option<Vec<IdForm>>)]
    pub has_id: Option<Vec<PointId>>,
    /// `{"key": …}`: there is no value, or only null or an empty list.
    pub is_empty: Option<Value>,
    /// `{"key": …}`: the value is null.
    pub is_null: Option<Value>,
}

/// `value`, `any` or `except`.
#[derive(Debug, ToSchema)]
#[schema(as = Match)]
pub struct MatchForm {
    /// This text, whole number or truth value.
    pub value: Option<Value>,
    /// One of these.
    pub any: Option<Vec<Value>>,
    /// None of these.
    pub except: Option<Vec<Value>>,
}

/// Bounds of a number.
#[derive(Debug, ToSchema)]
#[schema(as = Range)]
pub struct RangeForm {
    /// Above.
    pub gt: Option<f64>,
    /// From.
    pub gte: Option<f64>,
    /// Below.
    pub lt: Option<f64>,
    /// Up to.
    pub lte: Option<f64>,
}
