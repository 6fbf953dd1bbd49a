//! Routes of Qdrant that are not served here: 422 that says what to do instead.

use axum::routing::{MethodFilter, on};
use utoipa_axum::router::OpenApiRouter;

use crate::http::ApiError;
use crate::state::ServerState;

/// Their methods, paths, and what to do instead. They are not in the OpenAPI document.
fn list() -> Vec<(MethodFilter, &'static str, &'static str)> {
    const QUERY: &str = "use `points/query`, which current clients of Qdrant call";
    const GROUPS: &str = "search without groups, and group the hits by a key of their payload";
    const VECTORS: &str = "a point has one vector, which `PUT points` replaces together with the payload";
    vec![
        (MethodFilter::PATCH, "/collections/{c}", "make another collection, and let an alias lead to it"),
        (MethodFilter::PUT, "/collections/{c}/points/vectors", VECTORS),
        (MethodFilter::POST, "/collections/{c}/points/vectors/delete", VECTORS),
        (MethodFilter::POST, "/collections/{c}/points/query/groups", GROUPS),
        (MethodFilter::POST, "/collections/{c}/points/search", QUERY),
        (MethodFilter::POST, "/collections/{c}/points/search/batch", "use `points/query/batch`"),
        (MethodFilter::POST, "/collections/{c}/points/search/groups", GROUPS),
        (
            MethodFilter::POST,
            "/collections/{c}/points/recommend",
            "search with a vector of your own making by `points/query`",
        ),
        (
            MethodFilter::POST,
            "/collections/{c}/points/discover",
            "search with a vector of your own making by `points/query`",
        ),
    ]
}

/// Answers them.
pub(super) fn routes(routes: OpenApiRouter<ServerState>) -> OpenApiRouter<ServerState> {
    list().into_iter().fold(routes, |routes, (method, path, instead)| {
        let refuse = async move || -> Result<(), ApiError> {
            Err(ApiError::unprocessable(format!("`{path}` is not supported: {instead}")))
        };
        routes.route(path, on(method, refuse))
    })
}
