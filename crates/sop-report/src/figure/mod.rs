//! Result rows to figures, and figures to pictures.
//!
//! Rows become a line plot, its layout becomes a scene of lines, areas and texts in points, and one painter draws
//! the scene for both SVG and PNG; PDF takes the same scene as it is.

mod accuracy_over_k;
mod axes;
mod drawing;
mod font;
mod frame;
mod interval_plot;
mod layout;
mod legend;
mod line_plot;
mod marker;
mod paint;
mod pdf;
mod png_file;
mod probe_curves;
mod ranked;
mod scatter;
mod scene;
mod svg;
mod theme;
mod ticks;
mod training_curves;
mod width;

pub use accuracy_over_k::accuracy_over_k;
pub use drawing::Figure;
pub(crate) use drawing::write;
pub(crate) use font::Typeface;
pub use probe_curves::{ProbeLine, probe_curves};
pub use ranked::{RankedEncoder, ranked_intervals};
pub use scatter::ScatterMap;
pub use training_curves::training_curves;
pub use width::FigureWidth;
