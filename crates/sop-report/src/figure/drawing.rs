//! A figure that can be written.

use std::path::Path;

use super::dot_plot::{self, DotPlot};
use super::font::{CAPITAL_PER_EM, Typeface};
use super::heat_plot::{self, HeatPlot};
use super::interval_plot::{self, IntervalPlot};
use super::layout::layout;
use super::line_plot::LinePlot;
use super::scatter::{Scatter, ScatterMap};
use super::scene::{Anchor, Scene, Shape};
use super::theme::{GAP, MARGIN, NOTE_SIZE, WIDTH};
use super::width::FigureWidth;
use super::{pdf, png_file, scatter, svg};
use crate::ReportError;

/// A figure ready to be drawn; the same figure gives the same bytes every time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    content: Content,
    notes: Vec<String>,
    /// How many of the notes, from the first, stand below the picture.
    below: usize,
    width: Option<FigureWidth>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// From the top down.
    Lines(Vec<LinePlot>),
    /// Rows of intervals.
    Ranked(IntervalPlot),
    /// Rows of dots.
    Dots(DotPlot),
    /// Cells of a colour.
    Heat(HeatPlot),
    /// From the left.
    Maps(Scatter),
}

impl Figure {
    pub(super) fn new(plots: Vec<LinePlot>, notes: Vec<String>) -> Self {
        Self { content: Content::Lines(plots), notes, below: 0, width: None }
    }

    pub(super) fn ranked(plot: IntervalPlot, notes: Vec<String>) -> Self {
        Self { content: Content::Ranked(plot), notes, below: 0, width: None }
    }

    pub(super) fn dots(plot: DotPlot, notes: Vec<String>) -> Self {
        Self { content: Content::Dots(plot), notes, below: 0, width: None }
    }

    pub(super) fn heat(plot: HeatPlot, notes: Vec<String>) -> Self {
        Self { content: Content::Heat(plot), notes, below: 0, width: None }
    }

    /// The figure with more notes, in small print below it.
    pub(super) fn with_notes_below(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        let below: Vec<String> = notes.into_iter().collect();
        self.below += below.len();
        self.notes.splice(..0, below);
        self
    }

    /// Maps of points side by side, coloured by class; the names of the classes are the legend.
    #[must_use]
    pub fn scatter(maps: Vec<ScatterMap>, class_names: Vec<String>) -> Self {
        Self { content: Content::Maps(Scatter { maps, class_names }), notes: Vec::new(), below: 0, width: None }
    }

    /// The figure at another width: 5 inches without it (and maps as wide as there are maps, at most a page). Lower than by default where it is narrower.
    #[must_use]
    pub fn with_width(mut self, width: FigureWidth) -> Self {
        self.width = Some(width);
        self
    }

    fn scene(&self, typeface: &Typeface) -> Scene {
        let width = self.width.map(FigureWidth::points);
        let mut scene = match &self.content {
            Content::Lines(plots) => layout(plots, typeface, width.unwrap_or(WIDTH)),
            Content::Ranked(plot) => interval_plot::layout(plot, typeface, width.unwrap_or(WIDTH)),
            Content::Dots(plot) => dot_plot::layout(plot, typeface, width.unwrap_or(WIDTH)),
            Content::Heat(plot) => heat_plot::layout(plot, typeface, width.unwrap_or(WIDTH)),
            Content::Maps(scatter) => scatter::layout(scatter, typeface, width),
        };
        for note in self.notes.iter().take(self.below) {
            for line in typeface.wrapped(note, NOTE_SIZE, scene.width - 2.0 * MARGIN) {
                let place = (MARGIN, scene.height - MARGIN + GAP + NOTE_SIZE * CAPITAL_PER_EM);
                scene.shapes.push(Shape::text(line, place, NOTE_SIZE, Anchor::Start));
                scene.height += NOTE_SIZE + GAP / 2.0;
            }
        }
        scene.height += if self.below > 0 { GAP / 2.0 } else { 0.0 };
        scene
    }

    /// What stands below the picture, and what it does not say: older runs that were left out, how lines of the same name differ.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The figure as SVG. Texts stay texts, in DejaVu Sans or else any font without serifs.
    ///
    /// # Errors
    /// When drawing fails.
    pub fn svg(&self) -> Result<String, ReportError> {
        svg::encode(&self.scene(&Typeface::embedded()?))
    }

    /// The figure as PNG, 288 pixels to the inch.
    ///
    /// # Errors
    /// When drawing or encoding fails.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        let typeface = Typeface::embedded()?;
        png_file::encode(&self.scene(&typeface), &typeface)
    }

    /// The figure as PDF, one page of the figure's size.
    ///
    /// The letters in use are embedded as a TrueType font (CID), and texts can be searched.
    ///
    /// # Errors
    /// When the embedded font cannot be used.
    pub fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        let typeface = Typeface::embedded()?;
        pdf::encode(&self.scene(&typeface), &typeface)
    }

    /// Writes [`Self::svg`] to `path`, through a temporary name.
    ///
    /// # Errors
    /// When drawing or writing fails.
    pub fn write_svg(&self, path: &Path) -> Result<(), ReportError> {
        write(path, self.svg()?.as_bytes())
    }

    /// Writes [`Self::png`] to `path`, through a temporary name.
    ///
    /// # Errors
    /// When drawing, encoding or writing fails.
    pub fn write_png(&self, path: &Path) -> Result<(), ReportError> {
        write(path, &self.png()?)
    }

    /// Writes [`Self::pdf`] to `path`, through a temporary name.
    ///
    /// # Errors
    /// When drawing or writing fails.
    pub fn write_pdf(&self, path: &Path) -> Result<(), ReportError> {
        write(path, &self.pdf()?)
    }
}

/// Writes a picture through a temporary name.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    sop_core::atomic_file::write(path, bytes).map_err(|source| ReportError::Write { path: path.to_owned(), source })
}
