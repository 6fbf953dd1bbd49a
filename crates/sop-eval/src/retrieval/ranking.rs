//! Rankings by similarity.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use sop_index::{Vectors, similarities};

use super::RetrievalError;
use super::prepare::check_pair;

/// Ranks all rows of `database`, `[images, dim]`, by their inner product with each row of `queries`, `[queries, dim]`:
/// indices `[queries, images]`, the most similar first, of equal ones the lower index.
///
/// Products are summed in f64, in an order that depends on `dim` alone, and are not rounded before they are compared.
///
/// # Errors
/// When a side is empty or not finite, or they have different `dim`.
pub fn rank(queries: ArrayView2<'_, f32>, database: ArrayView2<'_, f32>) -> Result<Array2<u32>, RetrievalError> {
    check_pair(queries, database)?;
    let images = u32::try_from(database.nrows()).map_err(|_| RetrievalError::Param {
        name: "database",
        value: database.nrows() as f64,
        range: "fewer than 2^32 images",
    })?;
    let rows = Vectors::from(database);
    let mut ranking = Array2::zeros((queries.nrows(), database.nrows()));
    let lists: Vec<_> = ranking.axis_iter_mut(Axis(0)).zip(queries.rows()).collect();
    lists.into_par_iter().try_for_each(|(mut list, query)| {
        let similarities = similarities(query, &rows)?;
        let mut ranked: Vec<(f64, u32)> = similarities.into_iter().zip(0..images).collect();
        // Adding zero makes -0 and 0 a tie, which they are.
        ranked.sort_unstable_by(|(left, first), (right, second)| {
            (right + 0.0).total_cmp(&(left + 0.0)).then(first.cmp(second))
        });
        list.iter_mut().zip(ranked).for_each(|(place, (_, image))| *place = image);
        Ok::<_, RetrievalError>(())
    })?;
    Ok(ranking)
}
