//! Result rows to figures, and figures to pictures.
//!
//! Rows become a line plot, its layout becomes a scene of lines, areas and texts in points, and one painter draws
//! the scene for both SVG and PNG; PDF takes the same scene as it is.

mod ablation;
mod axes;
mod best_of_sweep;
mod choice;
mod classes;
mod confusion;
mod dot_plot;
mod drawing;
mod font;
mod frame;
mod heat_plot;
mod heatmap;
mod interval_plot;
mod key;
mod keyed;
mod layout;
mod legend;
mod line_plot;
mod marker;
mod methods;
mod number;
mod one_data_set;
mod paint;
mod parts;
mod pdf;
mod png_file;
mod probe_curves;
mod ranked;
mod row_dots;
mod scatter;
mod scene;
mod series_names;
mod svg;
mod sweep;
mod theme;
mod ticks;
mod title_lines;
mod titles;
mod training_curves;
mod units;
mod value_axis;
mod width;

pub use ablation::ablation_lines;
pub use choice::FigureChoice;
pub use classes::class_dots;
pub use confusion::confusion_map;
pub use drawing::Figure;
pub(crate) use drawing::write;
pub(crate) use font::Typeface;
pub use heatmap::heat_map;
pub use methods::{MethodAxes, method_lines};
pub use parts::part_dots;
pub use probe_curves::{ProbeLine, probe_curves};
pub use ranked::{RankedEncoder, ranked_intervals};
pub use scatter::ScatterMap;
pub use sweep::{curve_lines, sweep_lines};
pub use training_curves::training_curves;
pub use units::unit_dots;
pub use width::FigureWidth;
