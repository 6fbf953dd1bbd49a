//! Separable 8-bit resampling: one pass along each axis, rounding to bytes between them.

use sop_numeric::kernel;

use super::coefficients::{Coefficients, HALF, to_sample};
use super::filter::Filter;
use super::transpose::transpose;
use crate::image::planes::{LANES, PlanarImage, Plane};
use crate::image::window::Window;

/// A window of a resized image, as `ImagingResample` of Pillow's `Resample.c` computes it.
///
/// The order of the passes matters because the image between them is rounded to bytes; see [`vertical_first`].
pub(super) struct Resampling {
    columns: Coefficients,
    rows: Coefficients,
    vertical_first: bool,
}

impl Resampling {
    /// The pixels of `window` in the `target` image that `region` (left, top, right, bottom) of the `source` image becomes; sizes are width and height.
    ///
    /// The filter must not be [`Filter::Nearest`], which is another algorithm.
    pub(super) fn new(
        source: (usize, usize),
        [left, top, right, bottom]: [f32; 4],
        target: (usize, usize),
        filter: Filter,
        window: Window,
    ) -> Self {
        let axis = |source: usize, start: f32, end: f32, target: usize, range| {
            // Pillow leaves out a pass that would change nothing.
            if source == target && start == 0.0 && end == target as f32 {
                return Coefficients::identity(range);
            }
            Coefficients::new(source, (start, end), target, range, filter)
        };
        Self {
            columns: axis(source.0, left, right, target.0, window.left..window.right()),
            rows: axis(source.1, top, bottom, target.1, window.top..window.bottom()),
            vertical_first: vertical_first(source, target),
        }
    }

    /// The pixels of the source image that the result depends on.
    pub(super) fn source_window(&self) -> Window {
        let (columns, rows) = (self.columns.source_range(), self.rows.source_range());
        Window { left: columns.start, top: rows.start, width: columns.len(), height: rows.len() }
    }

    /// Resamples the source image, of which `image` holds exactly [`Resampling::source_window`].
    pub(super) fn run(&self, image: &PlanarImage) -> PlanarImage {
        let Window { left, top, .. } = image.window;
        let planes = image.planes.iter().map(|plane| {
            if self.vertical_first {
                horizontal_pass(&vertical_pass(plane, top, &self.rows), left, &self.columns)
            } else {
                vertical_pass(&horizontal_pass(plane, left, &self.columns), top, &self.rows)
            }
        });
        PlanarImage { window: Window::whole(self.columns.len(), self.rows.len()), planes: planes.collect() }
    }
}

/// Whether Pillow 13 runs the vertical pass first: when the height loses more than twice as many pixels as the width.
///
/// Older versions always run the horizontal pass first, so results for such images (very tall ones, in practice) differ by a grey level between them.
fn vertical_first(source: (usize, usize), target: (usize, usize)) -> bool {
    let loss = |from: usize, to: usize| from as i64 - to as i64;
    let (columns, rows) = (loss(source.0, target.0), loss(source.1, target.1));
    rows > 0 && rows > columns * 2
}

/// Resamples along the columns; row 0 of `plane` is row `top` of the source image.
fn vertical_pass(plane: &Plane, top: usize, rows: &Coefficients) -> Plane {
    let mut out = Plane::new(plane.width(), rows.len());
    weighted_rows(plane.samples(), plane.stride(), top, rows, out.samples_mut());
    out
}

/// Resamples along the rows; column 0 of `plane` is column `left` of the source image.
///
/// So many rows at a time as there are lanes are transposed, resampled along the columns, and transposed back.
fn horizontal_pass(plane: &Plane, left: usize, columns: &Coefficients) -> Plane {
    let mut out = Plane::new(columns.len(), plane.height());
    let mut strip = vec![0_u8; plane.stride() * LANES];
    let mut resampled = vec![0_u8; out.stride() * LANES];
    let (stride, out_stride) = (plane.stride(), out.stride());
    let sources = plane.samples().chunks(stride * LANES);
    for (source, target) in sources.zip(out.samples_mut().chunks_mut(out_stride * LANES)) {
        transpose(source, stride, &mut strip, LANES);
        weighted_rows(&strip, LANES, left, columns, &mut resampled);
        transpose(&resampled, LANES, target, out_stride);
    }
    out
}

kernel! {
    /// Every row of `target` is a weighted sum of rows of `source`, of which the first stands for position `origin`; rows have `stride` samples, a multiple of [`LANES`].
    fn weighted_rows(source: &[u8], stride: usize, origin: usize, coefficients: &Coefficients, target: &mut [u8]) {
        for ((first, weights), row) in coefficients.iter().zip(target.chunks_exact_mut(stride)) {
            let taps = source.get(first.saturating_sub(origin) * stride..).unwrap_or_default();
            for (index, lanes) in row.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let mut sums = [HALF; LANES];
                for (tap, &weight) in taps.get(index * LANES..).unwrap_or_default().chunks(stride).zip(weights) {
                    let Some(samples) = tap.first_chunk::<LANES>() else { break };
                    for (sum, &sample) in sums.iter_mut().zip(samples) {
                        *sum += i32::from(sample) * weight;
                    }
                }
                for (lane, sum) in lanes.iter_mut().zip(sums) {
                    *lane = to_sample(sum);
                }
            }
        }
    }
}
