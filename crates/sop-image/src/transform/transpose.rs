//! Rows to columns.

use sop_numeric::kernel;

/// Side of the squares that are transposed at once.
const TILE: usize = 16;

kernel! {
    /// Writes row `y`, column `x` of `source` to row `x`, column `y` of `target`, as far as `target` has such a place.
    ///
    /// Both strides are multiples of 16; rows that `source` lacks count as zeros.
    pub(super) fn transpose(source: &[u8], source_stride: usize, target: &mut [u8], target_stride: usize) {
        for (tile_x, target_rows) in target.chunks_mut(target_stride * TILE).enumerate() {
            for tile_y in 0..target_stride / TILE {
                let tile = std::array::from_fn(|row| {
                    let start = (tile_y * TILE + row) * source_stride + tile_x * TILE;
                    source.get(start..).and_then(|rest| rest.first_chunk::<TILE>()).copied().unwrap_or_default()
                });
                for (line, row) in target_rows.chunks_exact_mut(target_stride).zip(transpose_tile(tile)) {
                    if let Some(target) = line.as_chunks_mut().0.get_mut(tile_y) {
                        *target = row;
                    }
                }
            }
        }
    }
}

/// Four times over, the first and second half of the rows are interleaved, and so are their samples: a perfect shuffle of all places each.
#[inline(always)]
fn transpose_tile(mut tile: [[u8; TILE]; TILE]) -> [[u8; TILE]; TILE] {
    for _ in 0..TILE.ilog2() {
        let mut shuffled = [[0; TILE]; TILE];
        for i in 0..TILE / 2 {
            for k in 0..TILE / 2 {
                let (first, second) = (tile[i], tile[i + TILE / 2]);
                [shuffled[2 * i][2 * k], shuffled[2 * i][2 * k + 1]] = [first[k], second[k]];
                [shuffled[2 * i + 1][2 * k], shuffled[2 * i + 1][2 * k + 1]] =
                    [first[k + TILE / 2], second[k + TILE / 2]];
            }
        }
        tile = shuffled;
    }
    tile
}
