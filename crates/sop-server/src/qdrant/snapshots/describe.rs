//! Listing, making and removing snapshots.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sop_collection::SnapshotInfo;
use utoipa::{IntoParams, ToSchema};

use crate::http::{Answer, ApiError, ErrorAnswer, Path, Query, answer};
use crate::qdrant::serve::upkeep;
use crate::state::ServerState;

/// A snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SnapshotDescription {
    /// Its name.
    name: String,
    /// When it was made, in UTC.
    creation_time: Option<String>,
    /// Bytes of the file.
    size: u64,
    /// SHA-256 of the file as lower-case hex.
    checksum: Option<String>,
}

/// How a snapshot is made or removed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// The answer always comes when it is done.
    #[allow(dead_code, reason = "serde reads what is passed over")]
    wait: Option<bool>,
}

impl From<SnapshotInfo> for SnapshotDescription {
    fn from(info: SnapshotInfo) -> Self {
        let creation_time = utc(info.created);
        Self { name: info.name.to_string(), creation_time, size: info.bytes, checksum: info.sha256 }
    }
}

/// Lists the snapshots of a collection, which may be gone.
#[utoipa::path(
    get, path = "/collections/{c}/snapshots", tag = "snapshots", params(("c" = String, Path, description = "Collection or alias")),
    responses((status = 200, body = Answer<Vec<SnapshotDescription>>), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn list(
    State(state): State<ServerState>,
    Path(c): Path<String>,
) -> Result<Answer<Vec<SnapshotDescription>>, ApiError> {
    let store = state.store().clone();
    let infos = state.workers().reads.run(move || store.snapshots(&c)).await??;
    Ok(answer(infos.into_iter().map(SnapshotDescription::from).collect()))
}

/// Makes a snapshot of a collection as it is now.
#[utoipa::path(
    post, path = "/collections/{c}/snapshots", tag = "snapshots",
    params(("c" = String, Path, description = "Collection or alias"), Wait),
    responses((status = 200, body = Answer<SnapshotDescription>), (status = 404, body = ErrorAnswer), (status = 507, body = ErrorAnswer))
)]
pub(super) async fn create(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(_): Query<Wait>,
) -> Result<Answer<SnapshotDescription>, ApiError> {
    let info = upkeep(&state, move |store| Ok(store.create_snapshot(&c)?)).await?;
    Ok(answer(info.into()))
}

/// Removes a snapshot.
#[utoipa::path(
    delete, path = "/collections/{c}/snapshots/{name}", tag = "snapshots",
    params(("c" = String, Path, description = "Collection or alias"), ("name" = String, Path, description = "Snapshot"), Wait),
    responses((status = 200, body = Answer<bool>), (status = 404, body = ErrorAnswer))
)]
pub(super) async fn delete(
    State(state): State<ServerState>,
    Path((c, name)): Path<(String, String)>,
    Query(_): Query<Wait>,
) -> Result<Answer<bool>, ApiError> {
    let missing = ApiError::not_found(format!("Not found: there is no snapshot `{}`", name.escape_debug()));
    match upkeep(&state, move |store| Ok(store.delete_snapshot(&c, &name)?)).await? {
        true => Ok(answer(true)),
        false => Err(missing),
    }
}

/// A time as `2026-11-30T10:00:00`; `None` before 1970.
fn utc(time: SystemTime) -> Option<String> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (days, second) = (i64::try_from(seconds / 86_400).ok()?, seconds % 86_400);
    // Days are counted from the 1st of March of year 0, so that the leap day is the last one of a year: then months have fixed starts.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (1_709_251_200, "2024-03-01T00:00:00"),
            (1_796_083_199, "2026-11-30T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)).as_deref(), Some(expected));
        }
    }
}
