//! The values of an enum as flags, configs and lists spell them.

/// One value of an enum with its name and what it means, written beside the enum and read by everyone who lists or parses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<T: 'static> {
    /// The value.
    pub value: T,
    /// How flags and configs spell it.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub about: &'static str,
}

impl<T: Copy + PartialEq> Choice<T> {
    /// The value of this name among `choices`.
    #[must_use]
    pub fn named(choices: &[Self], name: &str) -> Option<T> {
        choices.iter().find(|choice| choice.name == name).map(|choice| choice.value)
    }

    /// The name of a value; empty for one that is not among `choices`.
    #[must_use]
    pub fn name_of(choices: &[Self], value: T) -> &'static str {
        choices.iter().find(|choice| choice.value == value).map_or("", |choice| choice.name)
    }
}
