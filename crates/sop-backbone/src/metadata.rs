//! What an exported encoder says of itself, in `metadata_props`.

use crate::VitConfig;

/// Origin and use of an exported encoder; the sizes come from the model itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncoderMetadata {
    /// The image transform that the encoder should get, e.g. `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`.
    pub transform: String,
    /// Mean and standard deviation per channel that images are normalised with.
    pub normalization: ([f32; 3], [f32; 3]),
    /// The pre-training method (`dino`, `ibot`, `sop`), where known; `untrained` for random weights.
    pub method: Option<String>,
    /// Epochs of pre-training, where known.
    pub pretrain_epochs: Option<u64>,
    /// Data set of pre-training, where known.
    pub pretrain_dataset: Option<String>,
    /// SHA-256 of the checkpoint the weights come from.
    pub source_sha256: Option<String>,
    /// The state dict inside the checkpoint, e.g. `teacher`.
    pub source_key: Option<String>,
    /// The seed, for weights drawn at random.
    pub seed: Option<u64>,
}

impl EncoderMetadata {
    /// Key-value pairs of the file, in a fixed order.
    pub(crate) fn entries(&self, config: &VitConfig) -> Vec<(String, String)> {
        let list = |values: [f32; 3]| values.map(|value| value.to_string()).join(",");
        let (mean, std) = self.normalization;
        [
            ("architecture", Some(config.arch().to_owned())),
            ("patch_size", Some(config.patch_size.to_string())),
            ("image_size", Some(config.image_size.to_string())),
            ("dim", Some(config.dim.to_string())),
            ("depth", Some(config.depth.to_string())),
            ("heads", Some(config.heads.to_string())),
            ("normalization_mean", Some(list(mean))),
            ("normalization_std", Some(list(std))),
            ("position_interpolation", Some("dino_offset".to_owned())),
            ("transform", Some(self.transform.clone())),
            ("method", self.method.clone()),
            ("pretrain_epochs", self.pretrain_epochs.map(|epochs| epochs.to_string())),
            ("pretrain_dataset", self.pretrain_dataset.clone()),
            ("source_sha256", self.source_sha256.clone()),
            ("source_key", self.source_key.clone()),
            ("seed", self.seed.map(|seed| seed.to_string())),
            ("exporter", Some(format!("sop {}", env!("CARGO_PKG_VERSION")))),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key.to_owned(), value)))
        .collect()
    }
}
