//! Places that cannot be written to, and disks that are full.

use crate::fixture::Sandbox;
use crate::fixture::weights::Weights;

/// Commands that write `OUT`, with the file that takes its place and a word of the remedy.
const WRITERS: [(&str, &str, &str); 6] = [
    ("embed --encoder pixels:16 --data folder:images --out OUT", "out.parquet", "free space"),
    ("import vit.safetensors --arch vit --heads 3 --out OUT", "vit.onnx", "free space"),
    ("eval knn --test set.parquet --leave-one-out --k 1 --out OUT", "results", ""),
    ("eval knn --encoder pixels:16 --test folder:images --leave-one-out --k 1 --out OUT", "results", ""),
    ("report old --table long --out OUT", "table.md", ""),
    ("report old --figure OUT", "figure.svg", ""),
];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_image_folder();
    sandbox.embeddings("set.parquet");
    sandbox.write("vit.safetensors", Weights::vit(4).safetensors());
    sandbox.sop("eval knn --test set.parquet --leave-one-out --k 1,2,3 --out old").succeeds();
    sandbox
}

#[test]
fn a_place_below_a_file_is_named() {
    let sandbox = sandbox();
    sandbox.write("file", "in the way");
    for (line, name, remedy) in WRITERS {
        let place = format!("file/{name}");
        sandbox.refuses(&line.replace("OUT", &place), &[&place, remedy]);
    }
    for line in ["data generate --train 2 --test 2 --size 32 --out file/data", "demo --out file/demo"] {
        // What was drawn before the error is not announced, either.
        sandbox.refuses(line, &["file/d"]);
    }
    assert_eq!(sandbox.text("file"), "in the way");
}

/// A limit on the size of files fails in the middle of a write, as a full disk does.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let sandbox = sandbox();
    for (line, name, remedy) in WRITERS {
        let line = line.replace("OUT", &format!("new/{name}"));
        // One block is 512 or 1024 bytes; without the trap the signal would end the process.
        sandbox.refuses_after("trap '' XFSZ; ulimit -f 1", &line, &["new/", remedy]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_was_there_survives_a_failure() {
    let sandbox = sandbox();
    for (line, name, _) in WRITERS.into_iter().filter(|(_, name, _)| *name != "results") {
        sandbox.write(name, "from an earlier run");
        sandbox.refuses_after("trap '' XFSZ; ulimit -f 1", &line.replace("OUT", name), &[name]);
        assert_eq!(sandbox.text(name), "from an earlier run");
    }
}

#[test]
fn a_folder_in_place_of_the_file_is_named() {
    let sandbox = sandbox();
    for (line, name, _) in WRITERS.into_iter().filter(|(_, name, _)| *name != "results") {
        std::fs::create_dir(sandbox.path(name)).unwrap();
        sandbox.refuses(&line.replace("OUT", name), &[name]);
    }
}
