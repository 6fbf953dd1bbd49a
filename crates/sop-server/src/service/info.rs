//! Versions and limits.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::title::QDRANT_VERSION;
use crate::http::{Answer, answer};
use crate::limits::Limits;
use crate::state::ServerState;

/// Versions and limits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Info {
    /// The version of this server.
    server: &'static str,
    /// The version of Qdrant whose interface is followed.
    qdrant: &'static str,
    /// What requests may take.
    limits: Limits,
}

/// Versions and limits.
#[utoipa::path(get, path = "/info", tag = "service", responses((status = 200, body = Answer<Info>)))]
pub(super) async fn info(State(state): State<ServerState>) -> Answer<Info> {
    answer(Info { server: env!("CARGO_PKG_VERSION"), qdrant: QDRANT_VERSION, limits: *state.limits() })
}
