//! Every layout of images from the command line.

use std::path::Path;

use sop_core::shared_folder::shared_folder;

use crate::fixture::Sandbox;
use crate::fixture::images::png;

/// Embeds the data set `spec` as bare pixels and returns ids and labels.
fn embedded(sandbox: &Sandbox, spec: &str) -> (Vec<String>, Vec<i32>) {
    sandbox.sop(&format!("data check {spec}")).succeeds();
    sandbox.sop(&format!("embed --encoder pixels:4 --data {spec} --out out.parquet")).succeeds();
    let (ids, labels, vectors) = sandbox.read_embeddings("out.parquet");
    assert!(vectors.iter().all(|vector| vector.len() == 48), "{spec}");
    (ids, labels)
}

fn rows(found: (Vec<String>, Vec<i32>), expected: &[(&str, i32)]) {
    let expected = expected.iter().map(|&(id, label)| (id.to_owned(), label)).unzip();
    assert_eq!(found, expected);
}

#[test]
fn cifar_binary() {
    let sandbox = Sandbox::new();
    let record = |label: u8| [vec![label], vec![label * 3; 1024], vec![200; 2048]].concat();
    sandbox.write("cifar/test_batch.bin", [record(4), record(9)].concat());
    rows(embedded(&sandbox, "cifar:cifar"), &[("test_batch:0", 4), ("test_batch:1", 9)]);
    // Red is the label times three, green and blue are 200, seen through the normalisation.
    let (_, _, vectors) = sandbox.read_embeddings("out.parquet");
    assert!(vectors[0][0] < vectors[1][0] && vectors[0][47] == vectors[1][47], "{vectors:?}");
}

#[test]
fn mnist_idx() {
    let sandbox = Sandbox::new();
    let header = |words: &[u32]| words.iter().copied().flat_map(u32::to_be_bytes).collect::<Vec<u8>>();
    sandbox.write("mnist/train-images-idx3-ubyte", [header(&[0x803, 2, 3, 3]), (0..18).collect()].concat());
    sandbox.write("mnist/train-labels-idx1-ubyte", [header(&[0x801, 2]), vec![7, 1]].concat());
    rows(embedded(&sandbox, "mnist:mnist"), &[("train:0", 7), ("train:1", 1)]);
}

#[test]
fn webdataset_shards() {
    let sandbox = Sandbox::new();
    for shard in 0..2 {
        let mut builder = tar::Builder::new(Vec::new());
        for index in 0..3_u32 {
            let key = format!("{shard}{index}");
            for (name, content) in
                [(format!("{key}.png"), png(5, index)), (format!("{key}.cls"), index.to_string().into_bytes())]
            {
                let mut header = tar::Header::new_gnu();
                header.set_size(content.len() as u64);
                builder.append_data(&mut header, name, content.as_slice()).unwrap();
            }
        }
        sandbox.write(&format!("shards/t-{shard}.tar"), builder.into_inner().unwrap());
    }
    let expected = [("00", 0), ("01", 1), ("02", 2), ("10", 0), ("11", 1), ("12", 2)];
    rows(embedded(&sandbox, "tar:shards/t-{0..1}.tar"), &expected);
    let cut = sandbox.read("shards/t-1.tar").len() - 1024;
    let bytes = sandbox.read("shards/t-1.tar")[..cut].to_vec();
    sandbox.write("shards/t-1.tar", bytes);
    sandbox.refuses("embed --encoder pixels:4 --data tar:shards --out o.parquet", &["t-1.tar", "cut off"]);
}

#[test]
fn a_flat_folder_with_a_list_and_class_lists() {
    let sandbox = Sandbox::new();
    let names = ["val/a.png", "val/b.png", "val/c.png", "train/n01443537/a.png", "train/n15075141/in/b.png"];
    for (seed, name) in (0..).zip(names) {
        sandbox.write(name, png(4, seed));
    }
    sandbox.write("list.txt", "b.png n15075141\na.png n01443537\n");
    rows(embedded(&sandbox, "list:val#list=list.txt&classes=imagenet"), &[("b.png", 999), ("a.png", 1)]);
    sandbox.sop("data check list:val#list=list.txt").succeeds().prints(&["1 images in val are not named by list.txt"]);
    let expected = [("n01443537/a.png", 1), ("n15075141/in/b.png", 999)];
    rows(embedded(&sandbox, "folder:train#classes=imagenet"), &expected);
    let (_, labels) = embedded(&sandbox, "folder:train#classes=leaf");
    assert_eq!(labels, [0, 1]);
    let refusals: [(&str, &[&str]); 4] = [
        ("list:val", &["#list=FILE"]),
        ("list:val#list=missing.txt", &["missing.txt"]),
        ("folder:train#classes=list.txt", &["n01443537", "list.txt"]),
        ("tar:val", &["no tar files"]),
    ];
    for (spec, parts) in refusals {
        sandbox.refuses(&format!("embed --encoder pixels:4 --data {spec} --out o.parquet"), parts);
    }
}

#[test]
fn real_sets() {
    let Some(data) = shared_folder("data") else { return };
    let sandbox = Sandbox::new();
    let line = |spec: &str| spec.replace("{}", &Path::new(&data).display().to_string());
    let mnist = sandbox.sop(&line("eval knn --encoder pixels:8 --test mnist:{}/mnist --leave-one-out --k 5 --json"));
    let value = mnist.succeeds().json_lines()[0]["value"].as_f64().unwrap();
    assert!(value > 0.9, "raw pixels tell digits apart: {value}");
    let samples = line("embed --encoder pixels:8 --data folder:{}/imagenet-samples#classes=imagenet --out s.parquet");
    sandbox.sop(&samples).succeeds().prints(&["150 embeddings"]);
    let tiny = line("data check hf:{}/tiny-imagenet-32/val-00000-of-00001.parquet --json");
    let report = &sandbox.sop(&tiny).succeeds().json_lines()[0];
    assert_eq!((&report["num_images"], &report["num_classes"]), (&10_000.into(), &200.into()));
}
