//! `[few_labels]`: a protocol that learns from labels, on parts of the train set.

use std::path::PathBuf;

use serde::Deserialize;
use sop_core::{EmbeddingSet, Measurement, Provenance};
use sop_eval::few_labels::{Part, average_over_tries, draw, rows_of_list};

use super::{Measured, Scene};
use crate::error::{Context as _, Result, refuse};

/// Parts of the train set that are learnt from, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FewLabels {
    /// Images of every class.
    pub shots: Vec<usize>,
    /// Percentages of every class.
    pub percent: Vec<f64>,
    /// A file that lists the images, such as SimCLR's `1percent.txt`.
    pub list: Option<PathBuf>,
    /// How often a part is drawn; 5 where it is left out. A listed part has one try.
    pub tries: Option<u64>,
    /// Seed of the draws.
    pub seed: u64,
}

/// Tries of a part where none are given.
const DEFAULT_TRIES: u64 = 5;

/// Some rows of the train set, with their name in the results.
struct Draws {
    name: &'static str,
    value: serde_json::Value,
    rows: Vec<Vec<usize>>,
}

impl FewLabels {
    /// These parts; `None` where none is named.
    pub fn of(shots: &[usize], percent: &[f64], list: Option<PathBuf>, tries: Option<u64>, seed: u64) -> Option<Self> {
        let any = !shots.is_empty() || !percent.is_empty() || list.is_some();
        any.then(|| Self { shots: shots.to_vec(), percent: percent.to_vec(), list, tries, seed })
    }

    /// Checks what can be checked without reading data.
    ///
    /// # Errors
    /// When no part is named, or none is to be drawn.
    pub fn check(&self) -> Result<()> {
        if self.shots.is_empty() && self.percent.is_empty() && self.list.is_none() {
            refuse!("[few_labels] names no part; give `shots`, `percent` or `list`");
        }
        if self.tries == Some(0) {
            refuse!("`tries` in [few_labels] is 0; it must be 1 or more");
        }
        Ok(())
    }

    /// Looks for the list, where there is one.
    ///
    /// # Errors
    /// When it is not there.
    pub fn check_sources(&self) -> Result<()> {
        if let Some(list) = &self.list
            && !list.is_file()
        {
            refuse!("the list {} of [few_labels] is not there", list.display());
        }
        Ok(())
    }

    /// Runs `measure` on every try of every part and averages over the tries; values belong together by the parameters in `same`.
    pub fn measure(
        &self,
        train: &[EmbeddingSet],
        same: &[&str],
        (resamples, seed): (u32, u64),
        scene: &Scene<'_>,
        measure: &mut dyn FnMut(&[EmbeddingSet]) -> Result<Vec<Measurement>>,
    ) -> Result<Vec<Measurement>> {
        let first = train.first().context("there is no train set")?;
        let mut all = Vec::new();
        for Draws { name, value, rows } in self.draws(first)? {
            let mut tries = Vec::new();
            for (number, rows) in rows.iter().enumerate() {
                scene.note(&format!("few labels: {name} = {value}, try {} of {}", number + 1, self.tries_of(name)));
                let part: Vec<EmbeddingSet> = train.iter().map(|set| set.select(rows)).collect::<Result<_, _>>()?;
                tries.push(measure(&part)?);
            }
            let mut averaged = average_over_tries(&tries, same, resamples, seed);
            let images = rows.first().map_or(0, Vec::len);
            for measurement in &mut averaged {
                measurement.params.insert(name.to_owned(), value.clone());
                measurement.params.insert("train_images".to_owned(), images.into());
            }
            all.extend(averaged);
        }
        Ok(all)
    }

    fn tries_of(&self, part: &str) -> u64 {
        if part == "list" { 1 } else { self.tries.unwrap_or(DEFAULT_TRIES) }
    }

    fn draws(&self, train: &EmbeddingSet) -> Result<Vec<Draws>> {
        let labels = train.required_labels().context("the train set lacks labels")?;
        let shots = self.shots.iter().map(|&shots| ("shots", shots.into(), Part::Shots(shots)));
        let percent = self.percent.iter().map(|&percent| ("percent", percent.into(), Part::Percent(percent)));
        let mut draws = Vec::new();
        for (name, value, part) in shots.chain(percent) {
            let rows = (0..self.tries_of(name)).map(|number| draw(&labels, part, self.seed, number));
            draws.push(Draws { name, value, rows: rows.collect::<Result<_, _>>()? });
        }
        if let Some(path) = &self.list {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read the list {}", path.display()))?;
            let rows = rows_of_list(train.ids(), &text).with_context(|| format!("in the list {}", path.display()))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            draws.push(Draws { name: "list", value: name.into(), rows: vec![rows] });
        }
        Ok(draws)
    }
}

/// The measurements of all of the train set, or of its parts where they are asked for, with their provenance.
pub fn over_parts(
    few_labels: Option<&FewLabels>,
    train: &[EmbeddingSet],
    test: &Provenance,
    same: &[&str],
    bootstrap: (u32, u64),
    scene: &Scene<'_>,
    measure: &mut dyn FnMut(&[EmbeddingSet]) -> Result<Vec<Measurement>>,
) -> Result<Vec<Measured>> {
    let measurements = match few_labels {
        None => measure(train)?,
        Some(few_labels) => few_labels.measure(train, same, bootstrap, scene, measure)?,
    };
    let reference = train.first().map(|set| set.provenance().clone());
    Ok(vec![Measured { measurements, test: test.clone(), reference }])
}
