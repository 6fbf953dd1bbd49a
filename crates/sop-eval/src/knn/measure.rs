//! From the votes for every image to the metrics.

use std::sync::Arc;

use sop_core::{Classified, Measurement, Outcomes, Params};

use super::KnnParams;
use super::info::{CLASS_TOP1, MACRO_TOP1, TOP1, TOP5};
use crate::class_rank::TOP;
use crate::classes::Classes;

/// What the votes for an image make of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Voted {
    /// Rank of its own class: the number of classes with more votes, `None` when it got no vote.
    pub rank: Option<u32>,
    /// The class with the most votes.
    pub first: Option<u32>,
}

/// The metrics for each `k`, without intervals.
pub(super) fn measure(
    classes: &Classes,
    ids: &[String],
    truths: &[u32],
    votes: &[Vec<Voted>],
    params: &KnnParams,
) -> Vec<Measurement> {
    let unit_ids: Arc<[String]> = ids.into();
    let groups: Arc<[u32]> = truths.into();
    let names = classes.distinct_names();
    let members = members_by_class(classes.len(), ids, truths);
    let mut measurements = Vec::new();
    for (place, &k) in params.k.iter().enumerate() {
        let mut base = Params::new();
        base.insert("k".to_owned(), k.into());
        base.insert("temperature".to_owned(), params.temperature.into());
        if params.leave_one_out {
            base.insert("leave_one_out".to_owned(), true.into());
        }
        let within = |image: usize, top: usize| match votes[image][place].rank {
            Some(rank) if (rank as usize) < top => 1.0,
            _ => 0.0,
        };
        let over_all = |top: usize, groups: Option<Arc<[u32]>>| Outcomes {
            groups,
            ..Outcomes::new(unit_ids.clone(), (0..ids.len()).map(|image| within(image, top)).collect())
        };
        let top5 = if classes.len() >= TOP {
            Measurement::mean(&TOP5, base.clone(), over_all(TOP, None))
        } else {
            Measurement::value(&TOP5, base.clone(), None, ids.len() as u64)
        };
        let predicted = |of_image: &Vec<Voted>| of_image[place].first.unwrap_or(classes.len() as u32);
        let classified = Classified::new(names.clone(), groups.clone(), votes.iter().map(predicted).collect());
        measurements.push(Measurement::mean(&TOP1, base.clone(), over_all(1, None).with_classes(classified)));
        measurements.push(top5);
        measurements.push(Measurement::mean(&MACRO_TOP1, base.clone(), over_all(1, Some(groups.clone()))));
        for class in &members {
            let mut params = base.clone();
            params.insert(
                "class".to_owned(),
                classes.name(class.index).map_or_else(|| classes.labels()[class.index].into(), Into::into),
            );
            let values = class.images.iter().map(|&image| within(image, 1)).collect();
            let outcomes = Outcomes::new(class.unit_ids.clone(), values);
            measurements.push(Measurement::mean(&CLASS_TOP1, params, outcomes));
        }
    }
    measurements
}

/// The test images of one class.
struct Members {
    index: usize,
    images: Vec<usize>,
    unit_ids: Arc<[String]>,
}

/// The images of each class that has some, ascending by class.
fn members_by_class(num_classes: usize, ids: &[String], truths: &[u32]) -> Vec<Members> {
    let mut images_by_class = vec![Vec::new(); num_classes];
    for (image, &class) in truths.iter().enumerate() {
        images_by_class[class as usize].push(image);
    }
    let with_ids = |(index, images): (usize, Vec<usize>)| Members {
        index,
        unit_ids: images.iter().map(|&image| ids[image].clone()).collect(),
        images,
    };
    images_by_class.into_iter().enumerate().filter(|(_, images)| !images.is_empty()).map(with_ids).collect()
}
