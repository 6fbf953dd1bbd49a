//! The text that names a data set.

use std::path::Path;
use std::sync::Arc;

use super::on_missing::OnMissing;
use super::sample::ImageDataset;
use super::spec_options::SpecOptions;
use super::subset::Subset;
use crate::classification::{
    Cifar, ImageFolder, ListFolder, Mnist, ParquetImages, TarShards, parquet_files, parquet_in,
};
use crate::error::DatasetError;
use crate::retrieval::copydays::Copydays;
use crate::retrieval::revisited::{GroundTruth, RevisitedImages};

/// The layouts that [`open`] reads, as messages list them.
pub const LAYOUTS: [&str; 8] = [
    "folder:DIR[#classes=FILE|imagenet|leaf] (DIR/<class>/<image>)",
    "hf:FILE-or-DIR-or-GLOB[#label=COLUMN] (Hugging Face image Parquet)",
    "cifar:DIR[#split=train|test&label=fine|coarse] (CIFAR-10/100, binary version)",
    "mnist:DIR[#split=train|test] (idx files, plain or .gz)",
    "tar:SHARDS[#label=KEY&image=EXTENSION&classes=FILE] (WebDataset; a file, folder, glob or {000..012})",
    "list:DIR#list=FILE[&classes=FILE|imagenet] (a flat folder and lines of `name label`)",
    "revisited:DIR#gnd=FILE&part=database|queries|cropped_queries (images of revisited Oxford or Paris)",
    "copydays:DIR#block=original|strong|jpegqual/3|… (one block of Copydays)",
];

/// Opens the data set that a text names: `scheme:place`, with options `#key=value&key=value` behind it.
///
/// - `folder:DIR` is an image folder with one folder a class. `#classes=FILE` names the class folders in the order of their
///   labels (`imagenet`: the built-in list of the 1000 of ImageNet-1k), so that some of the classes keep the labels of all;
///   `#classes=leaf` makes every folder that holds images a class of its own.
/// - `hf:PLACE` is Hugging Face image Parquet, where `PLACE` is a file, a folder of Parquet files or a glob; `#label=COLUMN`
///   chooses the label column (`#label=none` for no labels).
/// - `cifar:DIR` is the binary version of CIFAR-10 or CIFAR-100, `#label=coarse` takes the 20 superclasses.
/// - `mnist:DIR` are idx files as of MNIST and its relatives.
/// - `tar:SHARDS` are tar files of WebDataset: `KEY.jpg` and `KEY.cls` (or the key `label` of `KEY.json`; `#label=KEY` takes
///   another one, `#label=none` no label) make a sample.
/// - `list:DIR#list=FILE` is a folder of images and a file with a line `name label` each, as of ImageNet's flat `val`.
/// - `revisited:DIR#gnd=FILE&part=database` are the images that a ground truth of the revisited benchmarks names, in its order.
/// - `copydays:DIR#block=strong` are the images of one block of Copydays.
///
/// A place or value that holds `#`, `&` or `"` is written between quotation marks, in which `\"` and `\\` stand for these letters:
/// `folder:"images#1"`, `list:val#list="names & labels.txt"`. A quoted place is never a pattern.
///
/// A bare path is guessed: a folder with Parquet files or a name that ends with `.parquet` is `hf`, another folder is `folder`.
///
/// Where samples cannot be used (an image that is not there, no label in a set that has labels, a missing part), `on_missing` decides:
/// an error, or a set without them that says so in [`ImageDataset::left_out`].
///
/// # Errors
/// [`DatasetError`] for unknown layouts and options, missing files and sets that cannot be read; messages name the path and the remedy.
pub fn open(spec: &str, on_missing: OnMissing) -> Result<Box<dyn ImageDataset>, DatasetError> {
    usable(open_whole(spec)?, spec, on_missing)
}

/// A data set as its reader gives it, without what cannot be used: unlabelled images of a set that has labels, beside what the reader
/// left out. `name` is what the error calls it.
///
/// # Errors
/// [`DatasetError::LeftOut`] where there is such a sample, unless `on_missing` allows to leave it out.
pub fn usable(
    dataset: Box<dyn ImageDataset>,
    name: &str,
    on_missing: OnMissing,
) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let num_labelled = (0..dataset.len()).filter(|&index| dataset.label(index).is_some()).count();
    let num_images = dataset.len();
    let is_mixed = 0 < num_labelled && num_labelled < num_images;
    let dataset: Box<dyn ImageDataset> =
        if is_mixed { Box::new(Subset::labelled(Arc::from(dataset))) } else { dataset };
    let hint = if is_mixed { LABEL_HINT } else { "" };
    check_left_out(dataset.as_ref(), name, on_missing, hint)?;
    Ok(dataset)
}

/// Checks that no sample of a data set that is [`usable`] was left out, unless `on_missing` allows it.
///
/// # Errors
/// [`DatasetError::LeftOut`].
pub fn refuse_left_out(dataset: &dyn ImageDataset, name: &str, on_missing: OnMissing) -> Result<(), DatasetError> {
    check_left_out(dataset, name, on_missing, "")
}

fn check_left_out(
    dataset: &dyn ImageDataset,
    name: &str,
    on_missing: OnMissing,
    hint: &'static str,
) -> Result<(), DatasetError> {
    let left_out = dataset.left_out();
    if on_missing == OnMissing::Skip || left_out.is_empty() {
        return Ok(());
    }
    let named = left_out.iter().take(NAMED).map(|sample| format!("{} ({})", sample.id, sample.reason));
    let mut first = named.collect::<Vec<_>>().join("; ");
    if left_out.len() > NAMED {
        first.push_str("; …");
    }
    Err(DatasetError::LeftOut { spec: name.to_owned(), count: left_out.len(), first, hint })
}

/// Samples that an error names.
const NAMED: usize = 5;
/// How to keep images whose labels are not needed.
const LABEL_HINT: &str = " (hf: and tar: take all images without their labels with #label=none)";

/// Opens the data set as its reader gives it.
fn open_whole(spec: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let unknown = || DatasetError::UnknownSpec { spec: spec.to_owned(), valid: LAYOUTS.join("; ") };
    let Some((scheme, rest)) = split_scheme(spec) else {
        return if spec.is_empty() { Err(unknown()) } else { open_scheme(guess(spec)?, spec) };
    };
    let scheme = Scheme::ALL.into_iter().find(|known| known.name() == scheme).ok_or_else(unknown)?;
    if rest.is_empty() { Err(unknown()) } else { open_scheme(scheme, rest) }
}

/// The layouts by the name in front of the colon.
#[derive(Clone, Copy)]
enum Scheme {
    Folder,
    Parquet,
    Cifar,
    Mnist,
    Tar,
    List,
    Revisited,
    Copydays,
}

impl Scheme {
    const ALL: [Self; 8] =
        [Self::Folder, Self::Parquet, Self::Cifar, Self::Mnist, Self::Tar, Self::List, Self::Revisited, Self::Copydays];

    fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Parquet => "hf",
            Self::Cifar => "cifar",
            Self::Mnist => "mnist",
            Self::Tar => "tar",
            Self::List => "list",
            Self::Revisited => "revisited",
            Self::Copydays => "copydays",
        }
    }

    /// The options that may stand behind the place.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Folder => &["classes"],
            Self::Parquet => &["label"],
            Self::Cifar => &["split", "label"],
            Self::Mnist => &["split"],
            Self::Tar => &["label", "image", "classes"],
            Self::List => &["list", "classes"],
            Self::Revisited => &["gnd", "part"],
            Self::Copydays => &["block"],
        }
    }
}

fn open_scheme(scheme: Scheme, text: &str) -> Result<Box<dyn ImageDataset>, DatasetError> {
    let (place, options) = SpecOptions::split(text, scheme.options())?;
    let path = Path::new(&place.text);
    if place.is_quoted && !path.exists() {
        return Err(DatasetError::NotFound { path: path.to_owned(), valid: LAYOUTS.join("; ") });
    }
    Ok(match scheme {
        Scheme::Folder => Box::new(ImageFolder::open_with(path, options.get("classes"))?),
        Scheme::Parquet => {
            let (files, missing) = parquet_files(&place.text)?;
            Box::new(ParquetImages::open(&files, options.get("label"))?.without(missing))
        }
        Scheme::Cifar => Box::new(Cifar::open(path, options.get("split"), options.get("label"))?),
        Scheme::Mnist => Box::new(Mnist::open(path, options.get("split"))?),
        Scheme::Tar => {
            let (label, image) = (options.get("label"), options.get("image"));
            Box::new(TarShards::open(&place.text, label, image, options.get("classes"))?)
        }
        Scheme::List => Box::new(ListFolder::open(path, options.get("list"), options.get("classes"))?),
        Scheme::Revisited => {
            let option = |key, name| options.get(key).ok_or_else(|| missing_option(text, name));
            let truth = option("gnd", "gnd=FILE")?;
            let open = match option("part", REVISITED_PARTS)? {
                "database" => RevisitedImages::database,
                "queries" => RevisitedImages::whole_queries,
                "cropped_queries" => RevisitedImages::cropped_queries,
                _ => return Err(missing_option(text, REVISITED_PARTS)),
            };
            let read = || open(&GroundTruth::read(Path::new(truth))?, path);
            Box::new(read().map_err(|error| DatasetError::Benchmark(error.into()))?)
        }
        Scheme::Copydays => {
            let block = options.get("block").ok_or_else(|| missing_option(text, "block=NAME, e.g. block=strong"))?;
            let read = || Copydays::open(path)?.block(block);
            Box::new(read().map_err(|error| DatasetError::Benchmark(error.into()))?)
        }
    })
}

const REVISITED_PARTS: &str = "part=database, part=queries or part=cropped_queries";

fn missing_option(text: &str, option: &'static str) -> DatasetError {
    DatasetError::MissingOption { spec: text.to_owned(), option }
}

/// Splits `scheme:place`; a scheme has at least two lower-case letters, digits, `_` or `-`, which leaves Windows drives alone.
fn split_scheme(spec: &str) -> Option<(&str, &str)> {
    let (scheme, place) = spec.split_once(':')?;
    let is_scheme = scheme.len() >= 2
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    (is_scheme && !Path::new(spec).exists()).then_some((scheme, place))
}

/// The layout of a bare path.
fn guess(spec: &str) -> Result<Scheme, DatasetError> {
    let (place, _) = SpecOptions::place(spec);
    let path = Path::new(&place.text);
    if place.text.ends_with(".parquet") || (path.is_dir() && !parquet_in(&place.text)?.is_empty()) {
        Ok(Scheme::Parquet)
    } else if path.is_dir() {
        Ok(Scheme::Folder)
    } else {
        Err(DatasetError::NotFound { path: path.to_owned(), valid: LAYOUTS.join("; ") })
    }
}
