//! Paths with letters that mean something in a pattern, a shell or the text that names a data set.

use crate::fixture::Sandbox;
use crate::fixture::images::png;

const ODD: &str = "a & b #k=1 *[x] \u{e4}\u{4e2d}";

#[test]
fn folders_files_and_lists_may_have_any_name() {
    let sandbox = Sandbox::new();
    for (seed, name) in (0..).zip(["ant/0.png", "ant/1.png", "bee/2.png"]) {
        sandbox.write(&format!("{ODD}/images/{name}"), png(8, seed));
    }
    sandbox.write(&format!("{ODD}/list & #1.txt"), "ant/0.png ant\nbee/2.png bee\n");
    let images = format!("{ODD}/images");
    let out = format!("{ODD}/out [1].parquet");
    let embed =
        |data: &str| sandbox.sop_with(&["embed", "--encoder", "pixels:4", "--data", data, "--out", &out, "--restart"]);
    for data in [format!("folder:{images}"), images.clone(), format!("folder:\"{images}\"")] {
        embed(&data).succeeds().prints(&["3 embeddings"]);
    }
    let list = format!("list:\"{images}\"#list=\"{ODD}/list & #1.txt\"");
    embed(&list).succeeds().prints(&["2 embeddings"]);
    for set in [out.clone(), format!("{ODD}/out*.parquet"), ODD.to_owned()] {
        sandbox.sop_with(&["eval", "knn", "--test", &set, "--leave-one-out", "--k", "1", "--out", ODD]).succeeds();
        for file in sandbox.files().iter().filter(|file| file.ends_with("Z.parquet") || file.contains("-knn-")) {
            std::fs::remove_file(sandbox.path(file)).unwrap();
        }
    }
}

#[test]
fn benchmarks_with_files_of_their_own_may_lie_anywhere() {
    let sandbox = Sandbox::new();
    sandbox
        .sop_with(&["data", "generate", "--layout", "revisited", "--out", ODD, "--count", "2", "--size", "32"])
        .succeeds();
    let (truth, images) = (format!("{ODD}/gnd_generated.json"), format!("{ODD}/jpg"));
    let line = [
        "eval",
        "retrieval",
        "--ground-truth",
        &truth,
        "--images",
        &images,
        "--encoder",
        "pixels:4",
        "--feature",
        "cls",
    ];
    sandbox.sop_with(&[&line[..], &["--transform", "resize_exact(4,4,bicubic)|normalize(none)"]].concat()).succeeds();
    let copies = format!("{ODD}/copies");
    sandbox
        .sop_with(&["data", "generate", "--layout", "copydays", "--out", &copies, "--count", "2", "--size", "32"])
        .succeeds();
    sandbox.sop_with(&["eval", "copydays", "--root", &copies, "--encoder", "pixels:4", "--feature", "cls"]).succeeds();
}
