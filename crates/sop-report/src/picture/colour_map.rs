//! Colours of values and of labels.

use super::Colour;

/// Stations of the map viridis of matplotlib, evenly spaced: its lightness rises evenly, also for people with colour-blindness.
const VIRIDIS: [[u8; 3]; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [109, 205, 89],
    [180, 222, 44],
    [253, 231, 37],
];

/// Colours of masks, of Okabe and Ito.
const DISTINCT: [[u8; 3]; 7] = [
    [0xD5, 0x5E, 0x00],
    [0x00, 0x72, 0xB2],
    [0x00, 0x9E, 0x73],
    [0xCC, 0x79, 0xA7],
    [0xE6, 0x9F, 0x00],
    [0x56, 0xB4, 0xE9],
    [0xF0, 0xE4, 0x42],
];

/// The colour of a value from 0 to 1; values outside take the nearest end's.
#[must_use]
pub fn heat(value: f64) -> Colour {
    let place = value.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let below = (place as usize).min(VIRIDIS.len() - 2);
    let share = place - below as f64;
    let mix = |channel: usize| {
        let (low, high) = (f64::from(VIRIDIS[below][channel]), f64::from(VIRIDIS[below + 1][channel]));
        (low + (high - low) * share).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

/// The colour of a label: seven colours that people with colour-blindness tell apart, then the same again.
#[must_use]
pub fn distinct_colour(label: usize) -> Colour {
    DISTINCT[label % DISTINCT.len()]
}
