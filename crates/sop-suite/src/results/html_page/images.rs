//! The images of units.

use std::collections::BTreeMap;

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
        let sha256 = sha256(dataset.as_ref(), source, environment)?;
        let mut is_used = false;
        for units in units.iter_mut().filter(|units| units.dataset_sha256.as_ref() == Some(&sha256)) {
            is_used = true;
            add(units, dataset.as_ref())?;
        }
        if !is_used {
            let known: Vec<String> = units
                .iter()
                .map(|units| format!("{} ({})", units.outcomes.title, short(units.dataset_sha256.as_deref())))
                .collect();
            refuse!(
                "the images of {source} (SHA-256 {}) are of no value with kept outcomes of two encoders; there are: {}",
                short(Some(&sha256)),
                if known.is_empty() { "none".to_owned() } else { known.join("; ") }
            );
        }
    }
    Ok(())
}

/// The hash by which result rows know the data set.
fn sha256(dataset: &dyn ImageDataset, source: &Source, environment: &Environment<'_>) -> Result<String> {
    let progress = environment.begin(&format!("check {source}"), dataset.len());
    let mut hasher = DatasetHasher::default();
    for place in 0..dataset.len() {
        hasher.add(dataset.id(place), dataset.label(place), &dataset.stored(place)?.sha256());
        progress.set(place + 1);
    }
    progress.finish();
    Ok(hasher.finish())
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
