//! Descriptors drawn towards their neighbours: query expansion ([`Expansion`]), and database-side augmentation of Turcot and Lowe (2009)
//! in the same form.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::Deserialize;
use sop_index::{Expansion, ExpansionError, Neighbors, SearchOptions, top_k};

use super::RetrievalError;
use super::prepare::{check_pair, check_rows};

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

impl Augmentation {
    /// The expansion of a row by the other ones.
    fn as_expansion(&self) -> Expansion {
        Expansion { neighbors: self.neighbors, alpha: self.alpha, with_query: true }
    }

    /// Checks the values.
    ///
    /// # Errors
    /// When there are no neighbours, or α is negative or not a number.
    pub fn check(&self) -> Result<(), RetrievalError> {
        named(["database_augmentation.neighbors", "database_augmentation.alpha"], &self.as_expansion())
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
    check_expansion(params)?;
    check_pair(queries, database)?;
    let neighbors = top_k(queries, database, params.neighbors, &SearchOptions::default())?;
    Ok(expanded(queries, database, &neighbors, params))
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
    Ok(expanded(database, database, &neighbors, &params.as_expansion()))
}

fn expanded(
    rows: ArrayView2<'_, f32>,
    database: ArrayView2<'_, f32>,
    neighbors: &Neighbors,
    params: &Expansion,
) -> Array2<f32> {
    let mut sums = Array2::zeros(rows.dim());
    let places: Vec<_> = sums.axis_iter_mut(Axis(0)).enumerate().collect();
    places.into_par_iter().for_each(|(row, mut into)| {
        let similar = neighbors.similarities.row(row);
        let nearest = neighbors.indices.row(row).into_iter().zip(similar);
        let nearest = nearest.map(|(&index, &similarity)| (similarity, database.row(index as usize)));
        into.iter_mut().zip(params.expand(rows.row(row), nearest)).for_each(|(into, value)| *into = value);
    });
    sums
}

/// Checks the parameters of query expansion.
pub(super) fn check_expansion(params: &Expansion) -> Result<(), RetrievalError> {
    named(["query_expansion.neighbors", "query_expansion.alpha"], params)
}

/// Checks parameters, which an error names as `[neighbors, alpha]`.
fn named([neighbors, alpha]: [&'static str; 2], params: &Expansion) -> Result<(), RetrievalError> {
    params.check().map_err(|ExpansionError { name, value, range }| RetrievalError::Param {
        name: if name == "alpha" { alpha } else { neighbors },
        value,
        range,
    })
}
