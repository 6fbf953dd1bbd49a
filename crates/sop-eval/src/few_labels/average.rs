//! The mean of several tries.

use sop_core::{Measurement, Outcomes, SPREAD_SUFFIX};

use crate::statistics::add_intervals;

/// One measurement for each of the tries' common ones: values and outcomes averaged, and `<metric>_std`, the standard deviation over
/// the tries (divisor `tries - 1`), where there are several.
///
/// Values belong together by metric and by the parameters named in `same`; the other parameters, such as the learning rate that a
/// try chose, are left out.
/// The interval of a mean is over the units, for the parts that were drawn.
#[must_use]
pub fn average_over_tries(
    tries: &[Vec<Measurement>],
    same: &[&str],
    bootstrap_resamples: u32,
    seed: u64,
) -> Vec<Measurement> {
    let Some(first) = tries.first() else { return Vec::new() };
    let mut averaged = Vec::new();
    let mut spreads = Vec::new();
    for measurement in first {
        let of_tries: Vec<&Measurement> =
            tries.iter().filter_map(|found| found.iter().find(|found| belongs(found, measurement, same))).collect();
        let values: Option<Vec<f64>> = of_tries.iter().map(|found| found.value).collect();
        let mut params = measurement.params.clone();
        params.retain(|key, _| same.contains(&key.as_str()));
        params.insert("tries".to_owned(), tries.len().into());
        let mean = Measurement {
            params: params.clone(),
            value: values.as_ref().map(|values| mean(values)),
            ci95: None,
            std_error: None,
            outcomes: mean_outcomes(&of_tries),
            ..measurement.clone()
        };
        if let Some(values) = values.filter(|values| values.len() > 1) {
            spreads.push(Measurement {
                metric: format!("{}{SPREAD_SUFFIX}", measurement.metric),
                params,
                value: Some(deviation(&values)),
                num_samples: values.len() as u64,
                higher_is_better: false,
                outcomes: None,
                ..mean.clone()
            });
        }
        averaged.push(mean);
    }
    add_intervals(&mut averaged, bootstrap_resamples, seed);
    averaged.extend(spreads);
    averaged
}

fn belongs(found: &Measurement, to: &Measurement, same: &[&str]) -> bool {
    found.metric == to.metric && same.iter().all(|&key| found.params.get(key) == to.params.get(key))
}

/// The mean outcome of each unit, where all tries have the same units.
fn mean_outcomes(tries: &[&Measurement]) -> Option<Outcomes> {
    let all: Vec<&Outcomes> = tries.iter().map(|found| found.outcomes.as_ref()).collect::<Option<_>>()?;
    let first = all.first()?;
    if all.iter().any(|outcomes| outcomes.unit_ids != first.unit_ids || outcomes.values.len() != first.values.len()) {
        return None;
    }
    let values = (0..first.values.len())
        .map(|unit| all.iter().map(|outcomes| outcomes.values[unit]).sum::<f64>() / all.len() as f64)
        .collect();
    // What one try predicts for a unit is no prediction of their mean.
    let classified = first.classified.clone().filter(|_| all.len() == 1);
    Some(Outcomes { values, classified, ..(*first).clone() })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}
