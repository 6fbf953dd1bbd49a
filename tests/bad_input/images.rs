//! Images that are none.

use crate::fixture::Sandbox;
use crate::fixture::images::{png, png_bomb};

const EMBED: &str = "embed --encoder pixels:4 --data folder:images --out out.parquet";

/// Bad files with what the error says of them.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = png(16, 1);
    vec![
        ("truncated.png", whole[..whole.len() / 2].to_vec(), "truncated PNG image"),
        ("header-only.png", whole[..8].to_vec(), "PNG image"),
        ("flipped.png", [&whole[..60], &[!whole[60]], &whole[61..]].concat(), "PNG image"),
        ("empty.png", Vec::new(), "empty image file: 0 bytes"),
        ("text.png", b"a text that someone renamed".to_vec(), "unsupported image format"),
        ("truncated.jpg", [&b"\xff\xd8\xff\xe0"[..], &[0x55; 200]].concat(), "JPEG image"),
        ("bomb.png", png_bomb(60_000), "60000 x 60000 pixels exceeds the limit"),
    ]
}

#[test]
fn a_bad_image_stops_the_run_and_is_named() {
    for (name, bytes, reason) in bad_files() {
        let sandbox = Sandbox::with_image_folder();
        sandbox.write(&format!("images/bee/{name}"), bytes);
        sandbox.refuses(EMBED, &["folder:images", &format!("bee/{name}"), reason, "--on-missing skip"]);
    }
}

#[test]
fn skipped_images_are_counted_and_named() {
    let sandbox = Sandbox::with_image_folder();
    for (name, bytes, _) in bad_files() {
        sandbox.write(&format!("images/bee/{name}"), bytes);
    }
    let outcome = sandbox.sop(&format!("{EMBED} --on-missing skip"));
    outcome.succeeds().prints(&["4 embeddings", "7 skipped"]).says(&["skipped 7 of 11 samples"]);
    for (name, _, reason) in bad_files() {
        outcome.says(&[&format!("skipped bee/{name}: "), reason]);
    }
    assert_eq!(sandbox.read_embeddings("out.parquet").0, ["ant/0.png", "ant/1.png", "bee/0.png", "bee/1.png"]);
    let report = &sandbox.sop(&format!("{EMBED} --on-missing skip --json")).succeeds().json_lines()[0];
    assert_eq!((report["images"].as_u64(), report["skipped"].as_array().map(Vec::len)), (Some(4), Some(7)));
}

#[test]
fn a_set_of_bad_images_is_no_set() {
    let sandbox = Sandbox::new();
    sandbox.write("images/ant/0.png", "text");
    sandbox.write("images/bee/0.png", "text");
    sandbox.refuses(&format!("{EMBED} --on-missing skip"), &["folder:images", "all 2 images are bad", "ant/0.png"]);
}

/// 60000 × 60000 pixels are 10.8 GB; the program may have 1.5 GB of addresses and ten seconds of a processor.
#[cfg(unix)]
#[test]
fn a_decompression_bomb_costs_neither_time_nor_memory() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("images/bee/bomb.png", png_bomb(60_000));
    let limits = "ulimit -v 1500000; ulimit -t 10; export RAYON_NUM_THREADS=2";
    sandbox.refuses_after(limits, EMBED, &["bee/bomb.png", "limit"]);
}

#[test]
fn an_image_is_bad_where_the_limit_says_so() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.refuses(&format!("{EMBED} --max-pixels 255"), &["ant/0.png", "16 x 16 pixels", "255"]);
    sandbox.sop(&format!("{EMBED} --max-pixels 256")).succeeds();
}
