//! A figure that can be written.

use std::path::Path;

use super::font::Typeface;
use super::layout::layout;
use super::line_plot::LinePlot;
use super::scatter::{Scatter, ScatterMap};
use super::scene::Scene;
use super::{png_file, scatter, svg};
use crate::ReportError;

/// A figure ready to be drawn; the same figure gives the same bytes every time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    content: Content,
    notes: Vec<String>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// From the top down.
    Lines(Vec<LinePlot>),
    /// From the left.
    Maps(Scatter),
}

impl Figure {
    pub(super) fn new(plots: Vec<LinePlot>, notes: Vec<String>) -> Self {
        Self { content: Content::Lines(plots), notes }
    }

    /// Maps of points side by side, coloured by class; the names of the classes are the legend.
    #[must_use]
    pub fn scatter(maps: Vec<ScatterMap>, class_names: Vec<String>) -> Self {
        Self { content: Content::Maps(Scatter { maps, class_names }), notes: Vec::new() }
    }

    fn scene(&self, typeface: &Typeface) -> Scene {
        match &self.content {
            Content::Lines(plots) => layout(plots, typeface),
            Content::Maps(scatter) => scatter::layout(scatter, typeface),
        }
    }

    /// What the picture does not say: older runs that were left out, how lines of the same name differ.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The figure as SVG, 5 inches wide (maps as wide as there are maps). Texts stay texts, in DejaVu Sans or else any font without serifs.
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
}

/// Writes a picture through a temporary name.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    sop_core::atomic_file::write(path, bytes).map_err(|source| ReportError::Write { path: path.to_owned(), source })
}
