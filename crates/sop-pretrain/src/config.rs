//! The config of one pre-training run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sop_backbone::{Arch, Precision, VitConfig};
use sop_datasets::dataset::OnMissing;
use sop_image::transform::{Normalization, Transform};
use sop_image::views::{MaskConfig, ViewConfig};

use crate::defaults::merge;
use crate::evaluation::EvaluationConfig;
use crate::monitor::MonitorConfig;
use crate::network::HeadConfig;
use crate::objective::ObjectiveConfig;

/// Everything that a run depends on; two runs of one config on one machine have the same losses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Images.
    pub data: DataConfig,
    /// The backbone.
    pub model: ModelConfig,
    /// The projection head.
    pub head: HeadConfig,
    /// What is learned.
    pub objective: ObjectiveConfig,
    /// The views of an image.
    pub views: ViewConfig,
    /// Masks over the patches of the global views.
    pub mask: MaskConfig,
    /// Steps, rates and schedules.
    pub training: TrainingConfig,
    /// When a run is called collapsed.
    pub monitor: MonitorConfig,
    /// Labelled images that the teacher is evaluated on during the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<EvaluationConfig>,
}

/// Images to learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// The data set, e.g. `folder:DIR` or `hf:train-*.parquet`; labels are not used.
    pub train: String,
    /// Mean and standard deviation of the pixels, as transforms spell it.
    #[serde(default = "imagenet")]
    pub normalization: String,
    /// What to do with samples that are missing or lack a label in a set that has labels.
    #[serde(default)]
    pub on_missing: OnMissing,
    /// MiB of memory for decoded images, which are kept from one epoch to the next (default 1024; 0 for none).
    #[serde(default = "kept_mib")]
    pub kept_mib: usize,
}

fn kept_mib() -> usize {
    1024
}

fn imagenet() -> String {
    "imagenet".to_owned()
}

/// The backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// `vit_tiny`, `vit_small`, `vit_base`, `vit_large`, or `vit` with sizes of its own.
    pub arch: String,
    /// Height and width of a patch in pixels.
    pub patch_size: usize,
    /// Components of a token; for `vit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dim: Option<usize>,
    /// Blocks; for `vit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<usize>,
    /// Attention heads; for `vit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<usize>,
    /// Hidden components of a block's MLP; for `vit`, four times `dim` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlp_dim: Option<usize>,
    /// A checkpoint (`.pth`, `.safetensors`, also of another run) whose backbone student and teacher start from; the head starts from
    /// the seed. From the seed alone where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// Which set of weights of `init`, e.g. `teacher`; needed where the file has several and no teacher among two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_key: Option<String>,
}

/// Steps, rates and schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Passes over the images.
    pub epochs: u64,
    /// Images of a forward pass; what is left of an epoch is not used.
    pub batch: usize,
    /// Forward passes of a step, over which gradients are averaged.
    pub accumulate: usize,
    /// Images that are differentiated at once; the parts of a batch run side by side on the processor's cores. 0 for a number that
    /// suits the device. Results are the same up to rounding, except with KoLeo, which looks for neighbours in a part and takes the
    /// whole batch for one where this is 0.
    pub part: usize,
    /// Numbers in which products of matrices are computed: `f32` or `bf16`, where the device has them.
    pub precision: Precision,
    /// Probability of leaving out a branch of the student's last block; it rises from 0 in the first.
    pub drop_path: f64,
    /// Seed of weights, order, views, masks and anchors.
    pub seed: u64,
    /// Learning rate for 256 images a step; it is scaled with their number.
    pub learning_rate: f64,
    /// Learning rate that the schedule ends at.
    pub final_learning_rate: f64,
    /// Epochs of linear warm-up from 0.
    pub warmup_epochs: f64,
    /// Weight decay at the start and the end.
    pub weight_decay: [f64; 2],
    /// Momentum of the teacher at the start and the end.
    pub momentum: [f64; 2],
    /// Temperature of the teacher at the start and after its warm-up.
    pub teacher_temperature: [f64; 2],
    /// The same for masked patches, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_patch_temperature: Option<[f64; 2]>,
    /// Epochs in which the teacher's temperatures go from the one to the other.
    pub teacher_temperature_epochs: f64,
    /// Longest gradient of a parameter; 0 for no clipping.
    pub clip: f64,
    /// Steps between two checkpoints; 0 for one after every epoch.
    pub checkpoint_steps: u64,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch: 64,
            accumulate: 1,
            part: 0,
            precision: Precision::F32,
            drop_path: 0.1,
            seed: 0,
            learning_rate: 5e-4,
            final_learning_rate: 1e-6,
            warmup_epochs: 10.0,
            weight_decay: [0.04, 0.4],
            momentum: [0.996, 1.0],
            teacher_temperature: [0.04, 0.07],
            teacher_patch_temperature: None,
            teacher_temperature_epochs: 30.0,
            clip: 3.0,
            checkpoint_steps: 0,
        }
    }
}

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not TOML, an unknown key, or a value of another type.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// Defaults could not be written as TOML.
    #[error(transparent)]
    Defaults(#[from] toml::ser::Error),
    /// A value that cannot work.
    #[error("`{key}` {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Sizes of the backbone that do not fit.
    #[error("in [model]")]
    Model(#[from] sop_backbone::BackboneError),
    /// Settings of the method that cannot work.
    #[error(transparent)]
    Objective(#[from] crate::objective::ObjectiveError),
    /// Settings of views or masks that cannot work.
    #[error(transparent)]
    Views(#[from] sop_image::views::ViewConfigError),
    /// A normalisation that does not exist.
    #[error("in `data.normalization`")]
    Normalization(#[from] sop_image::TransformError),
}

/// Masks and schedules that a method's released script has, where they are not those of the paper's main runs.
fn usual_for(method: Option<&str>) -> (MaskConfig, TrainingConfig) {
    let (mask, training) = (MaskConfig::default(), TrainingConfig::default());
    let no_mask = MaskConfig { probability: 0.0, ..mask };
    let constant = TrainingConfig { teacher_temperature: [0.04, 0.04], ..training.clone() };
    match method {
        Some("massl-like") => (no_mask, training),
        Some("dino") => (no_mask, constant),
        Some("ibot") => (mask, TrainingConfig { teacher_patch_temperature: Some([0.04, 0.07]), ..constant }),
        _ => (mask, training),
    }
}

impl RunConfig {
    /// Reads and checks a config; what it leaves out has its default, key by key.
    ///
    /// # Errors
    /// [`ConfigError`] names the key.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let given = text.parse::<toml::Table>()?;
        let method = given.get("objective").and_then(|objective| objective.get("method")?.as_str());
        let (mask, training) = usual_for(method);
        let mut table = toml::Table::new();
        table.insert("head".to_owned(), toml::Value::try_from(HeadConfig::default())?);
        table.insert("objective".to_owned(), toml::Table::new().into());
        table.insert("views".to_owned(), toml::Value::try_from(ViewConfig::default())?);
        table.insert("mask".to_owned(), toml::Value::try_from(mask)?);
        table.insert("training".to_owned(), toml::Value::try_from(training)?);
        table.insert("monitor".to_owned(), toml::Value::try_from(MonitorConfig::default())?);
        merge(&mut table, given);
        let config: Self = table.try_into()?;
        config.check()?;
        Ok(config)
    }

    /// Checks what [`Self::parse`] checks, after a change.
    ///
    /// # Errors
    /// [`ConfigError`] names the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, reason: String| Err(ConfigError::Value { key, reason });
        self.objective.check()?;
        self.views.check()?;
        self.mask.check()?;
        self.normalization()?;
        self.vit()?;
        if self.model.init.is_none() && self.model.init_key.is_some() {
            return wrong("model.init_key", "has no use without model.init".to_owned());
        }
        if self.monitor.window == 0 {
            return wrong("monitor.window", "is 0, it must be at least 1".to_owned());
        }
        let is_impossible =
            |evaluation: &EvaluationConfig| evaluation.every_epochs == 0 || evaluation.k == 0 || evaluation.images == 1;
        if self.evaluation.as_ref().is_some_and(is_impossible) {
            return wrong("evaluation", "has every_epochs or k of 0, or images of 1".to_owned());
        }
        let TrainingConfig { epochs, batch, accumulate, learning_rate, momentum, teacher_temperature, .. } =
            self.training;
        if epochs == 0 || batch == 0 || accumulate == 0 {
            return wrong("training", "has epochs, batch or accumulate of 0, they must be at least 1".to_owned());
        }
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return wrong("training.learning_rate", format!("is {learning_rate}, it must be above 0"));
        }
        if momentum.iter().any(|share| !(0.0..=1.0).contains(share)) {
            return wrong("training.momentum", format!("is {momentum:?}, it must be from 0 to 1"));
        }
        if !(0.0..1.0).contains(&self.training.drop_path) {
            return wrong(
                "training.drop_path",
                format!("is {}, it must be from 0 to below 1", self.training.drop_path),
            );
        }
        let patch_temperature = self.training.teacher_patch_temperature;
        for (key, temperatures) in [
            ("training.teacher_temperature", Some(teacher_temperature)),
            ("training.teacher_patch_temperature", patch_temperature),
        ] {
            let is_wrong = |temperature: &f64| !(*temperature > 0.0 && temperature.is_finite());
            if let Some(temperatures) = temperatures.filter(|temperatures| temperatures.iter().any(is_wrong)) {
                return wrong(key, format!("is {temperatures:?}, it must be above 0"));
            }
        }
        let method = self.objective.method();
        if !self.objective.compares_patches() && patch_temperature.is_some() {
            let reason = format!("has no use: this {method} objective compares no patches");
            return wrong("training.teacher_patch_temperature", reason);
        }
        // A student that is not told what is behind a mask would only see less of every image.
        let may_mask = self.objective.compares_patches() || matches!(self.objective, ObjectiveConfig::Sop(_));
        if !may_mask && self.mask.probability > 0.0 {
            return wrong("mask.probability", format!("is {}, {method} has no masks", self.mask.probability));
        }
        let TrainingConfig {
            weight_decay, warmup_epochs, teacher_temperature_epochs, clip, final_learning_rate, ..
        } = self.training;
        let at_least_0 = [
            ("training.warmup_epochs", warmup_epochs),
            ("training.teacher_temperature_epochs", teacher_temperature_epochs),
            ("training.clip", clip),
            ("training.final_learning_rate", final_learning_rate),
            ("training.weight_decay", weight_decay[0]),
            ("training.weight_decay", weight_decay[1]),
        ];
        if let Some((key, value)) = at_least_0.into_iter().find(|(_, value)| !(*value >= 0.0 && value.is_finite())) {
            return wrong(key, format!("is {value}, it must be 0 or more"));
        }
        if warmup_epochs > epochs as f64 {
            return wrong("training.warmup_epochs", format!("is {warmup_epochs}, with {epochs} epochs in all"));
        }
        Ok(())
    }

    /// Sizes of the student's backbone, which has an embedding for masked patches.
    ///
    /// # Errors
    /// [`ConfigError`] where sizes are missing or do not fit.
    pub fn vit(&self) -> Result<VitConfig, ConfigError> {
        let ModelConfig { arch, patch_size, dim, depth, heads, mlp_dim, .. } = &self.model;
        let own = [("model.dim", dim), ("model.depth", depth), ("model.heads", heads), ("model.mlp_dim", mlp_dim)];
        let image_size = self.views.global.size;
        let config = match arch.parse::<Arch>()? {
            Arch::Named(size) => {
                if let Some((key, _)) = own.iter().find(|(_, value)| value.is_some()) {
                    let reason = format!("does not go with arch = \"{arch}\"; take arch = \"vit\"");
                    return Err(ConfigError::Value { key, reason });
                }
                size.config(*patch_size)
            }
            Arch::Any => {
                let needed = |key: &'static str, value: &Option<usize>| {
                    value.ok_or(ConfigError::Value { key, reason: "is missing; arch = \"vit\" needs it".to_owned() })
                };
                let dim = needed("model.dim", dim)?;
                VitConfig {
                    dim,
                    depth: needed("model.depth", depth)?,
                    heads: needed("model.heads", heads)?,
                    mlp_dim: mlp_dim.unwrap_or(dim.saturating_mul(4)),
                    ..sop_backbone::VitSize::Tiny.config(*patch_size)
                }
            }
        };
        let config = VitConfig { image_size, masked_embedding: true, ..config };
        config.check()?;
        let local = self.views.local;
        if local.count > 0 && local.size < *patch_size {
            let reason = format!("is {}, smaller than a patch of {patch_size} pixels", local.size);
            return Err(ConfigError::Value { key: "views.local.size", reason });
        }
        Ok(config)
    }

    /// Mean and standard deviation of the pixels.
    ///
    /// # Errors
    /// [`ConfigError::Normalization`] for one that does not exist.
    pub fn normalization(&self) -> Result<Normalization, ConfigError> {
        Ok(*format!("normalize({})", self.data.normalization).parse::<Transform>()?.normalization())
    }

    /// The keys in which two configs differ, one line each: key, value here, value there.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let flat = |config: &Self| {
            let mut entries = Vec::new();
            if let Ok(value) = toml::Value::try_from(config) {
                flatten("", &value, &mut entries);
            }
            entries
        };
        let (own, other) = (flat(self), flat(other));
        let find = |entries: &[(String, String)], key: &str| {
            entries.iter().find(|(name, _)| name == key).map_or("nothing".to_owned(), |(_, value)| value.clone())
        };
        let mut keys: Vec<&String> = own.iter().chain(&other).map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        let lines = keys.into_iter().map(|key| (key, find(&own, key), find(&other, key)));
        lines
            .filter(|(_, own, other)| own != other)
            .map(|(key, own, other)| format!("{key}: {own}, was {other}"))
            .collect()
    }
}

fn flatten(prefix: &str, value: &toml::Value, entries: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, value, entries);
            }
        }
        value => entries.push((prefix.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        data.train = "folder:train"
        model = { arch = "vit", patch_size = 8, dim = 24, depth = 2, heads = 3 }
        views = { global.size = 32, local = { size = 16, count = 2 } }
        objective.class = { memory = 64, anchors = 8, support = 2 }
    "#;

    #[test]
    fn what_is_left_out_has_its_default_key_by_key() {
        let config = RunConfig::parse(SMALL).unwrap();
        let ObjectiveConfig::Sop(objective) = &config.objective else { panic!("{:?}", config.objective) };
        assert_eq!((objective.class.memory, objective.class.tasks), (64, 2));
        assert_eq!((config.views.local.count, config.views.local.blur), (2, 0.5));
        assert_eq!((config.vit().unwrap().grid(), config.vit().unwrap().mlp_dim), (4, 96));
    }

    #[test]
    fn a_baseline_has_the_masks_and_temperatures_of_its_script() {
        let of = |method: &str, more: &str| {
            let text = SMALL.replace("objective.class = { memory = 64, anchors = 8, support = 2 }", more);
            RunConfig::parse(&format!("{text}\nobjective.method = \"{method}\""))
        };
        let ibot = of("ibot", "").unwrap();
        assert_eq!((ibot.training.teacher_temperature, ibot.mask.probability), ([0.04, 0.04], 1.0));
        assert_eq!(ibot.training.teacher_patch_temperature, Some([0.04, 0.07]));
        let dino = of("dino", "training.teacher_temperature = [0.02, 0.04]").unwrap();
        assert_eq!((dino.training.teacher_temperature, dino.mask.probability), ([0.02, 0.04], 0.0));
        let error = of("dino", "mask.probability = 0.5").unwrap_err().to_string();
        assert!(error.contains("mask.probability") && error.contains("dino"), "{error}");
        // The whole config comes back from a run's folder and from a checkpoint.
        for config in [ibot, dino] {
            assert_eq!(RunConfig::parse(&toml::to_string(&config).unwrap()).unwrap(), config);
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), config);
        }
    }

    #[test]
    fn unknown_and_impossible_values_are_named() {
        for (line, key) in [
            ("objective.class.anchor = 3", "anchor"),
            ("objective.method = \"byol\"", "byol"),
            ("objective.method = 3", "objective.method"),
            ("training.teacher_patch_temperature = [0.0, 0.1]", "teacher_patch_temperature"),
            ("training.batch = 0", "batch"),
            ("objective.patch.anchors = 9000", "patch"),
            ("model.dim = 25", "dim"),
            ("views.local.scale = [0.9, 0.1]", "views.local.scale"),
            ("mask.ratio = 2.0", "mask.ratio"),
            ("training.drop_path = 1.0", "training.drop_path"),
            ("monitor.window = 0", "monitor.window"),
            ("evaluation = { data = \"folder:x\", k = 0 }", "evaluation"),
            ("data.normalization = \"cifar\"", "normali"),
            ("training.warmup_epochs = 500", "warmup_epochs"),
        ] {
            let mut table: toml::Table = SMALL.parse().unwrap();
            merge(&mut table, line.parse().unwrap());
            let error = RunConfig::parse(&table.to_string()).unwrap_err();
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text += &cause.to_string();
                source = cause.source();
            }
            assert!(text.contains(key), "{line}: {text}");
        }
    }

    #[test]
    fn differences_are_listed_by_key() {
        let config = RunConfig::parse(SMALL).unwrap();
        let mut other = config.clone();
        other.training.batch = 32;
        assert_eq!(other.differences(&config), ["training.batch: 32, was 64"]);
        assert!(config.differences(&config).is_empty());
    }
}
