//! Whitening and the set that it is fitted on.

use sop_core::{EmbeddingSet, Params};
use sop_eval::retrieval::WhiteningParams;

use crate::Sources;
use crate::error::{Result, refuse};

/// Checks that whitening and the set that it is fitted on are given together.
pub fn check_whitening(whitening: Option<&WhiteningParams>, set: Option<&Sources>) -> Result<()> {
    match (whitening, set) {
        (Some(_), None) => refuse!("whitening needs a `whitening_set` in [data] to be fitted on"),
        (None, Some(_)) => refuse!("a `whitening_set` is given, but no whitening in [params]"),
        _ => Ok(()),
    }
}

/// The hash of a set that is searched, as a parameter, where it is known.
///
/// A row has room for two sets: what is measured on, and what it refers to, which is the whitening's set where there is one.
/// Values over other sets than these must not pass for the same measurement.
pub fn record_searched(name: &str, set: Option<&EmbeddingSet>) -> Params {
    let sha256 = set.and_then(|set| set.provenance().dataset_sha256.clone());
    sha256.into_iter().map(|sha256| (name.to_owned(), sha256.into())).collect()
}
