//! Which pixels of an image the steps of a transform depend on.

use super::crop::center_offset;
use super::filter::Filter;
use super::resample::Resampling;
use super::resize::check_size;
use super::size::short_side_size;
use super::step::Step;
use crate::image::window::Window;

/// The usual steps, a resize and perhaps a centre crop inside of its result, as one operation on an image of this size that computes nothing but what is left.
///
/// `None` for other steps, and for sizes that a step would refuse.
pub(super) fn plan(steps: &[Step], width: usize, height: usize) -> Option<Resampling> {
    let (resize, side) = match *steps {
        [resize] => (resize, None),
        [resize, Step::CenterCrop { side }] => (resize, Some(side)),
        _ => return None,
    };
    let (target, filter) = match resize {
        Step::ResizeShort { side, filter } => (short_side_size(width, height, side), filter),
        Step::ResizeExact { width, height, filter } => ((width, height), filter),
        _ => return None,
    };
    if filter == Filter::Nearest || check_size(target.0, target.1, height).is_err() {
        return None;
    }
    let window = match side {
        None => Window::whole(target.0, target.1),
        Some(side) => Window {
            left: usize::try_from(center_offset(target.0, side)).ok()?,
            top: usize::try_from(center_offset(target.1, side)).ok()?,
            width: side,
            height: side,
        },
    };
    // Black is padded around an image that is smaller than the crop.
    let inside = window.right() <= target.0 && window.bottom() <= target.1;
    inside.then(|| Resampling::new((width, height), [0.0, 0.0, width as f32, height as f32], target, filter, window))
}
