//! Embeddings as points.

use std::ops::Range;

use serde_json::Value;
use sop_collection::{Payload, Point};
use sop_core::EmbeddingSet;

use crate::error::{Result, refuse};

/// Keys of the payload that the embeddings' own columns become.
const LABEL: &str = "label";
const CLASS: &str = "class";

/// What the points of a set carry: its further columns, `label`, and `class` where the set names its classes.
pub(super) struct Payloads<'a> {
    set: &'a EmbeddingSet,
    further: Vec<Payload>,
}

impl<'a> Payloads<'a> {
    pub(super) fn new(set: &'a EmbeddingSet, name: &str) -> Result<Self> {
        let further = set.further_values()?;
        let names = &set.provenance().class_names;
        let taken = further
            .first()
            .and_then(|first| first.keys().find(|key| *key == LABEL || (*key == CLASS && names.is_some())));
        if let Some(key) = taken {
            refuse!(
                "{name} has a further column `{key}`, which is what its labels are called among the points' metadata; rename the column"
            );
        }
        if let Some(names) = names
            && let Some(row) =
                set.labels().iter().position(|label| label.is_some_and(|label| label as usize >= names.len()))
        {
            refuse!("image `{}` of {name} has a label beyond its {} class names", set.ids()[row], names.len());
        }
        Ok(Self { set, further })
    }

    /// Some rows as points.
    pub(super) fn points(&mut self, rows: Range<usize>) -> Vec<Point> {
        rows.map(|row| {
            let mut payload = std::mem::take(&mut self.further[row]);
            if let Some(label) = self.set.labels()[row] {
                payload.insert(LABEL.to_owned(), label.into());
                let names = self.set.provenance().class_names.as_deref();
                if let Some(name) = names.and_then(|names| names.get(label as usize)) {
                    payload.insert(CLASS.to_owned(), Value::from(name.as_str()));
                }
            }
            Point { id: self.set.ids()[row].clone().into(), vector: self.set.vectors().row(row).to_vec(), payload }
        })
        .collect()
    }
}
