//! Images to a table without the command line: draw a benchmark, encode it, classify it by its neighbours, print the table.
//!
//! ```sh
//! cargo run --release -p sop-suite --example knn -- FOLDER
//! ```
//!
//! `FOLDER` gets the images; it must not exist or be empty.

use std::path::{Path, PathBuf};

use sop_suite::evaluation::{Job, KeptOutcomes, Knn, TrainTest};
use sop_suite::sop_benchmark::{GeneratedConfig, Split, write_folder};
use sop_suite::sop_datasets::dataset::spec_of;
use sop_suite::sop_eval::PROTOCOLS;
use sop_suite::sop_eval::knn::KnnParams;
use sop_suite::sop_report::{Format, TableOptions, summary_table};
use sop_suite::{EncoderRequest, Environment};

/// Images of either split, and their height and width in pixels.
const SIZES: (usize, usize, u32) = (300, 100, 32);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a folder for the images")?;
    #[expect(clippy::print_stdout, reason = "the table is what the example is about")]
    {
        print!("{}", table(&folder)?);
    }
    Ok(())
}

/// Draws the benchmark into `folder`, and evaluates raw pixels on it.
fn table(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let (train, test, size) = SIZES;
    let config = GeneratedConfig::new(0, size)?;
    for (split, count) in [(Split::Train, train), (Split::Test, test)] {
        write_folder(&config, split, count, &folder.join(split.name()), &|_| {})?;
    }
    let images = |split: Split| spec_of("folder", &folder.join(split.name()), &[]).into();
    let knn = Knn {
        data: TrainTest { train: Some(images(Split::Train)), test: images(Split::Test) },
        params: KnnParams { k: vec![1, 5, 10], ..KnnParams::default() },
        few_labels: None,
    };
    let job = Job {
        evaluation: Box::new(knn),
        encoder: Some(EncoderRequest::new("pixels:16")),
        out: None,
        outcomes: KeptOutcomes::None,
        on_missing: None,
        gates: Vec::new(),
    };
    job.check()?;
    let records = job.run(&Environment::silent())?;
    Ok(summary_table(&records, &PROTOCOLS, &TableOptions::default())?.render(Format::Markdown))
}
