//! A rectangle of whole pixels.

/// A rectangle inside of an image, in pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Window {
    /// All of an image.
    pub(crate) fn whole(width: usize, height: usize) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// First column to the right of the window.
    pub(crate) fn right(&self) -> usize {
        self.left + self.width
    }

    /// First row below the window.
    pub(crate) fn bottom(&self) -> usize {
        self.top + self.height
    }

    /// The part of the window that lies inside of an image of this size.
    pub(crate) fn within(&self, width: usize, height: usize) -> Self {
        let (left, top) = (self.left.min(width), self.top.min(height));
        Self { left, top, width: self.right().min(width) - left, height: self.bottom().min(height) - top }
    }
}
