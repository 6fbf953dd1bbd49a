//! `sop data`: generate, check and list data sets.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sop_benchmark::{
    GenerateError, GeneratedConfig, Split, write_copies, write_folder, write_foregrounds, write_landmarks,
    write_parquet, write_videos,
};
use sop_datasets::dataset::{self, CheckReport, Layout, OnMissing, SideRange, manifests};
use sop_suite::{Environment, Extraction};

use crate::args::{CheckArgs, DataArgs, DataCommand, GenerateArgs, GeneratedLayout, LsArgs};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &DataArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    match &args.command {
        DataCommand::Generate(args) => {
            let drawn = draw(args, environment)?;
            drawn.sets.iter().chain(&drawn.usage).try_for_each(|line| output::print(line))?;
            Ok(ExitStatus::Done)
        }
        DataCommand::Check(args) => check(args, environment),
        DataCommand::Ls(args) => ls(args),
    }
}

/// What was drawn, in words.
pub struct Drawn {
    /// A line for each set.
    pub sets: Vec<String>,
    /// How a benchmark is evaluated.
    usage: Option<String>,
}

/// Draws what is asked for.
pub fn draw(args: &GenerateArgs, environment: &Environment<'_>) -> Result<Drawn> {
    let config = GeneratedConfig::new(args.seed, args.size)?.with_version(args.version.unwrap_or_default());
    match args.layout {
        GeneratedLayout::Folder | GeneratedLayout::Parquet => generate_classes(args, &config, environment),
        GeneratedLayout::Revisited => generate_set(args, &config, &LANDMARKS, environment),
        GeneratedLayout::Davis => generate_set(args, &config, &VIDEOS, environment),
        GeneratedLayout::ImageNet9 => generate_set(args, &config, &FOREGROUNDS, environment),
        GeneratedLayout::Copydays => generate_set(args, &config, &COPIES, environment),
    }
}

/// A benchmark that is one folder.
struct GeneratedSet {
    write: WriteSet,
    /// Landmarks, videos, …, where no number is given.
    count: u64,
    /// Steps of the progress for each.
    steps: usize,
    /// What is counted.
    what: &'static str,
    /// How it is evaluated, with `DIR` for the folder.
    usage: &'static str,
}

type WriteSet = fn(&GeneratedConfig, usize, &Path, &(dyn Fn(usize) + Sync)) -> Result<(), GenerateError>;

const LANDMARKS: GeneratedSet = GeneratedSet {
    write: write_landmarks,
    count: 20,
    steps: 1,
    what: "landmarks",
    usage: "sop eval retrieval --ground-truth DIR/gnd_generated.json --images DIR/jpg --encoder ENCODER",
};

const VIDEOS: GeneratedSet = GeneratedSet {
    write: write_videos,
    count: 6,
    steps: 1,
    what: "videos",
    usage: "sop eval davis --root DIR --encoder ENCODER",
};

const FOREGROUNDS: GeneratedSet = GeneratedSet {
    write: write_foregrounds,
    count: 20,
    steps: 9,
    what: "images of each class and variant",
    usage: "sop eval linear --train folder:DIR/train --test folder:DIR/original/val --encoder ENCODER --save-head HEAD, \
            then sop eval imagenet9 --root DIR --head HEAD --encoder ENCODER",
};

const COPIES: GeneratedSet = GeneratedSet {
    write: write_copies,
    count: 40,
    steps: 1,
    what: "originals",
    usage: "sop eval copydays --root DIR --encoder ENCODER",
};

fn generate_set(
    args: &GenerateArgs,
    config: &GeneratedConfig,
    set: &GeneratedSet,
    environment: &Environment<'_>,
) -> Result<Drawn> {
    if args.train.is_some() || args.test.is_some() {
        bail!("--train and --test belong to the layouts folder and parquet; say --count");
    }
    if args.version.is_some() {
        bail!("--version belongs to the layouts folder and parquet; the others have one version");
    }
    let count = usize::try_from(args.count.unwrap_or(set.count)).context("too many images")?;
    let steps = count.saturating_mul(set.steps);
    let progress = environment.begin(&format!("draw {}", set.what), steps);
    (set.write)(config, count, &args.out, &|done| progress.set(done))?;
    progress.finish();
    let out = args.out.display();
    let usage = set.usage.replace("DIR", &out.to_string());
    Ok(Drawn { sets: vec![format!("{out}: {count} {}", set.what)], usage: Some(usage) })
}

fn generate_classes(args: &GenerateArgs, config: &GeneratedConfig, environment: &Environment<'_>) -> Result<Drawn> {
    if args.count.is_some() {
        bail!("--count belongs to the other layouts; say --train and --test");
    }
    let (train, test) = (args.train.unwrap_or(5000), args.test.unwrap_or(1000));
    if train == 0 && test == 0 {
        bail!("--train and --test are both 0: there is nothing to draw");
    }
    let mut sets = Vec::new();
    for (split, count) in [(Split::Train, train), (Split::Test, test)] {
        let count = usize::try_from(count).context("too many images")?;
        if count == 0 {
            continue;
        }
        let progress = environment.begin(&format!("draw {} images", split.name()), count);
        let shown = |done: usize| progress.set(done);
        let spec = if args.layout == GeneratedLayout::Parquet {
            let file = args.out.join(format!("{}.parquet", split.name()));
            write_parquet(config, split, count, &file, &shown)?;
            dataset::spec_of("hf", &file, &[])
        } else {
            let folder = args.out.join(split.name());
            write_folder(config, split, count, &folder, &shown)?;
            dataset::spec_of("folder", &folder, &[])
        };
        progress.finish();
        sets.push(format!("{spec}: {count} images of {0}x{0} pixels", args.size));
    }
    Ok(Drawn { sets, usage: None })
}

fn check(args: &CheckArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    // What cannot be used is what the report is about.
    let dataset = dataset::open(&args.data, OnMissing::Skip)?;
    let limits = Extraction { max_pixels: args.max_pixels, ..Extraction::default() }.limits();
    let progress = environment.begin(&format!("check {}", args.data), dataset.len());
    let report = dataset::check(dataset.as_ref(), &limits, &|done| progress.set(done));
    progress.finish();
    if args.json {
        output::print_json(&serde_json::to_value(&report)?)?;
    } else {
        output::print(&text(&report))?;
    }
    // A data set that is not sound must not pass in a script.
    Ok(if report.is_sound() { ExitStatus::Done } else { ExitStatus::GateFailed })
}

/// Unusable samples that the text names; JSON has all of them.
const NAMED: usize = 50;

fn text(report: &CheckReport) -> String {
    let mut text = format!("images      {}\nclasses     {}\n", report.num_images, report.num_classes);
    let counts: Vec<usize> = report.class_counts.iter().map(|class| class.count).collect();
    if let (Some(least), Some(most)) = (counts.iter().min(), counts.iter().max()) {
        text.push_str(&format!("per class   {least} to {most}\n"));
    }
    if report.num_unlabelled > 0 {
        text.push_str(&format!("unlabelled  {}\n", report.num_unlabelled));
    }
    for (name, side) in [("width", report.width), ("height", report.height)] {
        if let Some(SideRange { min, median, max }) = side {
            text.push_str(&format!("{name:<11} {min} to {max} pixels, median {median}\n"));
        }
    }
    text.push_str(&format!("duplicates  {} groups of equal files\n", report.duplicates.len()));
    for group in &report.duplicates {
        let conflict = if group.label_conflict { " (with different labels)" } else { "" };
        text.push_str(&format!("  {}{conflict}\n", group.ids.join(", ")));
    }
    text.push_str(&format!("broken      {}\n", report.broken.len()));
    for (id, error) in &report.broken {
        text.push_str(&format!("  {id}: {error}\n"));
    }
    if !report.left_out.is_empty() {
        text.push_str(&format!("unusable    {}\n", report.left_out.len()));
    }
    for sample in report.left_out.iter().take(NAMED) {
        text.push_str(&format!("  {}: {}\n", sample.id, sample.reason));
    }
    if report.left_out.len() > NAMED {
        text.push_str(&format!("  and {} more\n", report.left_out.len() - NAMED));
    }
    for remark in &report.remarks {
        text.push_str(&format!("note        {remark}\n"));
    }
    text
}

fn ls(args: &LsArgs) -> Result<ExitStatus> {
    let mut text = String::new();
    for manifest in manifests()? {
        if args.json {
            output::print_json(&serde_json::to_value(&manifest)?)?;
            continue;
        }
        text.push_str(&format!("{}: {}, {} classes\n", manifest.name, manifest.title, manifest.classes));
        for split in &manifest.splits {
            let images = split.images.map_or_else(|| "any number of".to_owned(), |images| images.to_string());
            // Videos are no list of images: one evaluation takes the whole tree.
            let flag = if manifest.layout == Layout::Davis { "sop eval davis --root" } else { "--data" };
            text.push_str(&format!("  {:<6} {images} images, {flag} {}\n", split.name, split.spec));
        }
        text.push_str(&format!("  licence: {}\n  obtain: {}\n", manifest.licence, manifest.obtain.trim()));
    }
    if !args.json {
        output::print(&text)?;
    }
    Ok(ExitStatus::Done)
}
