//! The title of a plot.

use super::font::Typeface;
use super::scene::{Anchor, Place, Shape};
use super::theme::{GAP, TITLE_SIZE};

/// A title in one line, or two where it is too long; also gives the last baseline.
pub(super) fn title_lines(title: &str, typeface: &Typeface, (left, top): Place, room: f64) -> (Vec<Shape>, f64) {
    let lines = typeface.lines(title, TITLE_SIZE, room);
    let baseline = |line: usize| top + line as f64 * (TITLE_SIZE + GAP / 2.0);
    let last = baseline(lines.len().saturating_sub(1));
    let text = |(line, text)| Shape::text(text, (left, baseline(line)), TITLE_SIZE, Anchor::Start);
    (lines.into_iter().enumerate().map(text).collect(), last)
}
