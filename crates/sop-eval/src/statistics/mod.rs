//! What can be concluded from measured values.
//!
//! [`add_intervals`] gives a value its interval, [`paired_differences`] the difference of two values over the same units.
//! [`compare_all`] compares many encoders: randomisation tests of each pair, corrected for their number, and which encoders cannot be told
//! apart. [`compare_methods`] takes seeds as units, not images: only that says something about methods.

mod comparison;
mod corrections;
mod distributions;
mod effective_units;
mod estimate;
mod interval;
mod letters;
mod mcnemar;
mod methods;
mod paired;
mod proportion;
mod resampling;
mod sign_flip;
mod weights;

pub use comparison::{ALPHA, Compared, Comparison, ComparisonError, ComparisonOptions, Family, PairTest, compare_all};
pub use corrections::{benjamini_hochberg, holm};
pub use interval::add_intervals;
pub use letters::letters;
pub use mcnemar::mcnemar;
pub use methods::{Method, MethodTest, compare_methods};
pub use paired::{PairedDifference, paired_differences};
pub use sign_flip::{SignFlips, sign_flip_test};

/// Resamples behind an interval where nothing else is asked for.
pub const DEFAULT_RESAMPLES: u32 = 2000;
