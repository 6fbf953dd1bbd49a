//! Box reduction by integer factors: the fast first half of a strong shrink.

use crate::image::RgbImage;

/// Averages blocks of `factor_x * factor_y` pixels as Pillow's `ImagingReduce` (`Reduce.c`) does; blocks at the right and lower edge may be partial.
pub(super) fn reduce(image: &RgbImage, factor_x: usize, factor_y: usize) -> RgbImage {
    let width = image.width().div_ceil(factor_x);
    let height = image.height().div_ceil(factor_y);
    let stride = image.width() * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0_u32; stride];
    for block_rows in image.pixels().chunks(factor_y * stride) {
        let rows = block_rows.len() / stride;
        sums.fill(0);
        for line in block_rows.chunks_exact(stride) {
            for (sum, &sample) in sums.iter_mut().zip(line) {
                *sum += u32::from(sample);
            }
        }
        for block in sums.as_chunks::<3>().0.chunks(factor_x) {
            let count = (block.len() * rows) as u32;
            let multiplier = reciprocal(count);
            for channel in 0..3 {
                let sum: u32 = block.iter().map(|pixel| pixel[channel]).sum();
                out.push(((u64::from(sum + count / 2) * u64::from(multiplier)) >> 24) as u8);
            }
        }
    }
    RgbImage::from_parts(width, height, out)
}

/// `2^24 / count` with the f32 rounding of Pillow's `division_UINT32`.
fn reciprocal(count: u32) -> u32 {
    let largest = (256.0_f32) * count as f32;
    (4_294_967_296.0_f32 / largest) as u32
}
