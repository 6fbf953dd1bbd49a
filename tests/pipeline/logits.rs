//! Class scores of an encoder that has a head.

use crate::fixture::Sandbox;
use crate::fixture::models::class_scores;

/// Vectors of `logits` are those of `cls` three times: the scores of the model are made so.
fn check(sandbox: &Sandbox, line: &str) {
    let embed = |feature: &str| {
        let line = format!("embed {line} --data folder:images --feature {feature} --out {feature}.parquet --quiet");
        sandbox.sop(&line).succeeds();
        sandbox.read_embeddings(&format!("{feature}.parquet")).2
    };
    let (cls, logits) = (embed("cls"), embed("logits"));
    assert!(cls.len() > 1 && cls[0] != cls[1], "{cls:?}");
    for (cls, logits) in cls.iter().zip(&logits) {
        assert_eq!(logits, &[cls.clone(), cls.clone(), cls.clone()].concat());
    }
    let (_, metadata) = sandbox.read_parquet("logits.parquet");
    assert_eq!(metadata["sop.feature"], "logits");
}

#[test]
fn logits_of_a_file_that_keeps_the_contract_are_embeddings() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("head.onnx", class_scores("logits"));
    check(&sandbox, "--encoder head.onnx");
    sandbox.sop("encoder inspect head.onnx").succeeds().prints(&["contract    kept; outputs cls, patches, logits\n"]);
}

#[test]
fn logits_of_another_file_are_described() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("head.onnx", class_scores("scores"));
    let transform = "transform = \"resize_exact(8,8,bicubic)|normalize(imagenet)\"\n";
    sandbox.write("d.toml", format!("input = \"image\"\ncls = \"cls\"\nlogits = \"scores\"\n{transform}"));
    check(&sandbox, "--encoder head.onnx --description d.toml");
}

#[test]
fn an_encoder_without_logits_says_so() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("head.onnx", class_scores("scores"));
    let line = "embed --encoder head.onnx --data folder:images --feature logits --out x.parquet";
    sandbox.refuses(line, &["encoder `head` cannot give the feature `logits`: it has no output `logits`\n"]);
}
