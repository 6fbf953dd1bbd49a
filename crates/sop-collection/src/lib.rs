//! Named collections of points that are searched and changed, and that survive a crash.
//!
//! A [`Store`] is an index folder. A [`Collection`] in it holds points: an id, a vector, and a payload (a JSON object). What is changed is
//! durable when the function returns. Searching is exact, or by a graph that is a cache: the record of truth is a Parquet file, which every
//! other command of the suite can read, and a log of the changes since.
//!
//! ```
//! use sop_collection::{CollectionConfig, Distance, Name, Point, Query, SearchRequest, Store, StoreOptions};
//!
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() })?;
//! let config = CollectionConfig { dim: 2, distance: Distance::Cosine, graph: Default::default(), origin: None, whitening: None };
//! let pets = store.create(&Name::new("pets")?, config)?;
//! let point = |id: u64, vector: [f32; 2]| Point { id: id.into(), vector: vector.to_vec(), payload: Default::default() };
//! pets.upsert(vec![point(1, [1.0, 0.0]), point(2, [3.0, 4.0])])?;
//! let answer = pets.search(&SearchRequest::new(Query::Vector(vec![0.0, 2.0]), 1))?;
//! assert_eq!((answer.hits[0].id.to_string(), answer.hits[0].score, answer.exact), ("2".to_owned(), 0.8, true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aliases;
mod background;
mod collection;
mod columns;
mod config;
mod error;
mod files;
mod filter;
mod limits;
mod lock;
mod log;
mod name;
mod point;
mod point_key;
mod points_file;
mod snapshot;
mod state;
mod store;
mod unit_length;
mod whitening_file;

pub use aliases::AliasChange;
pub use collection::{
    AUTO_GRAPH_ROWS, Changed, Collection, CollectionInfo, Folding, GraphState, Hit, Maintained, OpenReport, Page,
    PayloadKey, Query, Recall, SearchAnswer, SearchRequest, Selection, VerifyOptions, VerifyReport,
};
pub use columns::ColumnTypes;
pub use config::{CollectionConfig, DISTANCES, Dims, Distance, GRAPH_CHOICES, GraphChoice, Origin, WhiteningConfig};
pub use error::{ChangeError, QueryError, StoreError};
pub use files::{Disk, Files, LogFile};
pub use filter::{Condition, Filter, FilterError, InvalidKeyPath, KeyPath, Match, MinShould, Range, Real, Scalar};
pub use limits::{LimitExceeded, Limits};
pub use log::LogLoss;
#[doc(hidden)]
pub use log::read_for_fuzzing;
pub use name::{InvalidName, Name};
pub use point::{Parts, Payload, PayloadParts, Point, PointId, Record};
pub use snapshot::{SnapshotInfo, snapshot_config};
pub use sop_index::{Covariance, Expansion, ExpansionError, Whitening, WhiteningError, WhiteningParams};
pub use store::{Store, StoreOptions};
