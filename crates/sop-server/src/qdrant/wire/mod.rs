//! JSON as Qdrant's clients write and read it.

mod fields;
mod filter_form;
mod id;
mod query_input;
mod records;
mod selectors;
mod update;
mod vector;

pub use fields::{Tuning, Unsupported};
pub use filter_form::{ConditionForm, FilterForm, MatchForm, RangeForm, filter};
pub use id::{IdForm, id_in_path};
pub use query_input::{QueryForm, QueryInput, SampleForm};
pub use records::{FoldingOut, RecordOut, ScoredPoint};
pub(crate) use selectors::top_level;
pub use selectors::{PayloadForm, Points, WithPayload, WithVector, parts};
pub use update::{ReadParams, UpdateParams, UpdateResult, UpdateStatus};
pub use vector::DenseVector;
