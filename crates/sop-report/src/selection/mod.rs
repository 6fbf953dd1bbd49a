//! Which result rows belong together: the same measurement, the same setting, the same data.

mod identity;
mod latest;
mod row_id;
mod setting;
mod variants;

pub(crate) use identity::{DataKey, Identity, SubjectKey, encoder_identity};
pub use identity::{dataset_label, encoder_label, reference_label};
pub(crate) use latest::{latest_by, latest_values};
pub use row_id::RowId;
pub use setting::params_label;
pub(crate) use setting::{Setting, settings};
pub(crate) use variants::{DATA_FIELDS, ENCODER, ENCODER_FIELDS, NamedField, TRANSFORM, variants, variants_in};
