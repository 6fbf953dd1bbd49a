//! The settings of a server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sop_core::Feature;
use sop_server::Limits;

use crate::error::{Context as _, Result, refuse};

/// The settings of a server; what is left out has its usual value.
///
/// As a file they are TOML with these keys, where paths are taken from the folder in which the program was started.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeSettings {
    /// The index folder; made where there is none.
    pub index: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// File with the key that may do everything.
    pub api_key_file: Option<PathBuf>,
    /// File with a key that may read only.
    pub read_only_key_file: Option<PathBuf>,
    /// Names under which clients may call the server, besides `localhost` and its address.
    pub allow_host: Vec<String>,
    /// Data sets whose images a collection that is made over HTTP may show.
    pub allow_data: Vec<String>,
    /// Encoders of images.
    pub encoder: Vec<EncoderSettings>,
    /// Images that an encoder takes at once.
    pub max_batch: Option<usize>,
    /// Milliseconds that an image waits for others at most.
    pub max_wait_ms: Option<u64>,
    /// Images that wait for an encoder at most.
    pub queue: Option<usize>,
    /// Largest image in pixels.
    pub max_pixels: Option<u64>,
    /// Each how many searches by a graph one is made exactly as well, for the recall in `/metrics`; 0 for none.
    pub sample_every: Option<u64>,
    /// Maps of collections by their names: files that `sop eval tsne` makes.
    pub map: BTreeMap<String, PathBuf>,
    /// What is logged, in the form of `RUST_LOG`.
    pub log: Option<String>,
    /// What requests may take.
    pub limits: Limits,
}

/// An encoder that a server turns images into vectors with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderSettings {
    /// An ONNX file, or `pixels:16`.
    pub path: String,
    /// What requests call it; the encoder's own name where it is left out.
    pub name: Option<String>,
    /// A file that says what a foreign encoder's input and outputs are.
    pub description: Option<PathBuf>,
    /// The vector that is taken from it where a collection does not say; `cls` where it is left out.
    pub feature: Option<String>,
    /// The transform of images where a collection does not say; what the encoder recommends where it is left out.
    pub transform: Option<String>,
}

impl EncoderSettings {
    /// `E.onnx` or `NAME=E.onnx`.
    ///
    /// # Errors
    /// When name or file is empty.
    pub fn of_flag(text: &str) -> Result<Self> {
        // A folder may have the sign in its name, an encoder's name has no separator.
        let (name, path) = match text.split_once('=').filter(|(name, _)| !name.contains(['/', '\\'])) {
            Some((name, path)) => (Some(name.to_owned()), path),
            None => (None, text),
        };
        if path.is_empty() || name.as_ref().is_some_and(String::is_empty) {
            refuse!("`{text}` is no encoder: give E.onnx or NAME=E.onnx");
        }
        Ok(Self { path: path.to_owned(), name, description: None, feature: None, transform: None })
    }

    /// The feature that it serves.
    pub(super) fn feature(&self) -> Result<Feature> {
        match &self.feature {
            None => Ok(Feature::Cls),
            Some(text) => Ok(text.parse()?),
        }
    }
}

impl ServeSettings {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// When it cannot be read, or has keys or values that are none; the text names them.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }
}
