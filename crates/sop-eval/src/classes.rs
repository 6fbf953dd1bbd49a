//! The classes of a labelled set, numbered in label order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sop_core::EmbeddingSet;

use crate::EvalError;

/// How many labels an error lists.
const MAX_EXAMPLES: usize = 5;

/// The distinct labels of a train set, ascending, with the names that are known of them.
///
/// Labels are any 32-bit numbers; a class index is the place of a label here.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    labels: Vec<i32>,
    names: Vec<Option<String>>,
}

impl Classes {
    /// The classes of a train set with these labels; `names[label]` is the name of a label.
    pub fn new(train_labels: &[i32], names: &[String]) -> Self {
        let mut labels = train_labels.to_vec();
        labels.sort_unstable();
        labels.dedup();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for name in names {
            *uses.entry(name).or_default() += 1;
        }
        let name_of = |&label: &i32| {
            let name = names.get(usize::try_from(label).ok()?)?;
            let shared = uses.get(name.as_str()).is_some_and(|&count| count > 1);
            Some(if shared { format!("{name} ({label})") } else { name.clone() })
        };
        let names = labels.iter().map(name_of).collect();
        Self { labels, names }
    }

    /// The classes of a train set with these labels, with their names from whichever set has them.
    pub fn of(train_labels: &[i32], train: &EmbeddingSet, test: &EmbeddingSet) -> Self {
        let names = train.provenance().class_names.as_ref().or(test.provenance().class_names.as_ref());
        Self::new(train_labels, names.map_or(&[], Vec::as_slice))
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The labels, ascending.
    pub fn labels(&self) -> &[i32] {
        &self.labels
    }

    /// The class index of each label.
    ///
    /// # Errors
    /// When labels are not among the classes.
    pub fn indices(&self, labels: &[i32]) -> Result<Vec<u32>, EvalError> {
        let found: Vec<Result<u32, i32>> = labels
            .iter()
            .map(|&label| self.labels.binary_search(&label).map(|index| index as u32).map_err(|_| label))
            .collect();
        let mut unknown: Vec<i32> = found.iter().filter_map(|index| index.err()).collect();
        if unknown.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        unknown.sort_unstable();
        unknown.dedup();
        Err(EvalError::UnknownTestLabels {
            count: unknown.len(),
            examples: unknown.into_iter().take(MAX_EXAMPLES).collect(),
        })
    }

    /// A name for each class, its label where it has none, all different.
    pub fn distinct_names(&self) -> Arc<[String]> {
        let name = |(name, label): (&Option<String>, &i32)| name.clone().unwrap_or_else(|| label.to_string());
        distinct(self.names.iter().zip(&self.labels).map(name))
    }

    /// The name of a class where it has one, with the label added where another label has the same name.
    pub fn name(&self, class: usize) -> Option<&str> {
        self.names.get(class)?.as_deref()
    }
}

/// The same names; one that another one before has gets the number of its place behind it.
pub(crate) fn distinct(names: impl Iterator<Item = String>) -> Arc<[String]> {
    let mut known = HashSet::new();
    let another = |(place, mut name): (usize, String)| {
        while !known.insert(name.clone()) {
            name = format!("{name} ({place})");
        }
        name
    };
    names.enumerate().map(another).collect()
}

/// The labels of a test set that must have them, as the train set numbers its classes: where both sets name the same classes in
/// another order, classes are matched by name.
pub(crate) fn test_labels(train: &EmbeddingSet, test: &EmbeddingSet) -> Result<Vec<i32>, EvalError> {
    let labels = labels_of(test, "test")?;
    let names = (&train.provenance().class_names, &test.provenance().class_names);
    let (Some(of_train), Some(of_test)) = names else { return Ok(labels) };
    if of_train == of_test {
        return Ok(labels);
    }
    let numbers: HashMap<&String, i32> = of_train.iter().zip(0..).collect();
    let number = |label: i32| {
        let name = usize::try_from(label).ok().and_then(|label| of_test.get(label));
        name.and_then(|name| numbers.get(name).copied())
            .ok_or(EvalError::UnknownTestLabels { count: 1, examples: vec![label] })
    };
    labels.into_iter().map(number).collect()
}

/// The labels of a set that must have them.
pub(crate) fn labels_of(set: &EmbeddingSet, role: &'static str) -> Result<Vec<i32>, EvalError> {
    set.required_labels().map_err(|source| EvalError::Labels { role, source })
}
