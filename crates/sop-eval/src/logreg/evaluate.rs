//! The protocol: sets of embeddings in, measurements out.

use std::sync::Arc;

use ndarray::Array2;
use sop_core::{EmbeddingSet, Measurement, Outcomes, Params};

use super::{LogregParams, Scaler, Solution, solve};
use crate::EvalError;
use crate::bootstrap::add_intervals;
use crate::classes::{Classes, labels_of};
use crate::compatible::check_compatible;

/// Classes that an image's own class may be among for `top5`.
const TOP: usize = 5;

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
    let classes = Classes::new(&train_labels, &[]);
    let train_classes = classes.indices(&train_labels)?;
    let test_classes = classes.indices(&labels_of(test, "test")?)?;
    let scaler = Scaler::fit(params.scaling, train.vectors());
    let (train_features, test_features) = (scaler.apply(train.vectors()), scaler.apply(test.vectors()));
    let solutions = solve(train_features.view(), &train_classes, classes.len(), params, progress);
    let [train_ids, test_ids]: [Arc<[String]>; 2] = [train.ids().into(), test.ids().into()];
    let mut measurements = Vec::new();
    for solution in &solutions {
        let of_penalty = params_of(params, solution);
        let ranks = ranks(&solution.classifier.logits(test_features.view()), &test_classes);
        measurements.push(accuracy("top1", &of_penalty, &test_ids, &ranks, 1));
        let top5 = accuracy("top5", &of_penalty, &test_ids, &ranks, TOP);
        measurements.push(if classes.len() >= TOP {
            top5
        } else {
            Measurement { value: None, outcomes: None, ..top5 }
        });
        let ranks = self::ranks(&solution.classifier.logits(train_features.view()), &train_classes);
        let of_train = accuracy("train_top1", &of_penalty, &train_ids, &ranks, 1);
        // Intervals over the images that were fitted would say nothing.
        measurements.push(Measurement { outcomes: None, ..of_train });
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
    ])
}

fn objective(solution: &Solution, mut params: Params, images: usize) -> Measurement {
    params.insert("iterations".to_owned(), solution.iterations.into());
    params.insert("largest_gradient".to_owned(), solution.largest_gradient.into());
    params.insert("converged".to_owned(), solution.converged.into());
    Measurement {
        metric: "objective".to_owned(),
        params,
        value: Some(solution.objective),
        ci95: None,
        std_error: None,
        num_samples: images as u64,
        higher_is_better: false,
        outcomes: None,
    }
}

/// Number of classes ahead of each image's own: a larger logit, or an equal one and a lower class.
fn ranks(logits: &Array2<f64>, classes: &[u32]) -> Vec<usize> {
    let rank = |(row, &class): (ndarray::ArrayView1<'_, f64>, &u32)| {
        let class = class as usize;
        let own = row.get(class).copied().unwrap_or(f64::NEG_INFINITY);
        let ahead = |&(other, &logit): &(usize, &f64)| logit > own || (logit == own && other < class);
        row.iter().enumerate().filter(ahead).count()
    };
    logits.rows().into_iter().zip(classes).map(rank).collect()
}

fn accuracy(metric: &str, params: &Params, ids: &Arc<[String]>, ranks: &[usize], top: usize) -> Measurement {
    let values = ranks.iter().map(|&rank| f64::from(u8::from(rank < top))).collect();
    let outcomes = Outcomes { unit_ids: ids.clone(), values, groups: None };
    Measurement {
        metric: metric.to_owned(),
        params: params.clone(),
        value: outcomes.mean(),
        ci95: None,
        std_error: None,
        num_samples: ids.len() as u64,
        higher_is_better: true,
        outcomes: Some(outcomes),
    }
}
