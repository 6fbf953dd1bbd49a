//! A figure that can be written.

use std::path::Path;

use super::font::Typeface;
use super::layout::layout;
use super::line_plot::LinePlot;
use super::{png_file, svg};
use crate::ReportError;

/// A figure ready to be drawn; the same figure gives the same bytes every time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// From the top down.
    plots: Vec<LinePlot>,
    notes: Vec<String>,
}

impl Figure {
    pub(super) fn new(plots: Vec<LinePlot>, notes: Vec<String>) -> Self {
        Self { plots, notes }
    }

    /// What the picture does not say: older runs that were left out, how lines of the same name differ.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The figure as SVG, 5 inches wide. Texts stay texts, in DejaVu Sans or else any font without serifs.
    ///
    /// # Errors
    /// When drawing fails.
    pub fn svg(&self) -> Result<String, ReportError> {
        svg::encode(&layout(&self.plots, &Typeface::embedded()?))
    }

    /// The figure as PNG, 1440 pixels (5 inches) wide.
    ///
    /// # Errors
    /// When drawing or encoding fails.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        let typeface = Typeface::embedded()?;
        png_file::encode(&layout(&self.plots, &typeface), &typeface)
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
