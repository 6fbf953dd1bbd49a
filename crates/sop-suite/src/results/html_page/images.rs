//! The images of units.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::DatasetHasher;
use sop_datasets::dataset::ImageDataset;
use sop_image::transform::{Filter, thumbnail};
use sop_image::{DecodeLimits, jpeg};
use sop_report::html::Picture;

use super::compared::MeasuredUnits;
use crate::error::{Result, refuse};
use crate::{Environment, Source};

/// Longest side of an image on the page, in pixels.
const SIDE: usize = 112;

/// Gives units their images, from data sets that are the ones that were measured on, to the byte.
pub(super) fn add_images(units: &mut [MeasuredUnits], sources: &[Source], environment: &Environment<'_>) -> Result<()> {
    for source in sources {
        let dataset = source.open(environment.on_missing)?;
        let images = image_hashes(dataset.as_ref(), source, environment)?;
        let all = sha256(dataset.as_ref(), &images, |_| true);
        let mut is_used = false;
        for units in units.iter_mut().filter(|units| is_of(units, dataset.as_ref(), &images, &all)) {
            is_used = true;
            add(units, dataset.as_ref())?;
        }
        if !is_used {
            let known: Vec<String> = units
                .iter()
                .map(|units| format!("{} ({})", units.outcomes.title, short(units.dataset_sha256.as_deref())))
                .collect();
            refuse!(
                "no value with kept outcomes of two encoders was measured on the images of {source} (SHA-256 {}); such values are: {}",
                short(Some(&all)),
                if known.is_empty() { "none".to_owned() } else { known.join("; ") }
            );
        }
    }
    Ok(())
}

/// Whether the units are images of the data set: all of them, or those that are left when images were skipped. Either way the hash says so.
fn is_of(units: &MeasuredUnits, dataset: &dyn ImageDataset, images: &[String], all: &str) -> bool {
    let Some(measured) = units.dataset_sha256.as_deref() else { return false };
    if measured == all {
        return true;
    }
    let ids: BTreeSet<&str> = units.outcomes.unit_ids.iter().map(String::as_str).collect();
    ids.len() < images.len() && measured == sha256(dataset, images, |id| ids.contains(id))
}

/// The hash of each image.
fn image_hashes(dataset: &dyn ImageDataset, source: &Source, environment: &Environment<'_>) -> Result<Vec<String>> {
    let progress = environment.begin(&format!("check {source}"), dataset.len());
    let mut images = Vec::with_capacity(dataset.len());
    for place in 0..dataset.len() {
        images.push(dataset.stored(place)?.sha256());
        progress.set(place + 1);
    }
    progress.finish();
    Ok(images)
}

/// The hash by which result rows know a data set of these images.
fn sha256(dataset: &dyn ImageDataset, images: &[String], keep: impl Fn(&str) -> bool) -> String {
    let mut hasher = DatasetHasher::default();
    for (place, sha256) in images.iter().enumerate().filter(|(place, _)| keep(dataset.id(*place))) {
        hasher.add(dataset.id(place), dataset.label(place), sha256);
    }
    hasher.finish()
}

fn add(units: &mut MeasuredUnits, dataset: &dyn ImageDataset) -> Result<()> {
    let ids = &dataset.listing().ids;
    let places: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    for unit in units.outcomes.shown() {
        let Some(id) = units.outcomes.unit_ids.get(unit) else { continue };
        let Some(&place) = places.get(id.as_str()) else { continue };
        let stored = dataset.stored(place)?;
        let image = stored.decode(&DecodeLimits::default())?;
        let small = thumbnail(image.as_ref(), SIDE, Filter::Bilinear)?;
        if let Ok(bytes) = jpeg(&small) {
            units
                .outcomes
                .pictures
                .insert(unit, Picture { media_type: "image/jpeg", bytes, text: String::new(), size: None });
        }
    }
    Ok(())
}

fn short(sha256: Option<&str>) -> String {
    sha256
        .map_or_else(|| "not recorded".to_owned(), |sha256| format!("{}…", sha256.chars().take(12).collect::<String>()))
}
