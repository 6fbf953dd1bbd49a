//! Descriptors drawn towards their neighbours.
//!
//! Average query expansion of Chum et al., "Total Recall" (ICCV 2007), with the weights of Radenović et al., "Fine-tuning
//! CNN Image Retrieval with No Human Annotation" (TPAMI 2019), section 3.4; database-side augmentation of Turcot and Lowe
//! (2009) in the same form.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::Deserialize;
use sop_index::{Neighbors, SearchOptions, top_k};

use super::RetrievalError;
use super::prepare::{check_pair, check_rows};

/// Parameters of α-weighted query expansion.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expansion {
    /// Database images that are added, 50 by default; more than there are is all of them.
    pub neighbors: usize,
    /// Exponent α of a neighbour's weight `max(similarity, 0)^α`, 3 by default; 0 weighs all alike.
    pub alpha: f64,
    /// Whether the query itself counts, with weight 1; true by default.
    pub with_query: bool,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { neighbors: 50, alpha: 3.0, with_query: true }
    }
}

/// Parameters of database augmentation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Other database images that are added to each, 10 by default; more than there are is all of them.
    pub neighbors: usize,
    /// Exponent α of a neighbour's weight, as of [`Expansion::alpha`]; 3 by default.
    pub alpha: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self { neighbors: 10, alpha: 3.0 }
    }
}

impl Expansion {
    /// Checks the values.
    ///
    /// # Errors
    /// When there are no neighbours, or α is negative or not a number.
    pub fn check(&self) -> Result<(), RetrievalError> {
        check(["query_expansion.neighbors", "query_expansion.alpha"], self.neighbors, self.alpha)
    }
}

impl Augmentation {
    /// Checks the values.
    ///
    /// # Errors
    /// When there are no neighbours, or α is negative or not a number.
    pub fn check(&self) -> Result<(), RetrievalError> {
        check(["database_augmentation.neighbors", "database_augmentation.alpha"], self.neighbors, self.alpha)
    }
}

/// Replaces each row of `queries`, `[queries, dim]`, by the weighted sum of its nearest rows of `database`,
/// `[images, dim]`, and itself, scaled to unit length.
///
/// Both sides are of unit length, so that inner products are cosines.
///
/// # Errors
/// When a parameter is wrong, a side is empty or not finite, or they have different `dim`.
pub fn query_expansion(
    queries: ArrayView2<'_, f32>,
    database: ArrayView2<'_, f32>,
    params: &Expansion,
) -> Result<Array2<f32>, RetrievalError> {
    params.check()?;
    check_pair(queries, database)?;
    let neighbors = top_k(queries, database, params.neighbors, &SearchOptions::default())?;
    Ok(expanded(queries, database, &neighbors, params.alpha, params.with_query))
}

/// Replaces each row of `database`, `[images, dim]`, by the sum of itself, with weight 1, and its nearest other rows,
/// weighted by similarity, scaled to unit length. Rows are of unit length.
///
/// # Errors
/// When a parameter is wrong, or the database is empty or not finite.
pub fn database_augmentation(
    database: ArrayView2<'_, f32>,
    params: &Augmentation,
) -> Result<Array2<f32>, RetrievalError> {
    params.check()?;
    check_rows("database descriptors", database)?;
    let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
    let neighbors = top_k(database, database, params.neighbors, &options)?;
    Ok(expanded(database, database, &neighbors, params.alpha, true))
}

fn expanded(
    rows: ArrayView2<'_, f32>,
    database: ArrayView2<'_, f32>,
    neighbors: &Neighbors,
    alpha: f64,
    with_itself: bool,
) -> Array2<f32> {
    let mut sums = Array2::zeros(rows.dim());
    let places: Vec<_> = sums.axis_iter_mut(Axis(0)).enumerate().collect();
    places.into_par_iter().for_each(|(row, mut into)| {
        let own = if with_itself { 1.0 } else { 0.0 };
        let mut sum: Vec<f64> = rows.row(row).iter().map(|&value| own * f64::from(value)).collect();
        for (&index, &similarity) in neighbors.indices.row(row).iter().zip(neighbors.similarities.row(row)) {
            let weight = f64::from(similarity).max(0.0).powf(alpha);
            let neighbor = database.row(index as usize);
            sum.iter_mut().zip(neighbor).for_each(|(sum, &value)| *sum += weight * f64::from(value));
        }
        // To unit length before rounding: a sum of many small weights may be tiny.
        let norm = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
        let scale = if norm > 0.0 { norm.recip() } else { 0.0 };
        into.iter_mut().zip(sum).for_each(|(into, value)| *into = (value * scale) as f32);
    });
    sums
}

fn check([neighbors_name, alpha_name]: [&'static str; 2], neighbors: usize, alpha: f64) -> Result<(), RetrievalError> {
    if neighbors == 0 {
        return Err(RetrievalError::Param { name: neighbors_name, value: 0.0, range: "at least 1" });
    }
    let good = alpha.is_finite() && alpha >= 0.0;
    good.then_some(()).ok_or(RetrievalError::Param { name: alpha_name, value: alpha, range: "a number of at least 0" })
}
