//! Colours and sizes of the figures; lengths are points (1/72 inch).

/// A colour: red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Line colours that people with colour-blindness tell apart (the palette of Okabe and Ito, without its yellow).
pub(super) const PALETTE: [Rgb; 7] = [
    (0x00, 0x72, 0xB2),
    (0xD5, 0x5E, 0x00),
    (0x00, 0x9E, 0x73),
    (0xCC, 0x79, 0xA7),
    (0xE6, 0x9F, 0x00),
    (0x56, 0xB4, 0xE9),
    (0x4D, 0x4D, 0x4D),
];

pub(super) const PAPER: Rgb = (0xFF, 0xFF, 0xFF);
pub(super) const TEXT: Rgb = (0x1A, 0x1A, 0x1A);
pub(super) const AXIS: Rgb = (0x33, 0x33, 0x33);
pub(super) const GRID: Rgb = (0xE3, 0xE3, 0xE3);

/// Width of a figure where none is asked for: the text of a one-column paper, nearly.
pub(super) const WIDTH: f64 = 360.0;
/// Height of the plot between its axes, without title and legend.
pub(super) const PLOT_HEIGHT: f64 = 190.0;
/// The same of one of several plots below each other.
pub(super) const PANEL_HEIGHT: f64 = 105.0;
/// A plot that is narrower than [`WIDTH`] is lower in proportion, but not below this part of its height.
pub(super) const LOWEST: f64 = 0.7;
/// Empty border.
pub(super) const MARGIN: f64 = 8.0;
/// Space between texts and what they stand beside.
pub(super) const GAP: f64 = 5.0;

pub(super) const TITLE_SIZE: f64 = 10.0;
pub(super) const LABEL_SIZE: f64 = 9.0;
pub(super) const NOTE_SIZE: f64 = 7.5;
pub(super) const TICK_SIZE: f64 = 8.5;
pub(super) const LEGEND_SIZE: f64 = 8.5;
/// Distance of the lines of a legend.
pub(super) const LEGEND_LINE: f64 = 14.0;
/// Length of the piece of line before a name in the legend.
pub(super) const LEGEND_SAMPLE: f64 = 20.0;

pub(super) const SERIES_WIDTH: f64 = 1.5;
pub(super) const WHISKER_WIDTH: f64 = 0.9;
/// Length of the bars that end a whisker.
pub(super) const WHISKER_CAP: f64 = 5.0;
pub(super) const AXIS_WIDTH: f64 = 0.8;
pub(super) const GRID_WIDTH: f64 = 0.6;
pub(super) const TICK_LENGTH: f64 = 3.5;
/// Radius of a round marker; the others have about its area.
pub(super) const MARKER_RADIUS: f64 = 3.1;
/// A line has at most so many markers, at every second, third … of its points where it has more of them.
pub(super) const MARKERS_OF_A_LINE: usize = 16;
/// Lines with more points than this have no markers: they would hide each other.
pub(super) const MOST_MARKERS: usize = 40;
/// Most lines of one figure; beyond it they cannot be told apart.
pub(super) const MAX_LINES: usize = 24;
/// Most encoders whose dots stand in one row.
pub(super) const MAX_DOTS: usize = 12;
/// Opacity of the band of an interval.
pub(super) const BAND_OPACITY: f64 = 0.16;
