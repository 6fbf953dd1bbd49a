//! Parameters of the protocol.

use serde::Deserialize;
use sop_core::Params;

use super::expansion::check_expansion;
use super::{Augmentation, Expansion, RetrievalError, WhiteningParams};
use crate::statistics::DEFAULT_RESAMPLES;

/// Parameters of retrieval; the defaults are those of DINO, iBOT and SOP, which change no descriptor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrievalParams {
    /// Whitening, fitted on descriptors of other images.
    pub whitening: Option<WhiteningParams>,
    /// Database augmentation, after whitening.
    pub database_augmentation: Option<Augmentation>,
    /// Query expansion, over the augmented database.
    pub query_expansion: Option<Expansion>,
    /// Resamples of the bootstrap, 2000 by default; 0 leaves intervals out.
    pub bootstrap_resamples: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for RetrievalParams {
    fn default() -> Self {
        Self {
            whitening: None,
            database_augmentation: None,
            query_expansion: None,
            bootstrap_resamples: DEFAULT_RESAMPLES,
            seed: 0,
        }
    }
}

impl RetrievalParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When a number of neighbours or components is 0, or an exponent is negative or not a number.
    pub fn check(&self) -> Result<(), RetrievalError> {
        if let Some(whitening) = &self.whitening {
            whitening.check()?;
        }
        if let Some(augmentation) = &self.database_augmentation {
            augmentation.check()?;
        }
        self.query_expansion.as_ref().map_or(Ok(()), check_expansion)
    }

    /// Refuses settings that change descriptors, of which a ranking knows nothing.
    pub(super) fn check_for_ranking(&self) -> Result<(), RetrievalError> {
        let settings = [
            ("whitening", self.whitening.is_some()),
            ("database_augmentation", self.database_augmentation.is_some()),
            ("query_expansion", self.query_expansion.is_some()),
        ];
        match settings.into_iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(RetrievalError::RankingIsFinal { name }),
            None => Ok(()),
        }
    }

    /// Whatever changes a number, as parameters of measurements.
    pub(super) fn recorded(&self) -> Params {
        let mut params = Params::new();
        if let Some(whitening) = &self.whitening {
            record_whitening(whitening, &mut params);
        }
        if let Some(augmentation) = &self.database_augmentation {
            params.insert("dba_neighbors".to_owned(), augmentation.neighbors.into());
            params.insert("dba_alpha".to_owned(), augmentation.alpha.into());
        }
        if let Some(expansion) = &self.query_expansion {
            params.insert("qe_neighbors".to_owned(), expansion.neighbors.into());
            params.insert("qe_alpha".to_owned(), expansion.alpha.into());
            params.insert("qe_with_query".to_owned(), expansion.with_query.into());
        }
        params
    }
}

/// What changes a whitening, as parameters of measurements.
pub(super) fn record_whitening(whitening: &WhiteningParams, params: &mut Params) {
    params.insert("whitening".to_owned(), whitening.covariance.name().into());
    if let Some(dim) = whitening.dim {
        params.insert("whitening_dim".to_owned(), dim.into());
    }
}
