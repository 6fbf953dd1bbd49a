//! Which result rows belong together: the same measurement, the same setting, the same data.

mod identity;
mod latest;
mod setting;
mod variants;

pub(crate) use identity::{DataKey, dataset_label, encoder_label, reference_label};
pub(crate) use latest::latest_values;
pub(crate) use setting::{Setting, params_label, settings};
pub(crate) use variants::variants;
