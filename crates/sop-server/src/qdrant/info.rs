//! What there is to say about a collection, in Qdrant's form and in our own.

use std::collections::BTreeMap;

use serde::Serialize;
use sop_collection::{
    AUTO_GRAPH_ROWS, Collection, CollectionInfo, ColumnTypes, GraphChoice, GraphState, Origin, PayloadKey,
    WhiteningConfig,
};
use utoipa::ToSchema;

use super::create::Distance;

/// A collection. What Qdrant's clients need is there; what this server knows beyond it is under `sop`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CollectionInfo)]
pub(super) struct CollectionOut {
    /// `green`; `yellow` while a graph is missing; `red` when no changes are taken.
    status: Health,
    /// `ok`, or what stopped changes.
    optimizer_status: Optimizer,
    /// Points.
    points_count: usize,
    /// Rows that a graph leads to.
    indexed_vectors_count: usize,
    /// Always 1.
    segments_count: usize,
    /// What the collection is.
    config: ConfigOut,
    /// Keys of payloads with the type of their values, where that is one.
    payload_schema: BTreeMap<String, KeyOut>,
    /// What this server knows beyond Qdrant's form.
    sop: Sop,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Health {
    Green,
    Yellow,
    Red,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Optimizer {
    Ok,
    Error(String),
}

/// Qdrant's settings; those that have no meaning here have the values of one copy on one machine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CollectionConfig)]
struct ConfigOut {
    params: ParamsOut,
    hnsw_config: HnswOut,
    optimizer_config: OptimizerOut,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CollectionParams)]
struct ParamsOut {
    vectors: VectorOut,
    shard_number: u32,
    replication_factor: u32,
    write_consistency_factor: u32,
    on_disk_payload: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredVectors)]
struct VectorOut {
    /// Components.
    size: usize,
    /// What makes two vectors similar.
    distance: Distance,
}

/// Fields that Qdrant's clients require; 0 where this server has no such number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HnswConfig)]
struct HnswOut {
    m: u32,
    ef_construct: u32,
    /// Rows up to which searches are exact.
    full_scan_threshold: usize,
}

/// Fields that Qdrant's clients require; 0 where this server has no such number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OptimizersConfig)]
struct OptimizerOut {
    default_segment_number: u32,
    flush_interval_sec: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayloadIndexInfo)]
struct KeyOut {
    /// Type of the values.
    data_type: &'static str,
    /// Rows that have the key.
    points: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SopInfo)]
struct Sop {
    /// The collection's own name, where it was asked for by an alias.
    name: String,
    /// `auto`, `exact`, `own` or `hnsw_rs`.
    #[schema(value_type = String)]
    graph: GraphChoice,
    /// How rows are searched: `none` (exactly), `ready` (by a graph) or `missing` (exactly, until the graph is built).
    #[schema(value_type = String)]
    graph_state: GraphState,
    /// What made the vectors, where it is known.
    #[schema(value_type = Option<Object>)]
    origin: Option<Origin>,
    /// How embeddings are whitened, where they are: vectors of as many components as an embedding are whitened when they come.
    #[schema(value_type = Option<Object>)]
    whitening: Option<WhiteningConfig>,
    /// Rows in memory, those of removed and replaced points included.
    rows: usize,
    /// Rows added lately, which are searched exactly.
    tail: usize,
    /// Bytes of memory, roughly.
    memory_bytes: usize,
    /// Bytes of the files.
    disk_bytes: u64,
    /// Number of the last change.
    version: u64,
    /// Keys of payloads with the types of their values.
    #[schema(value_type = Vec<Object>)]
    payload_keys: Vec<PayloadKey>,
    /// Whether there are more keys than are listed; filters on those take longer.
    more_payload_keys: bool,
}

impl CollectionOut {
    /// The collection as it is now.
    pub(super) fn of(collection: &Collection) -> Self {
        let info = collection.info();
        let has_graph = info.graph == GraphState::Ready;
        Self {
            status: match (&info.stopped, info.graph) {
                (Some(_), _) => Health::Red,
                (None, GraphState::Missing) => Health::Yellow,
                (None, _) => Health::Green,
            },
            optimizer_status: info.stopped.clone().map_or(Optimizer::Ok, Optimizer::Error),
            points_count: info.points,
            indexed_vectors_count: if has_graph { info.rows - info.tail.min(info.rows) } else { 0 },
            segments_count: 1,
            config: ConfigOut::of(&info),
            payload_schema: info.payload_keys.iter().filter_map(KeyOut::of).collect(),
            sop: Sop::of(info),
        }
    }
}

impl ConfigOut {
    fn of(info: &CollectionInfo) -> Self {
        let distance = match info.config.distance {
            sop_collection::Distance::Cosine => Distance::Cosine,
            sop_collection::Distance::Dot => Distance::Dot,
        };
        let full_scan_threshold = match info.config.graph {
            GraphChoice::Auto => AUTO_GRAPH_ROWS,
            GraphChoice::Exact => usize::MAX,
            GraphChoice::Own | GraphChoice::HnswRs => 0,
        };
        Self {
            params: ParamsOut {
                vectors: VectorOut { size: info.config.dim, distance },
                shard_number: 1,
                replication_factor: 1,
                write_consistency_factor: 1,
                on_disk_payload: false,
            },
            hnsw_config: HnswOut { m: 0, ef_construct: 0, full_scan_threshold },
            optimizer_config: OptimizerOut { default_segment_number: 1, flush_interval_sec: 0 },
        }
    }
}

impl KeyOut {
    /// The key with its type, where all of its values have one that Qdrant knows.
    fn of(key: &PayloadKey) -> Option<(String, Self)> {
        let ColumnTypes { text, integer, float, bool, object, .. } = key.types;
        let data_type = match (text, integer, float, bool, object) {
            (true, false, false, false, false) => "keyword",
            (false, true, false, false, false) => "integer",
            (false, _, true, false, false) => "float",
            (false, false, false, true, false) => "bool",
            _ => return None,
        };
        Some((key.key.clone(), Self { data_type, points: key.rows }))
    }
}

impl Sop {
    fn of(info: CollectionInfo) -> Self {
        Self {
            name: info.name,
            graph: info.config.graph,
            graph_state: info.graph,
            origin: info.config.origin,
            whitening: info.config.whitening,
            rows: info.rows,
            tail: info.tail,
            memory_bytes: info.memory_bytes,
            disk_bytes: info.disk_bytes,
            version: info.version,
            payload_keys: info.payload_keys,
            more_payload_keys: info.more_payload_keys,
        }
    }
}
