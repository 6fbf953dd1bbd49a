//! The config of one evaluation.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::Deserialize;
use sop_core::Feature;
use sop_encoder::EncoderDescription;
use sop_eval::knn::{self, KnnParams};

use crate::args::{Extraction, OnBadImage};
use crate::expect::Gate;

/// A config file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    /// Which protocol; the keys of `params` depend on it.
    protocol: Protocol,
    /// What encodes the data sets; left out when embeddings are given.
    encoder: Option<EncoderSection>,
    data: DataSection,
    #[serde(default)]
    params: toml::Table,
    output: OutputSection,
    /// Gates, as `--expect` takes them.
    #[serde(default)]
    expect: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Protocol {
    Knn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncoderSection {
    /// An ONNX file, or `pixels:16`.
    path: String,
    #[serde(default = "default_feature")]
    feature: String,
    transform: Option<String>,
    #[serde(default = "default_batch")]
    batch: usize,
    #[serde(default = "default_on_bad_image")]
    on_bad_image: String,
    max_pixels: Option<u64>,
    /// What a foreign file's input and outputs are.
    description: Option<EncoderDescription>,
}

fn default_feature() -> String {
    Feature::Cls.to_string()
}

fn default_batch() -> usize {
    32
}

fn default_on_bad_image() -> String {
    "error".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataSection {
    /// Images that vote; left out with `leave_one_out`.
    train: Option<String>,
    /// Images that are classified.
    test: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputSection {
    dir: PathBuf,
    /// Also write the outcome of every test image.
    #[serde(default)]
    outcomes: bool,
}

/// What turns data sets into embeddings first.
#[derive(Clone, Debug)]
pub struct EncoderJob {
    /// An ONNX file, or `pixels:16`.
    pub location: String,
    /// The vector taken from its outputs.
    pub feature: Feature,
    /// How images become vectors.
    pub extraction: Extraction,
    /// What a foreign file's input and outputs are.
    pub description: Option<EncoderDescription>,
}

/// What a k-NN evaluation needs, from a config or from flags.
#[derive(Debug)]
pub struct KnnJob {
    /// What encodes the data sets, and how.
    pub encoder: Option<EncoderJob>,
    /// Images that vote; `None` for leave-one-out.
    pub train: Option<String>,
    /// Images that are classified.
    pub test: String,
    /// Parameters of the protocol.
    pub params: KnnParams,
    /// Folder for the results.
    pub out: Option<PathBuf>,
    /// Whether the outcome of every image is written too.
    pub outcomes: bool,
    /// Conditions on the results.
    pub gates: Vec<Gate>,
}

impl KnnJob {
    /// Reads and checks a config file; errors name the file and the key.
    pub fn read(path: &Path) -> Result<Self> {
        if path.extension().is_none_or(|extension| extension != "toml") {
            bail!("{} is neither a config (.toml) nor a protocol; see `sop eval ls`", path.display());
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read the config {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in the config {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let file: ConfigFile = toml::from_str(text)?;
        let Protocol::Knn = file.protocol;
        let params: KnnParams = file.params.try_into().context("in [params]")?;
        let encoder = file.encoder.map(|section| {
            let extraction = Extraction {
                transform: section.transform,
                batch: section.batch,
                on_bad_image: OnBadImage::from_str(&section.on_bad_image, false)
                    .map_err(|_| anyhow::anyhow!("on_bad_image is `{}`; valid: error, skip", section.on_bad_image))?,
                max_pixels: section.max_pixels,
            };
            anyhow::Ok(EncoderJob {
                location: section.path,
                feature: section.feature.parse()?,
                extraction,
                description: section.description,
            })
        });
        let job = Self {
            encoder: encoder.transpose().context("in [encoder]")?,
            train: file.data.train,
            test: file.data.test,
            params,
            out: Some(file.output.dir),
            outcomes: file.output.outcomes,
            gates: file.expect.iter().map(|gate| Gate::parse(gate)).collect::<Result<_>>()?,
        };
        job.check()?;
        Ok(job)
    }

    /// Checks what can be checked without reading data.
    pub fn check(&self) -> Result<()> {
        self.params.check()?;
        for gate in &self.gates {
            gate.check_metric(&knn::METRICS)?;
        }
        match (&self.train, self.params.leave_one_out) {
            (None, false) => bail!("`train` is missing; give it, or set leave_one_out"),
            (Some(_), true) => bail!("leave_one_out classifies the images of `test` by each other; leave `train` out"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        protocol = "knn"
        expect = ["top1>=0.5"]
        [data]
        train = "embeddings:train.parquet"
        test = "embeddings:test.parquet"
        [params]
        k = [1, 5]
        [output]
        dir = "out"
    "#;

    #[test]
    fn a_config_is_read_with_defaults() {
        let job = KnnJob::parse(GOOD).unwrap();
        assert_eq!(job.params.k, [1, 5]);
        assert!((job.params.temperature - 0.07).abs() < 1e-12);
        assert_eq!(job.gates.len(), 1);
    }

    #[test]
    fn unknown_keys_are_named_with_the_valid_ones() {
        for (from, to, key, valid) in [
            ("k = [1, 5]", "kk = [1]", "kk", "temperature"),
            ("[output]", "[outputs]", "outputs", "output"),
            ("train =", "trian =", "trian", "train"),
        ] {
            let error = format!("{:#}", KnnJob::parse(&GOOD.replace(from, to)).unwrap_err());
            assert!(error.contains(&format!("`{key}`")) && error.contains(valid), "{error}");
        }
        let error = format!("{:#}", KnnJob::parse(&GOOD.replace("\"knn\"", "\"kmeans\"")).unwrap_err());
        assert!(error.contains("kmeans") && error.contains("knn"), "{error}");
    }
}
