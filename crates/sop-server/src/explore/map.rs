//! The map of a collection.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use sop_collection::{Collection, Parts, PayloadParts, PointId};
use utoipa::ToSchema;

use super::map_file::{self, Place};
use crate::http::{Answer, ApiError, ErrorAnswer, Path, Rendered};
use crate::qdrant::serve::read;
use crate::qdrant::wire::IdForm;
use crate::state::ServerState;

/// Where points are in the plane, so that near neighbours are near.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CollectionMap {
    /// The points of the map that are in the collection.
    points: Vec<PlacedPoint>,
    /// Points of the map that are no longer in the collection.
    gone: usize,
    /// Points of the collection that are not on the map.
    unmapped: usize,
}

/// A point and its place.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedPoint {
    /// Its id.
    #[schema(value_type = IdForm)]
    id: PointId,
    x: f32,
    y: f32,
    /// The `label` of its payload, where that is a text, a number or a truth value.
    #[serde(skip_serializing_if = "Value::is_null")]
    label: Value,
}

/// Shows the map that was given for the collection when the server was started.
#[utoipa::path(
    get, path = "/collections/{c}/map", tag = "explore", params(("c" = String, Path, description = "Collection or alias")),
    responses((status = 200, body = Answer<CollectionMap>), (status = 404, body = ErrorAnswer), (status = 503, body = ErrorAnswer))
)]
pub(super) async fn map(State(state): State<ServerState>, Path(c): Path<String>) -> Result<Response, ApiError> {
    let maps = state.clone();
    let rendered = read(&state, &c, None, move |collection| {
        let name = collection.name().to_string();
        let path = maps.config().maps.get(&name).ok_or_else(|| {
            ApiError::not_found(format!("`{name}` has no map: make one with `sop eval tsne` and give it with --map"))
        })?;
        Rendered::new(&placed(collection, map_file::read(path)?)?)
    })
    .await?;
    Ok(rendered.into_response())
}

/// The places with the points as the collection has them now.
fn placed(collection: &Arc<Collection>, places: Vec<Place>) -> Result<CollectionMap, ApiError> {
    let ids: Vec<PointId> = places.iter().map(|place| PointId::Text(place.id.clone())).collect();
    let parts = Parts { payload: PayloadParts::Only(vec!["label".to_owned()]), vector: false };
    let mut records = collection.get(&ids, &parts)?.into_iter().peekable();
    let mut points = Vec::with_capacity(ids.len());
    let mut gone = 0;
    for (Place { x, y, .. }, id) in places.into_iter().zip(&ids) {
        // Records come in the order of the ids, without those that are not there.
        let Some(record) = records.next_if(|record| record.id.to_string() == id.to_string()) else {
            gone += 1;
            continue;
        };
        let label = record.payload.and_then(|mut payload| payload.remove("label")).unwrap_or_default();
        let label = if label.is_array() || label.is_object() { Value::Null } else { label };
        points.push(PlacedPoint { id: record.id, x, y, label });
    }
    let unmapped = collection.len().saturating_sub(points.len());
    Ok(CollectionMap { points, gone, unmapped })
}
