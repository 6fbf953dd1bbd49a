//! ImageNet-9 against iBOT's scoring, with the official mapping.

use ndarray::{Array2, Ix2};
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_eval::imagenet9::{CLASSES, ClassMap, VariantImages, evaluate};

use crate::files::{json, number, tensor};

/// Variant, ids, truths and logits.
type Images<'a> = (&'a str, Vec<String>, Vec<u32>, Array2<f32>);

#[test]
fn golden_imagenet9_counts() {
    let Some(folder) = golden_case("16_imagenet9") else { return };
    let expected = json(&folder.join("expected.json"));
    let bytes = std::fs::read(folder.join("tensors.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let text = std::fs::read_to_string(folder.join("in_to_in9.json")).unwrap();
    let classes = json(&folder.join("in_to_in9.json")).as_object().unwrap().len();
    let labels: Vec<i32> = (0..).take(classes).collect();
    let map = ClassMap::parse(&text, &labels).unwrap();
    let variants = expected["variants"].as_object().unwrap();
    let mut images: Vec<Images<'_>> = Vec::new();
    for variant in variants.keys() {
        let truths: Vec<u32> = tensor(&file, &format!("{variant}.labels")).iter().map(|&label| label as u32).collect();
        let ids = (0..truths.len()).map(|image| format!("{variant}/{image}")).collect();
        let logits = match file.tensor(&format!("{variant}.logits")) {
            Ok(_) => {
                tensor(&file, &format!("{variant}.logits")).into_dimensionality::<Ix2>().unwrap().mapv(|v| v as f32)
            }
            // Where only the largest logit's place is given, it is the only one that is not 0.
            Err(_) => {
                let largest = tensor(&file, &format!("{variant}.argmax"));
                let mut logits = Array2::zeros((truths.len(), classes));
                largest.iter().enumerate().for_each(|(image, &class)| logits[[image, class as usize]] = 1.0);
                logits
            }
        };
        images.push((variant, ids, truths, logits));
    }
    let variant_images: Vec<VariantImages<'_>> = images
        .iter()
        .map(|(variant, ids, truths, logits)| VariantImages { variant, ids, truths, logits: logits.view() })
        .collect();
    let found = evaluate(&variant_images, &map, &CLASSES.map(str::to_owned), 0, 0).unwrap();
    let correct = |metric: &str, variant: &str, class: Option<&str>| {
        let is = |found: &&sop_core::Measurement| {
            found.metric == metric
                && found.params["variant"] == variant
                && found.params.get("class").and_then(|class| class.as_str()) == class
        };
        let found = found.iter().find(is).unwrap();
        if class.is_none() {
            let classified = found.outcomes.as_ref().unwrap().classified.as_ref().unwrap();
            let pairs = classified.labels().iter().zip(classified.predictions());
            let right = pairs.filter(|(label, prediction)| label == prediction).count() as f64;
            assert_eq!(found.value, Some(right / classified.labels().len() as f64), "{variant}");
        }
        found.outcomes.as_ref().unwrap().values.iter().sum::<f64>() as usize
    };
    for (variant, entry) in variants {
        assert_eq!(correct("accuracy", variant, None), number(&entry["correct"]), "{variant}");
        for (class, counts) in entry["per_class_correct"].as_object().unwrap() {
            assert!(CLASSES.contains(&class.as_str()));
            assert_eq!(correct("class_accuracy", variant, Some(class)), number(&counts[0]), "{variant} {class}");
        }
    }
    let gap = found.iter().find(|found| found.metric == "bg_gap").unwrap().value.unwrap();
    let of = |variant: &str| variants[variant]["accuracy"].as_f64().unwrap();
    assert!((gap - (of("mixed_same") - of("mixed_rand"))).abs() < 1e-12);
    if let Some(wanted) = expected.get("bg_gap").and_then(|gap| gap.as_f64()) {
        assert!((gap - wanted).abs() < 1e-12);
    }
}
