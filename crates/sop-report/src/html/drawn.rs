//! Figures that follow from the rows of a protocol alone.

use sop_core::{ProtocolInfo, ResultRecord};

use super::block::{Block, Content};
use crate::selection::{DataKey, dataset_label};
use crate::{Figure, ReportError, accuracy_over_k};

/// A kind of figure: its name, and how it is made of the rows of one data set.
type Kind = (&'static str, fn(&[ResultRecord], &[&ProtocolInfo]) -> Result<Figure, ReportError>);

const KINDS: [Kind; 1] = [("Accuracy over k", |records, protocols| accuracy_over_k(records, protocols, "top1"))];

/// The figures of one protocol, for each data set those that its rows can be drawn as.
pub(super) fn figures(records: &[ResultRecord], protocols: &[&ProtocolInfo]) -> Vec<Block> {
    let mut by_data: Vec<(DataKey<'_>, Vec<ResultRecord>)> = Vec::new();
    for record in records {
        let key = DataKey::of(record);
        match by_data.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(record.clone()),
            None => by_data.push((key, vec![record.clone()])),
        }
    }
    let mut blocks = Vec::new();
    for (_, rows) in &by_data {
        let Some(first) = rows.first() else { continue };
        for (name, draw) in KINDS {
            // What the rows cannot be drawn as has no place on the page.
            if let Ok(figure) = draw(rows, protocols) {
                blocks.push(Block {
                    protocol: first.protocol.clone(),
                    heading: format!("{name} on {}", dataset_label(first)),
                    content: Content::Figure(Box::new(figure)),
                });
            }
        }
    }
    blocks
}
