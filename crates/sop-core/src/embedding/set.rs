//! The set in memory, with its invariants.

use std::collections::HashMap;

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;
use ndarray::{Array2, ArrayView2, Axis};

use super::EmbeddingError;
use crate::{Provenance, SkippedImage};

/// Embeddings of one split of one data set by one encoder: row `i` of [`vectors`](Self::vectors) belongs to `ids()[i]`.
///
/// Guaranteed by the constructor, so that no user checks again: at least one row and one component, equal row counts,
/// finite components, unique ids, labels from 0.
#[derive(Clone, Debug)]
pub struct EmbeddingSet {
    ids: Vec<String>,
    labels: Vec<Option<i32>>,
    vectors: Array2<f32>,
    provenance: Provenance,
    extra: Option<RecordBatch>,
}

impl EmbeddingSet {
    /// Makes a set from its columns; `vectors` is `[rows, dim]`, row-major.
    ///
    /// # Errors
    /// When an invariant does not hold.
    pub fn try_new(
        ids: Vec<String>,
        labels: Vec<Option<i32>>,
        vectors: Array2<f32>,
        provenance: Provenance,
    ) -> Result<Self, EmbeddingError> {
        if ids.len() != vectors.nrows() || labels.len() != vectors.nrows() {
            return Err(EmbeddingError::RowMismatch { ids: ids.len(), labels: labels.len(), vectors: vectors.nrows() });
        }
        if vectors.is_empty() {
            return Err(EmbeddingError::Empty { rows: vectors.nrows(), dim: vectors.ncols() });
        }
        let vectors = if vectors.is_standard_layout() { vectors } else { vectors.as_standard_layout().into_owned() };
        check_unique(&ids)?;
        for (id, label) in ids.iter().zip(&labels) {
            if let Some(label) = label.filter(|&label| label < 0) {
                return Err(EmbeddingError::NegativeLabel { id: id.clone(), label });
            }
        }
        for (id, row) in ids.iter().zip(vectors.rows()) {
            if let Some(component) = row.iter().position(|value| !value.is_finite()) {
                return Err(EmbeddingError::NotFinite { id: id.clone(), component });
            }
        }
        Ok(Self { ids, labels, vectors, provenance, extra: None })
    }

    /// Adds further columns, row for row: the metadata that a search filters on.
    pub(super) fn with_extra(mut self, extra: Option<RecordBatch>) -> Self {
        self.extra = extra;
        self
    }

    /// The images of some rows, in that order, without further columns.
    ///
    /// # Errors
    /// When a row is given twice, or none is.
    ///
    /// # Panics
    /// Where a row is not below [`len`](Self::len).
    pub fn select(&self, rows: &[usize]) -> Result<Self, EmbeddingError> {
        Self::try_new(
            rows.iter().map(|&row| self.ids[row].clone()).collect(),
            rows.iter().map(|&row| self.labels[row]).collect(),
            self.vectors.select(Axis(0), rows),
            self.provenance.clone(),
        )
    }

    /// The images that have a label; the others are added to what the provenance says was left out. Further columns go with the rows.
    ///
    /// # Errors
    /// [`EmbeddingError::MissingLabel`] when no image has one.
    pub fn labelled(self) -> Result<Self, EmbeddingError> {
        let is_labelled: BooleanArray = self.labels.iter().map(|label| Some(label.is_some())).collect();
        let rows: Vec<usize> = (0..self.len()).filter(|&row| is_labelled.value(row)).collect();
        if rows.len() == self.len() {
            return Ok(self);
        }
        if rows.is_empty() {
            return Err(EmbeddingError::MissingLabel { id: self.ids.first().cloned().unwrap_or_default() });
        }
        let extra = match &self.extra {
            None => None,
            Some(extra) => Some(filter_record_batch(extra, &is_labelled).map_err(EmbeddingError::Rows)?),
        };
        let mut labelled = self.select(&rows)?.with_extra(extra);
        let unlabelled = self.ids.into_iter().zip(&self.labels).filter(|(_, label)| label.is_none());
        let left_out = unlabelled.map(|(id, _)| SkippedImage { id, reason: "it has no label".to_owned() });
        labelled.provenance.skipped.extend(left_out);
        Ok(labelled)
    }

    /// Number of images.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Components of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.vectors.ncols()
    }

    /// Ids of the images, unique.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Label of each image, where it has one.
    #[must_use]
    pub fn labels(&self) -> &[Option<i32>] {
        &self.labels
    }

    /// Labels of all images.
    ///
    /// # Errors
    /// [`EmbeddingError::MissingLabel`] names the first image without one.
    pub fn required_labels(&self) -> Result<Vec<i32>, EmbeddingError> {
        self.labels
            .iter()
            .zip(&self.ids)
            .map(|(label, id)| label.ok_or_else(|| EmbeddingError::MissingLabel { id: id.clone() }))
            .collect()
    }

    /// The vectors, `[len, dim]`, row-major and contiguous.
    #[must_use]
    pub fn vectors(&self) -> ArrayView2<'_, f32> {
        self.vectors.view()
    }

    /// Where the vectors come from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Further columns of the file, row for row.
    #[must_use]
    pub fn extra(&self) -> Option<&RecordBatch> {
        self.extra.as_ref()
    }
}

fn check_unique(ids: &[String]) -> Result<(), EmbeddingError> {
    let mut rows = HashMap::with_capacity(ids.len());
    for (second, id) in ids.iter().enumerate() {
        if let Some(first) = rows.insert(id.as_str(), second) {
            return Err(EmbeddingError::DuplicateId { id: id.clone(), first, second });
        }
    }
    Ok(())
}
