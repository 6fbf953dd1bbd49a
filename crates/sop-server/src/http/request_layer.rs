//! The layer around all routes: request id, log, metrics, host, key, time limit, and errors in the form that the route's clients know.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::access::check_access;
use super::answer::{error_response, timed};
use super::body::{drain, holding};
use super::{ApiError, check_host, check_origin};
use crate::state::ServerState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from a client, in bytes.
const LONGEST_ID: usize = 128;

/// So many bytes of a body are read and dropped before a request is refused for its host or key.
const REFUSED_BYTES: usize = 1 << 20;

/// Runs `next` for a request that may be answered, and gives every answer its id.
pub(crate) async fn around(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = given_id(request.headers()).unwrap_or_else(|| state.next_request_id());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let answering = async {
        let openai = path.starts_with("/v1/");
        let mut response = match allowed(&state, &request, route.as_deref()) {
            Ok(()) => within_time(&state, route.as_deref(), request, next).await,
            Err(error) => {
                drain(request, REFUSED_BYTES).await;
                error.into_response()
            }
        };
        if let Some(error) = response.extensions_mut().remove::<ApiError>() {
            response = if openai { crate::openai::error_response(&error) } else { error_response(&error) };
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    };
    let response = timed(began, holding(answering.instrument(span.clone()))).await;
    let status = response.status().as_u16();
    let seconds = began.elapsed().as_secs_f64();
    state.metrics().request(&method, route.as_deref(), status, seconds);
    span.in_scope(|| tracing::info!(%method, path, status, seconds, "answered"));
    response
}

fn allowed(state: &ServerState, request: &Request, route: Option<&str>) -> Result<(), ApiError> {
    let config = state.config();
    check_host(request.headers(), request.uri(), config.listen.ip().is_loopback(), &config.allowed_hosts)?;
    if !config.keys.guard_writes() {
        check_origin(request.method(), request.headers(), &config.allowed_hosts)?;
    }
    check_access(request.method(), route, request.headers(), &config.keys)
}

async fn within_time(state: &ServerState, route: Option<&str>, request: Request, next: Next) -> Response {
    let limits = state.limits();
    // Snapshots are as large as the collection, and a verification looks at all of it; their handlers have limits of their own.
    if route.is_some_and(|route| route.contains("/snapshots") || route.ends_with("/verify")) {
        return next.run(request).await;
    }
    match tokio::time::timeout(limits.request(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message =
                "the answer took longer than {} ms (limit `request_ms`); a change may have been made all the same";
            ApiError::timed_out(message.replace("{}", &limits.request_ms.to_string())).into_response()
        }
    }
}

/// The client's own id, where it is one that can go to a log.
fn given_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let fits = (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    fits.then(|| id.clone())
}
