//! Drawing a part of every class.

use std::collections::BTreeMap;

use serde::Deserialize;
use sop_numeric::random::Stream;

use crate::EvalError;

/// How much of a train set is kept.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// That many images of every class.
    Shots(usize),
    /// That percentage of every class, rounded, at least one image.
    Percent(f64),
}

/// Rows of a part of a train set, ascending: a random choice without replacement in every class.
///
/// The choice depends on the labels, the part, the seed and the number of the try only.
///
/// # Errors
/// [`EvalError::Param`] where the part is none, and [`EvalError::TooFewImages`] where a class has fewer images than shots.
pub fn draw(labels: &[i32], part: Part, seed: u64, number: u64) -> Result<Vec<usize>, EvalError> {
    match part {
        Part::Shots(0) => return Err(EvalError::Param { name: "shots", value: 0.0, range: "1 or more" }),
        Part::Percent(value) if !(value > 0.0 && value <= 100.0) => {
            return Err(EvalError::Param { name: "percent", value, range: "above 0 and at most 100" });
        }
        Part::Shots(_) | Part::Percent(_) => {}
    }
    let mut members: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(row);
    }
    let mut stream = Stream::from_seed(seed, number);
    let mut rows = Vec::new();
    for (label, mut members) in members {
        let count = match part {
            Part::Shots(shots) if shots > members.len() => {
                return Err(EvalError::TooFewImages { label, images: members.len(), shots });
            }
            Part::Shots(shots) => shots,
            Part::Percent(percent) => ((percent / 100.0 * members.len() as f64).round() as usize).max(1),
        };
        stream.shuffle_front_by_64_bits(&mut members, count);
        rows.extend_from_slice(&members[..count]);
    }
    rows.sort_unstable();
    Ok(rows)
}
