//! The embedded font: how wide a text is in it, and its letters as pixels.
//!
//! Letters are placed here and not by the drawing library, which leaves out the space before each of them.

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};
use subsetter::GlyphRemapper;

use crate::ReportError;

/// The family as CSS has it, so that an SVG falls back where the font is not installed.
pub(super) const FAMILY: &str = "DejaVu Sans, sans-serif";

/// Height of a capital letter in ems.
pub(super) const CAPITAL_PER_EM: f64 = 0.729;

/// Height of the font's line (ascent and descent) in ems, which is what a font's scale means.
const LINE_PER_EM: f64 = 2384.0 / 2048.0;

static DEJAVU_SANS: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// A letter of a text as a glyph of the font.
pub(super) struct Letter {
    pub(super) letter: char,
    /// That of U+FFFD where the font has no such letter.
    pub(super) glyph: u16,
    /// By how much it stands further from the letter before it, in thousandths of an em.
    pub(super) kern: f32,
}

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

    /// Texts below or beside each other, each as much as fits into its room: its beginning, or where others begin the same, both ends.
    pub(super) fn fitted_apart(&self, texts: &[String], size: f64, room: impl Fn(usize) -> f64) -> Vec<String> {
        let fit = |(place, text): (usize, &String)| self.fitted(text, size, room(place));
        let fitted: Vec<String> = texts.iter().enumerate().map(fit).collect();
        let is_alike = |text: &String| {
            text.strip_suffix('…').is_some_and(|kept| texts.iter().filter(|other| other.starts_with(kept)).count() > 1)
        };
        let apart = |(place, text): (usize, &String)| match texts.get(place) {
            Some(whole) if is_alike(text) => self.both_ends(whole, size, room(place)),
            _ => text.clone(),
        };
        fitted.iter().enumerate().map(apart).collect()
    }

    /// As much of both ends of a text as fits into `room` points, with an ellipsis between them.
    fn both_ends(&self, text: &str, size: f64, room: f64) -> String {
        const MOST: usize = 200;
        let chars: Vec<char> = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let cut = |kept: usize| {
            let first = chars.iter().take(kept.div_ceil(2)).copied();
            let last = chars.iter().skip(chars.len() - kept / 2).copied();
            first.chain(['…']).chain(last).collect::<String>()
        };
        (0..chars.len()).rev().map(cut).find(|text| self.width(text, size) <= room).unwrap_or_else(|| "…".to_owned())
    }

    /// `text` in one line, or in two where it is too long, of whole words if it can be and else broken behind a hyphen, an underscore or
    /// a slash; what does not fit into them ends in an ellipsis.
    pub(super) fn lines(&self, text: &str, size: f64, room: f64) -> Vec<String> {
        let fits = |text: &str| self.width(text, size) <= room;
        let one = self.fitted(text, size, f64::INFINITY);
        // The last place before which the text fits.
        let between_words = || one.rmatch_indices(' ').map(|(place, _)| place);
        let within_words = || one.rmatch_indices(['-', '_', '/']).map(|(place, _)| place + 1);
        let places = between_words().chain(within_words());
        match places.map(|place| one.split_at(place)).find(|(first, _)| fits(first)) {
            Some((first, rest)) if !fits(&one) => vec![first.to_owned(), self.fitted(rest.trim_start(), size, room)],
            _ => vec![self.fitted(text, size, room)],
        }
    }

    /// `text` in lines of whole words, as many as it takes up to ten; what does not fit ends in an ellipsis.
    pub(super) fn wrapped(&self, text: &str, size: f64, room: f64) -> Vec<String> {
        const MOST: usize = 10;
        let mut lines: Vec<String> = Vec::new();
        let mut words = text.split_whitespace().peekable();
        while words.peek().is_some() && lines.len() < MOST {
            let mut line = String::new();
            while let Some(word) = words.peek() {
                let longer = if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
                if !line.is_empty() && self.width(&longer, size) > room {
                    break;
                }
                line = longer;
                words.next();
            }
            lines.push(line);
        }
        if let (Some(last), true) = (lines.last_mut(), words.peek().is_some()) {
            last.push_str(" …");
        }
        lines.iter().map(|line| self.fitted(line, size, room)).collect()
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

    /// The letters of `text` with their glyphs, for a file that holds the font.
    pub(super) fn letters(&self, text: &str) -> Vec<Letter> {
        let mut letters: Vec<Letter> = Vec::new();
        for letter in text.chars() {
            let glyph = self.glyph(letter);
            let kern = letters.last().map_or(0.0, |previous| self.font.kern_unscaled(GlyphId(previous.glyph), glyph));
            letters.push(Letter { letter, glyph: glyph.0, kern: self.per_mille(kern) });
        }
        letters
    }

    /// Width of a glyph in thousandths of an em.
    pub(super) fn advance(&self, glyph: u16) -> f32 {
        self.per_mille(self.font.h_advance_unscaled(GlyphId(glyph)))
    }

    /// How far the font's lines reach above and below (negative) the baseline, in thousandths of an em.
    pub(super) fn ascent_and_descent(&self) -> (f32, f32) {
        (self.per_mille(self.font.ascent_unscaled()), self.per_mille(self.font.descent_unscaled()))
    }

    /// The rectangle around a glyph, which a space has not: left, bottom, right, top in thousandths of an em.
    pub(super) fn bounds(&self, glyph: u16) -> Option<[f32; 4]> {
        let bounds = self.font.outline(GlyphId(glyph))?.bounds;
        let (low, high) = (bounds.min.y.min(bounds.max.y), bounds.min.y.max(bounds.max.y));
        Some([bounds.min.x, low, bounds.max.x, high].map(|place| self.per_mille(place)))
    }

    /// The font's file cut down to `glyphs`.
    ///
    /// # Errors
    /// When the file in the program cannot be cut.
    pub(super) fn subset(glyphs: &GlyphRemapper) -> Result<Vec<u8>, ReportError> {
        subsetter::subset(DEJAVU_SANS, 0, glyphs).map_err(|_| ReportError::Font)
    }

    /// The glyph of a letter; the sign for a letter that is not known where the font has none, as its own empty glyph would hide a name.
    fn glyph(&self, letter: char) -> GlyphId {
        match self.font.glyph_id(letter) {
            GlyphId(0) => self.font.glyph_id(char::REPLACEMENT_CHARACTER),
            glyph => glyph,
        }
    }

    /// Thousandths of an em of a length in the font's units.
    fn per_mille(&self, units: f32) -> f32 {
        units * 1000.0 / self.font.units_per_em().unwrap_or(2048.0)
    }

    /// The letters at their places, and the width of all.
    fn set(&self, text: &str, size: f64) -> (Vec<Glyph>, f64) {
        let scale = PxScale::from((size * LINE_PER_EM) as f32);
        let font = self.font.as_scaled(scale);
        let mut x = 0.0_f32;
        let mut glyphs: Vec<Glyph> = Vec::new();
        for letter in text.chars() {
            let id = self.glyph(letter);
            if let Some(previous) = glyphs.last() {
                x += font.kern(previous.id, id);
            }
            glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
            x += font.h_advance(id);
        }
        (glyphs, f64::from(x))
    }
}
