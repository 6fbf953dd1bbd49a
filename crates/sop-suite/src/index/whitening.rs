//! The whitening that a new collection gets.

use sop_collection::{Covariance, Whitening, WhiteningParams};
use sop_core::EmbeddingSet;

use crate::alike::check_alike;
use crate::error::{Context as _, Result, refuse};
use crate::{Environment, Source};

/// How a new collection whitens embeddings.
#[derive(Clone, Debug)]
pub struct IndexWhitening {
    /// Components that are kept, fewer than the embeddings have: so nobody takes a whitened vector for an embedding.
    pub dim: usize,
    /// Of what the eigenvectors are taken.
    pub covariance: Covariance,
    /// Embeddings that the whitening is fitted on; those of the collection where none are given.
    pub fitted_on: Option<Source>,
}

impl IndexWhitening {
    /// Fits the whitening for a collection of `set`; returns it, and how many embeddings it was fitted on.
    ///
    /// # Errors
    /// When all components would be kept, other embeddings cannot be read or were made otherwise, or there is nothing to fit on.
    pub(super) fn fit(&self, set: &EmbeddingSet, environment: &Environment<'_>) -> Result<(Whitening, usize)> {
        if self.dim >= set.dim() {
            refuse!(
                "the whitening would keep {} of {} components: keep fewer, so that whitened vectors can be told from embeddings",
                self.dim,
                set.dim()
            );
        }
        let others = self.fitted_on.as_ref().map(Source::embeddings).transpose()?;
        if let Some(others) = &others {
            check_alike(("embeddings", set), ("whitening set", others))?;
            if others.dim() != set.dim() {
                refuse!("the whitening set has {} components, the embeddings have {}", others.dim(), set.dim());
            }
        }
        let fitted_on = others.as_ref().map_or(set, |others| others);
        let params = WhiteningParams { covariance: self.covariance, dim: Some(self.dim) };
        let fitted = Whitening::fit(fitted_on.vectors(), &params);
        let (whitening, spectrum) = fitted.context("cannot whiten")?;
        environment.note(&format!(
            "whitened to {} of {} components, which have {:.1} % of the variance of {} embeddings",
            self.dim,
            set.dim(),
            100.0 * spectrum.kept_energy,
            fitted_on.len()
        ));
        Ok((whitening, fitted_on.len()))
    }
}
