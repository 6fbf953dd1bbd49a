//! Images to embeddings.
//!
//! [`ImageLoader`] makes tensors of image files, in parallel and in order; [`extract()`] streams a data set through an encoder into Parquet files, in parts that survive an interruption; [`EmbeddingCache`] keeps
//! them for the next time; [`encode_features`] makes the vectors of one batch, over one or several sizes of its images.
//!
//! No engine is in here: an encoder is whatever implements [`Encoder`](sop_core::Encoder).

mod cache;
mod error;
mod extract;
mod features;
mod input_size;
mod loader;
mod pooling;

pub use cache::{CacheContent, CacheEntry, CacheUse, EmbeddingCache};
pub use error::{CacheError, ExtractError};
pub use extract::{
    ExtractOptions, ExtractReport, Identity, Place, SetReport, Shard, ShardError, Snapshot, StoredTransformError,
    Target, check_feature, extract, read_stored_transform, stored_transform,
};
pub use features::encode_features;
pub use input_size::{InputSizeError, check_input_size};
pub use loader::{Hashed, HashedImage, ImageLoader, LoadCause, LoadError, Prepare, ReadAhead};
pub use pooling::{GEM_FLOOR, PoolError, gem, pool, rmac};
