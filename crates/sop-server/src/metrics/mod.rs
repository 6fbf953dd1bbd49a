//! What is counted, in Prometheus' text form.

mod encoders;
mod sampler;

use std::sync::Arc;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use sop_collection::Store;

pub(crate) use sampler::{CollectionLabel, Sampler};

use self::encoders::EncoderMetrics;
use crate::encoder::EncoderSet;
use crate::work::Workers;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LaneLabels {
    work: &'static str,
}

/// Sizes of a collection.
#[derive(Clone, Default)]
struct Sizes {
    points: Family<CollectionLabel, Gauge>,
    rows: Family<CollectionLabel, Gauge>,
    bytes: Family<CollectionLabel, Gauge>,
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram>,
    connections: Gauge,
    refused_connections: Counter,
    work: Family<LaneLabels, Gauge>,
    encoders: Arc<EncoderMetrics>,
    sizes: Sizes,
    unreadable: Gauge,
    sampler: Sampler,
}

/// From 0.25 ms to 65 s.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 19))
}

impl Metrics {
    /// `sample_every` as in [`ServerConfig`](crate::ServerConfig).
    pub(crate) fn new(sample_every: u64) -> std::io::Result<Self> {
        let mut registry = Registry::with_prefix("sop");
        let requests = Family::<RequestLabels, Histogram>::new_with_constructor(latency);
        let connections = Gauge::default();
        let refused_connections = Counter::default();
        let work = Family::<LaneLabels, Gauge>::default();
        let sizes = Sizes::default();
        let recall = Family::new_with_constructor(sampler::recall_histogram as fn() -> Histogram);
        registry.register("request_seconds", "Time from a request's head to its answer", requests.clone());
        registry.register("connections", "Open connections", connections.clone());
        let help = "Connections refused because too many were open";
        registry.register("refused_connections", help, refused_connections.clone());
        registry.register("work", "Pieces of blocking work that wait or are being done", work.clone());
        let encoders = Arc::new(EncoderMetrics::in_registry(&mut registry));
        registry.register("collection_points", "Points of a collection", sizes.points.clone());
        registry.register("collection_rows", "Rows of a collection, removed ones included", sizes.rows.clone());
        registry.register("collection_bytes", "Memory of a collection", sizes.bytes.clone());
        let unreadable = Gauge::default();
        registry.register("unreadable_collections", "Collections whose files cannot be read", unreadable.clone());
        let help = "Part of the exact answer that sampled approximate searches found";
        registry.register("sampled_recall", help, recall.clone());
        let sampler = Sampler::start(sample_every, recall)?;
        Ok(Self { registry, requests, connections, refused_connections, work, sizes, unreadable, sampler, encoders })
    }

    /// What takes samples of searches.
    pub(crate) fn sampler(&self) -> &Sampler {
        &self.sampler
    }

    /// Counts an answered request. `route` is the pattern that its path matched.
    pub(crate) fn request(&self, method: &Method, route: Option<&str>, status: u16, seconds: f64) {
        let labels = RequestLabels { method: known(method), route: route.unwrap_or("unmatched").to_owned(), status };
        self.requests.get_or_create(&labels).observe(seconds);
    }

    /// What encoders count into.
    pub(crate) fn encoders(&self) -> Arc<EncoderMetrics> {
        Arc::clone(&self.encoders)
    }

    pub(crate) fn connections(&self) -> &Gauge {
        &self.connections
    }

    pub(crate) fn connection_refused(&self) {
        self.refused_connections.inc();
    }

    /// Everything in Prometheus' text form.
    ///
    /// # Errors
    /// Where a label cannot be written.
    pub(crate) fn text(
        &self,
        workers: &Workers,
        store: &Store,
        encoders: &EncoderSet,
    ) -> Result<String, std::fmt::Error> {
        self.measure(store);
        for (work, lane) in [("reads", &workers.reads), ("changes", &workers.writes), ("upkeep", &workers.upkeep)] {
            self.work.get_or_create(&LaneLabels { work }).set(i64::try_from(lane.admitted()).unwrap_or(i64::MAX));
        }
        self.encoders.queues(encoders);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Sizes of the collections as they are now; removed ones drop out.
    fn measure(&self, store: &Store) {
        self.unreadable.set(i64::try_from(store.unreadable().len()).unwrap_or(i64::MAX));
        let Sizes { points, rows, bytes } = &self.sizes;
        for family in [points, rows, bytes] {
            family.clear();
        }
        for name in store.names() {
            let Ok(collection) = store.collection(name.as_str()) else { continue };
            let info = collection.info();
            let label = CollectionLabel { collection: name.to_string() };
            for (family, value) in [(points, info.points), (rows, info.rows), (bytes, info.memory_bytes)] {
                family.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
    }
}

/// A client can invent methods without end; those share one label.
fn known(method: &Method) -> &'static str {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.into_iter().find(|&name| name == method.as_str()).unwrap_or("other")
}
