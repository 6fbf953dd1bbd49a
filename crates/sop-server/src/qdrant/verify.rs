//! Proof that a collection is whole.

use axum::extract::State;
use serde::Deserialize;
use sop_collection::{VerifyOptions, VerifyReport};
use utoipa::ToSchema;

use super::serve::upkeep;
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, answer};
use crate::state::ServerState;

/// What is verified, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Verify {
    /// Points that are drawn as queries to measure the recall of the graph; 200 unless told otherwise.
    #[serde(default)]
    queries: Option<usize>,
    /// Neighbours of each; 10 unless told otherwise.
    #[serde(default)]
    k: Option<usize>,
    /// Width of the beam in the graph.
    #[serde(default)]
    hnsw_ef: Option<usize>,
    /// Seed of the draw.
    #[serde(default)]
    seed: Option<u64>,
    /// Whether the files are compared with the memory; they are unless told otherwise.
    #[serde(default)]
    files: Option<bool>,
    /// Whether what is wrong is mended.
    #[serde(default)]
    repair: Option<bool>,
}

/// Proves that every point can be found and is on the disk as it is in memory, and measures the recall of the graph.
#[utoipa::path(
    post, path = "/collections/{c}/verify", tag = "collections",
    params(("c" = String, Path, description = "Collection or alias")), request_body = Verify,
    responses((status = 200, body = Answer<Object>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn verify(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Json(body): Json<Verify>,
) -> Result<Answer<VerifyReport>, ApiError> {
    let usual = VerifyOptions::default();
    let options = VerifyOptions {
        queries: body.queries.unwrap_or(usual.queries),
        k: body.k.unwrap_or(usual.k),
        beam: body.hnsw_ef,
        seed: body.seed.unwrap_or(usual.seed),
        files: body.files.unwrap_or(usual.files),
        repair: body.repair.unwrap_or(usual.repair),
    };
    let report = upkeep(&state, move |store| Ok(store.collection(&c)?.verify(&options)?)).await?;
    Ok(answer(report))
}
