//! `sop demo`: the whole pipeline on a generated benchmark.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_backbone::{VitConfig, VitSize};
use sop_core::{Feature, ResultRecord, atomic_file};
use sop_datasets::generated::GeneratedConfig;
use sop_encoder::{ExtractOptions, Output, Place};
use sop_eval::knn::KnnParams;
use sop_report::{Format, TableOptions, summary_table};

use crate::args::{DataArgs, DataCommand, DemoArgs, Extraction, GenerateArgs, GeneratedLayout, Global, OnBadImage};
use crate::commands::export::export_untrained;
use crate::commands::report::write_figure;
use crate::commands::{data, eval};
use crate::eval_config::KnnJob;
use crate::exit::ExitStatus;
use crate::source::{Embedding, extract_options};
use crate::{encoders, output};

/// The numbers of neighbours shown.
const K: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// Says that the folder beside it was made by a demo.
const MARKER: &str = ".sop-demo";

pub fn run(args: &DemoArgs, global: &Global) -> Result<ExitStatus> {
    let out = &args.out;
    // What was typed is checked before anything on disk is touched.
    let config = demo_vit(args.size as usize)?;
    GeneratedConfig::new(args.seed, args.size)?;
    if args.train == 0 || args.test == 0 {
        bail!("the demo needs training and test images; --train and --test must be at least 1");
    }
    generate(args, global)?;
    let untrained = out.join("encoders/untrained.onnx");
    // The images have the encoder's size already.
    let transform = format!("resize_short({0},bicubic)|center_crop({0})|normalize(imagenet)", config.image_size);
    export_untrained(&config, args.seed, &transform, &untrained, global)?;
    let mut records = Vec::new();
    for encoder in ["pixels:16", &untrained.display().to_string()] {
        records.extend(evaluate(args, encoder, global)?);
    }
    let table = summary_table(&records, &TableOptions::default())?;
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        atomic_file::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    };
    write("table.md", &table.render(Format::Markdown))?;
    for figure in ["accuracy_over_k.svg", "accuracy_over_k.png"] {
        write_figure(&records, &out.join(figure))?;
    }
    output::print(&table.render(Format::Text))?;
    output::print(&format!(
        "\nresults  {0}/results/*.parquet\ntable    {0}/table.md\nfigure   {0}/accuracy_over_k.svg, .png",
        out.display()
    ))?;
    Ok(ExitStatus::Done)
}

/// Draws the benchmark anew: the demo shows the whole way, and the images cost seconds.
fn generate(args: &DemoArgs, global: &Global) -> Result<()> {
    let folder = args.out.join("generated");
    // Only what an earlier demo made is removed; anything else in the way is refused when the images are written.
    let marker = args.out.join(MARKER);
    if marker.is_file() && folder.is_dir() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    if !folder.exists() {
        atomic_file::write(&marker, b"`sop demo` may remove the folder `generated` beside this file.\n")
            .with_context(|| format!("cannot write {}", marker.display()))?;
    }
    let generate = GenerateArgs {
        out: folder,
        layout: GeneratedLayout::Folder,
        train: args.train,
        test: args.test,
        size: args.size,
        seed: args.seed,
    };
    data::run(&DataArgs { command: DataCommand::Generate(generate) }, global)?;
    Ok(())
}

/// A ViT-Tiny with an eighth of the image as its patch.
fn demo_vit(size: usize) -> Result<VitConfig> {
    let patch_size = (size / 8).max(1);
    let config = VitConfig { image_size: patch_size * 8, ..VitSize::Tiny.config(patch_size) };
    config.check()?;
    Ok(config)
}

fn evaluate(args: &DemoArgs, encoder: &str, global: &Global) -> Result<Vec<ResultRecord>> {
    let mut opened = encoders::open(encoder, global)?;
    let extraction = Extraction { transform: None, batch: 32, on_bad_image: OnBadImage::Error, max_pixels: None };
    let name = opened.spec().name.replace(':', "-");
    let mut embed = |split: &str| -> Result<String> {
        let data = format!("folder:{}", args.out.join("generated").join(split).display());
        let path = args.out.join("embeddings").join(format!("{name}-{split}.parquet"));
        // The images were drawn anew: what an interrupted demo left is of no use.
        let options = ExtractOptions { restart: true, ..extract_options(&extraction) };
        let embedding = Embedding::open(opened.as_ref(), &data, &extraction, options, global.quiet)?;
        let outputs = [Output { feature: Feature::Cls, place: Place::File(path.clone()) }];
        embedding.run(opened.as_mut(), &outputs)?;
        Ok(path.display().to_string())
    };
    let (train, test) = (embed("train")?, embed("test")?);
    let job = KnnJob {
        encoder: None,
        train: Some(train),
        test,
        params: KnnParams { k: K.to_vec(), seed: args.seed, ..KnnParams::default() },
        out: Some(Path::new(&args.out).join("results")),
        outcomes: false,
        gates: Vec::new(),
    };
    eval::run_job(&job, global)
}
