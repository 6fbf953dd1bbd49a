//! A collection: points that are searched and changed.

mod change;
mod checkpoint;
mod commit;
mod export;
mod filter_cache;
mod graph;
mod info;
mod manifest;
mod near_duplicates;
mod open;
mod plan;
mod query;
mod remove;
mod sample;
mod search;
mod stored_form;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use change::{Changed, Selection};
pub use checkpoint::Maintained;
use commit::Queue;
use filter_cache::FilterCache;
use info::LogFacts;
pub use info::{CollectionInfo, GraphState, PayloadKey};
pub(crate) use manifest::Manifest;
pub use near_duplicates::Folding;
pub use open::OpenReport;
pub use query::Page;
pub(crate) use remove::take_away;
pub use search::{Hit, Query, SearchAnswer, SearchRequest};
use sop_index::Whitening;
pub use verify::{Recall, VerifyOptions, VerifyReport};

use crate::config::CollectionConfig;
use crate::files::Files;
use crate::limits::Limits;
use crate::lock::FolderLock;
use crate::log::LogWriter;
use crate::name::Name;
use crate::state::State;

/// Rows up to which `graph: auto` searches exactly.
pub const AUTO_GRAPH_ROWS: usize = 100_000;

/// A collection of points. All its functions take `&self` and may be called from many threads at a time.
///
/// A change is durable when the function returns, and either wholly made or not at all. Searches see the points as they were at one moment
/// during the call.
pub struct Collection {
    name: Name,
    folder: PathBuf,
    config: CollectionConfig,
    /// What makes stored vectors of embeddings, where the configuration says so.
    whitening: Option<Whitening>,
    limits: Limits,
    files: Arc<dyn Files>,
    state: RwLock<State>,
    /// Who changes something holds this; the state is written to by nobody else.
    writer: Mutex<Writer>,
    log_facts: LogFacts,
    queue: Queue,
    filters: FilterCache,
    /// Who makes the base or the files again holds this.
    maintenance: Mutex<()>,
    /// Who writes other files than the log, or takes the folder away, holds this: never for as long as a graph takes.
    disk: Mutex<()>,
    /// What went wrong when it was last tried.
    maintenance_error: Mutex<Option<String>>,
    report: OpenReport,
    is_removed: AtomicBool,
    /// Nobody else writes as long as anybody can write here.
    _lock: Option<Arc<FolderLock>>,
}

/// What a change is written with.
pub(crate) struct Writer {
    /// None where the store is read only.
    log: Option<LogWriter>,
    /// What the folder holds.
    manifest: Manifest,
    /// Number of the log that is written to.
    log_number: u64,
}

impl Collection {
    /// The name under which it was made; aliases lead to it, too.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What the collection is.
    #[must_use]
    pub fn config(&self) -> &CollectionConfig {
        &self.config
    }

    /// What makes stored vectors of embeddings, where it whitens.
    pub(crate) fn whitening(&self) -> Option<&Whitening> {
        self.whitening.as_ref()
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// Points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().num_live()
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the folder where it is. `None` where it was taken away.
    fn disk(&self) -> Option<MutexGuard<'_, ()>> {
        let guard = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        (!self.is_removed.load(Ordering::Acquire)).then_some(guard)
    }

    fn maintenance(&self) -> MutexGuard<'_, ()> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let config = &self.config;
        formatter.debug_struct("Collection").field("name", &self.name).field("config", config).finish_non_exhaustive()
    }
}
