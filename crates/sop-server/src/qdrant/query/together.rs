//! Searches that wait at the same time and look at the same vectors are made together.
//!
//! A search without a graph reads every vector of its collection, and mostly waits for memory. For many queries at once each vector is read
//! once. So the search whose turn comes takes along those of other requests that wait and differ in nothing but the query: the more wait,
//! the less each of them takes. No answer depends on which searches were made together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sop_collection::{Collection, SearchAnswer, SearchRequest};
use tokio::sync::oneshot;

use super::headers::Provenance;
use super::one::QueryResponse;
use crate::http::{ApiError, Rendered};
use crate::metrics::Sampler;
use crate::qdrant::serve::within;
use crate::state::ServerState;

/// Searches that are made together at most.
const MOST: usize = 64;

/// What is sent for a search.
pub(super) type Found = (Provenance, Rendered);

/// Searches that wait for their turn; a clone is the same.
#[derive(Clone, Default)]
pub(crate) struct WaitingSearches(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    next: u64,
    searches: BTreeMap<u64, Search>,
}

struct Search {
    collection: Arc<Collection>,
    request: SearchRequest,
    found: oneshot::Sender<Result<Found, ApiError>>,
}

/// The place of a search in the queue; when it is dropped, nobody waits for the search any more.
struct Place {
    queue: WaitingSearches,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.lock().searches.remove(&self.number);
    }
}

impl WaitingSearches {
    /// Makes a search when its turn comes, or when that of one comes which it can be made with.
    pub(super) async fn search(
        state: &ServerState,
        collection: Arc<Collection>,
        timeout: Option<Duration>,
        request: SearchRequest,
    ) -> Result<Found, ApiError> {
        let queue = state.searches().clone();
        let (place, mut found) = queue.add(collection, request);
        let (number, sampler) = (place.number, state.sampler().clone());
        let lane = &state.workers().reads;
        within(timeout, async move {
            let _place = place;
            let waiting = lane.run(move || queue.take_and_make(number, &sampler));
            tokio::select! {
                biased;
                found = &mut found => return found.map_err(ApiError::internal)?,
                turn = waiting => turn?,
            }
            found.await.map_err(ApiError::internal)?
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(
        &self,
        collection: Arc<Collection>,
        request: SearchRequest,
    ) -> (Place, oneshot::Receiver<Result<Found, ApiError>>) {
        let (found, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.searches.insert(number, Search { collection, request, found });
        (Place { queue: self.clone(), number }, receiver)
    }

    /// Makes a search and those that can be made with it; nothing where it was made with another one already.
    fn take_and_make(&self, number: u64, sampler: &Sampler) {
        let searches = self.take(number);
        let Some(first) = searches.first() else { return };
        let collection = Arc::clone(&first.collection);
        let requests: Vec<SearchRequest> = searches.iter().map(|search| search.request.clone()).collect();
        // Where one fails, each is made alone, so that only that one fails.
        let mut answers = collection.search_batch(&requests).ok().map(Vec::into_iter);
        for Search { request, found, .. } in searches {
            let answer = match answers.as_mut().and_then(Iterator::next) {
                Some(answer) => Ok(answer),
                None => collection.search(&request).map_err(ApiError::from),
            };
            // Whoever asked may be gone.
            let _ = found.send(answer.and_then(|answer| shown(&collection, &request, answer, sampler)));
        }
    }

    fn take(&self, number: u64) -> Vec<Search> {
        let mut waiting = self.lock();
        let Some(first) = waiting.searches.remove(&number) else { return Vec::new() };
        let mut numbers = Vec::new();
        if first.collection.looks_at_all(&first.request) {
            let is_alike = |other: &Search| {
                Arc::ptr_eq(&other.collection, &first.collection) && other.request.shares_work_with(&first.request)
            };
            let alike = waiting.searches.iter().filter(|(_, other)| is_alike(other)).map(|(&number, _)| number);
            numbers.extend(alike.take((MOST - 1).min(first.collection.most_in_a_batch().saturating_sub(1))));
        }
        let others = numbers.iter().filter_map(|number| waiting.searches.remove(number)).collect::<Vec<_>>();
        std::iter::once(first).chain(others).collect()
    }
}

/// An answer as it is sent.
fn shown(
    collection: &Arc<Collection>,
    request: &SearchRequest,
    answer: SearchAnswer,
    sampler: &Sampler,
) -> Result<Found, ApiError> {
    sampler.offer(collection, request, &answer);
    let provenance = Provenance::new(answer.exact, collection.config());
    Ok((provenance, Rendered::new(&QueryResponse::from(answer))?))
}
