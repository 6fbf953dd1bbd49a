//! How large the blocks of a search are.

use crate::nearest::Nearest;

/// Rows of the gallery in a block: beyond it the product gets no faster.
const GALLERY_ROWS: usize = 1024;
/// The same where memory is short.
const MIN_GALLERY_ROWS: usize = 64;
/// Queries in a block: beyond it the product gets no faster.
const QUERIES: usize = 256;

/// Rows of the two sides that one thread takes at once.
///
/// The result of a search does not depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockShape {
    /// Queries in a block.
    pub queries: usize,
    /// Rows of the gallery in a block.
    pub gallery_rows: usize,
}

impl BlockShape {
    /// The largest useful shape whose buffers fit into `bytes`, but at least one query.
    pub fn for_budget(bytes: usize, depth: usize, k: usize) -> Self {
        let size = std::mem::size_of::<f32>();
        // Queries are held twice: as laid out here, and as packed by the product.
        let fixed = Nearest::capacity(k).saturating_mul(2 * size).saturating_add(depth.saturating_mul(2 * size));
        let fits = |gallery_rows: usize| bytes / fixed.saturating_add(gallery_rows * size);
        let gallery_rows = if fits(GALLERY_ROWS) == 0 { MIN_GALLERY_ROWS } else { GALLERY_ROWS };
        Self { queries: fits(gallery_rows).clamp(1, QUERIES), gallery_rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_shrinks_the_blocks_down_to_one_query() {
        let roomy = BlockShape::for_budget(1 << 30, 384, 200);
        assert_eq!(roomy, BlockShape { queries: QUERIES, gallery_rows: GALLERY_ROWS });
        let short = BlockShape::for_budget(1 << 16, 384, 200);
        assert!(short.queries < QUERIES, "{short:?}");
        assert_eq!(BlockShape::for_budget(0, 384, 200), BlockShape { queries: 1, gallery_rows: MIN_GALLERY_ROWS });
    }
}
