//! Settings of the baselines; the defaults are those of the released training scripts.

use serde::{Deserialize, Serialize};

use crate::network::LastLayers;
use crate::objective::ObjectiveError;

/// Settings of iBOT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IbotConfig {
    /// Prototypes that global features are compared with. Scale their number with the data where the data is small.
    pub prototypes: usize,
    /// Prototypes that patches are compared with; 0 for those of the global features, in one shared layer.
    pub patch_prototypes: usize,
    /// Temperature of the student's probabilities.
    pub student_temperature: f64,
    /// Share of the centre of the global features' scores that stays at a step.
    pub centre_momentum: f64,
    /// The same of the patches' scores.
    pub patch_centre_momentum: f64,
    /// Epochs in which the prototypes stay as they are.
    pub frozen_epochs: f64,
    /// Weight of L_CLS.
    pub class_weight: f64,
    /// Weight of L_patch; with 0 it is not computed.
    pub patch_weight: f64,
    /// Weight of the spread of global features over the sphere (KoLeo), 0 for none.
    pub koleo_weight: f64,
}

impl Default for IbotConfig {
    fn default() -> Self {
        Self {
            prototypes: 8192,
            patch_prototypes: 0,
            student_temperature: 0.1,
            centre_momentum: 0.9,
            patch_centre_momentum: 0.9,
            frozen_epochs: 1.0,
            class_weight: 1.0,
            patch_weight: 1.0,
            koleo_weight: 0.0,
        }
    }
}

impl IbotConfig {
    /// Checks that every setting can work.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] names the setting and its range.
    pub fn check(&self) -> Result<(), ObjectiveError> {
        let wrong = |part, reason: String| Err(ObjectiveError::Config { part, reason });
        if !(2..=MAX_PROTOTYPES).contains(&self.prototypes) {
            return wrong("prototypes", format!("{} must be from 2 to {MAX_PROTOTYPES}", self.prototypes));
        }
        if self.patch_prototypes == 1 || self.patch_prototypes > MAX_PROTOTYPES {
            let reason = format!("{} must be 0, or from 2 to {MAX_PROTOTYPES}", self.patch_prototypes);
            return wrong("patch_prototypes", reason);
        }
        if !(self.student_temperature.is_finite() && self.student_temperature > 0.0) {
            return wrong("student_temperature", format!("{} must be above 0", self.student_temperature));
        }
        for (part, momentum) in
            [("centre_momentum", self.centre_momentum), ("patch_centre_momentum", self.patch_centre_momentum)]
        {
            if !(0.0..=1.0).contains(&momentum) {
                return wrong(part, format!("{momentum} must be from 0 to 1"));
            }
        }
        for (part, value) in [
            ("frozen_epochs", self.frozen_epochs),
            ("class_weight", self.class_weight),
            ("patch_weight", self.patch_weight),
            ("koleo_weight", self.koleo_weight),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return wrong(part, format!("{value} must be 0 or more"));
            }
        }
        if self.class_weight == 0.0 && self.patch_weight == 0.0 {
            return wrong("class_weight", "is 0, and so is patch_weight: there is nothing to learn".to_owned());
        }
        Ok(())
    }

    /// The layers of prototypes that the heads need.
    #[must_use]
    pub fn last_layers(&self) -> LastLayers {
        let second = self.patch_weight > 0.0 && self.patch_prototypes > 0;
        LastLayers { first: Some(self.prototypes), second: second.then_some(self.patch_prototypes) }
    }
}

/// Prototypes of a layer.
const MAX_PROTOTYPES: usize = 1 << 24;

/// Settings of DINO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DinoConfig {
    /// Prototypes. Scale their number with the data where the data is small.
    pub prototypes: usize,
    /// Temperature of the student's probabilities.
    pub student_temperature: f64,
    /// Share of the centre that stays at a step.
    pub centre_momentum: f64,
    /// Epochs in which the prototypes stay as they are.
    pub frozen_epochs: f64,
    /// Weight of the spread of global features over the sphere (KoLeo), 0 for none.
    pub koleo_weight: f64,
}

impl Default for DinoConfig {
    fn default() -> Self {
        let IbotConfig { student_temperature, centre_momentum, frozen_epochs, koleo_weight, .. } =
            IbotConfig::default();
        Self { prototypes: 65_536, student_temperature, centre_momentum, frozen_epochs, koleo_weight }
    }
}

impl From<&DinoConfig> for IbotConfig {
    /// iBOT without patches.
    fn from(config: &DinoConfig) -> Self {
        let DinoConfig { prototypes, student_temperature, centre_momentum, frozen_epochs, koleo_weight } = *config;
        let own =
            Self { prototypes, student_temperature, centre_momentum, frozen_epochs, koleo_weight, ..Self::default() };
        Self { patch_weight: 0.0, ..own }
    }
}
