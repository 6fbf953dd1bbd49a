//! The state of iBOT and DINO: the centres.

use burn::tensor::Device;

use super::{Centre, IbotConfig, IbotStep};
use crate::objective::{Kept, Objective, ObjectiveError, ObjectiveState, ObjectiveStep, StepNumbers};

/// iBOT's state: settings and centres. The prototypes are in the networks' heads.
#[derive(Clone, Debug)]
pub struct Ibot {
    config: IbotConfig,
    centre: Centre,
    /// Of the patches' scores, where patches are compared.
    patch_centre: Option<Centre>,
}

/// Names of the centres in a checkpoint.
const CENTRES: [&str; 2] = ["centre", "patch_centre"];

impl Ibot {
    /// Starts with centres of 0.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] for settings that cannot work.
    pub fn new(config: IbotConfig) -> Result<Self, ObjectiveError> {
        config.check()?;
        let centre = Centre::new(config.prototypes, config.centre_momentum);
        let patch_centre = patch_prototypes(&config).map(|count| Centre::new(count, config.patch_centre_momentum));
        Ok(Self { config, centre, patch_centre })
    }

    /// Goes on with the centres of a checkpoint.
    ///
    /// # Errors
    /// [`ObjectiveError`] where they are missing, or do not fit the settings.
    pub fn restore(config: IbotConfig, state: &ObjectiveState) -> Result<Self, ObjectiveError> {
        config.check()?;
        let centre = |name, count, momentum| Centre::from_values(state.matrix(name)?, count, momentum);
        let patch_centre = patch_prototypes(&config)
            .map(|count| centre(CENTRES[1], count, config.patch_centre_momentum))
            .transpose()?;
        let centre = centre(CENTRES[0], config.prototypes, config.centre_momentum)?;
        Ok(Self { config, centre, patch_centre })
    }

    /// A step from the centres as they are, on a device.
    #[must_use]
    pub fn step(&self, device: &Device) -> IbotStep {
        IbotStep::new(
            self.config.clone(),
            self.centre.on(device),
            self.patch_centre.as_ref().map(|centre| centre.on(device)),
        )
    }

    /// The running mean of the scores of global features.
    #[must_use]
    pub fn centre(&self) -> &Centre {
        &self.centre
    }

    /// The running mean of the scores of patches, where they are compared.
    #[must_use]
    pub fn patch_centre(&self) -> Option<&Centre> {
        self.patch_centre.as_ref()
    }
}

/// Prototypes that patches are compared with, where they are.
fn patch_prototypes(config: &IbotConfig) -> Option<usize> {
    let own = if config.patch_prototypes > 0 { config.patch_prototypes } else { config.prototypes };
    (config.patch_weight > 0.0).then_some(own)
}

impl Objective for Ibot {
    fn begin(&self, _numbers: StepNumbers, device: &Device) -> Result<Box<dyn ObjectiveStep>, ObjectiveError> {
        Ok(Box::new(self.step(device)))
    }

    /// The centres follow the teacher's scores of both global views; those of patches are means over all patches of a view.
    fn end(&mut self, kept: &Kept) -> Result<(), ObjectiveError> {
        let views = 2 * kept.images;
        self.centre.follow(kept.matrix(0, CENTRES[0])?.view(), views)?;
        match &mut self.patch_centre {
            Some(centre) => centre.follow(kept.matrix(1, CENTRES[1])?.view(), views),
            None => Ok(()),
        }
    }

    fn is_mean_over_images(&self) -> bool {
        // KoLeo looks for each image's nearest neighbour in the batch.
        self.config.koleo_weight == 0.0
    }

    fn images_to_fill(&self) -> usize {
        0
    }

    fn frozen_epochs(&self) -> f64 {
        self.config.frozen_epochs
    }

    fn state(&self) -> ObjectiveState {
        let centres = [Some(&self.centre), self.patch_centre.as_ref()].into_iter().zip(CENTRES);
        let centres = centres.filter_map(|(centre, name)| Some((centre?, name)));
        centres.fold(ObjectiveState::default(), |state, (centre, name)| state.with(name, centre.values()))
    }
}
