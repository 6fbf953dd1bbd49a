//! How wide the attention is spread.

use std::sync::Arc;

use ndarray::Array2;
use sop_core::{Measurement, MetricInfo, Outcomes, Params};

use super::AttentionMaps;
use super::info::{ENTROPY, MASK_SHARE};
use crate::statistics::add_intervals;

/// Means over images, for each head (parameter `head`, from 0) and for the mean of the heads (`mean`): `mask_share`, the share of the
/// patches that the mask holds, and `entropy`, as a share of that of attention to all patches alike.
///
/// `maps` are those of the images `ids`, of one encoder, made with `mass`, which is recorded.
#[must_use]
pub fn measure(
    ids: &[String],
    maps: &[AttentionMaps],
    mass: f64,
    bootstrap_resamples: u32,
    seed: u64,
) -> Vec<Measurement> {
    let unit_ids: Arc<[String]> = ids.into();
    let heads = maps.iter().map(|maps| maps.heads.len()).max().unwrap_or(0);
    let mut measurements = Vec::new();
    for head in 0..=heads {
        let name = if head == heads { "mean".into() } else { serde_json::Value::from(head) };
        let params = Params::from([("head".to_owned(), name), ("mass".to_owned(), mass.into())]);
        let mut push = |metric: &MetricInfo, value: &dyn Fn(&AttentionMaps) -> f64| {
            let values = maps.iter().map(value).collect();
            let outcomes = Outcomes::new(unit_ids.clone(), values);
            measurements.push(Measurement::mean(metric, params.clone(), outcomes));
        };
        push(&MASK_SHARE, &|maps| maps.masks.get(head).map_or(0.0, share));
        push(&ENTROPY, &|maps| entropy(maps.heads.get(head).unwrap_or(&maps.mean)));
    }
    add_intervals(&mut measurements, bootstrap_resamples, seed);
    measurements
}

fn share(mask: &Array2<bool>) -> f64 {
    mask.iter().filter(|&&kept| kept).count() as f64 / mask.len() as f64
}

fn entropy(map: &Array2<f32>) -> f64 {
    let total: f64 = map.iter().map(|&value| f64::from(value)).sum();
    let nats: f64 = map
        .iter()
        .map(|&value| f64::from(value) / total)
        .filter(|&share| share > 0.0)
        .map(|share| -share * share.ln())
        .sum();
    if map.len() > 1 { nats / (map.len() as f64).ln() } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;

    use super::super::attention_maps;
    use super::*;

    #[test]
    fn each_head_and_their_mean_have_a_share_and_an_entropy() {
        let attention = array![[1.0_f32, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]];
        let maps = [attention_maps(attention.view(), [2, 2], 0.6).unwrap()];
        let found = measure(&["a".to_owned()], &maps, 0.6, 0, 0);
        let values: Vec<(&str, String, f64)> =
            found.iter().map(|one| (one.metric.as_str(), one.params["head"].to_string(), one.value.unwrap())).collect();
        assert_eq!(values[0], ("mask_share", "0".to_owned(), 0.25));
        assert_eq!(values[1], ("entropy", "0".to_owned(), 0.0));
        assert_eq!(values[2], ("mask_share", "1".to_owned(), 0.75));
        assert_eq!((values[3].0, values[3].1.as_str()), ("entropy", "1"));
        assert!((values[3].2 - 1.0).abs() < 1e-12);
        assert_eq!((values[4].1.as_str(), values.len()), ("\"mean\"", 6));
        assert!(found.iter().all(|one| one.params["mass"] == 0.6));
    }
}
