//! J and F against davis2017-evaluation, and label propagation against iBOT's.

use std::path::Path;

use ndarray::{Array2, ArrayView2, Axis, Ix2, Ix4};
use safetensors::SafeTensors;
use serde_json::Value;
use sop_core::Params;
use sop_core::shared_folder::golden_case;
use sop_datasets::video::davis::read_labels;
use sop_eval::davis::{
    PropagationParams, Propagator, Statistics, VOID, label_map, measure, score_frame, score_sequence,
};

use crate::files::{json, number, tensor};

/// A mask with void as background, which the reference does to annotations.
fn annotation(path: &Path) -> Array2<u8> {
    read_labels(path).unwrap().mapv(|label| if label == VOID { 0 } else { label })
}

fn views(masks: &[Array2<u8>]) -> Vec<ArrayView2<'_, u8>> {
    masks.iter().map(|mask| mask.view()).collect()
}

fn close(found: f64, wanted: &Value, tolerance: f64, what: &str) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn golden_davis_scores() {
    let Some(folder) = golden_case("12_davis") else { return };
    let (case, expected) = (json(&folder.join("case.json")), json(&folder.join("expected.json")));
    let tolerance = |name: &str| case["tolerance"][name].as_f64().unwrap();
    let mut objects = Vec::new();
    for (sequence, entry) in expected["sequences"].as_object().unwrap() {
        let frames = number(&entry["frames_in_folder"]);
        let read = |kind: &str| -> Vec<Array2<u8>> {
            (0..frames)
                .map(|frame| annotation(&folder.join(kind).join(sequence).join(format!("{frame:05}.png"))))
                .collect()
        };
        let (truth, predicted) = (read("ref"), read("pred"));
        let found = score_sequence(sequence, &views(&truth), &views(&predicted)).unwrap();
        assert_eq!(found.len(), number(&entry["num_objects"]), "{sequence}");
        for object in entry["objects"].as_array().unwrap() {
            let id = number(&object["object_id"]);
            let found = found.iter().find(|found| usize::from(found.object) == id).unwrap();
            for (name, score) in
                [("J", (|frame| frame.j) as fn(&sop_eval::davis::FrameScore) -> f64), ("F", |frame| frame.f)]
            {
                let scores: Vec<f64> = found.frames.iter().map(score).collect();
                let wanted = object[format!("{name}_per_frame")].as_array().unwrap();
                assert_eq!(scores.len(), wanted.len());
                for (frame, (score, wanted)) in scores.iter().zip(wanted).enumerate() {
                    close(*score, wanted, tolerance(name), &format!("{sequence} {id} {name} {frame}"));
                }
                let statistics = Statistics::of(&scores).unwrap();
                for (key, value) in
                    [("mean", statistics.mean), ("recall", statistics.recall), ("decay", statistics.decay)]
                {
                    close(value, &object[name][key], tolerance("statistics"), &format!("{sequence} {id} {name} {key}"));
                }
            }
        }
        objects.extend(found);
    }
    let measured = measure(&objects, &Params::new(), 0, 0);
    let value = |metric: &str| {
        let is = |found: &&sop_core::Measurement| found.metric == metric && found.params.is_empty();
        measured.iter().find(is).unwrap().value.unwrap()
    };
    for (name, short) in [("J", "j"), ("F", "f")] {
        for key in ["mean", "recall", "decay"] {
            close(value(&format!("{short}_{key}")), &expected["global"][name][key], tolerance("statistics"), key);
        }
    }
    close(value("j_and_f_mean"), &expected["global"]["J&F_mean"], tolerance("statistics"), "J&F");
}

#[test]
fn golden_davis_shapes_at_the_border() {
    let Some(folder) = golden_case("12_davis") else { return };
    let bytes = std::fs::read(folder.join("shapes.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tolerance = json(&folder.join("case.json"))["tolerance"]["F"].as_f64().unwrap();
    for (name, entry) in json(&folder.join("shapes_expected.json")).as_object().unwrap() {
        let (height, width) = (number(&entry["h"]), number(&entry["w"]));
        let mask = |kind: &str| {
            let packed = tensor(&file, &format!("{name}.{kind}")).into_dimensionality::<Ix2>().unwrap();
            Array2::from_shape_fn((height, width), |(y, x)| (packed[[y, x / 8]] as u8) >> (7 - x % 8) & 1)
        };
        let (truth, predicted) = (mask("ref"), mask("pred"));
        let empty = Array2::zeros((height, width));
        let score =
            |truth: &Array2<u8>, predicted: &Array2<u8>| score_frame(truth.view(), predicted.view(), 1, 0).unwrap()[0];
        let found = score(&truth, &predicted);
        close(found.j, &entry["J"], tolerance, name);
        close(found.f, &entry["F"], tolerance, name);
        close(score(&predicted, &truth).f, &entry["F_swapped"], tolerance, name);
        close(score(&truth, &empty).f, &entry["F_pred_empty"], tolerance, name);
        close(score(&empty, &predicted).f, &entry["F_ref_empty"], tolerance, name);
        close(score(&empty, &empty).f, &entry["F_both_empty"], tolerance, name);
        close(score(&empty, &empty).j, &entry["J_both_empty"], tolerance, name);
    }
}

#[test]
fn golden_davis_statistics() {
    let Some(folder) = golden_case("12_davis") else { return };
    let tolerance = json(&folder.join("case.json"))["tolerance"]["statistics"].as_f64().unwrap();
    let mut checks = 0;
    for (count, entry) in json(&folder.join("statistics.json")).as_object().unwrap() {
        let scores: Vec<f64> =
            entry["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        let found = Statistics::of(&scores).unwrap();
        let wanted = entry["mean_recall_decay"].as_array().unwrap();
        for (value, wanted) in [found.mean, found.recall, found.decay].iter().zip(wanted) {
            // Where the reference overflows it has no number; ours is finite.
            if wanted.is_null() {
                assert!(value.is_finite());
                continue;
            }
            close(*value, wanted, tolerance, count);
            checks += 1;
        }
    }
    assert!(checks > 0);
}

#[test]
fn golden_label_propagation() {
    let Some(folder) = golden_case("13_label_propagation") else { return };
    let case = json(&folder.join("case.json"));
    let input_bytes = std::fs::read(folder.join("input.safetensors")).unwrap();
    let input = SafeTensors::deserialize(&input_bytes).unwrap();
    let expected_bytes = std::fs::read(folder.join("expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&expected_bytes).unwrap();
    let features = tensor(&input, "features").into_dimensionality::<Ix4>().unwrap().mapv(|value| value as f32);
    let (frames, rows, columns, dim) = features.dim();
    let masks = tensor(&input, "first_mask_one_hot").mapv(|value| value as f32);
    let labels = masks.shape()[1];
    let masks = masks.into_shape_with_order((labels, rows * columns)).unwrap();
    let tokens = |frame: usize| {
        features.index_axis(Axis(0), frame).to_owned().into_shape_with_order((rows * columns, dim)).unwrap()
    };
    let soft_tolerance = case["tolerance"]["soft_abs"].as_f64().unwrap();
    let what = case["what"].as_str().unwrap();
    let mut checks = 0;
    let number = |text: &str| -> f64 {
        let is_part = |letter: &char| *letter == '.' || letter.is_ascii_digit();
        text.chars()
            .skip_while(|letter| !letter.is_ascii_digit())
            .take_while(is_part)
            .collect::<String>()
            .parse()
            .unwrap()
    };
    // "affinity exp(cos/0.1)", and "at most 0.1% pixels may differ".
    let temperature = number(what.split("exp(cos/").nth(1).unwrap());
    let different_share = number(case["tolerance"]["argmax"].as_str().unwrap()) / 100.0;
    // `Runs: main (n_last 3, window 4, topk 5), wide_window (7, 12, 5), …`: frames, window and k of each.
    for run in what.split("Runs: ").nth(1).unwrap().split("),").filter(|run| run.contains(" (")) {
        let (run, numbers) = run.trim().split_once(" (").unwrap();
        let numbers: Vec<usize> = numbers.split(',').take(3).map(|part| number(part) as usize).collect();
        let params = PropagationParams { frames: numbers[0], radius: numbers[1], top_k: numbers[2], temperature };
        let before = checks;
        let mut propagator = Propagator::new(&params, [rows, columns], tokens(0).view(), masks.view()).unwrap();
        for frame in 1..frames {
            let found = propagator.next_frame(tokens(frame).view()).unwrap();
            let name = format!("{run}.frame{frame}.soft");
            if expected.tensor(&name).is_ok() {
                for (found, wanted) in found.iter().zip(&tensor(&expected, &name)) {
                    assert!(
                        (f64::from(*found) - wanted).abs() <= soft_tolerance,
                        "{name}: {found} instead of {wanted}"
                    );
                }
                checks += 1;
            }
            let name = format!("{run}.frame{frame}.argmax");
            if expected.tensor(&name).is_ok() {
                let wanted = tensor(&expected, &name);
                let patch = wanted.shape()[0] / rows;
                let found = label_map(found.view(), [rows, columns], patch).unwrap();
                let different =
                    found.iter().zip(&wanted).filter(|(found, wanted)| f64::from(**found) != **wanted).count();
                assert!(different as f64 <= different_share * wanted.len() as f64, "{name}: {different} pixels differ");
                checks += 1;
            }
        }
        assert!(checks > before, "the case has nothing of its run {run}");
    }
    assert!(checks > 0);
}
