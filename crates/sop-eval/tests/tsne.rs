//! t-SNE through its public interface.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;

use ndarray::{Array2, Axis, array, concatenate};
use proptest::prelude::*;
use sop_eval::tsne::{ExactAffinities, Init, TSNE, TsneError, TsneMap, TsneParams, embed};

/// Normal-like points of a seeded generator.
fn points(rows: usize, dim: usize, seed: u64) -> Array2<f32> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    Array2::from_shape_simple_fn((rows, dim), || (0..12).map(|_| uniform()).sum())
}

/// A quick map of few points.
fn few() -> TsneParams {
    TsneParams { perplexity: 5.0, iterations: 120, exaggeration_iterations: 40, ..TsneParams::default() }
}

fn map(points: &Array2<f32>, params: &TsneParams) -> TsneMap {
    embed(points.view(), params, &|_| ()).unwrap()
}

fn error(points: &Array2<f32>, params: &TsneParams) -> TsneError {
    embed(points.view(), params, &|_| ()).unwrap_err()
}

fn assert_finite(map: &TsneMap) {
    assert!(map.positions.iter().all(|value| value.is_finite()), "{:?}", map.positions);
    assert!(map.kl_divergence.is_finite() && map.kl_divergence >= -1e-6, "{}", map.kl_divergence);
}

#[test]
fn affinities_of_an_equilateral_triangle_are_even() {
    let points = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let affinities = ExactAffinities::new(points.view(), 1.5).unwrap();
    for row in 0..3 {
        for (column, affinity) in affinities.row(row).unwrap().into_iter().enumerate() {
            let expected = if row == column { 0.0 } else { 1.0 / 6.0 };
            assert!((affinity - expected).abs() < 1e-15, "{row}, {column}: {affinity}");
        }
    }
    assert_eq!(affinities.row(3), None);
    // An equilateral triangle as map has the same similarities: nothing to gain.
    let triangle = array![[0.0, 0.0], [1.0, 0.0], [0.5, 0.75_f64.sqrt()]];
    let found = affinities.divergence(triangle.view()).unwrap();
    assert!(found.kl_divergence.abs() < 1e-15);
    assert!(found.gradient.iter().all(|slope| slope.abs() < 1e-15));
}

#[test]
fn the_divergence_of_three_places_on_a_line_is_that_computed_by_hand() {
    let points = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let affinities = ExactAffinities::new(points.view(), 1.5).unwrap();
    // Similarities 1/2, 1/2 and 1/5, each twice, of a sum of 12/5.
    let found = affinities.divergence(array![[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]].view()).unwrap();
    let expected = 4.0 / 6.0 * (24.0_f64 / 30.0).ln() + 2.0 / 6.0 * 2.0_f64.ln();
    assert!((found.kl_divergence - expected).abs() < 1e-14, "{} instead of {expected}", found.kl_divergence);
    // 4 ((1/6 - 5/24) / 2 + 2 (1/6 - 1/12) / 5) of the first place from the other two, which lie to its right.
    let slope = -4.0 * ((1.0 / 6.0 - 5.0 / 24.0) / 2.0 + 2.0 * (1.0 / 6.0 - 1.0 / 12.0) / 5.0);
    let expected = array![[slope, 0.0], [0.0, 0.0], [-slope, 0.0]];
    for (found, expected) in found.gradient.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-14, "{found} instead of {expected}");
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_divergence_in_two_and_three_dimensions() {
    let affinities = points(12, 5, 3);
    let affinities = ExactAffinities::new(affinities.view(), 4.0).unwrap();
    for dimensions in [2, 3] {
        let place = points(12, dimensions, 4).mapv(f64::from);
        let gradient = affinities.divergence(place.view()).unwrap().gradient;
        for position in [(0, 0), (3, 1), (11, dimensions - 1)] {
            let moved = |step: f64| {
                let mut moved = place.clone();
                moved[position] += step;
                affinities.divergence(moved.view()).unwrap().kl_divergence
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - gradient[position]).abs() < 1e-8, "{slope} and {}", gradient[position]);
        }
    }
}

#[test]
fn clusters_stay_apart_in_every_kind_of_map() {
    let (first, second) = (points(60, 10, 1), points(60, 10, 2) + 8.0);
    let both = concatenate![Axis(0), first, second];
    for (dimensions, init, theta) in [
        (2, Init::Random, 0.5),
        (3, Init::Random, 0.5),
        (2, Init::Pca, 0.5),
        (3, Init::Pca, 1.0),
        (2, Init::Random, 0.0),
    ] {
        let params = TsneParams { dimensions, init, theta, perplexity: 10.0, iterations: 400, ..TsneParams::default() };
        let map = map(&both, &params);
        assert_eq!(map.positions.dim(), (120, dimensions));
        assert_finite(&map);
        for (row, place) in map.positions.rows().into_iter().enumerate() {
            let nearest = (0..120).filter(|&other| other != row).min_by(|&left, &right| {
                let distance = |other: usize| (&map.positions.row(other) - &place).mapv(|value| value * value).sum();
                f32::total_cmp(&distance(left), &distance(right))
            });
            assert_eq!(row < 60, nearest.unwrap() < 60, "{params:?}, point {row}");
        }
    }
}

#[test]
fn the_divergence_reported_is_the_exact_one_where_all_points_are_neighbours() {
    let points = points(40, 6, 5);
    for dimensions in [2, 3] {
        let params = TsneParams { perplexity: 15.0, dimensions, iterations: 300, ..TsneParams::default() };
        let map = map(&points, &params);
        let affinities = ExactAffinities::new(points.view(), 15.0).unwrap();
        let exact = affinities.divergence(map.positions.mapv(f64::from).view()).unwrap().kl_divergence;
        assert!((map.kl_divergence - exact).abs() < 1e-5 * exact, "{} and {exact}", map.kl_divergence);
    }
}

#[test]
fn the_tree_leads_to_maps_as_good_as_without_it_also_where_nothing_holds_points_apart() {
    // Exaggerated attraction would draw these points into one place, from which they never come back.
    let points = points(600, 8, 6);
    for dimensions in [2, 3] {
        let [fast, exact] = [0.5, 0.0].map(|theta| {
            let divergence = |seed| map(&points, &TsneParams { theta, dimensions, seed, ..TsneParams::default() });
            (0..3).map(|seed| divergence(seed).kl_divergence).sum::<f64>() / 3.0
        });
        assert!((fast - exact).abs() < 0.03 * exact, "{dimensions}-D: {fast} and {exact}");
        assert!(fast < 1.75, "{dimensions}-D: {fast}");
    }
}

#[test]
fn one_seed_gives_one_map_on_any_number_of_threads() {
    let points = points(700, 9, 7);
    for (init, dimensions) in [(Init::Random, 2), (Init::Pca, 3)] {
        let params = TsneParams { init, dimensions, ..few() };
        let maps = [1, 2, 5].map(|threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| map(&points, &params))
        });
        assert_eq!(maps[0], maps[1]);
        assert_eq!(maps[0], maps[2]);
    }
    assert_ne!(map(&points, &few()), map(&points, &TsneParams { seed: 1, ..few() }));
}

#[test]
fn a_transposed_view_is_mapped_as_its_copy() {
    let points = points(9, 50, 8);
    let copy = points.t().as_standard_layout().into_owned();
    assert_eq!(embed(points.t(), &few(), &|_| ()).unwrap(), map(&copy, &few()));
    let [view, copy] = [points.t(), copy.view()].map(|points| ExactAffinities::new(points, 5.0).unwrap().betas());
    assert_eq!(view, copy);
}

#[test]
fn moving_all_points_and_doubling_them_leaves_the_affinities() {
    let points = points(50, 4, 9).mapv(|value| (value * 64.0).round());
    let betas = ExactAffinities::new(points.view(), 10.0).unwrap().betas();
    let moved = points.mapv(|value| 2.0 * (value + 1000.0));
    for (beta, of_moved) in betas.iter().zip(ExactAffinities::new(moved.view(), 10.0).unwrap().betas()) {
        assert!((beta - 4.0 * of_moved).abs() < 1e-9 * beta);
    }
}

#[test]
fn progress_is_told_after_every_step() {
    let steps = RefCell::new(Vec::new());
    let params = TsneParams { iterations: 7, ..few() };
    let map = embed(points(30, 3, 1).view(), &params, &|step| steps.borrow_mut().push(step)).unwrap();
    assert_eq!(steps.into_inner(), (1..=7).collect::<Vec<_>>());
    assert_eq!(map.iterations, 7);
}

#[test]
fn without_steps_the_map_is_the_start() {
    let points = points(200, 5, 2);
    for init in [Init::Random, Init::Pca] {
        let map = map(&points, &TsneParams { init, iterations: 0, ..few() });
        let first = map.positions.column(0).mapv(f64::from);
        let deviation = (&first * &first).mean().unwrap().sqrt();
        assert!((0.8e-4..1.2e-4).contains(&deviation), "{init:?}: {deviation}");
    }
}

#[test]
fn principal_components_come_by_variance_with_the_largest_entry_positive() {
    // Variances 9, 4 and 1 along three axes, the second of which is mirrored.
    let points = array![
        [3.0, 0.0, 0.0, 5.0],
        [-3.0, 0.0, 0.0, 5.0],
        [0.0, -2.0, 0.0, 5.0],
        [0.0, 2.0, 0.0, 5.0],
        [0.0, 0.0, 1.0, 5.0],
        [0.0, 0.0, -1.0, 5.0]
    ];
    let params = TsneParams { init: Init::Pca, dimensions: 3, perplexity: 3.0, iterations: 0, ..TsneParams::default() };
    // The first coordinate has variance 18 / 6.
    let unit = 1e-4 / 3.0_f32.sqrt();
    for (found, expected) in map(&points, &params).positions.iter().zip(points.slice(ndarray::s![.., ..3])) {
        assert!((found - expected * unit).abs() < 1e-8, "{found} instead of {}", expected * unit);
    }
}

#[test]
fn identical_points_are_mapped() {
    let same = Array2::from_elem((100, 8), 0.7_f32);
    let many = concatenate![Axis(0), Array2::from_elem((150, 8), 0.7_f32), points(50, 8, 3)];
    for points in [&same, &many] {
        for init in [Init::Random, Init::Pca] {
            for dimensions in [2, 3] {
                assert_finite(&map(points, &TsneParams { init, dimensions, ..few() }));
            }
        }
    }
    let affinities = ExactAffinities::new(many.view(), 5.0).unwrap();
    let sum: f64 = (0..many.nrows()).flat_map(|row| affinities.row(row).unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

#[test]
fn vectors_of_any_size_are_mapped() {
    for scale in [1e-38, 1e-20, 1e18, 1e37] {
        let scaled = points(60, 5, 4) * scale;
        for init in [Init::Random, Init::Pca] {
            assert_finite(&map(&scaled, &TsneParams { init, ..few() }));
        }
    }
    let mut outlier = points(60, 5, 4);
    outlier.row_mut(7).fill(f32::MAX);
    outlier.row_mut(8).fill(f32::MIN);
    assert_finite(&map(&outlier, &few()));
    assert_finite(&map(&Array2::zeros((60, 0)), &few()));
}

#[test]
fn the_fewest_points_are_one_more_than_the_perplexity_needs() {
    let params = TsneParams { perplexity: 2.5, ..few() };
    for rows in [0, 1, 2, 3] {
        let error = error(&points(rows, 4, 1), &params);
        assert!(matches!(error, TsneError::TooFewPoints { points, .. } if points == rows), "{error}");
        assert!(error.to_string().contains("lower `perplexity`"), "{error}");
    }
    assert_finite(&map(&points(4, 4, 1), &params));
    assert!(matches!(ExactAffinities::new(points(3, 4, 1).view(), 2.5), Err(TsneError::TooFewPoints { .. })));
}

#[test]
fn values_that_are_not_finite_are_refused_by_row() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut bad = points(30, 4, 1);
        bad[[11, 2]] = value;
        assert!(matches!(error(&bad, &few()), TsneError::NotFinite { what: "vectors", row: 11 }));
        assert!(matches!(
            ExactAffinities::new(bad.view(), 5.0),
            Err(TsneError::NotFinite { what: "vectors", row: 11 })
        ));
    }
    let points = points(30, 4, 1);
    let affinities = ExactAffinities::new(points.view(), 5.0).unwrap();
    let mut bad = Array2::zeros((30, 2));
    bad[[29, 1]] = f64::NAN;
    assert!(matches!(affinities.divergence(bad.view()), Err(TsneError::NotFinite { what: "map", row: 29 })));
}

#[test]
fn a_map_of_other_points_is_refused() {
    let points = points(30, 4, 1);
    let affinities = ExactAffinities::new(points.view(), 5.0).unwrap();
    let found = affinities.divergence(Array2::zeros((31, 2)).view());
    assert!(matches!(found, Err(TsneError::MapRows { rows: 31, points: 30 })));
}

#[test]
fn wrong_parameters_are_refused_by_name() {
    let good = TsneParams::default();
    assert!(good.check().is_ok() && good.check_for(32).is_ok());
    assert!(matches!(good.check_for(31), Err(TsneError::TooFewPoints { points: 31, .. })));
    let wrong = |name: &str, params: TsneParams| {
        let message = params.check().unwrap_err().to_string();
        assert!(message.contains(&format!("`{name}`")), "{message}");
        assert!(embed(points(60, 4, 1).view(), &params, &|_| ()).is_err());
    };
    for dimensions in [0, 1, 4, usize::MAX] {
        wrong("dimensions", TsneParams { dimensions, ..good.clone() });
    }
    for value in [f64::NAN, f64::INFINITY, -1.0] {
        wrong("perplexity", TsneParams { perplexity: value, ..good.clone() });
        wrong("early_exaggeration", TsneParams { early_exaggeration: value, ..good.clone() });
        wrong("learning_rate", TsneParams { learning_rate: Some(value), ..good.clone() });
        wrong("theta", TsneParams { theta: value, ..good.clone() });
    }
    wrong("perplexity", TsneParams { perplexity: 1.0, ..good.clone() });
    wrong("early_exaggeration", TsneParams { early_exaggeration: 0.5, ..good.clone() });
    wrong("learning_rate", TsneParams { learning_rate: Some(0.0), ..good.clone() });
    wrong("theta", TsneParams { theta: 1.5, ..good.clone() });
}

#[test]
fn a_learning_rate_that_throws_the_map_out_of_the_numbers_is_told() {
    for (learning_rate, iterations) in [(1e38, 120), (1e30, 1), (1e30, 2), (1e25, 3), (1e300, 1)] {
        let params = TsneParams { learning_rate: Some(learning_rate), iterations, ..few() };
        let error = error(&points(60, 4, 1), &params);
        assert!(matches!(error, TsneError::Diverged { iteration: 1.. }), "{error}");
    }
}

#[test]
fn principal_components_need_as_many_components_as_dimensions() {
    let params = TsneParams { init: Init::Pca, dimensions: 3, ..few() };
    let error = error(&points(30, 2, 1), &params);
    assert!(matches!(error, TsneError::TooFewComponents { components: 2, dimensions: 3 }), "{error}");
    assert_finite(&map(&points(30, 1, 1), &few()));
}

#[test]
fn the_automatic_learning_rate_follows_the_number_of_points() {
    let params = TsneParams::default();
    assert_eq!(params.learning_rate_for(1500), 50.0);
    assert_eq!(params.learning_rate_for(48_000), 1000.0);
    assert_eq!(TsneParams { learning_rate: Some(7.0), ..params }.learning_rate_for(48_000), 7.0);
}

#[test]
fn parameters_are_read_from_a_table_and_unknown_ones_refused() {
    let read = |text: &str| serde_json::from_str::<TsneParams>(text);
    assert_eq!(read("{}").unwrap(), TsneParams::default());
    let params = read(r#"{"init": "pca", "learning_rate": 200, "dimensions": 3}"#).unwrap();
    let expected = TsneParams { init: Init::Pca, learning_rate: Some(200.0), dimensions: 3, ..TsneParams::default() };
    assert_eq!(params, expected);
    assert!(read(r#"{"perplexities": 30}"#).is_err());
}

#[test]
fn the_divergence_is_a_measurement() {
    let map = map(&points(30, 4, 1), &few());
    let measurement = map.measurement(&few());
    assert_eq!(measurement.metric, TSNE.metrics[0].name);
    assert_eq!(measurement.value, Some(map.kl_divergence));
    assert_eq!((measurement.num_samples, measurement.higher_is_better), (30, false));
    assert_eq!(measurement.params["perplexity"], 5.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn affinities_are_symmetric_and_sum_to_one(
        rows in 8_usize..60,
        dim in 1_usize..6,
        seed: u64,
        copies in 0_usize..8,
    ) {
        let mut points = points(rows, dim, seed);
        for copy in 0..copies {
            let first = points.row(0).to_owned();
            points.row_mut(copy).assign(&first);
        }
        let affinities = ExactAffinities::new(points.view(), 4.0).unwrap();
        let all: Vec<Vec<f64>> = (0..rows).map(|row| affinities.row(row).unwrap()).collect();
        prop_assert!((all.iter().flatten().sum::<f64>() - 1.0).abs() < 1e-12);
        for (row, affinities) in all.iter().enumerate() {
            for (affinity, mirrored) in affinities.iter().zip(&all) {
                prop_assert!((affinity - mirrored[row]).abs() <= 1e-15);
            }
        }
    }

    #[test]
    fn any_points_have_a_finite_map(rows in 7_usize..80, dim in 2_usize..5, seed: u64, steps: u8, grid in 0_u8..4) {
        // On a coarse grid many points and coordinates are equal.
        let on_grid = |value: f32| if grid > 0 { (value * f32::from(grid)).round() } else { value };
        let points = points(rows, dim, seed).mapv(on_grid);
        for (dimensions, init) in [(2, Init::Random), (2, Init::Pca)] {
            let params = TsneParams { dimensions, init, iterations: usize::from(steps), ..few() };
            assert_finite(&map(&points, &params));
        }
    }
}
