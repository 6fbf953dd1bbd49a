//! Fitting a whitening.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};
use sop_numeric::{Put, multiply};

use super::eigen::symmetric_eigen;
use super::{Whitening, WhiteningError, check_rows};

/// Eigenvalues below this share of the largest are taken as this share.
const FLOOR: f64 = 1e-5;
/// Rows that are held as f64 at a time.
const ROWS_AT_ONCE: usize = 1024;

/// Of what the eigenvectors are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// Second moments, without subtracting the mean: DINO's script.
    #[default]
    Uncentred,
    /// The covariance, with the mean subtracted: the textbook's PCA.
    Centred,
}

impl Covariance {
    /// Its name, as configs spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uncentred => "uncentred",
            Self::Centred => "centred",
        }
    }
}

/// Parameters of whitening; the defaults are DINO's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhiteningParams {
    /// Of what the eigenvectors are taken.
    pub covariance: Covariance,
    /// Components that are kept, those of the largest eigenvalues; all by default.
    pub dim: Option<usize>,
}

impl WhiteningParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When no component is kept.
    pub fn check(&self) -> Result<(), WhiteningError> {
        if self.dim == Some(0) { Err(WhiteningError::NothingKept) } else { Ok(()) }
    }
}

/// What a fit found.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// All eigenvalues, descending, the smallest raised to 1e-5 of the largest.
    pub eigenvalues: Vec<f64>,
    /// Share of their sum that the kept components have, in `(0, 1]`.
    pub kept_energy: f64,
}

impl Whitening {
    /// Fits a whitening on descriptors `[images, dim]`.
    ///
    /// Either form subtracts the mean of the set when it is applied; they differ in the eigenvectors alone. Component
    /// `i` is divided by the root of its eigenvalue, of which those below 1e-5 of the largest are raised to it.
    ///
    /// # Errors
    /// When the set is empty, not finite, has fewer components than are to be kept, or does not vary.
    pub fn fit(set: ArrayView2<'_, f32>, params: &WhiteningParams) -> Result<(Self, Spectrum), WhiteningError> {
        params.check()?;
        check_rows("descriptors of the whitening set", set)?;
        let available = set.ncols();
        let dim = params.dim.unwrap_or(available);
        if dim > available {
            return Err(WhiteningError::TooMany { dim, available });
        }
        let mean = mean(set);
        let centre = match params.covariance {
            Covariance::Uncentred => Array1::zeros(available),
            Covariance::Centred => mean.clone(),
        };
        let moments = second_moments(set, centre.view());
        let eigen = symmetric_eigen(moments.view());
        let (mut eigenvalues, mut projection) = eigen.ok_or(WhiteningError::Eigenvalues { dim: available })?;
        let floor = eigenvalues.first().copied().unwrap_or_default() * FLOOR;
        if floor <= 0.0 {
            return Err(WhiteningError::NoVariance);
        }
        eigenvalues.iter_mut().for_each(|value| *value = value.max(floor));
        let kept: f64 = eigenvalues.iter().take(dim).sum();
        let kept_energy = kept / eigenvalues.iter().sum::<f64>();
        projection = projection.slice(s![..dim, ..]).to_owned();
        for (mut row, value) in projection.rows_mut().into_iter().zip(&eigenvalues) {
            row.mapv_inplace(|component| component / value.sqrt());
        }
        Ok((Self { mean, projection }, Spectrum { eigenvalues, kept_energy }))
    }
}

fn blocks(rows: ArrayView2<'_, f32>) -> impl Iterator<Item = ArrayView2<'_, f32>> {
    (0..rows.nrows()).step_by(ROWS_AT_ONCE).map(move |first| {
        let last = rows.nrows().min(first + ROWS_AT_ONCE);
        rows.slice_move(s![first..last, ..])
    })
}

fn mean(rows: ArrayView2<'_, f32>) -> Array1<f64> {
    let mut sum = Array1::<f64>::zeros(rows.ncols());
    rows.rows().into_iter().for_each(|row| sum.zip_mut_with(&row, |sum, &value| *sum += f64::from(value)));
    sum / rows.nrows() as f64
}

/// The mean of the outer products of rows less `centre`, `[dim, dim]`.
fn second_moments(rows: ArrayView2<'_, f32>, centre: ArrayView1<'_, f64>) -> Array2<f64> {
    let mut moments = Array2::zeros((rows.ncols(), rows.ncols()));
    for block in blocks(rows) {
        let centred = block.mapv(f64::from) - centre;
        multiply(centred.t(), centred.view(), moments.view_mut(), Put::Add);
    }
    moments / rows.nrows() as f64
}
