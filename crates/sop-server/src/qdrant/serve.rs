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
    read_in(state, state.store().collection(name)?, timeout, work).await
}

/// As [`read`], of a collection that was looked up before: its name may mean another one by now.
pub(crate) async fn read_in<T: Send + 'static>(
    state: &ServerState,
    collection: Arc<Collection>,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    on_lane(&state.workers().reads, collection, timeout, work).await
}

/// Changes a collection on a worker, within the time that the client allows.
pub(crate) async fn write<T: Send + 'static>(
    state: &ServerState,
    name: &str,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    write_in(state, state.store().collection(name)?, timeout, work).await
}

/// As [`write`], of a collection that was looked up before: its name may mean another one by now.
pub(crate) async fn write_in<T: Send + 'static>(
    state: &ServerState,
    collection: Arc<Collection>,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    on_lane(&state.workers().writes, collection, timeout, work).await
}

async fn on_lane<T: Send + 'static>(
    lane: &Lane,
    collection: Arc<Collection>,
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Collection>) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
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

/// What `work` gives, or an error where it takes longer.
pub(super) async fn within<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    match timeout {
        None => work.await,
        Some(timeout) => {
            let late = |_| ApiError::timed_out(format!("not done within the {} s of `timeout`", timeout.as_secs()));
            tokio::time::timeout(timeout, work).await.map_err(late)?
        }
    }
}
