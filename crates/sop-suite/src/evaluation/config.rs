//! The config of one evaluation.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sop_core::ProtocolInfo;
use sop_datasets::dataset::OnMissing;
use sop_encoder::EncoderDescription;
use sop_eval::PROTOCOLS;
use sop_eval::attention::ATTENTION;
use sop_eval::davis::DAVIS;
use sop_eval::imagenet9::IMAGENET9;
use sop_eval::knn::KNN;
use sop_eval::linear::LINEAR;
use sop_eval::logreg::LOGREG;
use sop_eval::retrieval::{COPYDAYS, RETRIEVAL};
use sop_eval::tsne::TSNE;

use super::{
    Attention, Copydays, Davis, EncoderRequest, Evaluation, FewLabels, ImageNet9, Job, KeptOutcomes, Knn, Linear,
    Logreg, Retrieval, Tsne,
};
use crate::Extraction;
use crate::encoders::{BATCHES, DEFAULT_BATCH};
use crate::error::{Context as _, Result, refuse};
use crate::gate::Gate;

/// A config file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    /// Which protocol; the keys of `data` and `params` depend on it.
    protocol: Protocol,
    /// What encodes the data sets; left out when embeddings are given.
    encoder: Option<EncoderSection>,
    data: toml::Table,
    #[serde(default)]
    params: toml::Table,
    /// Parts of the train set that are learnt from, instead of all of it.
    few_labels: Option<FewLabels>,
    output: OutputSection,
    /// What to do with samples that are missing; as the environment says where it is left out.
    on_missing: Option<OnMissing>,
    /// Gates: conditions on values.
    #[serde(default)]
    expect: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Protocol {
    Knn,
    Linear,
    Logreg,
    #[serde(rename = "imagenet9")]
    ImageNet9,
    Attention,
    Copydays,
    Davis,
    Retrieval,
    Tsne,
}

impl Protocol {
    fn info(self) -> &'static ProtocolInfo {
        match self {
            Self::Knn => &KNN,
            Self::Linear => &LINEAR,
            Self::Logreg => &LOGREG,
            Self::ImageNet9 => &IMAGENET9,
            Self::Attention => &ATTENTION,
            Self::Copydays => &COPYDAYS,
            Self::Davis => &DAVIS,
            Self::Retrieval => &RETRIEVAL,
            Self::Tsne => &TSNE,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncoderSection {
    /// An ONNX file, or `pixels:16`.
    path: String,
    /// One, or several where the protocol sweeps them.
    feature: Option<Features>,
    transform: Option<String>,
    batch: Option<usize>,
    max_pixels: Option<u64>,
    /// What a foreign file's input and outputs are.
    description: Option<EncoderDescription>,
}

/// A feature or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Features {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputSection {
    dir: PathBuf,
    /// Which outcomes of units are written, too.
    #[serde(default)]
    outcomes: KeptOutcomes,
}

/// Reads and checks a config file.
///
/// # Errors
/// When the file is not there, is no config, or what it asks for contradicts itself; the message names the file and the key.
pub fn read(path: &Path) -> Result<Job> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        refuse!("{} is neither a config (.toml) nor a protocol; see `sop eval ls`", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the config {}", path.display()))?;
    parse(&text).with_context(|| format!("in the config {}", path.display()))
}

fn parse(text: &str) -> Result<Job> {
    let file: ConfigFile = toml::from_str(text)?;
    if file.few_labels.is_some() && !file.protocol.info().learns_from_labels {
        let learning = PROTOCOLS.into_iter().filter(|info| info.learns_from_labels);
        let names: Vec<&str> = learning.map(|info| info.name).collect();
        refuse!("[few_labels] belongs to the protocols that learn from labels: {}", names.join(", "));
    }
    let sections = Sections { data: file.data, params: file.params, few_labels: file.few_labels };
    let evaluation: Box<dyn Evaluation> = match file.protocol {
        Protocol::Knn => Box::new(Knn::from_config(sections)?),
        Protocol::Linear => Box::new(Linear::from_config(sections)?),
        Protocol::Logreg => Box::new(Logreg::from_config(sections)?),
        Protocol::ImageNet9 => Box::new(ImageNet9::from_config(sections)?),
        Protocol::Attention => Box::new(Attention::from_config(sections)?),
        Protocol::Copydays => Box::new(Copydays::from_config(sections)?),
        Protocol::Davis => Box::new(Davis::from_config(sections)?),
        Protocol::Retrieval => Box::new(Retrieval::from_config(sections)?),
        Protocol::Tsne => Box::new(Tsne::from_config(sections)?),
    };
    let job = Job {
        evaluation,
        encoder: file.encoder.map(encoder).transpose().context("in [encoder]")?,
        out: Some(file.output.dir),
        outcomes: file.output.outcomes,
        on_missing: file.on_missing,
        gates: file.expect.iter().map(|gate| Gate::parse(gate)).collect::<Result<_>>()?,
    };
    job.check()?;
    Ok(job)
}

fn encoder(section: EncoderSection) -> Result<EncoderRequest> {
    let features = match section.feature {
        None => Vec::new(),
        Some(Features::One(feature)) => vec![feature],
        Some(Features::Many(features)) if features.is_empty() => {
            refuse!("`feature` is empty; give at least one, e.g. \"cls\"")
        }
        Some(Features::Many(features)) => features,
    };
    if section.batch.is_some_and(|batch| !BATCHES.contains(&batch)) {
        refuse!("`batch` is not from {} to {}: the images of one run of the encoder", BATCHES.start(), BATCHES.end());
    }
    Ok(EncoderRequest {
        location: section.path,
        features: features.iter().map(|feature| feature.parse()).collect::<Result<_, _>>()?,
        extraction: Extraction {
            transform: section.transform,
            batch: section.batch.unwrap_or(DEFAULT_BATCH),
            max_pixels: section.max_pixels,
        },
        description: section.description,
    })
}

/// What a protocol makes its evaluation of.
pub(super) struct Sections {
    data: toml::Table,
    params: toml::Table,
    few_labels: Option<FewLabels>,
}

impl Sections {
    /// `[data]`, as a protocol understands it.
    pub fn data<'de, T: Deserialize<'de>>(&mut self) -> Result<T> {
        std::mem::take(&mut self.data).try_into().context("in [data]")
    }

    /// `[params]`, as a protocol understands it.
    pub fn params<'de, T: Deserialize<'de>>(&mut self) -> Result<T> {
        std::mem::take(&mut self.params).try_into().context("in [params]")
    }

    /// `[few_labels]`, where the protocol learns from labels.
    pub fn few_labels(&mut self) -> Option<FewLabels> {
        self.few_labels.take()
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
        let job = parse(GOOD).unwrap();
        assert_eq!(job.evaluation.info().name, "knn");
        assert_eq!(job.gates.len(), 1);
        let knn = format!("{:?}", job.evaluation);
        assert!(knn.contains("k: [1, 5]") && knn.contains("temperature: 0.07"), "{knn}");
    }

    #[test]
    fn every_protocol_has_its_name_in_configs() {
        for info in PROTOCOLS {
            let table: toml::Table = toml::from_str(&format!("protocol = \"{}\"", info.name)).unwrap();
            let protocol: Protocol = table["protocol"].clone().try_into().unwrap();
            assert_eq!(protocol.info(), info);
        }
    }

    #[test]
    fn parts_of_the_train_set_are_for_protocols_that_learn_from_labels() {
        let few_labels = |protocol: &str| {
            let text = GOOD.replace("\"knn\"", &format!("\"{protocol}\"")) + "[few_labels]\nshots = [1]\n";
            format!("{:#}", parse(&text).unwrap_err())
        };
        assert_eq!(
            few_labels("tsne"),
            "[few_labels] belongs to the protocols that learn from labels: knn, linear, logreg"
        );
        assert!(!few_labels("logreg").contains("[few_labels] belongs"));
    }

    #[test]
    fn unknown_keys_are_named_with_the_valid_ones() {
        for (from, to, key, valid) in [
            ("k = [1, 5]", "kk = [1]", "kk", "temperature"),
            ("[output]", "[outputs]", "outputs", "output"),
            ("train =", "trian =", "trian", "train"),
        ] {
            let error = parse(&GOOD.replace(from, to)).unwrap_err().with_causes();
            assert!(error.contains(&format!("`{key}`")) && error.contains(valid), "{error}");
        }
        let error = parse(&GOOD.replace("\"knn\"", "\"kmeans\"")).unwrap_err().with_causes();
        assert!(error.contains("kmeans") && error.contains("knn"), "{error}");
    }

    #[test]
    fn a_gate_on_another_protocols_metric_is_refused() {
        let error = parse(&GOOD.replace("top1>=0.5", "map>=0.5")).unwrap_err().with_causes();
        assert!(error.contains("map") && error.contains("top1"), "{error}");
    }
}
