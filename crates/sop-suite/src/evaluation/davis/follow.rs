//! One video: frame by frame through the encoder, and the masks after it.

use ndarray::{Array2, Axis, s};
use sop_core::OutputKind;
use sop_datasets::video::davis::{Frames, Sequence, resize_labels};
use sop_embed::ImageLoader;
use sop_eval::davis::{Propagator, VOID, label_map};
use sop_image::transform::{FrameSize, Normalization, prepare_frame};
use sop_image::{DecodeLimits, RgbImage};

use super::DavisParams;
use crate::error::{Context as _, Result, refuse};

/// Carries the first annotation of a sequence through its frames.
pub struct Follow<'a> {
    params: &'a DavisParams,
    encoder: &'a dyn sop_core::Encoder,
    limits: DecodeLimits,
    /// Objects of the first mask that cover no token.
    pub vanished: Vec<u8>,
}

impl<'a> Follow<'a> {
    pub fn new(params: &'a DavisParams, encoder: &'a dyn sop_core::Encoder, limits: DecodeLimits) -> Self {
        Self { params, encoder, limits, vanished: Vec::new() }
    }

    /// A label map of every frame, in the frames' own size; the first is the annotation.
    pub fn sequence(
        &mut self,
        sequence: &Sequence,
        truth: &[Array2<u8>],
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<Array2<u8>>> {
        let first = truth.first().context("there is no first mask")?;
        let mut propagator: Option<(Propagator, [usize; 2], usize)> = None;
        let mut masks = vec![first.clone()];
        let frames = Frames::of(sequence);
        let loader = ImageLoader::new(&frames, self.limits);
        let size = FrameSize { short: self.params.short_side };
        let (height, width) = first.dim();
        // A frame of another size than its mask is refused as such, whatever its preparation would say of it.
        let prepare = |image: &RgbImage, _| {
            let seen = (image.height(), image.width());
            let frame = (seen == (height, width)).then(|| prepare_frame(image, size, &Normalization::DAVIS));
            Ok((seen, frame.transpose()?))
        };
        for (number, path) in sequence.frames.iter().enumerate() {
            let ((seen_height, seen_width), frame) = loader.load(number, &prepare)?;
            let Some(frame) = frame else {
                refuse!("{} has {seen_width} x {seen_height} pixels, its mask {width} x {height}", path.display());
            };
            let wanted = [OutputKind::Patches].into();
            let output = self.encoder.encode(frame.view().insert_axis(Axis(0)), &wanted)?;
            let patches = output.patches()?;
            let tokens = patches.values.slice(s![0, .., ..]);
            match &mut propagator {
                None => {
                    let on_grid = patches.grid()?;
                    let (grid, patch) = ([on_grid.rows, on_grid.columns], on_grid.patch_size()?);
                    let small = resize_labels(first.view(), grid[1], grid[0])?;
                    let covers = |mask: &Array2<u8>, object: u8| mask.iter().any(|&label| label == object);
                    self.vanished = (1..VOID).filter(|&id| covers(first, id) && !covers(&small, id)).collect();
                    let labels = usize::from(small.iter().copied().max().unwrap_or(0)) + 1;
                    let one_hot = Array2::from_shape_fn((labels, grid[0] * grid[1]), |(label, token)| {
                        f32::from(u8::from(usize::from(small[[token / grid[1], token % grid[1]]]) == label))
                    });
                    let made = Propagator::new(&self.params.propagation(), grid, tokens, one_hot.view())?;
                    propagator = Some((made, grid, patch));
                }
                Some((propagator, grid, patch)) => {
                    let soft = propagator.next_frame(tokens)?;
                    let map = label_map(soft.view(), *grid, *patch)?;
                    masks.push(resize_labels(map.view(), width, height)?);
                }
            }
            progress(number + 1);
        }
        Ok(masks)
    }
}
