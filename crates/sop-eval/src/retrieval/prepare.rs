//! Descriptors before they are compared: checked, whitened, scaled to unit length.

use ndarray::{Array2, ArrayView2};
use sop_numeric::l2_normalize;

use super::{RetrievalError, Whitening, WhiteningParams};

/// Refuses descriptors that are not there or not finite.
pub(super) fn check_rows(what: &'static str, rows: ArrayView2<'_, f32>) -> Result<(), RetrievalError> {
    if rows.is_empty() {
        return Err(RetrievalError::Empty { what });
    }
    match rows.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, _), &value)) => Err(RetrievalError::NotFinite { what, row, value: value.into() }),
        None => Ok(()),
    }
}

/// Refuses descriptors of different length.
pub(super) fn check_dims(
    (first, one): (&'static str, ArrayView2<'_, f32>),
    (second, other): (&'static str, ArrayView2<'_, f32>),
) -> Result<(), RetrievalError> {
    let (first_dim, second_dim) = (one.ncols(), other.ncols());
    let same = first_dim == second_dim;
    same.then_some(()).ok_or(RetrievalError::Dims { first, first_dim, second, second_dim })
}

/// Refuses queries and a database that cannot be compared.
pub(super) fn check_pair(queries: ArrayView2<'_, f32>, database: ArrayView2<'_, f32>) -> Result<(), RetrievalError> {
    check_rows("queries", queries)?;
    check_rows("database descriptors", database)?;
    check_dims(("queries", queries), ("database descriptors", database))
}

/// The whitening of a run: fitted where it is asked for.
pub(super) fn fit_whitening(
    params: Option<&WhiteningParams>,
    set: Option<ArrayView2<'_, f32>>,
) -> Result<Option<Whitening>, RetrievalError> {
    match (params, set) {
        (None, None) => Ok(None),
        (Some(params), Some(set)) => Ok(Some(Whitening::fit(set, params)?.0)),
        (Some(_), None) => Err(RetrievalError::NoWhiteningSet),
        (None, Some(_)) => Err(RetrievalError::UnusedWhiteningSet),
    }
}

/// Rows of unit length, whitened where there is a whitening.
pub(super) fn to_unit_length(
    whitening: Option<&Whitening>,
    rows: ArrayView2<'_, f32>,
) -> Result<Array2<f32>, RetrievalError> {
    match whitening {
        Some(whitening) => Ok(l2_normalize(whitening.apply(rows)?.view())),
        None => Ok(l2_normalize(rows)),
    }
}
