//! What is counted, in Prometheus' text form.

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

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

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram>,
    connections: Gauge,
    refused_connections: prometheus_client::metrics::counter::Counter,
    work: Family<LaneLabels, Gauge>,
}

/// From 0.25 ms to 65 s.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 19))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("sop");
        let requests = Family::<RequestLabels, Histogram>::new_with_constructor(latency);
        let connections = Gauge::default();
        let refused_connections = prometheus_client::metrics::counter::Counter::default();
        let work = Family::<LaneLabels, Gauge>::default();
        registry.register("request_seconds", "Time from a request's head to its answer", requests.clone());
        registry.register("connections", "Open connections", connections.clone());
        registry.register(
            "refused_connections",
            "Connections refused because too many were open",
            refused_connections.clone(),
        );
        registry.register("work", "Pieces of blocking work that wait or are being done", work.clone());
        Self { registry, requests, connections, refused_connections, work }
    }

    /// Counts an answered request. `route` is the pattern that its path matched.
    pub(crate) fn request(&self, method: &Method, route: Option<&str>, status: u16, seconds: f64) {
        let labels = RequestLabels { method: known(method), route: route.unwrap_or("unmatched").to_owned(), status };
        self.requests.get_or_create(&labels).observe(seconds);
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
    pub(crate) fn text(&self, workers: &crate::work::Workers) -> Result<String, std::fmt::Error> {
        for (work, lane) in [("reads", &workers.reads), ("changes", &workers.writes), ("upkeep", &workers.upkeep)] {
            self.work.get_or_create(&LaneLabels { work }).set(i64::try_from(lane.admitted()).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A client can invent methods without end; those share one label.
fn known(method: &Method) -> &'static str {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.into_iter().find(|&name| name == method.as_str()).unwrap_or("other")
}
