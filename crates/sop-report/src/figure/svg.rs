//! Scenes as SVG.

use plotters::prelude::{DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, TextStyle};

use super::font::FAMILY;
use super::paint::{Area, Drawn, paint, pixel, rgb, size};
use super::scene::{Anchor, Label, Scene};
use super::theme::TEXT;
use crate::ReportError;

/// Units of a point: tenths, as the backend has whole numbers only.
const SCALE: f64 = 10.0;

/// The backend divides the size of a font by this.
const SIZE_PER_EM: f64 = 1.24;

/// The backend sets the baseline this many ems below what it calls the top.
const BASELINE_PER_EM: f64 = 0.76;

pub(super) fn encode(scene: &Scene) -> Result<String, ReportError> {
    let (width, height) = size(scene, SCALE);
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
    paint(scene, SCALE, &area, draw_label)?;
    drop(area);
    Ok(described(&svg, scene, (width, height)))
}

fn draw_label<B: DrawingBackend>(label: &Label, area: &Area<B>) -> Drawn<B> {
    let to_top = label.size * BASELINE_PER_EM;
    let (x, y) = label.place;
    let (transform, top) = if label.upwards {
        (FontTransform::Rotate270, (x - to_top, y))
    } else {
        (FontTransform::None, (x, y - to_top))
    };
    let anchor = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let font = FontDesc::new(FontFamily::Name(FAMILY), label.size * SCALE * SIZE_PER_EM, FontStyle::Normal);
    let style = TextStyle {
        font: font.transform(transform),
        color: rgb(TEXT).to_backend_color(),
        pos: Pos::new(anchor, VPos::Top),
    };
    area.draw_text(&label.text, &style, pixel(top, SCALE))
}

/// Gives the picture its printed size and a title for screen readers.
fn described(svg: &str, scene: &Scene, (width, height): (u32, u32)) -> String {
    let units = format!("width=\"{width}\" height=\"{height}\"");
    let points = format!("width=\"{}pt\" height=\"{}pt\"", f64::from(width) / SCALE, f64::from(height) / SCALE);
    // What is said of every shape and holds without being said would be a tenth of the file.
    let svg = svg.replacen(&units, &points, 1).replace(" opacity=\"1\"", "");
    match svg.split_once(">\n") {
        Some((head, body)) => format!("{head} role=\"img\">\n<title>{}</title>\n{body}", escape(&scene.title)),
        None => svg,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
