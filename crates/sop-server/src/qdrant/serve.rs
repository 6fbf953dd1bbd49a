//! From a request to work on a collection and back.

use std::sync::Arc;
use std::time::Duration;

use sop_collection::Collection;

use crate::http::ApiError;
use crate::state::ServerState;
use crate::work::Lane;

/// Reads something of a collection on a worker, within the time that the client allows.
pub(crate) async fn read<T: Send + 'static>(
    state: &ServerState,
    name: &str,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    with_collection(state, &state.workers().reads, name, timeout, work).await
}

/// Changes a collection on a worker, within the time that the client allows.
pub(crate) async fn write<T: Send + 'static>(
    state: &ServerState,
    name: &str,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    with_collection(state, &state.workers().writes, name, timeout, work).await
}

async fn with_collection<T: Send + 'static>(
    state: &ServerState,
    lane: &Lane,
    name: &str,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let collection = state.store().collection(name)?;
    within(timeout, lane.run(move || work(&collection))).await?
}

/// Changes the store on a worker: makes or removes a collection, moves an alias.
pub(crate) async fn change_store<T: Send + 'static>(
    state: &ServerState,
    timeout: Option<Duration>,
    work: impl FnOnce(&sop_collection::Store) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = Arc::clone(state.store());
    within(timeout, state.workers().writes.run(move || work(&store))).await?
}

/// Work over a whole collection, such as a snapshot: one piece at a time, without the time limit of other requests.
pub(crate) async fn upkeep<T: Send + 'static>(
    state: &ServerState,
    work: impl FnOnce(&sop_collection::Store) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = Arc::clone(state.store());
    state.workers().upkeep.run(move || work(&store)).await?
}

async fn within<T>(timeout: Option<Duration>, work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    match timeout {
        None => work.await,
        Some(timeout) => {
            let late = |_| ApiError::timed_out(format!("not done within the {} s of `timeout`", timeout.as_secs()));
            tokio::time::timeout(timeout, work).await.map_err(late)?
        }
    }
}
