//! Whether two sets of embeddings may be compared.

use std::collections::BTreeSet;

use sop_core::EmbeddingSet;

use crate::EvalError;

/// Refuses sets of different dimension, and sets whose provenance says that they do not belong together.
///
/// What is not known of a set is not held against it.
pub(crate) fn check_compatible(train: &EmbeddingSet, test: &EmbeddingSet) -> Result<(), EvalError> {
    let (from, to) = (train.provenance(), test.provenance());
    let named = [
        ("encoder_sha256", &from.encoder_sha256, &to.encoder_sha256),
        ("feature", &from.feature, &to.feature),
        ("transform", &from.transform, &to.transform),
    ];
    // Before the dimensions, because it says why they differ.
    for (what, train, test) in named {
        if let (Some(train), Some(test)) = (train, test)
            && train != test
        {
            return Err(EvalError::ProvenanceMismatch { what, train: train.clone(), test: test.clone() });
        }
    }
    if train.dim() != test.dim() {
        return Err(EvalError::DimMismatch { train: train.dim(), test: test.dim() });
    }
    if let (Some(train), Some(test)) = (&from.class_names, &to.class_names) {
        check_class_names(train, test)?;
    }
    Ok(())
}

/// Whether two lists hold the same names, each once, in any order: then classes can be matched by name.
pub(crate) fn are_permuted(first: &[String], second: &[String]) -> bool {
    let sets = [first, second].map(|names| names.iter().collect::<BTreeSet<_>>());
    sets[0] == sets[1] && [first, second].iter().all(|names| names.len() == sets[0].len())
}

/// Refuses lists that do not hold the same names, or some name twice in another order.
fn check_class_names(train: &[String], test: &[String]) -> Result<(), EvalError> {
    let name =
        |names: &[String], label: usize| names.get(label).map_or("unnamed".to_owned(), |name| format!("`{name}`"));
    if are_permuted(train, test) {
        return Ok(());
    }
    match (0..train.len().max(test.len())).find(|&label| train.get(label) != test.get(label)) {
        None => Ok(()),
        Some(label) => Err(EvalError::ClassNameMismatch { label, train: name(train, label), test: name(test, label) }),
    }
}
