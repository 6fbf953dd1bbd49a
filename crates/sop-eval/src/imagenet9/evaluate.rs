//! Accuracy of every variant, and the gap that backgrounds make.

use ndarray::ArrayView2;
use sop_core::{Classified, Measurement, Outcomes, Params};

use super::ClassMap;
use super::info::{ACCURACY, BG_GAP, CLASS_ACCURACY};
use crate::EvalError;
use crate::class_rank::first_class;
use crate::classes::distinct;
use crate::statistics::add_intervals;

/// The images of one variant with what the head makes of them.
#[derive(Clone, Debug)]
pub struct VariantImages<'a> {
    /// Such as `mixed_same`.
    pub variant: &'a str,
    /// Ids of the images.
    pub ids: &'a [String],
    /// Which of the nine classes each image shows.
    pub truths: &'a [u32],
    /// Logits `[images, classes of the head]`.
    pub logits: ArrayView2<'a, f32>,
}

/// Measures every variant; `classes` are the names of the images' nine classes in the order of their numbers, without what only orders
/// the folders (`dog` of `00_dog`).
///
/// - `accuracy` with the parameter `variant`: the head's largest logit, mapped to the nine classes, is the image's class (of equal
///   logits the lower class counts);
/// - `class_accuracy` with `variant` and `class`;
/// - `bg_gap`: accuracy on `mixed_same` less that on `mixed_rand`, where both are there; its interval takes them as independent.
///
/// # Errors
/// When the logits do not fit the mapping, the images or the truths.
pub fn evaluate(
    variants: &[VariantImages<'_>],
    map: &ClassMap,
    classes: &[String],
    bootstrap_resamples: u32,
    seed: u64,
) -> Result<Vec<Measurement>, EvalError> {
    let names = distinct(classes.iter().cloned());
    let mut measurements = Vec::new();
    for variant in variants {
        let (images, head_classes) = variant.logits.dim();
        if head_classes != map.head_classes() {
            return Err(EvalError::HeadWidth { head: head_classes, expected: map.head_classes() });
        }
        if images != variant.ids.len() || images != variant.truths.len() {
            return Err(EvalError::RowCounts { what: "logits", rows: images, expected: variant.ids.len() });
        }
        let predicted = |logits: ndarray::ArrayView1<'_, f32>| -> u32 {
            let nine = first_class(&logits.to_vec()).and_then(|class| map.nine_of(class));
            nine.map_or(u32::MAX, u32::from)
        };
        let predictions: Vec<u32> = variant.logits.rows().into_iter().map(predicted).collect();
        let is_right = |(predicted, truth)| f64::from(u8::from(predicted == truth));
        let values: Vec<f64> = predictions.iter().zip(variant.truths).map(is_right).collect();
        let classified = Classified::new(names.clone(), variant.truths.into(), predictions);
        let right = Outcomes::new(variant.ids.into(), values.clone()).with_classes(classified);
        let base = Params::from([("variant".to_owned(), variant.variant.into())]);
        measurements.push(Measurement::mean(&ACCURACY, base.clone(), right));
        for (class, name) in (0_u32..).zip(classes) {
            let members: Vec<usize> = (0..images).filter(|&image| variant.truths[image] == class).collect();
            if members.is_empty() {
                continue;
            }
            let mut params = base.clone();
            params.insert("class".to_owned(), name.as_str().into());
            let ids = members.iter().map(|&image| variant.ids[image].clone()).collect();
            let values = members.iter().map(|&image| values[image]).collect();
            measurements.push(Measurement::mean(&CLASS_ACCURACY, params, Outcomes::new(ids, values)));
        }
    }
    add_intervals(&mut measurements, bootstrap_resamples, seed);
    measurements.extend(background_gap(&measurements));
    Ok(measurements)
}

fn background_gap(measurements: &[Measurement]) -> Option<Measurement> {
    let of = |variant: &str| {
        measurements
            .iter()
            .find(|found| found.metric == ACCURACY.name && found.params.get("variant") == Some(&variant.into()))
    };
    let (same, random) = (of("mixed_same")?, of("mixed_rand")?);
    let (of_same, of_random) = (same.value?, random.value?);
    let gap = of_same - of_random;
    let std_error = same.std_error.zip(random.std_error).map(|(same, random)| same.hypot(random));
    let num_samples = same.num_samples + random.num_samples;
    let ends = same.ci95.zip(random.ci95).map(|(same, random)| {
        (gap - (of_same - same.0).hypot(random.1 - of_random), gap + (same.1 - of_same).hypot(of_random - random.0))
    });
    Some(Measurement { ci95: ends, std_error, ..Measurement::value(&BG_GAP, Params::new(), Some(gap), num_samples) })
}
