//! WebDataset: tar files in which the files of a sample follow each other and share their name up to the first dot.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sop_core::{SkippedImage, is_hidden, label_of_number, located_files};
use sop_image::image_endings;

use super::index::{Member, key_and_extension, members, shard_stem};
use crate::classification::class_list::ClassList;
use crate::dataset::StoredImage;
use crate::dataset::listing::{Listing, OtherFiles, numbered};
use crate::dataset::positional::PositionalFile;
use crate::dataset::sample::ImageDataset;
use crate::error::DatasetError;

/// Extensions of the members that hold labels.
const LABELS: [&str; 2] = ["cls", "json"];
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
/// `.cls`, else the integer at a key of `.json`, else none (negative numbers are no label). Ids are the keys, with `<shard>/` in
/// front where a key occurs in several shards. Keys without an image, members without a key and shards that are not there are left
/// out and named; hidden members do not count. Shards are indexed by their headers when they are opened; images are read where they
/// lie.
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

/// What a shard holds.
#[derive(Default)]
struct ShardContent {
    rows: Vec<Row>,
    left_out: Vec<SkippedImage>,
    other: OtherFiles,
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
    /// [`DatasetError::NoShards`], [`DatasetError::Shard`] and [`DatasetError::Member`].
    pub fn open(
        place: &str,
        label: Option<&str>,
        image: Option<&str>,
        classes: Option<&str>,
    ) -> Result<Self, DatasetError> {
        let (paths, missing) = shard_paths(place)?;
        let class_list = classes.map(ClassList::open).transpose()?;
        let rule = Rule { label, image };
        let shards = paths.iter().map(|path| PositionalFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        let contents = shards.par_iter().map(|shard| content(shard, &rule)).collect::<Result<Vec<_>, _>>()?;
        let mut keys = BTreeSet::new();
        let unique = contents.iter().flat_map(|content| &content.rows).all(|row| keys.insert(row.key.as_str()));
        let stems: Vec<String> = paths.iter().map(|path| shard_stem(path)).collect();
        if let (false, Some(twice)) = (unique, stems.iter().enumerate().find(|(n, stem)| stems[..*n].contains(stem))) {
            let first = stems.iter().position(|stem| stem == twice.1).unwrap_or_default();
            return Err(DatasetError::SameFileName { first: paths[first].clone(), second: paths[twice.0].clone() });
        }
        let mut listing = Listing {
            class_names: class_list.as_ref().map_or(Vec::new(), |list| list.names.clone()),
            ..Listing::default()
        };
        listing.left_out = missing;
        let mut images = Vec::new();
        let mut other = OtherFiles::default();
        for ((shard, content), stem) in contents.into_iter().enumerate().zip(&stems) {
            listing.left_out.extend(content.left_out);
            other.add(content.other);
            for Row { key, label, start, size } in content.rows {
                check_label(label, &listing.class_names, &paths[shard], &key)?;
                listing.ids.push(if unique { key } else { format!("{stem}/{key}") });
                listing.labels.push(label);
                images.push(Place { shard, start, size });
            }
        }
        listing.remarks.extend(other.remark());
        if images.is_empty() {
            let keys = listing.left_out.first().map_or(String::new(), |key| format!(" ({}: {})", key.id, key.reason));
            return Err(DatasetError::NoImagesInShards { path: paths.into_iter().next().unwrap_or_default(), keys });
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

    fn stored(&self, index: usize) -> Result<StoredImage, DatasetError> {
        let outside = || DatasetError::Index { index, len: self.len() };
        let place = self.images.get(index).ok_or_else(outside)?;
        let shard = self.shards.get(place.shard).ok_or_else(outside)?;
        shard.read(place.start, place.size).map(StoredImage::File)
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

/// The samples of a shard that have an image, and what else is there.
fn content(shard: &PositionalFile, rule: &Rule<'_>) -> Result<ShardContent, DatasetError> {
    let members = members(shard)?;
    let mut content = ShardContent::default();
    let mut leave_out = |id: &str, reason: String| {
        let id = format!("{}:{id}", shard.path.display());
        content.left_out.push(SkippedImage { id, reason });
    };
    let mut named: Vec<(&str, String, &Member)> = Vec::new();
    for member in members.iter().filter(|member| !is_hidden(Path::new(&member.name))) {
        match key_and_extension(&member.name) {
            Some((key, extension)) => named.push((key, extension, member)),
            None => leave_out(&member.name, "its name has no dot, so it belongs to no sample".to_owned()),
        }
    }
    let mut keys = BTreeSet::new();
    for sample in named.chunk_by(|(first, ..), (second, ..)| first == second) {
        let Some((key, ..)) = sample.first() else { continue };
        let bad = |reason: String| DatasetError::Member { path: shard.path.clone(), member: (*key).to_owned(), reason };
        if !keys.insert(*key) {
            return Err(bad(
                "there are two samples of this name; the files of a sample must follow each other".to_owned()
            ));
        }
        let Some(image) = image_of(sample, rule, &bad)? else {
            let extensions: Vec<&str> = sample.iter().map(|(_, extension, _)| extension.as_str()).collect();
            let reason = "this key has no image (a key ends at the first dot of a name)";
            leave_out(key, format!("{reason}, but .{}", extensions.join(", .")));
            continue;
        };
        for (_, extension, member) in sample {
            if !std::ptr::eq(*member, image) && !LABELS.contains(&extension.as_str()) {
                content.other.count(&member.name);
            }
        }
        let size = usize::try_from(image.size).map_err(|_| bad("its image is too large".to_owned()))?;
        let label = label_of(shard, sample, rule, &bad)?;
        content.rows.push(Row { key: (*key).to_owned(), label, start: image.start, size });
    }
    Ok(content)
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
        None => image_endings().any(|known| known == extension),
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
    for extension in LABELS {
        if sample.iter().filter(|(_, other, _)| other == extension).count() > 1 {
            return Err(bad(format!("it has several .{extension}")));
        }
    }
    if let (None, Some(cls)) = (rule.label, member("cls")) {
        let bytes = read(cls, MAX_LABEL_BYTES)?;
        let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
        let number = number.ok_or_else(|| bad("its .cls is no number".to_owned()))?;
        return label_of_number(number).map_err(|error| bad(format!("its .cls: {error}")));
    }
    let Some(json) = member("json") else { return Ok(None) };
    let value: serde_json::Value = serde_json::from_slice(&read(json, MAX_JSON_BYTES)?)
        .map_err(|error| bad(format!("its .json cannot be read: {error}")))?;
    match value.get(rule.label.unwrap_or(LABEL_KEY)) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(label) => {
            let number = label.as_i64().and_then(|number| label_of_number(number).ok());
            number.ok_or_else(|| bad(format!("the label {label} in its .json is no number of 32 bits")))
        }
    }
}

/// The shards that a place names, in order, and those that should be there and are not.
fn shard_paths(place: &str) -> Result<(Vec<PathBuf>, Vec<SkippedImage>), DatasetError> {
    let path = Path::new(place);
    let range = if path.exists() { None } else { expand_range(place) };
    let (paths, missing) = match range {
        Some(range) => {
            let (there, missing): (Vec<PathBuf>, Vec<PathBuf>) = range.into_iter().partition(|path| path.is_file());
            let left_out = missing.into_iter().map(|path| SkippedImage {
                id: path.display().to_string(),
                reason: format!("no such shard; the range {place} promises it"),
            });
            (there, left_out.collect())
        }
        None => numbered(place, located_files(place, ".tar")?)?,
    };
    if paths.is_empty() { Err(DatasetError::NoShards { place: place.to_owned() }) } else { Ok((paths, missing)) }
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
