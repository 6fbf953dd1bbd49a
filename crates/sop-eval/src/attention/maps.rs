//! The attention of one image on its grid of patches, and the patches that hold most of it.

use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::EvalError;

/// Share of a head's attention that a mask holds by default, as in the figures of the DINO paper (Caron et al., ICCV 2021, Fig. 4).
pub const DEFAULT_MASS: f64 = 0.6;

/// The maps of one image on its grid of patches.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionMaps {
    /// Attention of each head, `[rows, columns]`, at least 0.
    pub heads: Vec<Array2<f32>>,
    /// Mean over the heads.
    pub mean: Array2<f32>,
    /// For each head, and then for the mean, the patches that hold the share.
    pub masks: Vec<Array2<bool>>,
}

/// Lays the attention `[heads, tokens]` of one image out on its grid `[rows, columns]` of patches.
///
/// # Errors
/// When the tokens are not those of the grid, there is no head, a value is negative or not finite, a head attends to no
/// patch, or the share is not above 0 and at most 1.
pub fn attention_maps(
    attention: ArrayView2<'_, f32>,
    [rows, columns]: [usize; 2],
    mass: f64,
) -> Result<AttentionMaps, EvalError> {
    if !(mass > 0.0 && mass <= 1.0) {
        return Err(EvalError::Param { name: "mass", value: mass, range: "above 0 and at most 1" });
    }
    let (num_heads, tokens) = attention.dim();
    if tokens != rows * columns || num_heads == 0 || tokens == 0 {
        return Err(EvalError::RowCounts { what: "attention tokens", rows: tokens, expected: rows * columns });
    }
    for head in attention.rows() {
        let wrong = head.iter().find(|value| !(value.is_finite() && **value >= 0.0));
        // Of such values neither a mask nor an entropy means anything.
        if let Some(&value) = wrong.or_else(|| head.first().filter(|_| head.iter().all(|&value| value == 0.0))) {
            let range = "finite and at least 0, and above 0 for a patch of every head";
            return Err(EvalError::Param { name: "attention", value: value.into(), range });
        }
    }
    let on_grid = |values: ArrayView1<'_, f32>| {
        Array2::from_shape_fn((rows, columns), |(row, column)| values[row * columns + column])
    };
    let heads: Vec<Array2<f32>> = attention.rows().into_iter().map(on_grid).collect();
    let mut sum = Array2::<f64>::zeros((rows, columns));
    heads.iter().for_each(|head| sum.zip_mut_with(head, |sum, &value| *sum += f64::from(value)));
    let mean = sum.mapv(|sum| (sum / num_heads as f64) as f32);
    let masks = heads.iter().chain([&mean]).map(|map| mask(map, mass)).collect();
    Ok(AttentionMaps { heads, mean, masks })
}

/// The patches with the largest values, of equal ones the first, that are needed for the share of the sum.
fn mask(map: &Array2<f32>, mass: f64) -> Array2<bool> {
    let values: Vec<f32> = map.iter().copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&left, &right| values[right].total_cmp(&values[left]).then(left.cmp(&right)));
    let total: f64 = values.iter().map(|&value| f64::from(value)).sum();
    let mut kept = vec![false; values.len()];
    let mut held = 0.0;
    for place in order {
        if held >= mass * total {
            break;
        }
        held += f64::from(values[place]);
        kept[place] = true;
    }
    let columns = map.ncols();
    Array2::from_shape_fn(map.dim(), |(row, column)| kept[row * columns + column])
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_mask_holds_the_share_with_the_fewest_patches() {
        let attention = array![[0.1_f32, 0.5, 0.3, 0.1], [0.25, 0.25, 0.25, 0.25]];
        let maps = attention_maps(attention.view(), [2, 2], 0.6).unwrap();
        assert_eq!(maps.masks[0], array![[false, true], [true, false]]);
        assert_eq!(maps.masks[1], array![[true, true], [true, false]]);
        assert_eq!(maps.masks.len(), 3);
        assert!((maps.mean[[0, 1]] - 0.375).abs() < 1e-7);
    }

    #[test]
    fn another_grid_and_shares_out_of_range_are_refused() {
        let attention = array![[0.5_f32, 0.5]];
        assert!(attention_maps(attention.view(), [2, 2], 0.6).is_err());
        assert!(attention_maps(attention.view(), [1, 2], 0.0).is_err());
        assert!(attention_maps(attention.view(), [1, 2], 1.5).is_err());
        for wrong in [f32::NAN, -0.5, f32::INFINITY] {
            let message = attention_maps(array![[0.5, 0.5], [wrong, 1.0]].view(), [1, 2], 0.6).unwrap_err().to_string();
            assert!(message.contains("`attention`") && message.contains("at least 0"), "{message}");
        }
        assert!(attention_maps(array![[0.5, 0.5], [0.0, 0.0]].view(), [1, 2], 0.6).is_err());
        assert!(attention_maps(ndarray::Array2::zeros((0, 2)).view(), [1, 2], 0.6).is_err());
    }
}
