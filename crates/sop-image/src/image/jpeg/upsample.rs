//! Components of half the width or height to the size of the image, with the bits of libjpeg's "fancy" upsampling.
//!
//! A new sample lies a quarter of the way from its nearest old one to the next: 3/4 of the one and 1/4 of the other, along each halved axis.
//! Halves are rounded up and down in turn, by a bias that alternates (`h2v1_fancy_upsample`, `h1v2_fancy_upsample` and `h2v2_fancy_upsample` of `jdsample.c`).
//! Beyond the edges the outermost sample is repeated.

use sop_numeric::kernel;

use super::frame::Component;
use super::samples::Samples;
use crate::image::window::Window;

impl Component {
    /// The samples of this component that the pixels of a window depend on.
    pub(super) fn needed(&self, window: Window) -> Window {
        let along = |first: usize, end: usize, expand: usize, length: usize| {
            let margin = expand - 1;
            let first = (first / expand).saturating_sub(margin);
            (first, (end.div_ceil(expand) + margin).min(length).saturating_sub(first))
        };
        let (left, width) = along(window.left, window.right(), self.expand_x, self.width);
        let (top, height) = along(window.top, window.bottom(), self.expand_y, self.height);
        Window { left, top, width, height }
    }
}

/// Rows of one component at the image's size, one after the other.
pub(super) struct Upsampler<'a> {
    component: &'a Component,
    samples: &'a Samples,
    window: Window,
    /// The old samples between the rows that they are mixed from, with a neighbour on either side.
    mixed: Vec<u16>,
    /// Row at the image's width, from an even column on.
    wide: Vec<u8>,
}

impl<'a> Upsampler<'a> {
    pub(super) fn new(component: &'a Component, samples: &'a Samples, window: Window) -> Self {
        let columns = window.right().div_ceil(2) - window.left / 2;
        let (mixed, wide) = match component.expand_x {
            2 => (columns + 2, columns * 2),
            _ => (window.width, window.width),
        };
        Self { component, samples, window, mixed: vec![0; mixed], wide: vec![0; wide] }
    }

    /// The samples of row `y` of the image within the window's columns.
    pub(super) fn row(&mut self, y: usize) -> &[u8] {
        let (left, width) = (self.window.left, self.window.width);
        let (near, far) = match self.component.expand_y {
            1 => (y, y),
            _ if y.is_multiple_of(2) => (y / 2, (y / 2).saturating_sub(1)),
            _ => (y / 2, (y / 2 + 1).min(self.component.height - 1)),
        };
        match (self.component.expand_x, self.component.expand_y) {
            (1, 1) => return self.samples.row(y, left).get(..width).unwrap_or_default(),
            (1, _) => {
                let bias = if y.is_multiple_of(2) { 1 } else { 2 };
                let (near, far) = (self.samples.row(near, left), self.samples.row(far, left));
                mix(near, far, &mut self.mixed);
                quarter(&self.mixed, bias, &mut self.wide);
                return &self.wide;
            }
            _ => {}
        }
        let first = left / 2;
        let start = first.saturating_sub(1);
        let (near, far) = (self.samples.row(near, start), self.samples.row(far, start));
        // Where the window starts at the image's edge, the first sample is its own neighbour.
        let skip = usize::from(first == 0);
        let targets = self.mixed.get_mut(skip..).unwrap_or_default();
        // Samples that exist; after the last one it is repeated.
        let inside = targets.len().min(self.component.width - start);
        let (targets, beyond) = targets.split_at_mut(inside);
        if self.component.expand_y == 1 {
            copy(near, targets);
        } else {
            mix(near, far, targets);
        }
        beyond.fill(targets.last().copied().unwrap_or_default());
        if skip == 1 {
            self.mixed[0] = self.mixed[1];
        }
        let pairs = self.wide.as_chunks_mut().0;
        if self.component.expand_y == 1 {
            widen_quarters(&self.mixed, pairs)
        } else {
            widen_sixteenths(&self.mixed, pairs)
        }
        self.wide.get(left % 2..left % 2 + width).unwrap_or_default()
    }
}

kernel! {
    fn copy(row: &[u8], target: &mut [u16]) {
        for (target, &sample) in target.iter_mut().zip(row) {
            *target = u16::from(sample);
        }
    }
}

kernel! {
    /// Four times the value a quarter of the way from `near` to `far`.
    fn mix(near: &[u8], far: &[u8], target: &mut [u16]) {
        for ((target, &near), &far) in target.iter_mut().zip(near).zip(far) {
            *target = 3 * u16::from(near) + u16::from(far);
        }
    }
}

kernel! {
    fn quarter(mixed: &[u16], bias: u16, target: &mut [u8]) {
        for (target, &mixed) in target.iter_mut().zip(mixed) {
            *target = ((mixed + bias) >> 2) as u8;
        }
    }
}

kernel! {
    /// Two samples from each one of `row` but the first and last, in units of a quarter.
    fn widen_quarters(row: &[u16], target: &mut [[u8; 2]]) {
        widen::<1, 2, 2>(row, target);
    }
}

kernel! {
    /// Two samples from each one of `row` but the first and last, in units of a sixteenth.
    fn widen_sixteenths(row: &[u16], target: &mut [[u8; 2]]) {
        widen::<8, 7, 4>(row, target);
    }
}

#[inline(always)]
fn widen<const LEFT_BIAS: u16, const RIGHT_BIAS: u16, const SHIFT: u32>(row: &[u16], target: &mut [[u8; 2]]) {
    let neighbours = row.iter().zip(row.iter().skip(1)).zip(row.iter().skip(2));
    for (pair, ((&left, &own), &right)) in target.iter_mut().zip(neighbours) {
        *pair = [((3 * own + left + LEFT_BIAS) >> SHIFT) as u8, ((3 * own + right + RIGHT_BIAS) >> SHIFT) as u8];
    }
}
