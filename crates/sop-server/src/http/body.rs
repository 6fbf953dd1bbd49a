//! Reading bodies and query strings, with limits that say which.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ApiError;
use crate::state::ServerState;

/// One permit of the budget stands for so many bytes.
const GRAIN: usize = 1_024;

/// How many bytes of bodies the server holds at the same time.
#[derive(Debug, Clone)]
pub struct BodyBudget(Arc<Semaphore>);

impl BodyBudget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.div_ceil(GRAIN).min(Semaphore::MAX_PERMITS))))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let permits = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX);
        let busy = || ApiError::overloaded("the bodies of other requests take all of `bodies_bytes`: try again later");
        Arc::clone(&self.0).try_acquire_many_owned(permits).map_err(|_| busy())
    }
}

/// A body in memory, and its share of the budget for as long as this lives.
#[derive(Debug)]
pub struct HeldBytes {
    /// The body.
    pub bytes: Bytes,
    share: Option<OwnedSemaphorePermit>,
}

/// How long the rest of a refused body is read and dropped, so that the client gets to see why.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Reads a body of at most `most` bytes, within the time and memory that [`Limits`](crate::Limits) allow; `limit` is the limit's name.
///
/// # Errors
/// 413 for a longer body, 408 for one that does not end in time, 429 where other bodies take the memory, 400 where the connection breaks.
pub async fn read_body(request: Request, most: usize, limit: &str, state: &ServerState) -> Result<HeldBytes, ApiError> {
    let limits = state.limits();
    let too_large = || ApiError::too_large(format!("the body is larger than {most} bytes (limit `{limit}`)"));
    if said_length(request.headers()).is_some_and(|length| length > most as u64) {
        drain(request, most.saturating_mul(4)).await;
        return Err(too_large());
    }
    let late = || ApiError::timed_out(format!("the body did not end within {} ms (limit `body_ms`)", limits.body_ms));
    let reading = async {
        let mut body = request.into_body();
        let mut held = BytesMut::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        let mut shared = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ApiError::bad_request(format!("the body broke off: {error}")))?;
            let Ok(data) = frame.into_data() else { continue };
            let needed = held.len() + data.len();
            if needed > most {
                return Err(too_large());
            }
            if needed > shared {
                // Doubling, as the buffer does, so that the share covers what is allocated.
                let grown = needed.max(2 * shared).min(most);
                let more = state.bodies().take(grown - shared)?;
                match &mut share {
                    Some(share) => share.merge(more),
                    None => share = Some(more),
                }
                shared = grown;
            }
            held.extend_from_slice(&data);
        }
        Ok(HeldBytes { bytes: held.freeze(), share })
    };
    tokio::time::timeout(limits.body(), reading).await.map_err(|_| late())?
}

/// Reads and drops what is left of a refused request, at most so many bytes: a client that still writes would see a broken connection
/// instead of the answer.
pub(crate) async fn drain(request: Request, most: usize) {
    // This client waits for a go-ahead before it sends the body, and is spared that.
    if request.headers().contains_key(EXPECT) {
        return;
    }
    let draining = async {
        let mut body = request.into_body();
        let mut dropped = 0;
        while let Some(Ok(frame)) = body.frame().await {
            dropped += frame.data_ref().map_or(0, Bytes::len);
            if dropped > most {
                return;
            }
        }
    };
    // Whether it ended or not, the refusal is answered.
    let _ = tokio::time::timeout(DRAIN_TIME, draining).await;
}

/// The length that a request says its body has.
fn said_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body of JSON. Broken JSON is 400, unknown fields and wrong types are 422, another content type is 415.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<ServerState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ServerState) -> Result<Self, ApiError> {
        check_is_json(request.headers())?;
        let held = read_body(request, state.limits().body_bytes, "body_bytes", state).await?;
        // An empty body stands for an object without fields, as clients send where every field has a default.
        let bytes: &[u8] = if held.bytes.is_empty() { b"{}" } else { &held.bytes };
        let parsed = if bytes.len() <= SMALL { parse(bytes) } else { tokio::task::block_in_place(|| parse(bytes)) };
        // What was read of it takes memory as long as the request waits or is worked on.
        until_answered(held.share);
        parsed.map(Self)
    }
}

tokio::task_local! {
    /// Shares of the memory for bodies that are given back when the request of this task is answered.
    static SHARES: RefCell<Vec<OwnedSemaphorePermit>>;
}

/// Runs the answering of a request, and gives back the memory of its body afterwards.
pub(super) async fn holding<F: Future>(answering: F) -> F::Output {
    SHARES.scope(RefCell::default(), answering).await
}

fn until_answered(share: Option<OwnedSemaphorePermit>) {
    // Outside of a request there is nobody who holds it.
    let _ = SHARES.try_with(|shares| shares.borrow_mut().extend(share));
}

/// Bodies up to this size are read within microseconds; larger ones must not hold up the other connections of the thread.
const SMALL: usize = 64 << 10;

/// Reads JSON. The place of what is wrong is looked for only then, since noting it on the way takes time.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // A list would be taken for the fields of an object in their order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(ApiError::unprocessable("Format error in JSON body: a list where an object is expected"));
    }
    let error: serde_json::Error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if !error.is_data() {
        return Err(ApiError::bad_request(format!("Format error in JSON body: {error}")));
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(bytes);
    let place = match serde_path_to_error::deserialize::<_, T>(deserializer) {
        Err(error) => error.path().to_string(),
        Ok(_) => String::new(),
    };
    let place = if place.is_empty() || place == "." { String::new() } else { format!("{place}: ") };
    Err(ApiError::unprocessable(format!("Format error in JSON body: {place}{error}")))
}

fn check_is_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let status = axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Err(ApiError::new(status, format!("this route takes application/json, not `{essence}`")))
}

/// The query string. Unknown and repeated parameters are 400.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<ServerState> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ServerState) -> Result<Self, ApiError> {
        let parsed = axum::extract::Query::try_from_uri(&parts.uri);
        parsed.map(|query| Self(query.0)).map_err(|error| ApiError::bad_request(error.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::Value;
    use sop_collection::{Store, StoreOptions};

    use super::*;
    use crate::{Limits, ServerConfig};

    #[tokio::test(flavor = "multi_thread")]
    async fn the_memory_of_a_body_is_taken_until_its_request_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
        let limits = Limits { bodies_bytes: 100 << 10, ..Limits::default() };
        let state = ServerState::new(ServerConfig { limits, ..ServerConfig::default() }, store).unwrap();
        let body = format!("{{\"a\": \"{}\"}}", "x".repeat(80 << 10));
        let read = || Json::<Value>::from_request(Request::new(Body::from(body.clone())), &state);
        holding(async {
            assert!(read().await.is_ok());
            // The first one is parsed, and works on.
            let refused = holding(read()).await.unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.retry_after), (429, Some(1)));
        })
        .await;
        assert!(holding(read()).await.is_ok());
    }
}
