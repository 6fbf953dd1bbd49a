//! Adding points, or replacing those of the same id.

use axum::extract::State;
use serde::Deserialize;
use sop_collection::{Payload, Point, PointId};
use utoipa::ToSchema;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::limits::Limits;
use crate::qdrant::serve::write;
use crate::qdrant::wire::{DenseVector, IdForm, Unsupported, UpdateParams, UpdateResult};
use crate::state::ServerState;

/// Points, as a list or as columns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct Upsert {
    /// The points as a list.
    #[serde(default)]
    points: Option<Vec<PointIn>>,
    /// The points as columns.
    #[serde(default)]
    batch: Option<Columns>,
    #[serde(default)]
    update_mode: Option<UpdateMode>,
    #[serde(default)]
    update_filter: Unsupported,
    #[serde(default)]
    shard_key: Unsupported,
}

/// What an upsert does; Qdrant's `insert_only` and `update_only` are not supported.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UpdateMode {
    Upsert,
}

/// A point as it is given.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PointStruct)]
#[serde(deny_unknown_fields)]
struct PointIn {
    /// Its id.
    #[schema(value_type = IdForm)]
    id: PointId,
    /// Its vector.
    vector: DenseVector,
    /// What it carries.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    payload: Option<Payload>,
}

/// Points as columns of the same length.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Batch)]
#[serde(deny_unknown_fields)]
struct Columns {
    /// Their ids.
    #[schema(value_type = Vec<IdForm>)]
    ids: Vec<PointId>,
    /// Their vectors.
    vectors: Vec<DenseVector>,
    /// What they carry.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    payloads: Option<Vec<Option<Payload>>>,
}

impl Upsert {
    /// The points.
    ///
    /// # Errors
    /// 422 without points, for columns of different lengths, and beyond the limit.
    pub(crate) fn points(self, limits: &Limits) -> Result<Vec<Point>, ApiError> {
        let points: Vec<Point> = match (self.points, self.batch) {
            (Some(points), None) => points.into_iter().map(PointIn::into_point).collect(),
            (None, Some(columns)) => columns.points()?,
            _ => return Err(ApiError::unprocessable("give either `points` or `batch`")),
        };
        if points.is_empty() {
            return Err(ApiError::unprocessable("Wrong input: Empty update request: give at least one point"));
        }
        if points.len() > limits.points {
            let message = format!("{} points are more than {} (limit `points`)", points.len(), limits.points);
            return Err(ApiError::unprocessable(message));
        }
        Ok(points)
    }
}

impl PointIn {
    fn into_point(self) -> Point {
        Point { id: self.id, vector: self.vector.0, payload: self.payload.unwrap_or_default() }
    }
}

impl Columns {
    fn points(self) -> Result<Vec<Point>, ApiError> {
        let (ids, vectors) = (self.ids.len(), self.vectors.len());
        let payloads = self.payloads.unwrap_or_else(|| vec![None; ids]);
        if ids != vectors || ids != payloads.len() {
            let message = format!("batch: {ids} ids, {vectors} vectors and {} payloads do not match", payloads.len());
            return Err(ApiError::unprocessable(message));
        }
        let columns = self.ids.into_iter().zip(self.vectors).zip(payloads);
        Ok(columns.map(|((id, vector), payload)| PointIn { id, vector, payload }.into_point()).collect())
    }
}

/// Adds points, or replaces those of the same id: all or none. The answer comes when they are on the disk and visible.
#[utoipa::path(
    put, path = "/collections/{c}/points", tag = "points", params(("c" = String, Path, description = "Collection or alias"), UpdateParams),
    request_body = Upsert,
    responses(
        (status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer), (status = 507, body = ErrorAnswer)
    )
)]
pub(crate) async fn upsert(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<Upsert>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let points = body.points(state.limits())?;
    let changed = write(&state, &c, params.timeout(), move |collection| Ok(collection.upsert(points)?)).await?;
    Ok(answer(UpdateResult::completed(changed.version)))
}
