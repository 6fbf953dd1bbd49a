//! What each unit is, and what it was taken for.

use std::sync::Arc;

/// The true and the predicted class of every unit of an accuracy: what a confusion matrix counts.
///
/// A unit is right where both are the same. Classes are numbers, which are places in a list of names that all values of a run share, so
/// that many values over many images stay small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    names: Arc<[String]>,
    labels: Arc<[u32]>,
    predictions: Arc<[u32]>,
}

impl Classified {
    /// What a unit was taken for where no class was predicted, such as a class of ImageNet that is none of ImageNet-9.
    pub const NO_CLASS: &'static str = "(none)";

    /// The classes of units, as places in `names`, which are all different. A prediction beyond the names is none: it gets the name
    /// [`NO_CLASS`](Self::NO_CLASS).
    ///
    /// `None` where there is not one prediction for each label, or a label is beyond the names.
    #[must_use]
    pub fn new(names: Arc<[String]>, labels: Arc<[u32]>, predictions: Vec<u32>) -> Option<Self> {
        let is_known = |&class: &u32| (class as usize) < names.len();
        if labels.len() != predictions.len() || !labels.iter().all(is_known) {
            return None;
        }
        if predictions.iter().all(is_known) {
            return Some(Self { names, labels, predictions: predictions.into() });
        }
        let none = u32::try_from(names.len()).ok()?;
        let predictions = predictions.into_iter().map(|class| class.min(none)).collect();
        let names = names.iter().cloned().chain([no_class(&names)]).collect();
        Some(Self { names, labels, predictions })
    }

    /// The names of the classes, all different; of a file those that occur in it, numbers ascending and then texts.
    #[must_use]
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// The true class of each unit, a place in [`names`](Self::names).
    #[must_use]
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The class that each unit was taken for, a place in [`names`](Self::names).
    #[must_use]
    pub fn predictions(&self) -> &[u32] {
        &self.predictions
    }

    /// The name of a class.
    pub(crate) fn name(&self, class: u32) -> &str {
        self.names.get(class as usize).map_or(Self::NO_CLASS, String::as_str)
    }
}

/// A name for the prediction of no class, which is none of the classes'.
fn no_class(names: &[String]) -> String {
    let mut name = Classified::NO_CLASS.to_owned();
    while names.contains(&name) {
        name = format!("({name})");
    }
    name
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn classified(names: &[&str], labels: &[u32], predictions: &[u32]) -> Option<Classified> {
        Classified::new(names.iter().map(|&name| name.to_owned()).collect(), labels.into(), predictions.to_vec())
    }

    #[test]
    fn a_prediction_beyond_the_classes_has_a_name_of_its_own() {
        let found = classified(&["cat", "dog"], &[0, 1, 1], &[0, 2, 7]).unwrap();
        assert_eq!(**found.names(), ["cat", "dog", "(none)"]);
        assert_eq!((found.labels(), found.predictions()), (&[0, 1, 1][..], &[0, 2, 2][..]));
        let found = classified(&["(none)"], &[0], &[1]).unwrap();
        assert_eq!(**found.names(), ["(none)", "((none))"]);
        assert_eq!(**classified(&["cat"], &[0], &[0]).unwrap().names(), ["cat"]);
    }

    #[test]
    fn classes_that_do_not_fit_the_units_are_none() {
        assert_eq!(classified(&["cat"], &[0, 0], &[0]), None);
        assert_eq!(classified(&["cat"], &[1], &[0]), None);
    }
}
