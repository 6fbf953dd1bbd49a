//! Whitening and the set that it is fitted on.

use anyhow::{Result, bail};
use sop_eval::retrieval::WhiteningParams;

use super::inputs::Locations;

/// Checks that whitening and the set that it is fitted on are given together.
pub fn check_whitening(whitening: Option<&WhiteningParams>, set: Option<&Locations>) -> Result<()> {
    match (whitening, set) {
        (Some(_), None) => bail!("whitening needs a `whitening_set` in [data] to be fitted on"),
        (None, Some(_)) => bail!("a `whitening_set` is given, but no whitening in [params]"),
        _ => Ok(()),
    }
}
