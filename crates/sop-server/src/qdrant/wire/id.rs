//! Ids of points.

use sop_collection::PointId;
use utoipa::ToSchema;

/// Form of an id: a whole number from 0, or any text. `7` and `"7"` name the same point.
#[derive(Debug, ToSchema)]
#[schema(as = PointId)]
#[serde(untagged)]
pub enum IdForm {
    /// A number.
    Number(u64),
    /// A text of up to 1,024 bytes.
    Text(String),
}

/// The id that a path names, percent-decoded already. Numbers and texts that read the same are the same id.
#[must_use]
pub fn id_in_path(text: String) -> PointId {
    PointId::Text(text)
}
