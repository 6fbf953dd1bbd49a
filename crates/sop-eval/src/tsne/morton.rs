//! The order of points along a Z-shaped curve through their bounding box.
//!
//! Morton, "A Computer Oriented Geodetic Data Base and a New Technique in File Sequencing" (1966): the bits of the
//! coordinates, interleaved, number the cells of a quadtree (or octree) so that those of every larger cell follow each
//! other.

/// Bits of a code, for all axes together.
const BITS: usize = 32;

/// Points in the order of the curve.
pub(super) struct CurveOrder {
    /// Number of the cell in the upper, row of the point in the lower half; ascending.
    keys: Vec<u64>,
}

impl CurveOrder {
    /// Sorts points whose coordinates are finite.
    pub fn new<const D: usize>(points: &[[f32; D]]) -> Self {
        let bits = BITS / D;
        let (mut low, mut high) = ([f32::INFINITY; D], [f32::NEG_INFINITY; D]);
        for point in points {
            for axis in 0..D {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let width = (0..D).fold(0.0_f32, |width, axis| width.max(high[axis] - low[axis]));
        let cells = (1_u32 << bits) as f32;
        let scale = if width > 0.0 { cells / width } else { 0.0 };
        let last_cell = (1_u32 << bits) - 1;
        let key = |(row, point): (usize, &[f32; D])| {
            let cell = |axis: usize| (((point[axis] - low[axis]) * scale) as u32).min(last_cell);
            let code = (0..D).fold(0, |code, axis| code | Spread::<D>::spread(cell(axis)) << axis);
            u64::from(code) << 32 | row as u64
        };
        let mut keys: Vec<u64> = points.iter().enumerate().map(key).collect();
        keys.sort_unstable();
        Self { keys }
    }

    /// The row at each position.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = u32> {
        self.keys.iter().map(|&key| key as u32)
    }

    /// Where the cell of the positions `first..end`, two at least, falls into halves, both of which hold points.
    pub fn halves(&self, first: usize, end: usize) -> usize {
        let keys = &self.keys[first..end];
        let difference = (keys[0] ^ keys[keys.len() - 1]) >> 32;
        match difference.checked_ilog2() {
            // The points of one cell are cut anywhere.
            None => first + keys.len() / 2,
            Some(bit) => first + keys.partition_point(|&key| key >> (32 + bit) & 1 == 0),
        }
    }
}

/// Bits drawn apart to every `D`-th place.
struct Spread<const D: usize>;

impl<const D: usize> Spread<D> {
    const BYTES: [u32; 256] = {
        let mut spread = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut bit = 0;
            while bit < 8 && bit * D < BITS {
                spread[byte] |= ((byte as u32 >> bit) & 1) << (bit * D);
                bit += 1;
            }
            byte += 1;
        }
        spread
    };

    /// Spreads the lower two bytes; what does not fit is lost.
    fn spread(value: u32) -> u32 {
        let [low, high, ..] = value.to_le_bytes();
        Self::BYTES[usize::from(low)] | Self::BYTES[usize::from(high)] << (8 * D)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_a_square_are_passed_in_the_shape_of_a_z() {
        let points = [[1.0, 1.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
        assert_eq!(CurveOrder::new(&points).rows().collect::<Vec<_>>(), [1, 3, 2, 0]);
    }

    #[test]
    fn halves_are_those_of_the_cell_and_of_the_number_within_one_cell() {
        let order = CurveOrder::new(&[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.1, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert_eq!(order.rows().collect::<Vec<_>>(), [0, 2, 1, 3]);
        assert_eq!((order.halves(0, 4), order.halves(0, 2), order.halves(2, 4)), (2, 1, 3));
    }

    #[test]
    fn bits_are_spread_to_every_second_and_third_place() {
        assert_eq!(Spread::<2>::spread(0xffff), 0x5555_5555);
        assert_eq!(Spread::<3>::spread(0x3ff), 0x0924_9249);
    }
}
