//! The protocol: sets of embeddings in, measurements out.

use std::sync::Arc;

use ndarray::Array2;
use sop_core::{Classified, EmbeddingSet, Measurement, MetricInfo, Outcomes, Params};

use super::info::{OBJECTIVE, TOP1, TOP5, TRAIN_TOP1};
use super::{LogregParams, Scaler, Solution, solve};
use crate::EvalError;
use crate::class_rank::{Ranked, TOP};
use crate::classes::{Classes, labels_of, test_labels};
use crate::compatible::check_compatible;
use crate::statistics::add_intervals;

/// Fits a classifier on `train` for every penalty and measures it on `test`.
///
/// For each penalty `top1` and `top5` on the test set, `train_top1`, and the `objective`, whose parameters also say the number of
/// iterations and whether it `converged`.
/// `progress` hears of the penalties that are done.
///
/// # Errors
/// When a parameter is wrong, an image has no label, a test label does not occur in the train set, or the sets do not belong
/// together.
pub fn evaluate(
    train: &EmbeddingSet,
    test: &EmbeddingSet,
    params: &LogregParams,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Measurement>, EvalError> {
    params.check()?;
    check_compatible(train, test)?;
    let train_labels = labels_of(train, "train")?;
    let classes = Classes::of(&train_labels, train, test);
    let train_classes = classes.indices(&train_labels)?;
    let test_classes: Arc<[u32]> = classes.indices(&test_labels(train, test)?)?.into();
    let class_names = classes.distinct_names();
    let scaler = Scaler::fit(params.scaling, train.vectors());
    let (train_features, test_features) = (scaler.apply(train.vectors()), scaler.apply(test.vectors()));
    let solutions = solve(train_features.view(), &train_classes, classes.len(), params, progress);
    let [train_ids, test_ids]: [Arc<[String]>; 2] = [train.ids().into(), test.ids().into()];
    let mut measurements = Vec::new();
    for solution in &solutions {
        let of_penalty = params_of(params, solution);
        let ranks = ranks(&solution.classifier.logits(test_features.view()), &test_classes);
        let predictions = ranks.iter().map(|ranked| ranked.predicted).collect();
        let classified = Classified::new(class_names.clone(), test_classes.clone(), predictions);
        let right = outcomes(&test_ids, &ranks, 1).with_classes(classified);
        measurements.push(Measurement::mean(&TOP1, of_penalty.clone(), right));
        measurements.push(if classes.len() >= TOP {
            accuracy(&TOP5, &of_penalty, &test_ids, &ranks, TOP)
        } else {
            Measurement::value(&TOP5, of_penalty.clone(), None, test.len() as u64)
        });
        let ranks = self::ranks(&solution.classifier.logits(train_features.view()), &train_classes);
        let of_train = accuracy(&TRAIN_TOP1, &of_penalty, &train_ids, &ranks, 1);
        // Intervals over the images that were fitted would say nothing.
        measurements.push(of_train.without_outcomes());
        measurements.push(objective(solution, of_penalty, train.len()));
    }
    add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
    Ok(measurements)
}

fn params_of(params: &LogregParams, solution: &Solution) -> Params {
    Params::from([
        ("penalty".to_owned(), solution.penalty.into()),
        ("scaling".to_owned(), params.scaling.name().into()),
        ("intercept".to_owned(), params.intercept.into()),
        ("tolerance".to_owned(), params.tolerance.into()),
        ("max_iterations".to_owned(), params.max_iterations.into()),
    ])
}

fn objective(solution: &Solution, mut params: Params, images: usize) -> Measurement {
    params.insert("iterations".to_owned(), solution.iterations.into());
    params.insert("largest_gradient".to_owned(), solution.largest_gradient.into());
    params.insert("converged".to_owned(), solution.converged.into());
    Measurement::value(&OBJECTIVE, params, Some(solution.objective), images as u64)
}

fn ranks(logits: &Array2<f64>, classes: &[u32]) -> Vec<Ranked> {
    let rows = logits.rows().into_iter().zip(classes);
    rows.map(|(row, &class)| Ranked::new(&row.to_vec(), class as usize)).collect()
}

fn accuracy(metric: &MetricInfo, params: &Params, ids: &Arc<[String]>, ranks: &[Ranked], top: usize) -> Measurement {
    Measurement::mean(metric, params.clone(), outcomes(ids, ranks, top))
}

/// Which images have their class among the first ones.
fn outcomes(ids: &Arc<[String]>, ranks: &[Ranked], top: usize) -> Outcomes {
    let values = ranks.iter().map(|ranked| f64::from(u8::from((ranked.rank as usize) < top))).collect();
    Outcomes::new(ids.clone(), values)
}
