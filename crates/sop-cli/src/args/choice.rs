//! Flags whose values are those of an enum of a library.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sop_core::Choice;

/// Takes the names of `choices`; the help lists them with what they mean.
pub fn choice<T: Copy + PartialEq + Send + Sync + 'static>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let values = choices.iter().map(|choice| PossibleValue::new(choice.name).help(choice.about));
    PossibleValuesParser::new(values)
        .try_map(|name| Choice::named(choices, &name).ok_or_else(|| format!("`{name}` is unknown")))
}
