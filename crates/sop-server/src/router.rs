//! All routes with their layers.

use std::any::Any;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::http::{ApiError, request_layer};
use crate::state::ServerState;
use crate::{explore, images, openai, openapi, page, qdrant, service};

/// The routes of all areas, each in the OpenAPI document.
fn areas() -> OpenApiRouter<ServerState> {
    OpenApiRouter::with_openapi(openapi::outline())
        .merge(service::routes())
        .merge(qdrant::routes())
        .merge(explore::routes())
        .merge(images::routes())
        .merge(openai::routes())
}

/// Everything that the server answers.
pub(crate) fn router(state: &ServerState) -> Router {
    let (routes, document) = areas().split_for_parts();
    routes
        .merge(openapi::routes(document))
        .merge(page::routes())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(state.clone(), request_layer::around))
        .with_state(state.clone())
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("no route is called `{}`: /docs lists all", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` cannot be called with {method}", uri.path()))
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    ApiError::internal(format!("a handler panicked: {}", text.unwrap_or("without a message"))).into_response()
}
