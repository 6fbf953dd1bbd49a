//! The graph of a collection: a cache beside the record of truth.

use std::path::Path;

use sop_core::Sha256Hasher;
use sop_index::{Graph, GraphBuilder, GraphError, GraphParams};

use super::{AUTO_GRAPH_ROWS, Collection, Manifest};
use crate::config::{CollectionConfig, GraphChoice};
use crate::error::StoreError;
use crate::state::Base;

/// Whether a base of so many rows should have a graph.
pub(super) fn is_wanted(choice: GraphChoice, rows: usize) -> bool {
    match choice {
        GraphChoice::Exact => false,
        GraphChoice::Auto => rows > AUTO_GRAPH_ROWS,
        GraphChoice::Own | GraphChoice::HnswRs => rows > 0,
    }
}

/// How the graph of a collection is built.
pub(super) fn params(choice: GraphChoice) -> GraphParams {
    let builder = match choice {
        GraphChoice::HnswRs => GraphBuilder::HnswRs,
        GraphChoice::Auto | GraphChoice::Exact | GraphChoice::Own => GraphBuilder::Own,
    };
    GraphParams { builder, ..GraphParams::default() }
}

/// What a graph on the disk was built from: the rows of a file of points, and how.
fn source(manifest: &Manifest, base: &Base) -> [u8; 32] {
    let mut hasher = Sha256Hasher::default();
    hasher.update_field(b"graph of a collection");
    hasher.update_field(manifest.id.as_bytes());
    hasher.update_field(&manifest.generation.to_le_bytes());
    hasher.update_field(&(base.len() as u64).to_le_bytes());
    hasher.update_field(&(base.dim() as u64).to_le_bytes());
    hasher.update_field(&base.checksum().to_le_bytes());
    hasher.update_field(format!("{:?}", manifest.config.graph).as_bytes());
    hasher.finish_bytes()
}

/// The base with the graph of its rows that is on the disk; without one, and why, where there is none that can be used.
pub(super) fn with_stored(folder: &Path, manifest: &Manifest, base: Base) -> (Base, Option<String>) {
    if !is_wanted(manifest.config.graph, base.len()) {
        return (base, None);
    }
    let path = Manifest::graph_path(folder, manifest.generation);
    let note = |why: &dyn std::fmt::Display| Some(format!("the graph is built again: {}: {why}", path.display()));
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return (base, note(&error)),
    };
    let graph = Graph::from_bytes(&bytes, &source(manifest, &base)).and_then(|graph| base.with_graph(graph));
    match graph {
        Ok(with_graph) => (with_graph, None),
        Err(error) => (base, note(&error)),
    }
}

/// The base with a graph where it should have one: that of the rows before, extended, or a new one.
pub(super) fn with_graph(config: &CollectionConfig, base: Base, before: Option<&Graph>) -> Result<Base, GraphError> {
    match before {
        _ if !is_wanted(config.graph, base.len()) => Ok(base),
        Some(graph) => base.with_extended_graph(graph),
        None => base.with_new_graph(&params(config.graph)),
    }
}

impl Collection {
    /// Writes down the graph of the base, where it is that of the file of points.
    pub(super) fn store_graph(&self, base: &Base) -> Result<(), StoreError> {
        let Some(_disk) = self.disk() else { return Ok(()) };
        let manifest = {
            let writer = self.writer();
            if writer.log.is_none() {
                return Ok(());
            }
            writer.manifest.clone()
        };
        let Some(graph) = base.graph().filter(|_| base.generation() == Some(manifest.generation)) else {
            return Ok(());
        };
        let path = Manifest::graph_path(&self.folder, manifest.generation);
        let bytes = graph.to_bytes(&source(&manifest, base));
        sop_core::atomic_file::write(&path, &bytes).map_err(StoreError::io("write", &path))
    }
}
