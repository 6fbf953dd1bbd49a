//! What a file of another program means, in the words of the encoder contract.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sop_core::{OutputKind, PATCH_SIZE, Sha256Hasher};

/// Says which inputs and outputs of a foreign ONNX file are what.
///
/// Either `tokens` is given, with `cls_token`, or `cls`, or both; then the output `cls` takes the place of the first token.
/// A file of class scores alone is given `logits` instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderDescription {
    /// Name of the input `[batch, 3, height, width]`.
    pub input: String,
    /// Name of an output `[batch, tokens, dim]` with all tokens, after the final norm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
    /// Whether token 0 is the CLS token. Without one, `cls` is the mean of the patch tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cls_token: Option<bool>,
    /// Number of register tokens: they follow the CLS token, and are in neither `cls` nor `patches`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_tokens: Option<usize>,
    /// Name of an output `[batch, dim]` that is the image's global feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cls: Option<String>,
    /// Name of an output `[batch, tokens, dim]` with the patch tokens alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patches: Option<String>,
    /// Name of an output `[batch, classes]` with a score for each class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logits: Option<String>,
    /// Side in pixels of what a patch token stands for: the patch of a ViT, the last stride of a network of several stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_size: Option<usize>,
    /// The transform that images should go through, e.g. `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    /// Method of pre-training, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Epochs of pre-training, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrain_epochs: Option<u64>,
    /// Data set of pre-training, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrain_dataset: Option<String>,
    /// Name of the architecture, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
}

impl EncoderDescription {
    /// What is wrong with the description itself, whatever the file.
    pub(crate) fn check(&self) -> Result<(), String> {
        let refuse = |reason: &str| Err(reason.to_owned());
        match (&self.tokens, &self.cls, &self.patches) {
            (None, None, _) if self.logits.is_none() => {
                refuse("`tokens` and `cls` are both missing; name an output of the model in one of them")
            }
            (Some(_), _, Some(_)) => refuse("`tokens` and `patches` are both given; patches are a part of the tokens"),
            (Some(_), _, None) if self.cls_token.is_none() => {
                refuse("`cls_token` is missing; say with `tokens` whether token 0 is a CLS token (true or false)")
            }
            (None, _, None) if self.patch_size.is_some() => {
                refuse("`patch_size` says what a token of `tokens` or `patches` stands for, and both are missing")
            }
            _ if self.patch_size == Some(0) => refuse("`patch_size` is 0; it is a number of pixels"),
            (None, _, _) if self.cls_token.is_some() || self.register_tokens.is_some() => {
                refuse("`cls_token` and `register_tokens` say what is among `tokens`, which is missing")
            }
            _ => Ok(()),
        }
    }

    /// The outputs of the model that are an output of the contract as they are.
    pub(crate) fn named_outputs(&self) -> impl Iterator<Item = (OutputKind, &str)> {
        let outputs =
            [(OutputKind::Cls, &self.cls), (OutputKind::Patches, &self.patches), (OutputKind::Logits, &self.logits)];
        outputs.into_iter().filter_map(|(kind, name)| name.as_deref().map(|name| (kind, name)))
    }

    /// Hash of a model file under this description. The transform is left out: it is stored beside the encoder's hash.
    pub(crate) fn sha256(&self, file_sha256: &str) -> String {
        let mut hasher = Sha256Hasher::default();
        hasher.update_field(file_sha256.as_bytes());
        hasher.update_field(Value::Object(self.without_transform()).to_string().as_bytes());
        hasher.finish()
    }

    /// The description as JSON, keys in the order above, defaults spelt out.
    pub(crate) fn without_transform(&self) -> Map<String, Value> {
        let canonical = Self {
            transform: None,
            register_tokens: self.tokens.as_ref().map(|_| self.register_tokens.unwrap_or(0)),
            ..self.clone()
        };
        match serde_json::json!(canonical) {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    /// Facts that take the place of the file's own: the patch size, and those for tables.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let labels = [
            (PATCH_SIZE, self.patch_size.map(Value::from)),
            ("architecture", text(&self.architecture)),
            ("method", text(&self.method)),
            ("pretrain_epochs", self.pretrain_epochs.map(Value::from)),
            ("pretrain_dataset", text(&self.pretrain_dataset)),
        ];
        labels.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> EncoderDescription {
        let (input, tokens) = ("x".to_owned(), Some("y".to_owned()));
        EncoderDescription { input, tokens, cls_token: Some(true), ..EncoderDescription::default() }
    }

    #[test]
    fn the_hash_follows_what_is_computed_and_not_how_it_is_written() {
        let hash = |description: &EncoderDescription| description.sha256("file");
        let spelt_out = EncoderDescription { register_tokens: Some(0), ..description() };
        let other_transform = EncoderDescription { transform: Some("normalize(none)".to_owned()), ..description() };
        assert_eq!(hash(&description()), hash(&spelt_out));
        assert_eq!(hash(&description()), hash(&other_transform));
        let with_registers = EncoderDescription { register_tokens: Some(1), ..description() };
        let without_cls = EncoderDescription { cls_token: Some(false), ..description() };
        let named = EncoderDescription { method: Some("dino".to_owned()), ..description() };
        let of_patches = EncoderDescription { patch_size: Some(16), ..description() };
        let with_logits = EncoderDescription { logits: Some("z".to_owned()), ..description() };
        for other in [with_registers, without_cls, named, of_patches, with_logits] {
            assert_ne!(hash(&description()), hash(&other), "{other:?}");
        }
        assert_ne!(hash(&description()), description().sha256("other file"));
    }

    /// Hashes of encoders are stored with embeddings: what a description does not say must not be in them.
    #[test]
    fn keys_that_are_not_given_are_not_hashed() {
        let hashed = Value::Object(description().without_transform()).to_string();
        assert_eq!(hashed, r#"{"input":"x","tokens":"y","cls_token":true,"register_tokens":0}"#);
    }

    #[test]
    fn contradictions_are_named() {
        let wrong = |change: fn(&mut EncoderDescription), part: &str| {
            let mut description = description();
            change(&mut description);
            let reason = description.check().unwrap_err();
            assert!(reason.contains(part), "{reason}");
        };
        assert_eq!(description().check(), Ok(()));
        wrong(|description| description.tokens = None, "`tokens` and `cls` are both missing");
        wrong(|description| description.cls_token = None, "`cls_token` is missing");
        wrong(|description| description.patches = Some("p".to_owned()), "`patches`");
        wrong(|description| description.patch_size = Some(0), "`patch_size` is 0");
        wrong(
            |description| {
                *description = EncoderDescription {
                    cls: Some("c".to_owned()),
                    patch_size: Some(16),
                    ..EncoderDescription::default()
                }
            },
            "`patch_size`",
        );
        wrong(
            |description| (description.tokens, description.cls) = (None, Some("c".to_owned())),
            "`tokens`, which is missing",
        );
    }
}
