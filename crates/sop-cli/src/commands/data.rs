//! `sop data`: generate, check and list data sets.

use anyhow::{Context, Result, bail};

use sop_datasets::dataset::{self, CheckReport, SideRange, manifests};
use sop_datasets::generated::{GeneratedConfig, Split, write_folder, write_parquet};

use crate::args::{CheckArgs, DataArgs, DataCommand, GenerateArgs, GeneratedLayout, Global, LsArgs};
use crate::exit::ExitStatus;
use crate::progress::Progress;
use crate::{output, source};

pub fn run(args: &DataArgs, global: &Global) -> Result<ExitStatus> {
    match &args.command {
        DataCommand::Generate(args) => generate(args, global),
        DataCommand::Check(args) => check(args, global),
        DataCommand::Ls(args) => ls(args),
    }
}

fn generate(args: &GenerateArgs, global: &Global) -> Result<ExitStatus> {
    let config = GeneratedConfig::new(args.seed, args.size)?;
    if args.train == 0 && args.test == 0 {
        bail!("--train and --test are both 0: there is nothing to draw");
    }
    for (split, count) in [(Split::Train, args.train), (Split::Test, args.test)] {
        let count = usize::try_from(count).context("too many images")?;
        if count == 0 {
            continue;
        }
        let progress = Progress::start(&format!("draw {} images", split.name()), count, global.quiet);
        let shown = |done: usize| progress.set(done);
        let spec = match args.layout {
            GeneratedLayout::Folder => {
                let folder = args.out.join(split.name());
                write_folder(&config, split, count, &folder, &shown)?;
                format!("folder:{}", folder.display())
            }
            GeneratedLayout::Parquet => {
                let file = args.out.join(format!("{}.parquet", split.name()));
                write_parquet(&config, split, count, &file, &shown)?;
                format!("hf:{}", file.display())
            }
        };
        progress.finish();
        output::print(&format!("{spec}: {count} images of {0}x{0} pixels", args.size))?;
    }
    Ok(ExitStatus::Done)
}

fn check(args: &CheckArgs, global: &Global) -> Result<ExitStatus> {
    let dataset = dataset::open(&args.data)?;
    let progress = Progress::start(&format!("check {}", args.data), dataset.len(), global.quiet);
    let report = dataset::check(dataset.as_ref(), &source::decode_limits(args.max_pixels), &|done| progress.set(done));
    progress.finish();
    if args.json {
        let mut object = serde_json::to_value(&report)?;
        object["remarks"] = dataset.remarks().into();
        output::print_json(&object)?;
    } else {
        output::print(&text(&report))?;
        for remark in dataset.remarks() {
            output::print(&format!("note        {remark}"))?;
        }
    }
    // A data set that is not sound must not pass in a script.
    Ok(if report.is_sound() { ExitStatus::Done } else { ExitStatus::GateFailed })
}

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
            text.push_str(&format!("  {:<6} {images} images, --data {}\n", split.name, split.spec));
        }
        text.push_str(&format!("  licence: {}\n  obtain: {}\n", manifest.licence, manifest.obtain.trim()));
    }
    if !args.json {
        output::print(&text)?;
    }
    Ok(ExitStatus::Done)
}
