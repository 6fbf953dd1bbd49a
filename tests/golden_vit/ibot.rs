//! Case 02: Vision Transformers of the official iBOT class, as SOP trains them: a checkpoint, LayerScale, mean pooling.

use ndarray::s;
use sop_core::{Encoder, EncoderOutput, OutputKind};
use sop_encoder::{OnnxEncoder, Runtime};

use super::case::{Case, Size};
use super::comparison::{Comparison, all_tokens};
use super::import::import;

pub fn check(runtime: &Runtime, flag: &str) {
    let Some(case) = Case::open("02_vit_ibot_sop") else { return };
    // The case has no config; its text gives `heads` of the checkpoint's models, then of the variants.
    let heads = case.heads_in_text();
    let &[model_heads, variant_heads] = heads.as_slice() else { panic!("heads in the case's text: {heads:?}") };
    let checkpoint = |file: &str, key: Option<&str>, expected: &str| {
        let encoder = import(&case.file(file), key, model_heads, runtime, flag);
        let mut comparison = Comparison::new(&format!("{file} {} with {}", key.unwrap_or_default(), runtime.name()));
        let output = check_partial_tokens(&case, &encoder, expected, &mut comparison);
        (output, comparison)
    };
    for (file, key) in [("checkpoint.pth", Some("teacher")), ("teacher.weights.safetensors", None)] {
        for tokens in partial_tokens(&case, "teacher.", ".tokens#first") {
            let (output, mut comparison) = checkpoint(file, key, &tokens);
            let cls = tokens.replace(".tokens", ".cls_only");
            comparison.close(&cls, &output.cls().unwrap(), &case.expected(&cls));
            comparison.finish();
        }
    }
    for tokens in partial_tokens(&case, "student.", ".nomask_tokens#first") {
        checkpoint("checkpoint.pth", Some("student"), &tokens).1.finish();
    }

    let variant = |file: &str| import(&case.file(file), None, variant_heads, runtime, flag);
    let layer_scale = variant("variant_layerscale.weights.safetensors");
    let mut comparison = Comparison::new(&format!("layer scale with {}", runtime.name()));
    for key in case.names("layerscale.") {
        let output = encode(&case, &layer_scale, &key);
        comparison.close(&key, &all_tokens(&output), &case.expected(&key));
    }
    comparison.finish();

    let mean_pool = variant("variant_meanpool.weights.safetensors");
    let mut comparison = Comparison::new(&format!("mean pooling with {}", runtime.name()));
    for key in case.names("meanpool.") {
        let output = encode(&case, &mean_pool, &key);
        match key.rsplit('.').next() {
            Some("cls") => comparison.close(&key, &output.cls().unwrap(), &case.expected(&key)),
            _ => comparison.close(&key, &all_tokens(&output), &case.expected(&key)),
        }
    }
    comparison.finish();
}

/// Runs the encoder on as many images, and of the size, as the expected tensor `key` says: `<model>.<size>.<what>`.
fn encode(case: &Case, encoder: &OnnxEncoder, key: &str) -> EncoderOutput {
    let size = Size::parse(key.split('.').nth(1).unwrap());
    let images = case.images(&["input_i8"], &size, case.expected(key).shape()[0]);
    let wanted = [OutputKind::Cls, OutputKind::Patches].into();
    encoder.encode(images.view(), &wanted).unwrap()
}

/// Keys of a model's tokens of which the case has the first ones, and how many these are: `<key>#first12`.
fn partial_tokens(case: &Case, model: &str, what: &str) -> Vec<String> {
    let names = case.names(model).into_iter().filter(|name| name.contains(what));
    let keys: Vec<String> = names.map(|name| name.split('#').next().unwrap().to_owned()).collect();
    assert!(!keys.is_empty(), "{model}*{what}");
    keys
}

/// First tokens and checksum of all of them; returns the outputs.
fn check_partial_tokens(case: &Case, encoder: &OnnxEncoder, key: &str, comparison: &mut Comparison) -> EncoderOutput {
    let first = case.names(&format!("{key}#first")).remove(0);
    let output = encode(case, encoder, &first);
    let tokens = all_tokens(&output);
    let expected = case.expected(&first);
    comparison.close(&first, &tokens.slice(s![.., ..expected.shape()[1], ..]), &expected);
    let checksum = format!("{key}#checksum_f64");
    comparison.checksum(&checksum, &tokens, &case.expected(&checksum), case.checksum_tolerance());
    output
}
