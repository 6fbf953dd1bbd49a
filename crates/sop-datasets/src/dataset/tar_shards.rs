//! WebDataset: tar files in which the files of a sample follow each other and share their name up to the first dot.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::class_list::ClassList;
use super::listing::Listing;
use super::positional::PositionalFile;
use super::sample::ImageDataset;
use super::tar_index::{Member, key_and_extension, members, shard_stem};
use crate::error::DatasetError;

/// Extensions of images, in the order in which they are looked for.
const IMAGES: [&str; 9] = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "ppm", "pgm", "pbm"];
/// Longest label file: a number.
const MAX_LABEL_BYTES: u64 = 64;
/// Longest JSON file of a sample.
const MAX_JSON_BYTES: u64 = 1 << 20;
/// Key of the label in the JSON of a sample, unless told otherwise.
const LABEL_KEY: &str = "label";
/// Most shards of a range: a slip of the keyboard must not list the disk.
const MAX_SHARDS: u64 = 1_000_000;

/// Images and labels in tar files as of WebDataset.
///
/// A sample is a run of members with one key. Its image is the member with an image extension; its label is the number in
/// `.cls`, else the integer at a key of `.json`, else none. Ids are the keys, with `<shard>/` in front where a key occurs in
/// several shards. Shards are indexed by their headers when they are opened; images are read where they lie.
#[derive(Debug)]
pub struct TarShards {
    listing: Listing,
    shards: Vec<PositionalFile>,
    images: Vec<Place>,
    class_list: Option<PathBuf>,
}

/// Where an image lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    shard: usize,
    start: u64,
    size: usize,
}

/// What is taken of a sample.
struct Rule<'a> {
    label: Option<&'a str>,
    image: Option<&'a str>,
}

/// A sample of one shard.
struct Row {
    key: String,
    label: Option<i32>,
    start: u64,
    size: usize,
}

impl TarShards {
    /// Opens a file, a folder of `.tar` files, a glob or a range such as `data-{000..012}.tar`.
    ///
    /// `label` is the key of the label in `.json` (`none` for no labels), `image` the extension of the image where samples
    /// have several, `classes` a file with one class per line or `imagenet`.
    ///
    /// # Errors
    /// [`DatasetError::NoShards`], [`DatasetError::MissingShard`], [`DatasetError::Shard`] and [`DatasetError::Member`].
    pub fn open(
        place: &str,
        label: Option<&str>,
        image: Option<&str>,
        classes: Option<&str>,
    ) -> Result<Self, DatasetError> {
        let paths = shard_paths(place)?;
        let class_list = classes.map(ClassList::open).transpose()?;
        let rule = Rule { label, image };
        let shards = paths.iter().map(|path| PositionalFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        let rows = shards.par_iter().map(|shard| rows(shard, &rule)).collect::<Result<Vec<_>, _>>()?;
        let mut keys = BTreeSet::new();
        let unique = rows.iter().flatten().all(|row| keys.insert(row.key.as_str()));
        let stems: Vec<String> = paths.iter().map(|path| shard_stem(path)).collect();
        if let (false, Some(twice)) = (unique, stems.iter().enumerate().find(|(n, stem)| stems[..*n].contains(stem))) {
            let first = stems.iter().position(|stem| stem == twice.1).unwrap_or_default();
            return Err(DatasetError::SameFileName { first: paths[first].clone(), second: paths[twice.0].clone() });
        }
        let mut listing = Listing {
            class_names: class_list.as_ref().map_or(Vec::new(), |list| list.names.clone()),
            ..Listing::default()
        };
        let mut images = Vec::new();
        for ((shard, rows), stem) in rows.into_iter().enumerate().zip(&stems) {
            for Row { key, label, start, size } in rows {
                check_label(label, &listing.class_names, &paths[shard], &key)?;
                listing.ids.push(if unique { key } else { format!("{stem}/{key}") });
                listing.labels.push(label);
                images.push(Place { shard, start, size });
            }
        }
        if images.is_empty() {
            return Err(DatasetError::NoRows { path: paths.into_iter().next().unwrap_or_default() });
        }
        let folder = paths[0].canonicalize().unwrap_or_else(|_| paths[0].clone());
        let name = folder.parent().and_then(Path::file_name);
        listing.name = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        listing.split = split_of(&stems);
        Ok(Self { listing, shards, images, class_list: class_list.and_then(|list| list.path) })
    }
}

impl ImageDataset for TarShards {
    fn listing(&self) -> &Listing {
        &self.listing
    }

    fn read(&self, index: usize) -> Result<Vec<u8>, DatasetError> {
        let outside = || DatasetError::Index { index, len: self.len() };
        let place = self.images.get(index).ok_or_else(outside)?;
        self.shards.get(place.shard).ok_or_else(outside)?.read(place.start, place.size)
    }

    fn backing_files(&self) -> Vec<PathBuf> {
        self.shards.iter().map(|shard| shard.path.clone()).chain(self.class_list.clone()).collect()
    }
}

/// What the names of the shards have in common in front of their numbers, such as `train`.
fn split_of(stems: &[String]) -> String {
    let common = stems.iter().skip(1).fold(stems.first().cloned().unwrap_or_default(), |common, stem| {
        common.chars().zip(stem.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    common.trim_end_matches(|c: char| c.is_ascii_digit() || ['-', '_', '.'].contains(&c)).to_owned()
}

fn check_label(label: Option<i32>, names: &[String], path: &Path, key: &str) -> Result<(), DatasetError> {
    let is_good = |label: i32| names.is_empty() || usize::try_from(label).is_ok_and(|label| label < names.len());
    match label {
        Some(label) if !is_good(label) => Err(DatasetError::Member {
            path: path.to_owned(),
            member: key.to_owned(),
            reason: format!("label {label} has no name: the list names {} classes", names.len()),
        }),
        _ => Ok(()),
    }
}

/// The samples of a shard that have an image.
fn rows(shard: &PositionalFile, rule: &Rule<'_>) -> Result<Vec<Row>, DatasetError> {
    let members = members(shard)?;
    let named: Vec<(&str, String, &Member)> = members
        .iter()
        .filter_map(|member| key_and_extension(&member.name).map(|(key, extension)| (key, extension, member)))
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut keys = BTreeSet::new();
    for sample in named.chunk_by(|(first, ..), (second, ..)| first == second) {
        let Some((key, ..)) = sample.first() else { continue };
        let bad = |reason: String| DatasetError::Member { path: shard.path.clone(), member: (*key).to_owned(), reason };
        let Some(image) = image_of(sample, rule, &bad)? else { continue };
        if !keys.insert(*key) {
            return Err(bad(
                "there are two samples of this name; the files of a sample must follow each other".to_owned()
            ));
        }
        let size = usize::try_from(image.size).map_err(|_| bad("its image is too large".to_owned()))?;
        let label = label_of(shard, sample, rule, &bad)?;
        rows.push(Row { key: (*key).to_owned(), label, start: image.start, size });
    }
    Ok(rows)
}

type Bad<'a> = dyn Fn(String) -> DatasetError + 'a;

/// The image of a sample; `None` where it has none.
fn image_of<'a>(
    sample: &[(&str, String, &'a Member)],
    rule: &Rule<'_>,
    bad: &Bad<'_>,
) -> Result<Option<&'a Member>, DatasetError> {
    let is_image = |extension: &str| match rule.image {
        Some(wanted) => extension == wanted.to_ascii_lowercase(),
        None => IMAGES.contains(&extension),
    };
    let images: Vec<&(&str, String, &Member)> = sample.iter().filter(|(_, extension, _)| is_image(extension)).collect();
    match images.as_slice() {
        [] => Ok(None),
        [(_, _, member)] if member.is_plain => Ok(Some(*member)),
        [(_, extension, _)] => {
            Err(bad(format!("its .{extension} is a link or has holes; write the shard with plain files")))
        }
        several => {
            let extensions: Vec<&str> = several.iter().map(|(_, extension, _)| extension.as_str()).collect();
            Err(bad(format!("it has several images (.{}); choose one with #image=EXTENSION", extensions.join(", ."))))
        }
    }
}

/// The label of a sample, where it has one.
fn label_of(
    shard: &PositionalFile,
    sample: &[(&str, String, &Member)],
    rule: &Rule<'_>,
    bad: &Bad<'_>,
) -> Result<Option<i32>, DatasetError> {
    if rule.label == Some("none") {
        return Ok(None);
    }
    let member =
        |wanted: &str| sample.iter().find(|(_, extension, _)| extension == wanted).map(|(_, _, member)| *member);
    let read = |member: &Member, limit: u64| match member.is_plain && member.size <= limit {
        true => shard.read(member.start, member.size as usize),
        false => Err(bad(format!("{} is no small plain file", member.name))),
    };
    if let (None, Some(cls)) = (rule.label, member("cls")) {
        let bytes = read(cls, MAX_LABEL_BYTES)?;
        let label = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
        return label.map(Some).ok_or_else(|| bad("its .cls is no number".to_owned()));
    }
    let Some(json) = member("json") else { return Ok(None) };
    let value: serde_json::Value = serde_json::from_slice(&read(json, MAX_JSON_BYTES)?)
        .map_err(|error| bad(format!("its .json cannot be read: {error}")))?;
    match value.get(rule.label.unwrap_or(LABEL_KEY)) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(label) => {
            let number = label.as_i64().and_then(|label| i32::try_from(label).ok());
            number.map(Some).ok_or_else(|| bad(format!("the label {label} in its .json is no number of 32 bits")))
        }
    }
}

/// The shards that a place names, in order.
fn shard_paths(place: &str) -> Result<Vec<PathBuf>, DatasetError> {
    let path = Path::new(place);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if let Some(range) = expand_range(place) {
        return match range.iter().find(|path| !path.is_file()) {
            Some(missing) => Err(DatasetError::MissingShard { path: missing.clone(), place: place.to_owned() }),
            None => Ok(range),
        };
    }
    let pattern = if path.is_dir() { format!("{}/*.tar", glob::Pattern::escape(place)) } else { place.to_owned() };
    let matches = glob::glob(&pattern)
        .map_err(|source| DatasetError::Glob { pattern: place.to_owned(), source: Box::new(source) })?;
    let mut paths = matches
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| DatasetError::Io { path: error.path().to_owned(), source: error.into() })?;
    paths.retain(|path| path.is_file());
    paths.sort();
    if paths.is_empty() { Err(DatasetError::NoShards { place: place.to_owned() }) } else { Ok(paths) }
}

/// The paths of `a{007..012}b`: numbers with as many digits as the first one has.
fn expand_range(place: &str) -> Option<Vec<PathBuf>> {
    let (before, rest) = place.split_once('{')?;
    let (range, after) = rest.split_once('}')?;
    let (first, last) = range.split_once("..")?;
    let (start, end): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let width = first.len();
    let is_sane = start <= end && end - start < MAX_SHARDS;
    is_sane.then(|| (start..=end).map(|number| format!("{before}{number:0width$}{after}").into()).collect())
}
