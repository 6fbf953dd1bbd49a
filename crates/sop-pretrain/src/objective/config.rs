//! Which objective, and its settings.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Objective, ObjectiveError, ObjectiveState};
use crate::defaults::merge;
use crate::ibot::{DinoConfig, Ibot, IbotConfig};
use crate::network::LastLayers;
use crate::sop::{Sop, SopConfig, TaskConfig};

/// Which objective, by its key `method`, and its settings; what is left out has its default key by key, `method` the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", try_from = "toml::Table")]
pub enum ObjectiveConfig {
    /// Self-Organizing Prototypes.
    Sop(SopConfig),
    /// What the paper says that its method is without support embeddings and patches; MaSSL's own code was not compared.
    MasslLike(MasslConfig),
    /// iBOT.
    Ibot(IbotConfig),
    /// DINO.
    Dino(DinoConfig),
}

/// Settings of the method where every prototype is one embedding of the memory, and only global features are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MasslConfig {
    /// Embeddings that the memory holds.
    pub memory: usize,
    /// Anchors drawn from it, K.
    pub anchors: usize,
    /// Draws of anchors in one step, over which the loss is averaged.
    pub tasks: usize,
    /// Temperature of the student's probabilities.
    pub student_temperature: f64,
    /// Weight of the spread of global features over the sphere (KoLeo), 0 for none.
    pub koleo_weight: f64,
}

impl Default for MasslConfig {
    fn default() -> Self {
        let SopConfig { class, student_temperature, koleo_weight, .. } = SopConfig::default();
        let TaskConfig { memory, anchors, tasks, .. } = class;
        Self { memory, anchors, tasks, student_temperature, koleo_weight }
    }
}

impl From<&MasslConfig> for SopConfig {
    fn from(config: &MasslConfig) -> Self {
        let MasslConfig { memory, anchors, tasks, student_temperature, koleo_weight } = *config;
        // The patch memory must have a size, and is never looked at.
        let patch = TaskConfig { memory: 2, anchors: 2, support: 0, tasks: 1, weight: 0.0 };
        Self {
            class: TaskConfig { memory, anchors, support: 0, tasks, weight: 1.0 },
            patch,
            smoothing: 0.0,
            student_temperature,
            koleo_weight,
            ..Self::default()
        }
    }
}

/// What `method` may be.
const METHODS: [&str; 4] = ["sop", "massl-like", "ibot", "dino"];

/// Why a table holds no objective.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveConfigError {
    /// An objective that does not exist.
    #[error("unknown objective.method `{method}`; there are {}", METHODS.join(", "))]
    Method {
        /// As in the config.
        method: String,
    },
    /// An unknown key, or a value of another type.
    #[error("in [objective] of method = \"{method}\": {}", .source.message())]
    Settings {
        /// The objective.
        method: String,
        /// Which key.
        source: Box<toml::de::Error>,
    },
    /// Defaults could not be written as TOML.
    #[error(transparent)]
    Defaults(#[from] toml::ser::Error),
}

impl TryFrom<toml::Table> for ObjectiveConfig {
    type Error = ObjectiveConfigError;

    fn try_from(mut given: toml::Table) -> Result<Self, ObjectiveConfigError> {
        let method = match given.remove("method") {
            None => "sop".to_owned(),
            Some(toml::Value::String(method)) => method,
            Some(other) => other.to_string(),
        };
        fn read<T: Default + Serialize + DeserializeOwned>(
            method: &str,
            given: toml::Table,
        ) -> Result<T, ObjectiveConfigError> {
            let mut table = toml::Table::try_from(T::default())?;
            merge(&mut table, given);
            let failed =
                |source| ObjectiveConfigError::Settings { method: method.to_owned(), source: Box::new(source) };
            table.try_into().map_err(failed)
        }
        match method.as_str() {
            "sop" => Ok(Self::Sop(read(&method, given)?)),
            "massl-like" => Ok(Self::MasslLike(read(&method, given)?)),
            "ibot" => Ok(Self::Ibot(read(&method, given)?)),
            "dino" => Ok(Self::Dino(read(&method, given)?)),
            _ => Err(ObjectiveConfigError::Method { method }),
        }
    }
}

impl ObjectiveConfig {
    /// Its name, as `method` spells it.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Sop(_) => "sop",
            Self::MasslLike(_) => "massl-like",
            Self::Ibot(_) => "ibot",
            Self::Dino(_) => "dino",
        }
    }

    /// Checks that every setting can work.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] names the setting and its range.
    pub fn check(&self) -> Result<(), ObjectiveError> {
        match self.settings() {
            Settings::Sop(config) => config.check(),
            Settings::Ibot(config) => config.check(),
        }
    }

    /// The layers of prototypes that it needs at the end of the heads.
    #[must_use]
    pub fn last_layers(&self) -> LastLayers {
        match self.settings() {
            Settings::Sop(_) => LastLayers::default(),
            Settings::Ibot(config) => config.last_layers(),
        }
    }

    /// Whether it compares masked patches.
    #[must_use]
    pub fn compares_patches(&self) -> bool {
        match self.settings() {
            Settings::Sop(config) => config.patch.weight > 0.0,
            Settings::Ibot(config) => config.patch_weight > 0.0,
        }
    }

    /// Starts the objective, for embeddings of `dim` components.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] for settings that cannot work.
    pub fn start(&self, dim: usize, seed: u64) -> Result<Box<dyn Objective>, ObjectiveError> {
        Ok(match self.settings() {
            Settings::Sop(config) => Box::new(Sop::new(config, dim, seed)?),
            Settings::Ibot(config) => Box::new(Ibot::new(config)?),
        })
    }

    /// Goes on with the state of a checkpoint.
    ///
    /// # Errors
    /// [`ObjectiveError`] where the state is not complete, or does not fit the settings.
    pub fn restore(&self, state: &ObjectiveState) -> Result<Box<dyn Objective>, ObjectiveError> {
        Ok(match self.settings() {
            Settings::Sop(config) => Box::new(Sop::restore(config, state)?),
            Settings::Ibot(config) => Box::new(Ibot::restore(config, state)?),
        })
    }

    /// The settings of what is computed: two of the methods are the other two with less.
    fn settings(&self) -> Settings {
        match self {
            Self::Sop(config) => Settings::Sop(config.clone()),
            Self::MasslLike(config) => Settings::Sop(config.into()),
            Self::Ibot(config) => Settings::Ibot(config.clone()),
            Self::Dino(config) => Settings::Ibot(config.into()),
        }
    }
}

enum Settings {
    Sop(SopConfig),
    Ibot(IbotConfig),
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ObjectiveConfig, String> {
        toml::from_str::<ObjectiveConfig>(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_method_is_read_with_its_own_defaults_and_written_back() {
        assert_eq!(read("").unwrap(), ObjectiveConfig::Sop(SopConfig::default()));
        let small = read("method = \"sop\"\nclass = { memory = 64, anchors = 8 }").unwrap();
        let ObjectiveConfig::Sop(config) = &small else { panic!("{small:?}") };
        assert_eq!((config.class.memory, config.class.support), (64, 8));
        for method in METHODS {
            let config = read(&format!("method = \"{method}\"")).unwrap();
            assert_eq!(config.method(), method);
            config.check().unwrap();
            let (as_toml, as_json) = (toml::to_string(&config).unwrap(), serde_json::to_string(&config).unwrap());
            assert_eq!(read(&as_toml).unwrap(), config);
            assert_eq!(serde_json::from_str::<ObjectiveConfig>(&as_json).unwrap(), config);
        }
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let error = read("method = \"byol\"").unwrap_err();
        assert!(error.contains("byol") && error.contains("sop, massl-like, ibot, dino"), "{error}");
        // A setting of another method.
        let error = read("method = \"dino\"\npatch_weight = 1.0").unwrap_err();
        assert!(
            error.contains("patch_weight") && error.contains("dino") && error.contains("centre_momentum"),
            "{error}"
        );
    }

    #[test]
    fn one_member_and_no_smoothing_leave_the_softmax_over_the_memory() {
        let config = SopConfig::from(&MasslConfig::default());
        config.check().unwrap();
        assert_eq!((config.class.support, config.smoothing, config.patch.weight), (0, 0.0, 0.0));
    }
}
