//! Settings of the views; the defaults are those of iBOT's published recipe for ViT-S, which SOP follows.

use serde::{Deserialize, Serialize};

use crate::transform::MAX_SIDE;

/// Settings of the views of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewConfig {
    /// The two views that the teacher sees too.
    pub global: GlobalCrops,
    /// The views that only the student sees.
    pub local: LocalCrops,
    /// Chance of mirroring.
    pub flip: f64,
    /// Change of colours.
    pub jitter: ColourJitter,
    /// Chance of taking the colours away.
    pub greyscale: f64,
    /// Standard deviation of a blur in pixels, uniform between these.
    pub blur_radius: [f64; 2],
    /// Samples of at least this much are inverted where a view is solarised.
    pub solarize_threshold: u8,
}

/// The two global views.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GlobalCrops {
    /// Height and width in pixels.
    pub size: usize,
    /// Share of the image's area, uniform between these.
    pub scale: [f64; 2],
    /// Chance of a blur for each of the two.
    pub blur: [f64; 2],
    /// Chance of solarisation for each of the two.
    pub solarize: [f64; 2],
}

/// The local views.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalCrops {
    /// How many; may be 0.
    pub count: usize,
    /// Height and width in pixels.
    pub size: usize,
    /// Share of the image's area, uniform between these.
    pub scale: [f64; 2],
    /// Chance of a blur.
    pub blur: f64,
}

/// Change of colours, the four kinds in random order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColourJitter {
    /// Chance of any change.
    pub probability: f64,
    /// Factors lie between 1 minus and 1 plus this.
    pub brightness: f64,
    /// Likewise.
    pub contrast: f64,
    /// Likewise.
    pub saturation: f64,
    /// Largest turn of the hue, in circles.
    pub hue: f64,
}

impl Default for ViewConfig {
    fn default() -> Self {
        Self {
            global: GlobalCrops::default(),
            local: LocalCrops::default(),
            flip: 0.5,
            jitter: ColourJitter::default(),
            greyscale: 0.2,
            blur_radius: [0.1, 2.0],
            solarize_threshold: 128,
        }
    }
}

impl Default for GlobalCrops {
    fn default() -> Self {
        Self { size: 224, scale: [0.25, 1.0], blur: [1.0, 0.1], solarize: [0.0, 0.2] }
    }
}

impl Default for LocalCrops {
    fn default() -> Self {
        Self { count: 10, size: 96, scale: [0.05, 0.25], blur: 0.5 }
    }
}

impl Default for ColourJitter {
    fn default() -> Self {
        Self { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 }
    }
}

/// A setting of the views or masks that cannot work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{key}` is {value}, it must be {expected}")]
pub struct ViewConfigError {
    /// The setting, e.g. `views.local.scale`.
    pub key: &'static str,
    /// What it is.
    pub value: String,
    /// What it must be.
    pub expected: String,
}

impl ViewConfigError {
    pub(super) fn new(key: &'static str, value: impl std::fmt::Debug, expected: &str) -> Self {
        Self { key, value: format!("{value:?}"), expected: expected.to_owned() }
    }
}

/// Local views of one image: far above any real number.
const MAX_LOCAL: usize = 64;

impl ViewConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`ViewConfigError`] names the first one that is not.
    pub fn check(&self) -> Result<(), ViewConfigError> {
        let Self { global, local, jitter, .. } = self;
        for (key, size) in [("views.global.size", global.size), ("views.local.size", local.size)] {
            if !(1..=MAX_SIDE).contains(&size) {
                return Err(ViewConfigError::new(key, size, &format!("between 1 and {MAX_SIDE}")));
            }
        }
        if local.count > MAX_LOCAL {
            return Err(ViewConfigError::new("views.local.count", local.count, &format!("at most {MAX_LOCAL}")));
        }
        for (key, scale) in [("views.global.scale", global.scale), ("views.local.scale", local.scale)] {
            let [low, high] = scale;
            if !(low > 0.0 && low <= high && high <= 1.0) {
                return Err(ViewConfigError::new(key, scale, "two shares above 0 and up to 1, the smaller one first"));
            }
        }
        let chances = [
            ("views.flip", self.flip),
            ("views.greyscale", self.greyscale),
            ("views.jitter.probability", jitter.probability),
            ("views.global.blur", global.blur[0]),
            ("views.global.blur", global.blur[1]),
            ("views.global.solarize", global.solarize[0]),
            ("views.global.solarize", global.solarize[1]),
            ("views.local.blur", local.blur),
        ];
        if let Some((key, chance)) = chances.into_iter().find(|(_, chance)| !(0.0..=1.0).contains(chance)) {
            return Err(ViewConfigError::new(key, chance, "a probability from 0 to 1"));
        }
        let strengths = [
            ("views.jitter.brightness", jitter.brightness, 10.0),
            ("views.jitter.contrast", jitter.contrast, 10.0),
            ("views.jitter.saturation", jitter.saturation, 10.0),
            ("views.jitter.hue", jitter.hue, 0.5),
        ];
        if let Some((key, strength, limit)) =
            strengths.into_iter().find(|(_, strength, limit)| !(0.0..=*limit).contains(strength))
        {
            return Err(ViewConfigError::new(key, strength, &format!("from 0 to {limit}")));
        }
        let [low, high] = self.blur_radius;
        if !(low >= 0.0 && low <= high && high <= 100.0) {
            return Err(ViewConfigError::new(
                "views.blur_radius",
                self.blur_radius,
                "two radii from 0 to 100 pixels, the smaller one first",
            ));
        }
        Ok(())
    }
}
