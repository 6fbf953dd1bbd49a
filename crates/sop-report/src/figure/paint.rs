//! Draws a scene with any backend of the drawing library.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Polygon};
use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::scene::{Label, Place, Scene, Shape};
use super::theme::{PAPER, Rgb};
use crate::ReportError;

/// A drawing area in pixels.
pub(super) type Area<B> = DrawingArea<B, Shift>;

/// What a backend answers.
pub(super) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Draws every shape of the scene on white, `scale` pixels to the point; texts are left to `draw_label`.
pub(super) fn paint<B: DrawingBackend>(
    scene: &Scene,
    scale: f64,
    area: &Area<B>,
    draw_label: impl Fn(&Label, &Area<B>) -> Drawn<B>,
) -> Result<(), ReportError>
where
    B::ErrorType: 'static,
{
    area.fill(&rgb(PAPER)).map_err(draw_error)?;
    for shape in &scene.shapes {
        match shape {
            Shape::Line { places, width, colour } => {
                let stroke_width = ((width * scale).round() as u32).max(1);
                let style = ShapeStyle { color: rgb(*colour).to_rgba(), filled: false, stroke_width };
                area.draw(&PathElement::new(pixels(places, scale), style))
            }
            Shape::Area { places, colour, opacity } => {
                area.draw(&Polygon::new(pixels(places, scale), rgb(*colour).mix(*opacity).filled()))
            }
            Shape::Text(label) => draw_label(label, area),
        }
        .map_err(draw_error)?;
    }
    area.present().map_err(draw_error)
}

/// Width and height of a scene in pixels.
pub(super) fn size(scene: &Scene, scale: f64) -> (u32, u32) {
    let pixels = |points: f64| (points * scale).ceil() as u32;
    (pixels(scene.width), pixels(scene.height))
}

/// A place in pixels.
pub(super) fn pixel(place: Place, scale: f64) -> (i32, i32) {
    ((place.0 * scale).round() as i32, (place.1 * scale).round() as i32)
}

fn pixels(places: &[Place], scale: f64) -> Vec<(i32, i32)> {
    places.iter().map(|&place| pixel(place, scale)).collect()
}

pub(super) fn rgb((red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

fn draw_error<E: std::error::Error + Send + Sync + 'static>(source: DrawingAreaErrorKind<E>) -> ReportError {
    ReportError::Draw { source: Box::new(source) }
}
