//! What there is to say about a collection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Collection, Writer, graph};
use crate::columns::ColumnTypes;
use crate::config::CollectionConfig;

/// What there is to say about a collection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CollectionInfo {
    /// Its name.
    pub name: String,
    /// What it is.
    pub config: CollectionConfig,
    /// Points.
    pub points: usize,
    /// Rows in memory, those of removed and replaced points included.
    pub rows: usize,
    /// Rows that were added since the base was made; they are searched exactly.
    pub tail: usize,
    /// How the rows of the base are searched.
    pub graph: GraphState,
    /// Keys of payloads that have a column, with the types of their values.
    pub payload_keys: Vec<PayloadKey>,
    /// Whether there are more keys than columns: filters on those look into the JSON, which takes longer.
    pub more_payload_keys: bool,
    /// Bytes of memory, roughly.
    pub memory_bytes: usize,
    /// Bytes of the files.
    pub disk_bytes: u64,
    /// Bytes of the log since the last checkpoint.
    pub log_bytes: u64,
    /// Number of the last change.
    pub version: u64,
    /// Why no changes are taken, where that is so.
    pub stopped: Option<String>,
    /// Why what is due could not be done the last time, where that is so.
    pub maintenance_error: Option<String>,
}

/// What there is to say about the log, apart from who writes it.
#[derive(Debug, Default)]
pub(super) struct LogFacts {
    bytes: AtomicU64,
    stopped: Mutex<Option<String>>,
}

impl LogFacts {
    pub(super) fn note(&self, writer: &Writer) {
        let log = writer.log.as_ref();
        self.bytes.store(log.map_or(0, |log| log.bytes()), Ordering::Relaxed);
        let stopped = log.and_then(|log| log.stopped().map(str::to_owned));
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = stopped;
    }
}

/// How the rows of the base are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphState {
    /// Exactly, as it should be.
    None,
    /// By a graph.
    Ready,
    /// Exactly, until the graph is built.
    Missing,
}

/// A key of payloads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PayloadKey {
    /// Its path.
    pub key: String,
    /// The types of its values.
    pub types: ColumnTypes,
    /// Rows that have it.
    pub rows: usize,
    /// Different values.
    pub values: usize,
}

impl Collection {
    /// What there is to say about the collection.
    #[must_use]
    pub fn info(&self) -> CollectionInfo {
        // A slow disk holds up who writes, and must not hold up who looks: neither the writer nor the state is locked over it.
        let (log_bytes, stopped) = self.log_facts();
        let disk_bytes = self.disk_bytes();
        let state = self.read();
        let payload_keys = state.columns().list().into_iter().map(|(path, column)| PayloadKey {
            key: path.as_str().to_owned(),
            types: column.types(),
            rows: column.rows(),
            values: column.values().len(),
        });
        CollectionInfo {
            name: self.name.to_string(),
            config: self.config.clone(),
            points: state.num_live(),
            rows: state.num_rows(),
            tail: state.tail().len(),
            graph: match (state.base().graph().is_some(), graph::is_wanted(self.config.graph, state.base().len())) {
                (true, _) => GraphState::Ready,
                (false, true) => GraphState::Missing,
                (false, false) => GraphState::None,
            },
            payload_keys: payload_keys.collect(),
            more_payload_keys: state.columns().is_partial(),
            memory_bytes: state.bytes(),
            disk_bytes,
            log_bytes,
            version: state.last(),
            stopped,
            maintenance_error: self.maintenance_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Number of the last change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.read().last()
    }

    fn log_facts(&self) -> (u64, Option<String>) {
        let stopped = self.log_facts.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        (self.log_facts.bytes.load(Ordering::Relaxed), stopped.clone())
    }

    fn disk_bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}
