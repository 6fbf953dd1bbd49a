//! The letters of a page as an embedded font.
//!
//! The font is of the type that venues accept (a CID font of TrueType outlines). Each character of the page has a code of its own, also
//! where two share a glyph, so that text is found and copied as it was given.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use super::packed;
use crate::ReportError;
use crate::figure::font::{CAPITAL_PER_EM, Typeface};
use crate::figure::scene::{Scene, Shape};

/// Codes are of no character collection.
const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The thickness of upright strokes in thousandths of an em, which readers use when they must replace the font.
const STEM: f32 = 90.0;

/// The characters of a page in the order of their codes, which count from 1, with their glyphs.
pub(super) struct Letters {
    codes: BTreeMap<char, u16>,
    /// The glyph of each code, that of code 0 (no character) first.
    glyphs: Vec<u16>,
}

impl Letters {
    /// The characters of all texts of a scene.
    pub(super) fn of(scene: &Scene, typeface: &Typeface) -> Self {
        let mut used: BTreeMap<char, u16> = BTreeMap::new();
        for shape in &scene.shapes {
            if let Shape::Text(label) = shape {
                used.extend(typeface.letters(&label.text).iter().map(|letter| (letter.letter, letter.glyph)));
            }
        }
        // A code has two bytes; characters beyond that stay without one.
        let coded = || used.iter().zip(1..=u16::MAX);
        let codes = coded().map(|((letter, _), code)| (*letter, code)).collect();
        let glyphs = [0].into_iter().chain(coded().map(|((_, glyph), _)| *glyph)).collect();
        Self { codes, glyphs }
    }

    /// The code of a character.
    pub(super) fn code(&self, letter: char) -> u16 {
        self.codes.get(&letter).copied().unwrap_or(0)
    }

    /// Writes the font as object `font`, with further objects from `next`.
    ///
    /// # Errors
    /// When the font in the program cannot be cut down.
    pub(super) fn embed(
        &self,
        typeface: &Typeface,
        pdf: &mut Pdf,
        font: Ref,
        mut next: impl FnMut() -> Ref,
    ) -> Result<(), ReportError> {
        let (cid_font, descriptor, program, glyphs, unicode) = (next(), next(), next(), next(), next());
        // Numbers of glyphs in the file that is cut down.
        let mut numbers = GlyphRemapper::new();
        let map: Vec<u8> = self.glyphs.iter().flat_map(|&glyph| numbers.remap(glyph).to_be_bytes()).collect();
        let name = format!("{}+DejaVuSans", tag(numbers.remapped_gids()));
        let name = Name(name.as_bytes());

        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid_font)
            .to_unicode(unicode);

        let mut out = pdf.cid_font(cid_font);
        out.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
        out.default_width(typeface.advance(0)).cid_to_gid_map_stream(glyphs);
        out.widths().consecutive(0, self.glyphs.iter().map(|&glyph| typeface.advance(glyph)));
        out.finish();

        let (ascent, descent) = typeface.ascent_and_descent();
        let bounds = self.glyphs.iter().filter_map(|&glyph| typeface.bounds(glyph));
        let [left, bottom, right, top] = bounds.fold([0.0_f32; 4], |all, one| {
            [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]
        });
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(left.floor(), bottom.floor(), right.ceil(), top.ceil()))
            .italic_angle(0.0)
            .ascent(ascent)
            .descent(descent)
            .cap_height((CAPITAL_PER_EM * 1000.0) as f32)
            .stem_v(STEM)
            .font_file2(program);

        let file = Typeface::subset(&numbers)?;
        let length = i32::try_from(file.len()).map_err(|_| ReportError::Font)?;
        let file = packed(&file)?;
        pdf.stream(program, &file).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        pdf.stream(glyphs, &packed(&map)?).filter(Filter::FlateDecode);

        let mut texts = UnicodeCmap::new(Name(b"Characters"), SYSTEM);
        self.codes.iter().for_each(|(&letter, &code)| texts.pair(code, letter));
        pdf.cmap(unicode, &texts.finish());
        Ok(())
    }
}

/// Six capital letters before the name of a font that is cut down: others for other glyphs, as programs merge fonts of one name.
fn tag(glyphs: impl Iterator<Item = u16>) -> String {
    // FNV-1a, as the hashes of the standard library may change between versions.
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = glyphs.flat_map(u16::to_be_bytes).fold(0xcbf2_9ce4_8422_2325, fold);
    let mut letter = || {
        let letter = char::from(b'A' + (hash % 26) as u8);
        hash /= 26;
        letter
    };
    (0..6).map(|_| letter()).collect()
}
