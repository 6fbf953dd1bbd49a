//! The embedded font: how wide a text is in it, and its letters as pixels.
//!
//! Letters are placed here and not by the drawing library, which leaves out the space before each of them.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use crate::ReportError;

/// The family as CSS has it, so that an SVG falls back where the font is not installed.
pub(super) const FAMILY: &str = "DejaVu Sans, sans-serif";

/// Height of a capital letter in ems.
pub(super) const CAPITAL_PER_EM: f64 = 0.729;

/// Height of the font's line (ascent and descent) in ems, which is what a font's scale means.
const LINE_PER_EM: f64 = 2384.0 / 2048.0;

static DEJAVU_SANS: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// The embedded font.
pub(crate) struct Typeface {
    font: FontRef<'static>,
}

impl Typeface {
    /// Reads the embedded font.
    ///
    /// # Errors
    /// When the file in the program is not a font.
    pub(crate) fn embedded() -> Result<Self, ReportError> {
        let font = FontRef::try_from_slice(DEJAVU_SANS).map_err(|_| ReportError::Font)?;
        Ok(Self { font })
    }

    /// Width of `text` in points, set in `size` points.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        self.set(text, size).1
    }

    /// `text`, or as much of its beginning as fits into `room` points, with an ellipsis.
    pub(crate) fn fitted(&self, text: &str, size: f64, room: f64) -> String {
        // More characters than this fit nowhere, and measuring them takes time.
        const MOST: usize = 200;
        let mut chars: Vec<char> = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut shown: String = chars.iter().collect();
        let mut cut = text.chars().nth(MOST).is_some();
        while !chars.is_empty() && (cut || self.width(&shown, size) > room) {
            chars.pop();
            shown = chars.iter().collect::<String>().trim_end().to_owned() + "…";
            cut = false;
        }
        shown
    }

    /// Calls `draw` with the pixels of `text` and how much of each is covered, in `[0, 1]`.
    ///
    /// One em is `size` pixels; pixels count right and down from where the baseline begins.
    pub(crate) fn pixels(&self, text: &str, size: f64, mut draw: impl FnMut(i32, i32, f64)) {
        for glyph in self.set(text, size).0 {
            if let Some(outline) = self.font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                let (left, top) = (corner.x as i32, corner.y as i32);
                outline.draw(|x, y, covered| draw(left + x as i32, top + y as i32, f64::from(covered).min(1.0)));
            }
        }
    }

    /// The letters at their places, and the width of all.
    fn set(&self, text: &str, size: f64) -> (Vec<Glyph>, f64) {
        let scale = PxScale::from((size * LINE_PER_EM) as f32);
        let font = self.font.as_scaled(scale);
        let mut x = 0.0_f32;
        let mut glyphs: Vec<Glyph> = Vec::new();
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            if let Some(previous) = glyphs.last() {
                x += font.kern(previous.id, id);
            }
            glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
            x += font.h_advance(id);
        }
        (glyphs, f64::from(x))
    }
}
