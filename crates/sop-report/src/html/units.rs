//! What encoders disagree on, unit by unit.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::block::Picture;
use super::data_uri::data_uri;

/// Most units of one value that a page shows.
const MOST_UNITS: usize = 300;

/// The outcomes of several encoders on the same units, for one value of each.
///
/// A page counts all units and shows those that the encoders differ most on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitOutcomes {
    /// Name of the protocol.
    pub protocol: String,
    /// What the value is.
    pub title: String,
    /// Whether a larger outcome is a better one.
    pub higher_is_better: bool,
    /// What the encoders are called.
    pub encoders: Vec<String>,
    /// Names of the units that all encoders were measured on.
    pub unit_ids: Vec<String>,
    /// The outcome of each unit, for each encoder.
    pub values: Vec<Vec<f64>>,
    /// The true class of each unit, where there are classes.
    pub labels: Option<Vec<String>>,
    /// The class that each encoder predicts for each unit, where that is known.
    pub predictions: Vec<Option<Vec<String>>>,
    /// Pictures of units by their places, as far as they are at hand.
    pub pictures: BTreeMap<usize, Picture>,
}

impl UnitOutcomes {
    /// The places of the units that a page shows, in order: those that the encoders differ most on. Where more differ alike than there is
    /// room for, they are taken from all over the data.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let spread = |place: usize| {
            let values = self.values.iter().filter_map(|values| values.get(place));
            let (low, high) = values
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
            high - low
        };
        let mut differing: Vec<(f64, usize)> =
            (0..self.unit_ids.len()).map(|place| (spread(place), place)).filter(|(spread, _)| *spread > 0.0).collect();
        differing.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut shown: Vec<usize> = match differing.get(MOST_UNITS) {
            None => differing.iter().map(|(_, place)| *place).collect(),
            Some(&(last, _)) => {
                let more: Vec<usize> =
                    differing.iter().filter(|(spread, _)| *spread > last).map(|(_, place)| *place).collect();
                let alike: Vec<usize> =
                    differing.iter().filter(|(spread, _)| *spread == last).map(|(_, place)| *place).collect();
                let room = MOST_UNITS - more.len();
                let taken = (0..room).filter_map(|number| alike.get(number * alike.len() / room).copied());
                more.iter().copied().chain(taken).collect()
            }
        };
        shown.sort_unstable();
        shown
    }

    /// Whether every outcome is right (1) or wrong (0).
    fn is_right_or_wrong(&self) -> bool {
        self.higher_is_better && self.values.iter().flatten().all(|value| *value == 0.0 || *value == 1.0)
    }

    /// For two encoders: on how many units the first does better, the second does better, both do equally well, and of these, neither is
    /// right.
    fn counts(&self, first: usize, second: usize) -> [usize; 4] {
        let sign = if self.higher_is_better { 1.0 } else { -1.0 };
        let mut counts = [0; 4];
        let of = |encoder: usize| self.values.get(encoder).into_iter().flatten();
        for (a, b) in of(first).zip(of(second)) {
            match (sign * a).total_cmp(&(sign * b)) {
                std::cmp::Ordering::Greater => counts[0] += 1,
                std::cmp::Ordering::Less => counts[1] += 1,
                std::cmp::Ordering::Equal => {
                    counts[2] += 1;
                    counts[3] += usize::from(*a == 0.0);
                }
            }
        }
        counts
    }

    /// What the page's script needs of it.
    pub(super) fn json(&self, shared: &mut SharedPictures) -> Value {
        let shown = self.shown();
        let of_shown = |texts: &Vec<String>| -> Vec<String> {
            shown.iter().map(|place| texts.get(*place).cloned().unwrap_or_default()).collect()
        };
        let values: Vec<Vec<Value>> = self
            .values
            .iter()
            .map(|values| {
                shown.iter().map(|place| values.get(*place).map_or(Value::Null, |value| number(*value))).collect()
            })
            .collect();
        let count = self.encoders.len();
        let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
        let counts: Vec<Value> =
            pairs.map(|(first, second)| json!([first, second, self.counts(first, second)])).collect();
        let pictures: Vec<Option<usize>> =
            shown.iter().map(|place| self.pictures.get(place).map(|picture| shared.place(picture))).collect();
        json!({
            "protocol": self.protocol,
            "title": self.title,
            "higher": self.higher_is_better,
            "binary": self.is_right_or_wrong(),
            "encoders": self.encoders,
            "total": self.unit_ids.len(),
            "units": of_shown(&self.unit_ids),
            "values": values,
            "labels": self.labels.as_ref().map(of_shown),
            "predictions": self.predictions.iter().map(|texts| texts.as_ref().map(of_shown)).collect::<Vec<_>>(),
            "counts": counts,
            "pictures": pictures,
        })
    }
}

/// The pictures of a page, each once: several values are of the same images.
#[derive(Debug, Default)]
pub(super) struct SharedPictures {
    pub(super) addresses: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl SharedPictures {
    /// The place of a picture, which is added where it is new.
    fn place(&mut self, picture: &Picture) -> usize {
        let address = data_uri(picture.media_type, &picture.bytes);
        match self.places.get(&address) {
            Some(place) => *place,
            None => {
                self.addresses.push(address.clone());
                self.places.insert(address, self.addresses.len() - 1);
                self.addresses.len() - 1
            }
        }
    }
}

/// A number, short where it is whole.
fn number(value: f64) -> Value {
    if value == 0.0 || value == 1.0 { Value::from(value as u8) } else { Value::from(value) }
}
