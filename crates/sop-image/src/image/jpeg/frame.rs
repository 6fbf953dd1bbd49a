//! The layout of the JPEG files that are decoded window by window.

/// Samples along a side of a block.
pub(super) const BLOCK: usize = 8;

/// How the components make pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    YCbCr,
}

/// One component, or three of which some may have half the width or height.
#[derive(Debug)]
pub(super) struct Frame {
    pub colour: Colour,
    pub components: Vec<Component>,
}

/// The size of a component and how it becomes as large as the image.
#[derive(Debug)]
pub(super) struct Component {
    /// Pixels of the image that one sample spans horizontally: 1 or 2.
    pub expand_x: usize,
    /// The same vertically.
    pub expand_y: usize,
    /// Samples that belong to the image (`downsampled_width` in libjpeg).
    pub width: usize,
    pub height: usize,
    /// Blocks that the file has for them.
    pub blocks_x: usize,
    pub blocks_y: usize,
}

impl Component {
    /// A component of these sampling factors (and the largest ones of the file), `None` where libjpeg would upsample in another way than [`super::upsample`]:
    /// other ratios than 1 and 2, and components of at most two columns, whose columns it repeats.
    pub(super) fn new(
        (width, height): (usize, usize),
        (largest_h, largest_v): (i32, i32),
        (h, v): (i32, i32),
        (blocks_x, blocks_y): (usize, usize),
    ) -> Option<Self> {
        let expand = |largest: i32, factor: i32| {
            let expand = usize::try_from(largest.checked_div(factor)?).ok()?;
            (largest % factor == 0 && (1..=2).contains(&expand)).then_some(expand)
        };
        let (expand_x, expand_y) = (expand(largest_h, h)?, expand(largest_v, v)?);
        let (width, height) = (width.div_ceil(expand_x), height.div_ceil(expand_y));
        let known = expand_x == 1 || width > 2;
        let covered = width <= blocks_x * BLOCK && height <= blocks_y * BLOCK;
        (known && covered).then_some(Self { expand_x, expand_y, width, height, blocks_x, blocks_y })
    }
}
