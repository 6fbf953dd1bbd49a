//! Every protocol on the generated benchmark.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sop_core::{Feature, OutputKind, ResultRecord};
use sop_datasets::dataset::spec_of;
use sop_embed::{ExtractOptions, Place, Target};
use sop_eval::knn::KnnParams;
use sop_eval::linear::LinearParams;
use sop_eval::logreg::LogregParams;
use sop_eval::retrieval::{CopyDetectionParams, RetrievalParams};
use sop_eval::tsne::TsneParams;
use sop_suite::embedding::EmbedRun;
use sop_suite::evaluation::{
    Attention, AttentionData, AttentionParams, Copydays, CopydaysData, Davis, DavisData, DavisParams, Evaluation,
    FewLabels, ImageNet9, ImageNet9Data, ImageNet9Params, Job, KeptOutcomes, Knn, Linear, Logreg, QueryCrop, Retrieval,
    RetrievalData, TrainTest, Tsne, TsneData,
};
use sop_suite::{EncoderRequest, Environment, Extraction, Sources};

use super::benchmark::Benchmark;
use crate::args::DemoArgs;

/// Numbers of neighbours.
const K: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// Images of each class that k-NN with few labels learns from, and how often they are drawn.
const SHOTS: (usize, u64) = (5, 5);

/// Epochs of the linear probes: the sets are small.
const PROBE_EPOCHS: usize = 30;

/// Runs protocols and keeps their rows.
pub struct Protocols<'a> {
    args: &'a DemoArgs,
    benchmark: &'a Benchmark,
    environment: &'a Environment<'a>,
    /// Embeddings of the test images, one file for each encoder.
    test_sets: Vec<String>,
    records: Vec<ResultRecord>,
}

impl<'a> Protocols<'a> {
    pub fn new(args: &'a DemoArgs, benchmark: &'a Benchmark, environment: &'a Environment<'a>) -> Self {
        Self { args, benchmark, environment, test_sets: Vec::new(), records: Vec::new() }
    }

    /// All protocols that an encoder has the outputs for.
    pub fn run(&mut self, encoder: &str) -> Result<()> {
        self.classify(encoder)?;
        self.search(encoder)?;
        self.take_apart(encoder)?;
        self.look_at_patches(encoder)
    }

    /// What the maps of all encoders together show; then every row.
    pub fn finish(mut self) -> Result<Vec<ResultRecord>> {
        let data = TsneData { points: self.test_sets.clone().into(), count: None, width: None };
        let params = TsneParams { seed: self.args.seed, ..TsneParams::default() };
        self.evaluate(Box::new(Tsne { data, params }), None)?;
        Ok(self.records)
    }

    /// k-NN, with all and with few labels, linear probe and logistic regression, over the same embeddings.
    fn classify(&mut self, encoder: &str) -> Result<()> {
        let seed = self.args.seed;
        let (train, test) = (self.embed(encoder, "train")?, self.embed(encoder, "test")?);
        self.test_sets.push(test.clone());
        let data = || TrainTest { train: Some(train.as_str().into()), test: test.as_str().into() };
        let params = KnnParams { k: K.to_vec(), seed, ..KnnParams::default() };
        self.evaluate(Box::new(Knn { data: data(), params: params.clone(), few_labels: None }), None)?;
        let few_labels = FewLabels::of(&[SHOTS.0], &[], None, Some(SHOTS.1), seed);
        let params = KnnParams { k: vec![1, SHOTS.0], ..params };
        self.evaluate(Box::new(Knn { data: data(), params, few_labels }), None)?;
        let params = LinearParams { epochs: PROBE_EPOCHS, seed, ..LinearParams::default() };
        let linear = Linear { data: data(), crops: None, params, few_labels: None, save_head: None, start: None };
        self.evaluate(Box::new(linear), None)?;
        let params = LogregParams { seed, ..LogregParams::default() };
        self.evaluate(Box::new(Logreg { data: data(), params, few_labels: None }), None)
    }

    /// Landmarks and copies.
    fn search(&mut self, encoder: &str) -> Result<()> {
        let (seed, size) = (self.args.seed, self.args.size);
        let landmarks = self.benchmark.landmarks();
        let data = RetrievalData {
            ground_truth: landmarks.join("gnd_generated.json"),
            images: Some(landmarks.join("jpg")),
            queries: None,
            database: None,
            index: None,
            ranking: None,
            whitening_set: None,
            query_crop: QueryCrop::Bbx,
        };
        let params = RetrievalParams { seed, ..RetrievalParams::default() };
        let transform = format!("thumbnail({},lanczos)|normalize(imagenet)|scales(dino)", 2 * size);
        self.evaluate(Box::new(Retrieval { data, params }), Some(self.job(encoder, &transform, Vec::new())))?;
        let data =
            CopydaysData { root: self.benchmark.copies(), blocks: Vec::new(), distractors: None, whitening_set: None };
        let params = CopyDetectionParams { seed, ..CopyDetectionParams::default() };
        let transform = format!("resize_exact({size},{size},bicubic)|normalize(imagenet)");
        let features = if is_baseline(encoder) { vec![Feature::Cls] } else { Vec::new() };
        self.evaluate(Box::new(Copydays { data, params }), Some(self.job(encoder, &transform, features)))
    }

    /// A head of nine classes, and what it makes of foregrounds and backgrounds.
    fn take_apart(&mut self, encoder: &str) -> Result<()> {
        let seed = self.args.seed;
        let root = self.benchmark.foregrounds();
        let head = self.args.out.join("heads").join(format!("{}.safetensors", file_stem(encoder)));
        std::fs::create_dir_all(head.parent().unwrap_or(Path::new(".")))?;
        let folder = |name: &str| Sources::from(spec_of("folder", &root.join(name), &[]));
        let job = self.job(encoder, "normalize(imagenet)", Vec::new());
        let linear = Linear {
            data: TrainTest { train: Some(folder("train")), test: folder("original/val") },
            crops: None,
            params: LinearParams { epochs: PROBE_EPOCHS, seed, ..LinearParams::default() },
            few_labels: None,
            save_head: Some(head.clone()),
            start: None,
        };
        // Its rows speak of a set that the next evaluation measures in full.
        self.measured(Box::new(linear), Some(job.clone()))?;
        let data = ImageNet9Data { root, variants: Vec::new(), head, mapping: None };
        let params = ImageNet9Params { seed, ..ImageNet9Params::default() };
        self.evaluate(Box::new(ImageNet9 { data, params }), Some(job))
    }

    /// Videos, and maps of the attention, for encoders that have patches.
    fn look_at_patches(&mut self, encoder: &str) -> Result<()> {
        let outputs = EncoderRequest::new(encoder).open(self.environment)?.spec().outputs.clone();
        let seed = self.args.seed;
        if outputs.contains(OutputKind::Patches) {
            let data = DavisData {
                root: self.benchmark.videos(),
                split: "val".to_owned(),
                sequences: Vec::new(),
                resolution: "480p".to_owned(),
                results: None,
            };
            let params =
                DavisParams { short_side: (2 * self.args.size as usize).max(64), seed, ..DavisParams::default() };
            let job = EncoderRequest::new(encoder);
            self.evaluate(Box::new(Davis { data, params }), Some(job))?;
        }
        if outputs.contains(OutputKind::Attention) {
            let data = AttentionData { images: self.benchmark.split("test").into() };
            let params = AttentionParams { count: 6, seed, ..AttentionParams::default() };
            let job = self.job(encoder, "normalize(imagenet)", Vec::new());
            self.evaluate(Box::new(Attention { data, params }), Some(job))?;
        }
        Ok(())
    }

    /// The embeddings of a split of the classification images.
    /// Where the embeddings of a split of the classification images are.
    pub fn embeddings(out: &Path, encoder: &str, split: &str) -> PathBuf {
        out.join("embeddings").join(format!("{}-{split}.parquet", file_stem(encoder)))
    }

    fn embed(&self, encoder: &str, split: &str) -> Result<String> {
        let opened = EncoderRequest::new(encoder).open(self.environment)?;
        let extraction = Extraction::default();
        let data = self.benchmark.split(split).into();
        let path = Self::embeddings(&self.args.out, encoder, split);
        // The images were drawn anew: what an interrupted demo left is of no use.
        let options = ExtractOptions { restart: true, ..extraction.options(self.environment.on_missing) };
        let embedding = EmbedRun::open(opened.as_ref(), &data, &extraction, options, self.environment)?;
        let outputs = [Target { feature: Feature::Cls, place: Place::File(path.clone()) }];
        embedding.run(opened.as_ref(), &outputs, self.environment)?;
        Ok(path.display().to_string())
    }

    /// What encodes images; raw pixels come from images of their own size.
    fn job(&self, encoder: &str, transform: &str, features: Vec<Feature>) -> EncoderRequest {
        let transform = (!is_baseline(encoder)).then(|| transform.to_owned());
        let extraction = Extraction { transform, ..Extraction::default() };
        EncoderRequest { features, extraction, ..EncoderRequest::new(encoder) }
    }

    fn evaluate(&mut self, evaluation: Box<dyn Evaluation>, encoder: Option<EncoderRequest>) -> Result<()> {
        let records = self.measured(evaluation, encoder)?;
        self.records.extend(records);
        Ok(())
    }

    fn measured(&self, evaluation: Box<dyn Evaluation>, encoder: Option<EncoderRequest>) -> Result<Vec<ResultRecord>> {
        let out = Some(self.args.out.join("results"));
        let job = Job { evaluation, encoder, out, outcomes: KeptOutcomes::Chosen, on_missing: None, gates: Vec::new() };
        job.check()?;
        Ok(job.run(self.environment)?)
    }
}

fn is_baseline(encoder: &str) -> bool {
    encoder.starts_with("pixels:")
}

/// The encoder's name in the names of files.
pub fn file_stem(encoder: &str) -> String {
    let name = PathBuf::from(encoder).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    name.unwrap_or_default().replace(':', "-")
}
