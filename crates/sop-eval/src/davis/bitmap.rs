//! A binary mask with 64 pixels in a word.

use std::ops::Range;

use ndarray::ArrayView2;

/// Set pixels of an image: bit `x % 64` of word `x / 64` of row `y`; bits beyond the width are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bitmap {
    width: usize,
    height: usize,
    words_per_row: usize,
    words: Vec<u64>,
}

/// A byte in each of the eight of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

impl Bitmap {
    pub fn empty(width: usize, height: usize) -> Self {
        let words_per_row = width.div_ceil(64);
        Self { width, height, words_per_row, words: vec![0; words_per_row * height] }
    }

    /// The pixels of a label map that have a label.
    pub fn of_label(labels: ArrayView2<'_, u8>, label: u8) -> Self {
        let (height, width) = labels.dim();
        let mut bitmap = Self::empty(width, height);
        let pattern = u64::from(label) * ONES;
        for (labels, words) in labels.rows().into_iter().zip(bitmap.words.chunks_mut(bitmap.words_per_row.max(1))) {
            let row = labels.to_slice().map_or_else(|| labels.to_vec().into(), std::borrow::Cow::Borrowed);
            let (blocks, rest) = row.as_chunks::<64>();
            for (block, word) in blocks.iter().zip(words.iter_mut()) {
                // Most blocks do not have the label, which a processor sees for many pixels at once.
                if !block.iter().fold(false, |any, &pixel| any | (pixel == label)) {
                    continue;
                }
                for (place, eight) in block.as_chunks::<8>().0.iter().enumerate() {
                    *word |= equal_bytes(u64::from_le_bytes(*eight) ^ pattern) << (8 * place);
                }
            }
            if let Some(word) = words.get_mut(blocks.len()) {
                for (place, &pixel) in rest.iter().enumerate() {
                    *word |= u64::from(pixel == label) << place;
                }
            }
        }
        bitmap
    }

    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Number of pixels that are set in both.
    pub fn count_and(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(own, other)| u64::from((own & other).count_ones())).sum()
    }

    /// Pixels that differ from their right, lower or lower right neighbour: the reference's `_seg2bmap`.
    ///
    /// In the last column only the lower neighbour counts, in the last row only the right one, in the corner none.
    pub fn boundary(&self) -> Self {
        let mut boundary = Self::empty(self.width, self.height);
        let Some(last_column) = self.width.checked_sub(1) else { return boundary };
        let last_bit = 1_u64 << (last_column % 64);
        let mut right = vec![0; self.words_per_row];
        let mut below_right = vec![0; self.words_per_row];
        for y in 0..self.height {
            let own = self.row(y);
            let below = if y + 1 < self.height { self.row(y + 1) } else { &[] };
            if own.iter().chain(below).all(|&word| word == 0) {
                continue;
            }
            shift_left_by_one(own, &mut right);
            let out = &mut boundary.words[y * self.words_per_row..][..self.words_per_row];
            if y + 1 == self.height {
                out.iter_mut().zip(own).zip(&right).for_each(|((out, own), right)| *out = own ^ right);
                out[last_column / 64] &= !last_bit;
                continue;
            }
            shift_left_by_one(below, &mut below_right);
            for (place, out) in out.iter_mut().enumerate() {
                let own = own[place];
                *out = (own ^ right[place]) | (own ^ below[place]) | (own ^ below_right[place]);
            }
            let word = last_column / 64;
            out[word] = (out[word] & !last_bit) | ((own[word] ^ below[word]) & last_bit);
        }
        boundary
    }

    /// Every pixel at most `radius` away from a set one: dilation by the disk `x² + y² <= radius²`.
    pub fn dilated(&self, radius: usize) -> Self {
        let mut dilated = Self::empty(self.width, self.height);
        // Half the width of the disk in each of its rows, from the middle one outwards.
        let half: Vec<usize> = (0..=radius).map(|row| ((radius * radius - row * row) as f64).sqrt() as usize).collect();
        let mut spread = vec![vec![0_u64; self.words_per_row]; radius + 1];
        for y in 0..self.height {
            let row = self.row(y);
            let Some(words) = occupied(row, radius) else { continue };
            let row = &row[words.clone()];
            spread[0][..row.len()].copy_from_slice(row);
            for width in 1..=radius {
                let (known, new) = spread.split_at_mut(width);
                let (Some(known), Some(new)) = (known.last(), new.first_mut()) else { continue };
                new[..row.len()].copy_from_slice(&known[..row.len()]);
                or_shifted(row, width, &mut new[..row.len()]);
            }
            for (distance, &half) in half.iter().enumerate() {
                for row in [y.checked_sub(distance), (distance > 0).then_some(y + distance)].into_iter().flatten() {
                    if row < self.height {
                        let out = &mut dilated.words[row * self.words_per_row..][words.clone()];
                        out.iter_mut().zip(&spread[half]).for_each(|(out, word)| *out |= word);
                    }
                }
            }
        }
        dilated.clear_beyond();
        dilated
    }

    fn row(&self, y: usize) -> &[u64] {
        &self.words[y * self.words_per_row..][..self.words_per_row]
    }

    fn clear_beyond(&mut self) {
        let used = self.width % 64;
        if used > 0 {
            let mask = (1 << used) - 1;
            self.words.chunks_mut(self.words_per_row).filter_map(<[u64]>::last_mut).for_each(|word| *word &= mask);
        }
    }
}

/// The bit of every byte that is zero.
fn equal_bytes(differences: u64) -> u64 {
    let high = !(((differences & LOW_BITS) + LOW_BITS) | differences | LOW_BITS);
    // Gathers the highest bits of the eight bytes.
    ((high >> 7).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

/// The words of a row that have a set pixel at most `radius` away; `None` where none is set.
fn occupied(row: &[u64], radius: usize) -> Option<Range<usize>> {
    let first = row.iter().position(|&word| word != 0)?;
    let last = row.iter().rposition(|&word| word != 0)?;
    let reach = radius.div_ceil(64);
    Some(first.saturating_sub(reach)..(last + reach + 1).min(row.len()))
}

/// Pixel `x` of the result is pixel `x + 1` of the row.
fn shift_left_by_one(row: &[u64], out: &mut [u64]) {
    for (place, out) in out.iter_mut().enumerate() {
        *out = (row[place] >> 1) | row.get(place + 1).map_or(0, |next| next << 63);
    }
}

/// Adds the row moved by `distance` pixels to either side.
fn or_shifted(row: &[u64], distance: usize, out: &mut [u64]) {
    let (words, bits) = (distance / 64, distance % 64);
    for (place, out) in out.iter_mut().enumerate() {
        let word = |place: Option<usize>| place.and_then(|place| row.get(place)).copied().unwrap_or(0);
        let (up, down) = (place.checked_sub(words), Some(place + words));
        *out |= word(up) << bits | word(down) >> bits;
        if bits > 0 {
            *out |= word(place.checked_sub(words + 1)) >> (64 - bits) | word(Some(place + words + 1)) << (64 - bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    fn get(bitmap: &Bitmap, x: usize, y: usize) -> bool {
        bitmap.words[y * bitmap.words_per_row + x / 64] >> (x % 64) & 1 == 1
    }

    proptest! {
        #[test]
        fn words_do_what_pixels_would(width in 1_usize..150, height in 1_usize..20, radius in 0_usize..12, seed in 0_u64..1000) {
            let label = |(y, x): (usize, usize)| (((x * 31 + y * 17 + seed as usize * 7) * 2_654_435_761) >> 7) as u8 % 5;
            let labels = Array2::from_shape_fn((height, width), label);
            let bitmap = Bitmap::of_label(labels.view(), 3);
            let set = |x: usize, y: usize| labels[[y, x]] == 3;
            let (boundary, dilated) = (bitmap.boundary(), bitmap.dilated(radius));
            let mut count = 0;
            for y in 0..height {
                for x in 0..width {
                    prop_assert_eq!(get(&bitmap, x, y), set(x, y));
                    count += u64::from(set(x, y));
                    let differs = |dx: usize, dy: usize| set(x, y) != set(x + dx, y + dy);
                    let edge = match (x + 1 == width, y + 1 == height) {
                        (true, true) => false,
                        (true, false) => differs(0, 1),
                        (false, true) => differs(1, 0),
                        (false, false) => differs(1, 0) || differs(0, 1) || differs(1, 1),
                    };
                    prop_assert_eq!(get(&boundary, x, y), edge, "boundary at {} {}", x, y);
                    let near = (0..height).any(|v| (0..width).any(|u| {
                        set(u, v) && u.abs_diff(x).pow(2) + v.abs_diff(y).pow(2) <= radius * radius
                    }));
                    prop_assert_eq!(get(&dilated, x, y), near, "dilation at {} {}", x, y);
                }
            }
            prop_assert_eq!(bitmap.count(), count);
        }
    }
}
