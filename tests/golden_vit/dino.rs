//! Case 01: a Vision Transformer of the official DINO class, in every file format.

use ndarray::{ArrayD, Axis, concatenate, s};
use sop_core::{Encoder, Feature, OutputKind};
use sop_embed::encode_features;
use sop_encoder::{OnnxEncoder, Runtime};
use sop_image::transform::{Scales, Step};

use super::case::{Case, Size};
use super::comparison::{Comparison, all_tokens};
use super::import::import;

const INPUTS: [&str; 2] = ["image0_i8", "image1_i8"];

pub fn check(runtime: &Runtime, flag: &str) {
    let Some(case) = Case::open("01_vit_dino") else { return };
    let heads = usize::try_from(case.description["config"]["num_heads"].as_u64().unwrap()).unwrap();
    let sizes = case.description["sizes_HxW"].as_array().unwrap().iter();
    let sizes: Vec<Size> = sizes.map(|size| Size::parse(size.as_str().unwrap())).collect();
    let teachers =
        [("dino_backbone.pth", None), ("full_checkpoint.pth", Some("teacher")), ("weights.safetensors", None)];
    for (file, key) in teachers {
        let encoder = import(&case.file(file), key, heads, runtime, flag);
        let mut comparison = Comparison::new(&format!("{} with {}", file, runtime.name()));
        for size in &sizes {
            check_size(&case, &encoder, size, &mut comparison);
        }
        check_linear_features(&case, &encoder, &mut comparison);
        check_retrieval_features(&case, &encoder, &mut comparison);
        comparison.finish();
    }
    let student = import(&case.file("full_checkpoint.pth"), Some("student"), heads, runtime, flag);
    let mut comparison = Comparison::new(&format!("the student with {}", runtime.name()));
    for size in &sizes {
        let key = format!("{}.cls_student", size.name);
        let expected = case.expected(&key);
        let images = case.images(&INPUTS, size, expected.shape()[0]);
        let output = student.encode(images.view(), &Feature::Cls.outputs()).unwrap();
        comparison.close(&key, &output.cls().unwrap(), &expected);
    }
    comparison.finish();
    // Weights rounded to half precision: that they are those, bit for bit, is tested where checkpoints are read.
    import(&case.file("teacher_only_legacy_format.pth"), Some("teacher"), heads, runtime, flag);
}

fn check_size(case: &Case, encoder: &OnnxEncoder, size: &Size, comparison: &mut Comparison) {
    let key = |what: &str| format!("{}.{what}", size.name);
    let expected_cls = case.expected(&key("cls"));
    // One or two images, as the case's description of its input says.
    let images = case.images(&INPUTS, size, expected_cls.shape()[0]);
    use OutputKind::{Attention, Cls, ClsLast4, Patches};
    let everything = [Cls, Patches, ClsLast4, Attention].into();
    let output = encoder.encode(images.view(), &everything).unwrap();
    comparison.close(&key("cls"), &output.cls().unwrap(), &expected_cls);

    let tokens = all_tokens(&output);
    comparison.tokens(case, &key("n4.3"), &tokens);
    if let Some(expected) = case.find(&key("n1.tokens")) {
        comparison.close(&key("n1.tokens"), &tokens, &expected);
    }

    let last4: Vec<ArrayD<f64>> = (0..4).map(|block| block_cls(case, &key(&format!("n4.{block}")))).collect();
    let last4: Vec<_> = last4.iter().map(|cls| cls.view()).collect();
    let last4 = concatenate(Axis(1), &last4).unwrap();
    comparison.close(&key("n4.* CLS"), &output.cls_last4().unwrap(), &last4);

    let attention = &output.attention().unwrap().values;
    let row = match case.find(&key("last_attention")) {
        Some(full) => full.slice(s![.., .., 0, ..]).to_owned().into_dyn(),
        None => case.expected(&key("last_attention_cls_row")),
    };
    comparison.close(&key("CLS attention"), attention, &row.slice(s![.., .., 1..]).to_owned().into_dyn());

    let expected_mean = case.find(&key("n4.3.patch_mean")).unwrap_or_else(|| {
        let tokens = case.expected(&key("n4.3.tokens"));
        tokens.slice(s![.., 1.., ..]).mean_axis(Axis(1)).unwrap().into_dyn()
    });
    let mean = encode_features(encoder, images.view(), &Scales::ONE, &[Feature::PatchMean]).unwrap();
    comparison.close(&key("patch_mean"), &mean[0], &expected_mean);
}

/// The CLS token of a block, from all or from the first tokens.
fn block_cls(case: &Case, key: &str) -> ArrayD<f64> {
    let tokens = case.find(&format!("{key}.tokens"));
    let tokens = tokens.unwrap_or_else(|| case.expected(&format!("{key}.first9_tokens")));
    tokens.index_axis(Axis(1), 0).to_owned()
}

/// The features of a linear probe, at the size the model was made for.
fn check_linear_features(case: &Case, encoder: &OnnxEncoder, comparison: &mut Comparison) {
    let size = Size::parse(&case.description["config"]["img_size"].to_string());
    let features = [
        ("linear_feature.n4_cls_concat", Feature::ClsLast4),
        ("linear_feature.n1_cls_plus_patch_mean", Feature::ClsPatchMean),
    ];
    for (key, feature) in features {
        let expected = case.expected(key);
        let images = case.images(&INPUTS, &size, expected.shape()[0]);
        let found = encode_features(encoder, images.view(), &Scales::ONE, &[feature]).unwrap();
        comparison.close(key, &found[0], &expected);
    }
}

/// Descriptors for retrieval at several sizes, and for copy detection.
fn check_retrieval_features(case: &Case, encoder: &OnnxEncoder, comparison: &mut Comparison) {
    let step: Step = "scales(dino)".parse().unwrap();
    let Step::Scales(dino) = step else { panic!("{step} is no list of scales") };
    // `multi_scale.512x384.image0`.
    for key in case.names("multi_scale.") {
        let (size, image) = key.strip_prefix("multi_scale.").unwrap().split_once(".image").unwrap();
        let image: usize = image.parse().unwrap();
        let images = case.images(&INPUTS[image..=image], &Size::parse(size), 1);
        let found = encode_features(encoder, images.view(), &dino, &[Feature::Cls]).unwrap().remove(0);
        // The reference scales the mean to unit length, as every similarity here does.
        let norm = found.iter().map(|value| value * value).sum::<f32>().sqrt();
        comparison.close(&key, &(found / norm), &case.expected(&key));
    }
    for key in case.names("gem_copydetection_feature.") {
        let expected = case.expected(&key);
        let images = case.images(&INPUTS, &Size::parse(key.rsplit('.').next().unwrap()), expected.shape()[0]);
        let found = encode_features(encoder, images.view(), &Scales::ONE, &["cls+gem(4)".parse().unwrap()]).unwrap();
        comparison.close(&key, &found[0], &expected);
    }
}
