//! The file of a map: where each point is in the plane.

use std::path::Path;

use sop_core::EmbeddingTable;

use crate::http::ApiError;

/// A point's id and its place.
pub(super) struct Place {
    pub id: String,
    pub x: f32,
    pub y: f32,
}

/// Reads a map that `sop eval tsne` made.
///
/// # Errors
/// 503 when the file cannot be read, has another number of dimensions than two, or a place is not finite.
pub(super) fn read(path: &Path) -> Result<Vec<Place>, ApiError> {
    let unusable = |why: String| {
        tracing::error!(path = %path.display(), why, "the map cannot be read");
        // The path is not the client's business.
        ApiError::unavailable(format!("the map of this collection cannot be shown: {why}"))
    };
    let table = EmbeddingTable::read(path).map_err(|error| {
        tracing::error!(%error, "the map cannot be read");
        unusable("its file cannot be read; the log of the server says why".to_owned())
    })?;
    if table.vectors.ncols() != 2 && !table.ids.is_empty() {
        let found = table.vectors.ncols();
        return Err(unusable(format!("it has {found} dimensions and not two: make it with `--dimensions 2`")));
    }
    let places =
        table.ids.into_iter().zip(table.vectors.rows()).map(|(id, place)| Place { id, x: place[0], y: place[1] });
    let places: Vec<Place> = places.collect();
    match places.iter().find(|place| !place.x.is_finite() || !place.y.is_finite()) {
        Some(place) => Err(unusable(format!("the place of `{}` is not finite", place.id))),
        None => Ok(places),
    }
}
