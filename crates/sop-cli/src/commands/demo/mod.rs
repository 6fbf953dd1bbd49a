//! `sop demo`: the whole pipeline on a generated benchmark.

mod benchmark;
mod protocols;
mod search;

use anyhow::{Context, Result, bail};
use sop_backbone::cpu;
use sop_benchmark::GeneratedConfig;
use sop_core::{ResultRecord, atomic_file};
use sop_datasets::dataset::{OnMissing, spec_of};
use sop_eval::PROTOCOLS;
use sop_eval::knn::KNN;
use sop_pretrain::checkpoint::NetworkKey;
use sop_pretrain::config::RunConfig;
use sop_pretrain::freed_memory::keep_freed_memory;
use sop_pretrain::run::{Run, files};
use sop_report::{Format, TableOptions, overview_table};
use sop_suite::export::{export_pretrained, export_untrained, start_of};
use sop_suite::pretrain::train;
use sop_suite::results::{HtmlRequest, html_page, read_runs};
use sop_suite::{CacheChoice, Environment};

use self::benchmark::Benchmark;
use self::protocols::Protocols;
use crate::args::DemoArgs;
use crate::commands::report::write_figure;
use crate::exit::ExitStatus;
use crate::output;

/// The folder of the pre-training.
const RUN: &str = "run";

pub fn run(args: &DemoArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let out = &args.out;
    // What was typed is checked before anything on disk is touched.
    let config = pretraining(args)?;
    GeneratedConfig::new(args.seed, args.size)?;
    if args.train == 0 || args.test == 0 {
        bail!("the demo needs training and test images; --train and --test must be at least 1");
    }
    // Its embeddings are of no use to others: nothing goes into the user's cache.
    let environment = &Environment { cache: CacheChoice::Off, on_missing: OnMissing::Error, ..environment.clone() };
    let benchmark = Benchmark::draw(args, &[out.join(RUN), out.join(search::INDEX)], environment)?;
    // The whole image at the size of the views.
    let transform = format!("resize_short({0},bicubic)|center_crop({0})|normalize(imagenet)", config.views.global.size);
    let encoder = |name: &str| out.join("encoders").join(format!("{name}.onnx"));
    let (untrained, sop) = (encoder("untrained"), encoder("sop"));
    // The weights that the pre-training starts from.
    let vit = start_of(&config)?;
    export_untrained(&vit, args.seed, &transform, &untrained, environment)?;
    let folder = out.join(RUN);
    keep_freed_memory();
    let mut run = Run::start(config, &folder, vec![cpu()])?;
    train(&mut run, &mut |_| Ok(()), environment)?;
    export_pretrained(&folder.join(files::LAST), NetworkKey::Teacher, Some(&transform), &sop, environment)?;
    let mut protocols = Protocols::new(args, &benchmark, environment);
    let encoders = ["pixels:16", &untrained.display().to_string(), &sop.display().to_string()];
    for encoder in encoders {
        protocols.run(encoder)?;
    }
    let records = protocols.finish()?;
    let table = overview_table(&records, &PROTOCOLS, &TableOptions::default())?;
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        atomic_file::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    };
    write("table.md", &table.render(Format::Markdown))?;
    let with_all_labels = |record: &&ResultRecord| record.protocol == KNN.name && !record.params.contains_key("shots");
    let over_k: Vec<ResultRecord> = records.iter().filter(with_all_labels).cloned().collect();
    for figure in ["accuracy_over_k.svg", "accuracy_over_k.png"] {
        write_figure(&over_k, &out.join(figure))?;
    }
    let request = HtmlRequest {
        title: Some("SOP demo".to_owned()),
        images: vec![benchmark.split("test").into()],
        curves: Some(folder.join(files::METRIC_TABLE)),
    };
    let mut runs = read_runs(&out.join("results"))?;
    // An earlier demo may have left runs in the folder.
    runs.retain(|run| records.iter().any(|record| record.run_id == run.head.run_id));
    write("report.html", &html_page(&runs, &request, environment)?)?;
    output::print(&table.render(Format::Text))?;
    output::print(&format!(
        "\npage     {0}/report.html (everything below in one file: open it in a browser)\n\
         results  {0}/results/*.parquet\ntable    {0}/table.md\nfigures  {0}/accuracy_over_k.svg, .png\n\
         pictures {0}/results/*.png (maps, probe curves, strips, videos, attention)\ncurves   {0}/{RUN}/curves.svg",
        out.display()
    ))?;
    if args.serve {
        return search::serve(args, &encoders, &benchmark, environment);
    }
    Ok(ExitStatus::Done)
}

/// The pre-training's config: four patches a side of views of half the images' size.
fn pretraining(args: &DemoArgs) -> Result<RunConfig> {
    let mut config = RunConfig::parse(include_str!("sop.toml"))?;
    config.data.train = spec_of("folder", &args.out.join("generated/train"), &[]);
    config.model.patch_size = (args.size as usize / 8).max(1);
    config.views.global.size = 4 * config.model.patch_size;
    config.training.seed = args.seed;
    config.training.epochs = args.epochs;
    config.check()?;
    Ok(config)
}
