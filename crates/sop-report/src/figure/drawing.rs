//! A figure that can be written.

use std::path::Path;

use super::font::Typeface;
use super::interval_plot::{self, IntervalPlot};
use super::layout::layout;
use super::line_plot::LinePlot;
use super::scatter::{Scatter, ScatterMap};
use super::scene::Scene;
use super::theme::WIDTH;
use super::width::FigureWidth;
use super::{pdf, png_file, scatter, svg};
use crate::ReportError;

/// A figure ready to be drawn; the same figure gives the same bytes every time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    content: Content,
    notes: Vec<String>,
    width: Option<FigureWidth>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// From the top down.
    Lines(Vec<LinePlot>),
    /// Rows of intervals.
    Ranked(IntervalPlot),
    /// From the left.
    Maps(Scatter),
}

impl Figure {
    pub(super) fn new(plots: Vec<LinePlot>, notes: Vec<String>) -> Self {
        Self { content: Content::Lines(plots), notes, width: None }
    }

    pub(super) fn ranked(plot: IntervalPlot, notes: Vec<String>) -> Self {
        Self { content: Content::Ranked(plot), notes, width: None }
    }

    /// Maps of points side by side, coloured by class; the names of the classes are the legend.
    #[must_use]
    pub fn scatter(maps: Vec<ScatterMap>, class_names: Vec<String>) -> Self {
        Self { content: Content::Maps(Scatter { maps, class_names }), notes: Vec::new(), width: None }
    }

    /// The figure at another width: 5 inches (and maps as wide as there are maps) without it. Lower than by default where it is narrower.
    #[must_use]
    pub fn with_width(mut self, width: FigureWidth) -> Self {
        self.width = Some(width);
        self
    }

    fn scene(&self, typeface: &Typeface) -> Scene {
        let width = self.width.map(FigureWidth::points);
        match &self.content {
            Content::Lines(plots) => layout(plots, typeface, width.unwrap_or(WIDTH)),
            Content::Ranked(plot) => interval_plot::layout(plot, typeface, width.unwrap_or(WIDTH)),
            Content::Maps(scatter) => scatter::layout(scatter, typeface, width),
        }
    }

    /// What the picture does not say: older runs that were left out, how lines of the same name differ.
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
