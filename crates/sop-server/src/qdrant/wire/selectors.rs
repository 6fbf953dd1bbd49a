//! Which points, and which parts of them.

use serde::Deserialize;
use serde_json::Value;
use sop_collection::{Parts, PayloadParts, PointId, Selection};
use utoipa::ToSchema;

use super::{FilterForm, IdForm, filter};
use crate::http::ApiError;
use crate::state::ServerState;

/// How much of the payload comes back: all or nothing, these keys, or a selector.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum WithPayload {
    /// All of it or nothing.
    All(bool),
    /// These keys.
    Keys(Vec<String>),
    /// Some of it.
    Selector(PayloadForm),
}

/// Keys that come back, or that do not.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadForm {
    /// These keys alone.
    pub include: Option<Vec<String>>,
    /// All but these keys.
    pub exclude: Option<Vec<String>>,
}

/// Whether the vector comes back. A list would name vectors, and there are no named ones.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum WithVector {
    /// Whether.
    Whether(bool),
    /// Names of vectors.
    Names(Vec<String>),
}

/// The parts of points that a request asks for; `payload` is what comes back of the payload where nothing is said.
///
/// # Errors
/// 422 for named vectors and for paths instead of keys.
pub fn parts(
    with_payload: Option<WithPayload>,
    with_vector: Option<WithVector>,
    payload: bool,
) -> Result<Parts, ApiError> {
    let payload = match with_payload.unwrap_or(WithPayload::All(payload)) {
        WithPayload::All(true) => PayloadParts::All,
        WithPayload::All(false) => PayloadParts::None,
        WithPayload::Keys(keys) => PayloadParts::Only(top_level(keys)?),
        WithPayload::Selector(PayloadForm { include: Some(keys), exclude: None }) => {
            PayloadParts::Only(top_level(keys)?)
        }
        WithPayload::Selector(PayloadForm { include: None, exclude: Some(keys) }) => {
            PayloadParts::Without(top_level(keys)?)
        }
        WithPayload::Selector(_) => {
            return Err(ApiError::unprocessable("with_payload: give one of `include` and `exclude`"));
        }
    };
    let vector = match with_vector {
        None => false,
        Some(WithVector::Whether(whether)) => whether,
        Some(WithVector::Names(names)) if names.iter().all(String::is_empty) => !names.is_empty(),
        Some(WithVector::Names(_)) => {
            return Err(ApiError::unprocessable("with_vector: named vectors are not supported; give true or false"));
        }
    };
    Ok(Parts { payload, vector })
}

/// Keys of the payload's object itself; a path would silently find nothing.
pub(crate) fn top_level(keys: Vec<String>) -> Result<Vec<String>, ApiError> {
    match keys.iter().find(|key| key.contains(['.', '['])) {
        None => Ok(keys),
        Some(path) => {
            let shown: String = path.chars().take(60).flat_map(char::escape_debug).collect();
            Err(ApiError::unprocessable(format!(
                "payload key `{shown}`: only keys of the payload itself can be selected, not paths"
            )))
        }
    }
}

/// Points by their ids or by a filter.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// Their ids.
    #[schema(value_type = Option<Vec<IdForm>>)]
    pub points: Option<Vec<PointId>>,
    /// The filter that they pass.
    #[schema(value_type = Option<FilterForm>)]
    pub filter: Option<Value>,
    /// Not supported.
    #[serde(default)]
    pub shard_key: super::Unsupported,
}

impl Points {
    /// The points as the collection selects them.
    ///
    /// # Errors
    /// 422 without either, and beyond the limits. A filter without conditions selects every point.
    pub fn selection(self, state: &ServerState) -> Result<Selection, ApiError> {
        let limits = state.limits();
        let given = self.filter.is_some();
        match (self.points, filter(self.filter, state.store().limits())?) {
            (Some(_), _) if given => Err(ApiError::unprocessable("give either `points` or `filter`")),
            (Some(ids), _) if ids.is_empty() => {
                Err(ApiError::unprocessable("Wrong input: Empty update request: give at least one id"))
            }
            (Some(ids), _) if ids.len() > limits.points => Err(ApiError::unprocessable(format!(
                "{} ids are more than {} (limit `points`)",
                ids.len(),
                limits.points
            ))),
            (Some(ids), _) => Ok(Selection::Ids(ids)),
            (None, Some(filter)) => Ok(Selection::Filter(filter)),
            (None, None) if given => Ok(Selection::Filter(sop_collection::Filter::default())),
            (None, None) => Err(ApiError::unprocessable("say which points: `points` with ids, or `filter`")),
        }
    }
}
