//! Two parts of one evaluation that do not belong together.

use crate::fixture::Sandbox;
use crate::fixture::images::png;

#[test]
fn a_head_is_held_against_the_transform_it_was_trained_under() {
    let sandbox = Sandbox::new();
    sandbox.import_vit(1, "vit.onnx");
    sandbox.sop("data generate --layout imagenet9 --out in9 --count 2 --size 32").succeeds();
    let probe = "eval linear --train folder:in9/train --test folder:in9/original/val --epochs 2 --encoder vit.onnx";
    let at_16 = "resize_exact(16,16,bicubic)|normalize(imagenet)";
    let at_32 = "resize_exact(32,32,bicubic)|normalize(imagenet)";
    let line = "eval imagenet9 --root in9 --encoder vit.onnx --variants original";
    sandbox.sop(&format!("{probe} --transform {at_16} --save-head 16.safetensors")).succeeds();
    sandbox.sop(&format!("{line} --head 16.safetensors --transform {at_16}")).succeeds();
    let parts = ["16.safetensors", at_16, at_32];
    sandbox.refuses(&format!("{line} --head 16.safetensors --transform {at_32}"), &parts);
    // Images as they are stored have 32 pixels.
    sandbox.refuses(&format!("{line} --head 16.safetensors"), &["16.safetensors", at_16, "images of 32 x 32 pixels"]);
    sandbox.sop(&format!("{probe} --transform {at_32} --save-head 32.safetensors")).succeeds();
    sandbox.sop(&format!("{line} --head 32.safetensors")).succeeds();
    let plain = "normalize(none)";
    sandbox.refuses(&format!("{line} --head 32.safetensors --transform {plain}"), &[at_32, plain]);
}

#[test]
fn images_of_train_and_test_that_are_equal_are_said() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("test/ant/a.png", png(16, 0));
    sandbox.write("test/bee/b.png", png(16, 77));
    let line = "eval knn --encoder pixels:4 --train folder:images --test folder:test --k 1";
    sandbox
        .sop(line)
        .succeeds()
        .says(&["1 of the 2 test images are also train images (equal files)", "ant/a.png, as ant/0.png"]);
    for (set, folder) in [("train", "images"), ("test", "test")] {
        sandbox.sop(&format!("embed --encoder pixels:4 --data folder:{folder} --out {set}.parquet")).succeeds();
    }
    let outcome = sandbox.sop("eval knn --train train.parquet --test test.parquet --k 1 --quiet");
    outcome.succeeds().says(&["1 of the 2 test images", "equal embeddings"]);
}

#[test]
fn splits_beside_a_hidden_folder_are_no_classes() {
    let sandbox = Sandbox::new();
    for name in ["set/train/ant/0.png", "set/test/ant/1.png", "set/.cache/2.png"] {
        sandbox.write(name, png(8, 0));
    }
    sandbox
        .refuses("embed --encoder pixels:4 --data folder:set --out o.parquet", &["holds splits", "folder:set/train"]);
    sandbox.refuses("embed --encoder pixels:4 --data set --out o.parquet", &["holds splits"]);
}
