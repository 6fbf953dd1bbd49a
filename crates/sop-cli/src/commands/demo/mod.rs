//! `sop demo`: the whole pipeline on a generated benchmark.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_backbone::{VitConfig, cpu};
use sop_core::{Feature, ResultRecord, atomic_file};
use sop_datasets::generated::GeneratedConfig;
use sop_encoder::{ExtractOptions, Output, Place};
use sop_eval::knn::KnnParams;
use sop_pretrain::checkpoint::NetworkKey;
use sop_pretrain::config::RunConfig;
use sop_pretrain::run::{Run, files};
use sop_report::{Format, TableOptions, summary_table};

use crate::args::{DataArgs, DataCommand, DemoArgs, Extraction, GenerateArgs, GeneratedLayout, Global, OnBadImage};
use crate::commands::export::{export_pretrained, export_untrained};
use crate::commands::report::write_figure;
use crate::commands::{data, pretrain};
use crate::evaluation::{Job, Knn, Locations, TrainTest};
use crate::exit::ExitStatus;
use crate::source::{Embedding, extract_options};
use crate::{encoders, output};

/// The numbers of neighbours shown.
const K: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// The folder of the pre-training.
const RUN: &str = "run";

/// Says that the folder beside it was made by a demo.
const MARKER: &str = ".sop-demo";

pub fn run(args: &DemoArgs, global: &Global) -> Result<ExitStatus> {
    let out = &args.out;
    // What was typed is checked before anything on disk is touched.
    let config = pretraining(args)?;
    GeneratedConfig::new(args.seed, args.size)?;
    if args.train == 0 || args.test == 0 {
        bail!("the demo needs training and test images; --train and --test must be at least 1");
    }
    generate(args, global)?;
    // The whole image at the size of the views.
    let transform = format!("resize_short({0},bicubic)|center_crop({0})|normalize(imagenet)", config.views.global.size);
    let encoder = |name: &str| out.join("encoders").join(format!("{name}.onnx"));
    let (untrained, sop) = (encoder("untrained"), encoder("sop"));
    // The weights that the pre-training starts from.
    let vit = VitConfig { masked_embedding: false, ..config.vit()? };
    export_untrained(&vit, args.seed, &transform, &untrained, global)?;
    let folder = out.join(RUN);
    let mut run = Run::start(config, &folder, cpu())?;
    pretrain::train(&mut run, false, global)?;
    export_pretrained(&folder.join(files::LAST), NetworkKey::Teacher, Some(&transform), &sop, global)?;
    let mut records = Vec::new();
    for encoder in ["pixels:16", &untrained.display().to_string(), &sop.display().to_string()] {
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
        "\nresults  {0}/results/*.parquet\ntable    {0}/table.md\nfigure   {0}/accuracy_over_k.svg, .png\n\
         curves   {0}/{RUN}/curves.svg",
        out.display()
    ))?;
    Ok(ExitStatus::Done)
}

/// Draws the benchmark anew: the demo shows the whole way, and the images cost seconds.
fn generate(args: &DemoArgs, global: &Global) -> Result<()> {
    let folder = args.out.join("generated");
    // Only what an earlier demo made is removed; anything else in the way is refused when the images are written.
    let marker = args.out.join(MARKER);
    for folder in [&folder, &args.out.join(RUN)] {
        if marker.is_file() && folder.is_dir() {
            std::fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
    }
    if !folder.exists() {
        atomic_file::write(&marker, b"`sop demo` may remove the folders `generated` and `run` beside this file.\n")
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

/// The pre-training's config: four patches a side of views of half the images' size.
fn pretraining(args: &DemoArgs) -> Result<RunConfig> {
    let mut config = RunConfig::parse(include_str!("sop.toml"))?;
    config.data.train = format!("folder:{}", args.out.join("generated/train").display());
    config.model.patch_size = (args.size as usize / 8).max(1);
    config.views.global.size = 4 * config.model.patch_size;
    config.training.seed = args.seed;
    config.training.epochs = args.epochs;
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
    let evaluation = Knn {
        data: TrainTest { train: Some(Locations::One(train)), test: Locations::One(test) },
        params: KnnParams { k: K.to_vec(), seed: args.seed, ..KnnParams::default() },
        few_labels: None,
    };
    let job = Job {
        evaluation: Box::new(evaluation),
        encoder: None,
        out: Some(Path::new(&args.out).join("results")),
        outcomes: false,
        gates: Vec::new(),
    };
    job.run(global)
}
