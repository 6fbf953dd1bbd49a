//! Scenes as PDF: one page of the scene's size, with the letters that it uses embedded.
//!
//! Nothing in the file depends on the time or the machine, so that the same scene gives the same bytes.

mod content;
mod letters;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

use self::content::{content, opacities, opacity_name};
use self::letters::Letters;
use super::font::Typeface;
use super::scene::Scene;
use crate::ReportError;

/// What the page calls the font.
const FONT: Name<'static> = Name(b"F");

pub(super) fn encode(scene: &Scene, typeface: &Typeface) -> Result<Vec<u8>, ReportError> {
    let letters = Letters::of(scene, typeface);
    let mut last = 0;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let (catalog, pages, page, body, font) = (next(), next(), next(), next(), next());

    let mut pdf = Pdf::new();
    // Enough for opacity; LaTeX warns of pictures that are newer than itself.
    pdf.set_version(1, 4);
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    pdf.document_info(next()).title(TextStr(&scene.title));

    let mut out = pdf.page(page);
    out.parent(pages).contents(body).media_box(Rect::new(0.0, 0.0, number(scene.width), number(scene.height)));
    let mut resources = out.resources();
    resources.fonts().pair(FONT, font);
    let mut states = resources.ext_g_states();
    for opacity in opacities(scene) {
        let mut state =
            states.insert(Name(opacity_name(opacity).as_bytes())).start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state.non_stroking_alpha(f32::from(opacity) / 100.0);
    }
    states.finish();
    resources.finish();
    out.finish();

    pdf.stream(body, &packed(&content(scene, typeface, &letters))?).filter(Filter::FlateDecode);
    letters.embed(typeface, &mut pdf, font, next)?;
    Ok(pdf.finish())
}

/// A length in points as the file has it: hundredths, since a printer shows no more.
fn number(points: f64) -> f32 {
    // The farthest from the page that every reader takes; also where values are not finite.
    const FARTHEST: f64 = 14_400.0;
    let points = if points.is_nan() { 0.0 } else { points.clamp(-FARTHEST, FARTHEST) };
    ((points * 100.0).round() / 100.0) as f32
}

/// Bytes in zlib's form.
fn packed(bytes: &[u8]) -> Result<Vec<u8>, ReportError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_err(|source| ReportError::Draw { source: Box::new(source) })
}
