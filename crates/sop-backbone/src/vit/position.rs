//! Position embeddings at other image sizes: the `dino_offset` interpolation.
//!
//! DINO, iBOT and SOP resize the grid of position embeddings with `torch.nn.functional.interpolate`, bicubic, giving
//! the *scale factor* `(n + 0.1) / grid`, which PyTorch then uses for sampling (dino `vision_transformer.py`,
//! `interpolate_pos_encoding`). A separable kernel is two small matrix products: `rows · grid · columnsᵀ`.

/// PyTorch's bicubic kernel parameter.
pub const CUBIC_A: f64 = -0.75;

/// What DINO adds to the number of patches before it divides by the grid.
pub const DINO_OFFSET: f64 = 0.1;

/// Whether the position embedding is used as it is: as many patches as it was made for, and a square image in *pixels*.
///
/// So an image of 230 × 224 pixels is interpolated although it has the same 14 × 14 patches, and 230 × 230 is not.
#[must_use]
pub fn is_native(image: [usize; 2], patch_size: usize, grid: usize) -> bool {
    let [height, width] = image;
    (height / patch_size) * (width / patch_size) == grid * grid && height == width
}

/// Interpolation matrix `[out, grid]`, row-major: how much of each grid cell goes into each output cell along one axis.
///
/// `offset` is [`DINO_OFFSET`], or 0 for the identity when `out == grid`.
#[must_use]
pub fn bicubic_matrix(out: usize, grid: usize, offset: f64) -> Vec<f32> {
    let step = grid as f64 / (out as f64 + offset);
    let mut matrix = vec![0.0_f64; out * grid];
    for (cell, row) in matrix.chunks_exact_mut(grid).enumerate() {
        let source = (cell as f64 + 0.5) * step - 0.5;
        let first = source.floor();
        for (tap, weight) in cubic_weights(source - first).into_iter().enumerate() {
            // Cells beyond the edge repeat the edge.
            let index = (first + tap as f64 - 1.0).clamp(0.0, (grid - 1) as f64);
            row[index as usize] += weight;
        }
    }
    matrix.into_iter().map(|weight| weight as f32).collect()
}

/// Weights of the four neighbours of a point that lies `fraction` beyond the second of them.
fn cubic_weights(fraction: f64) -> [f64; 4] {
    let near = |x: f64| ((CUBIC_A + 2.0) * x - (CUBIC_A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((CUBIC_A * x - 5.0 * CUBIC_A) * x + 8.0 * CUBIC_A) * x - 4.0 * CUBIC_A;
    [far(fraction + 1.0), near(fraction), near(1.0 - fraction), far(2.0 - fraction)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_offset_and_same_size_is_the_identity() {
        let matrix = bicubic_matrix(3, 3, 0.0);
        assert_eq!(matrix, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn rows_sum_to_one() {
        for (out, grid) in [(1, 14), (6, 14), (28, 14), (32, 14), (5, 1)] {
            for row in bicubic_matrix(out, grid, DINO_OFFSET).chunks_exact(grid) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn doubling_without_offset_has_the_textbook_weights() {
        // Output cell 1 of 4 lies at 0.25 between cells 0 and 1 of 2: taps -1, 0, 1, 2 with the edges repeated.
        let weights = cubic_weights(0.25);
        let row = &bicubic_matrix(4, 2, 0.0)[2..4];
        assert!((f64::from(row[0]) - (weights[0] + weights[1])).abs() < 1e-7);
        assert!((weights[0] + 0.105_468_75).abs() < 1e-12, "{weights:?}");
    }

    #[test]
    fn native_needs_a_square_image_and_the_same_number_of_patches() {
        assert!(is_native([224, 224], 16, 14) && is_native([230, 230], 16, 14));
        assert!(!is_native([230, 224], 16, 14) && !is_native([448, 112], 16, 14) && !is_native([96, 96], 16, 14));
    }
}
