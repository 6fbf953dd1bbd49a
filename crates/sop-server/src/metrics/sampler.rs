//! Recall of searches in operation: each so many searches that a graph answered, one is answered again exactly.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use sop_collection::{Collection, Parts, PointId, SearchAnswer, SearchRequest};

/// Samples that wait at most; more are left out, since they must not slow the service down.
const WAITING: usize = 16;

/// Recall by collection.
pub(super) type Recall = Family<CollectionLabel, Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CollectionLabel {
    pub collection: String,
}

/// Bounds of recall: what matters lies close to 1.
pub(super) fn recall_histogram() -> Histogram {
    Histogram::new([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0])
}

struct Sample {
    collection: Arc<Collection>,
    request: SearchRequest,
    found: HashSet<PointId>,
}

/// Takes samples; a clone shares the count.
#[derive(Clone)]
pub(crate) struct Sampler {
    every: u64,
    searches: Arc<AtomicU64>,
    samples: SyncSender<Sample>,
}

impl Sampler {
    /// Starts the thread that answers samples; it ends with the last clone.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn start(every: u64, recall: Recall) -> std::io::Result<Self> {
        let (samples, received) = sync_channel(WAITING);
        std::thread::Builder::new().name("sop-recall".to_owned()).spawn(move || answer_all(&received, &recall))?;
        Ok(Self { every, searches: Arc::default(), samples })
    }

    /// Takes the search as a sample if its answer is approximate and its turn has come.
    pub(crate) fn offer(&self, collection: &Arc<Collection>, request: &SearchRequest, answer: &SearchAnswer) {
        if answer.exact || self.every == 0 {
            return;
        }
        if !self.searches.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.every) {
            return;
        }
        let request = SearchRequest { exact: true, parts: Parts::default(), ..request.clone() };
        // What is folded into a hit was found, too.
        let found = answer.hits.iter().flat_map(|hit| hit.folded.iter().chain([&hit.id])).cloned().collect();
        // Where too many wait, this one is left out.
        let _ = self.samples.try_send(Sample { collection: Arc::clone(collection), request, found });
    }
}

fn answer_all(samples: &Receiver<Sample>, recall: &Recall) {
    for Sample { collection, request, found } in samples {
        match collection.search(&request) {
            Ok(exact) if exact.hits.is_empty() => {}
            Ok(exact) => {
                let right = exact.hits.iter().filter(|hit| found.contains(&hit.id)).count();
                let label = CollectionLabel { collection: collection.name().to_string() };
                #[allow(clippy::cast_precision_loss, reason = "counts up to the limit of hits")]
                recall.get_or_create(&label).observe(right as f64 / exact.hits.len() as f64);
            }
            // The point that was searched for may be gone by now, or the collection.
            Err(error) => tracing::debug!(%error, "a sampled search could not be repeated"),
        }
    }
}
