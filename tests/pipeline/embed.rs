//! Weights to an encoder, and images to embeddings.

use sop_core::sha256_hex;

use crate::fixture::Sandbox;
use crate::fixture::weights::{DIM, HEADS, Weights};

/// Largest difference between embeddings that should be the same.
const TOLERANCE: f32 = 1e-5;

fn assert_close(found: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() <= TOLERANCE, "{a} and {b}");
        }
    }
}

#[test]
fn import_says_what_it_used_and_how_well_the_file_agrees() {
    let sandbox = Sandbox::new();
    sandbox.write("vit.safetensors", Weights::vit(4).safetensors());
    let line = format!("import vit.safetensors --arch vit --heads {HEADS} --json --out vit.onnx");
    let report = &sandbox.sop(&line).succeeds().json_lines()[0];
    // Two norms and four linear layers with bias per block, the final norm, the patch layer and two embeddings.
    assert_eq!(report["used"].as_array().unwrap().len(), 4 * 12 + 6);
    assert_eq!(report["ignored"].as_array().unwrap().len(), 0);
    assert_eq!(report["config"]["dim"], DIM);
    assert_eq!(report["config"]["depth"], 4);
    assert_eq!(report["sha256"], sha256_hex(&sandbox.read("vit.onnx")));
    assert!(report["self_check"]["largest_difference"].as_f64().unwrap() < 1e-4);
    let first = sandbox.read("vit.onnx");
    sandbox.sop(&line).succeeds();
    assert_eq!(sandbox.read("vit.onnx"), first, "the same weights must give the same file");
}

#[test]
fn a_teacher_among_branches_is_chosen_by_key() {
    let sandbox = Sandbox::new();
    let other = Weights::vit(4).filled("cls_token", 0.25).under("student.");
    sandbox.write("both.safetensors", Weights::vit(4).under("teacher.").and(other).safetensors());
    let import = |flags: &str, out: &str| {
        sandbox.sop(&format!("import both.safetensors --arch vit --heads 3 {flags} --out {out}")).succeeds();
        sandbox.read(out)
    };
    let teacher = import("--key teacher", "teacher.onnx");
    assert_eq!(import("", "default.onnx"), teacher);
    assert_ne!(import("--key student", "student.onnx"), teacher);
}

#[test]
fn every_feature_has_its_size_and_its_provenance() {
    let sandbox = Sandbox::with_generated(0, 10);
    sandbox.import_vit(4, "tiny.onnx");
    let sha256 = sha256_hex(&sandbox.read("tiny.onnx"));
    let embed = |feature: &str| {
        sandbox
            .sop(&format!("embed --encoder tiny.onnx --data folder:data/test --feature {feature} --out out.parquet"))
            .succeeds();
        sandbox.read_embeddings("out.parquet").2
    };
    for (feature, dim) in [("cls", DIM), ("patch_mean", DIM), ("cls_last4", 4 * DIM), ("cls+patch_mean", 2 * DIM)] {
        let vectors = embed(feature);
        assert_eq!(vectors.len(), 10);
        assert!(vectors.iter().all(|vector| vector.len() == dim), "{feature}");
        let (_, metadata) = sandbox.read_parquet("out.parquet");
        for (key, value) in [
            ("sop.schema_version", "1"),
            ("sop.dataset", "data"),
            ("sop.split", "test"),
            ("sop.encoder", "tiny"),
            ("sop.encoder_sha256", &sha256),
            ("sop.feature", feature),
        ] {
            assert_eq!(metadata[key], value, "{key} of {feature}");
        }
        assert!(metadata["sop.transform"].contains("center_crop(32)|normalize(imagenet)"));
        assert_eq!(metadata["sop.dataset_sha256"].len(), 64);
        assert!(serde_json::from_str::<Vec<String>>(&metadata["sop.class_names"]).unwrap().len() > 1);
    }
    let (cls, patch_mean, both, last4) =
        (embed("cls"), embed("patch_mean"), embed("cls+patch_mean"), embed("cls_last4"));
    let joined: Vec<Vec<f32>> = cls.iter().zip(&patch_mean).map(|(cls, mean)| [&cls[..], mean].concat()).collect();
    assert_close(&both, &joined);
    let last: Vec<Vec<f32>> = last4.iter().map(|vector| vector[3 * DIM..].to_vec()).collect();
    assert_close(&last, &cls);
}

#[test]
fn a_shallow_encoder_has_no_last_four_blocks() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.import_vit(1, "shallow.onnx");
    sandbox.sop("embed --encoder shallow.onnx --data folder:images --out out.parquet").succeeds();
    sandbox.refuses(
        "embed --encoder shallow.onnx --data folder:images --feature cls_last4 --out last4.parquet",
        &["`shallow`", "`cls_last4`", "depth is at least 4"],
    );
}

#[test]
fn the_same_command_gives_the_same_bytes_and_the_batch_size_changes_nothing() {
    let sandbox = Sandbox::with_generated(0, 11);
    sandbox.import_vit(4, "tiny.onnx");
    let embed = |batch: usize, out: &str| {
        let line = format!("embed --encoder tiny.onnx --data folder:data/test --batch {batch} --out {out}");
        sandbox.sop(&line).succeeds();
        (sandbox.read(out), sandbox.read_embeddings(out))
    };
    let (bytes, (ids, labels, vectors)) = embed(4, "first.parquet");
    assert_eq!(embed(4, "second.parquet").0, bytes);
    for batch in [1, 11, 64] {
        let (_, (other_ids, other_labels, other_vectors)) = embed(batch, "other.parquet");
        assert_eq!((&other_ids, &other_labels), (&ids, &labels));
        assert_close(&other_vectors, &vectors);
    }
    // Images that differ must not get one vector: the comparisons above would hold for a constant, too.
    assert!(vectors[0].iter().zip(&vectors[1]).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn folder_and_parquet_layouts_give_the_same_vectors() {
    let sandbox = Sandbox::new();
    sandbox.sop("data generate --out folder --train 0 --test 12 --size 32 --seed 5").succeeds();
    sandbox.sop("data generate --out parquet --layout parquet --train 0 --test 12 --size 32 --seed 5").succeeds();
    let sorted = |data: &str| {
        sandbox.sop(&format!("embed --encoder pixels:8 --data {data} --out out.parquet")).succeeds();
        let (_, labels, vectors) = sandbox.read_embeddings("out.parquet");
        let bits = |vector: Vec<f32>| vector.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        let mut rows: Vec<(i32, Vec<u32>)> = labels.into_iter().zip(vectors.into_iter().map(bits)).collect();
        // The layouts order images in ways of their own.
        rows.sort();
        rows
    };
    let folder = sorted("folder:folder/test");
    assert_eq!(folder.len(), 12);
    assert_eq!(folder, sorted("hf:parquet/test.parquet"));
}
