//! Vectors as they are stored: whitened where the collection whitens, of unit length where it compares by cosine.

use ndarray::{Array2, ArrayView2};

use super::Collection;
use crate::config::{Dims, Distance};
use crate::error::{ChangeError, QueryError};
use crate::point::PointId;
use crate::unit_length::to_unit_length;

/// Why a vector cannot be stored, or searched for.
pub(super) enum VectorFault {
    /// It has another number of components.
    Dim { expected: Dims, found: usize },
    /// A component is not finite.
    NotFinite { component: usize },
    /// It has no direction.
    Zero,
}

impl VectorFault {
    /// As what is wrong with a point.
    pub fn of_point(self, id: &PointId) -> ChangeError {
        let id = id.clone();
        match self {
            Self::Dim { expected, found } => ChangeError::Dim { id, expected, found },
            Self::NotFinite { component } => ChangeError::NotFinite { id, component },
            Self::Zero => ChangeError::ZeroVector { id },
        }
    }

    /// As what is wrong with a query.
    pub fn of_query(self) -> QueryError {
        match self {
            Self::Dim { expected, found } => QueryError::Dim { expected, found },
            Self::NotFinite { component } => QueryError::NotFinite { component },
            Self::Zero => QueryError::ZeroVector,
        }
    }
}

impl Collection {
    /// Embeddings, `[vectors, components]`, as the collection would store them: whitened where it whitens, of unit length where it compares
    /// by cosine. What has the length of a stored vector is taken as whitened already.
    ///
    /// # Errors
    /// When the vectors have another length, are not finite, or have no direction.
    pub fn as_stored(&self, vectors: ArrayView2<'_, f32>) -> Result<Array2<f32>, QueryError> {
        let vectors = vectors.as_standard_layout();
        let slices = vectors.rows().into_iter().map(|row| row.to_slice().unwrap_or_default());
        let values = self.stored_form(slices).map_err(|(_, fault)| fault.of_query())?;
        let mut stored = Array2::zeros((vectors.nrows(), self.config.dim));
        stored.iter_mut().zip(values).for_each(|(to, from)| *to = from);
        Ok(stored)
    }

    /// Vectors as they are stored, one after the other. The error names the place of the vector that cannot be.
    pub(super) fn stored_form<'v>(
        &self,
        vectors: impl Iterator<Item = &'v [f32]>,
    ) -> Result<Vec<f32>, (usize, VectorFault)> {
        let dim = self.config.dim;
        let expected = self.config.dims();
        let mut stored = Vec::with_capacity(vectors.size_hint().0.saturating_mul(dim));
        // Embeddings are whitened together, which is faster, and gives each the same bits.
        let (mut embeddings, mut places) = (Vec::new(), Vec::new());
        for (place, vector) in vectors.enumerate() {
            if let Some(component) = vector.iter().position(|value| !value.is_finite()) {
                return Err((place, VectorFault::NotFinite { component }));
            }
            if vector.len() == dim {
                stored.extend_from_slice(vector);
            } else if Some(vector.len()) == expected.embedding {
                embeddings.extend_from_slice(vector);
                places.push(place);
                stored.resize(stored.len() + dim, 0.0);
            } else {
                return Err((place, VectorFault::Dim { expected, found: vector.len() }));
            }
        }
        if let (Some(whitening), Some(&first)) = (&self.whitening, places.first()) {
            let embedding_dim = whitening.mean().len();
            let wrong = || (first, VectorFault::Dim { expected, found: embedding_dim });
            let embeddings = ArrayView2::from_shape((places.len(), embedding_dim), &embeddings).map_err(|_| wrong())?;
            let whitened = whitening.apply(embeddings).map_err(|_| wrong())?;
            for (&place, row) in places.iter().zip(whitened.rows()) {
                // What is huge before may be infinite after.
                if let Some(component) = row.iter().position(|value| !value.is_finite()) {
                    return Err((place, VectorFault::NotFinite { component }));
                }
                stored.iter_mut().skip(place * dim).zip(row).for_each(|(to, &from)| *to = from);
            }
        }
        if self.config.distance == Distance::Cosine {
            for (place, vector) in stored.chunks_exact_mut(dim.max(1)).enumerate() {
                if !to_unit_length(vector) {
                    return Err((place, VectorFault::Zero));
                }
            }
        }
        Ok(stored)
    }
}
