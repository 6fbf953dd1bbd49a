//! Caches that cannot be written to.

use crate::fixture::{Outcome, Sandbox};

const EVAL: &str = "eval knn --encoder pixels:4 --test folder:images --leave-one-out --k 1";

/// Runs `sop` with some variables set, and others removed.
fn with(sandbox: &Sandbox, set: &[(&str, &str)], removed: &[&str], line: &str) -> Outcome {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
    command.env_remove("SOP_CACHE").env_remove("XDG_CACHE_HOME");
    command.envs(set.iter().copied());
    for name in removed {
        command.env_remove(name);
    }
    Outcome::of(line, &command.args(line.split_whitespace()).output().unwrap())
}

#[test]
fn a_cache_that_cannot_be_written_to_is_named_with_the_remedies() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.write("file", "in the way");
    let remedies = ["--cache DIR", "--cache off"];
    for folder in ["file", "file/cache"] {
        sandbox.refuses(&format!("{EVAL} --cache {folder}"), &[&remedies[..], &["cache folder", folder]].concat());
    }
    // A file where entries are kept.
    sandbox.write("cache/v1", "");
    sandbox.write("cache/lock", "");
    sandbox.refuses(&format!("{EVAL} --cache cache"), &[&remedies[..], &["cache folder cache"]].concat());
    sandbox.sop(&format!("{EVAL} --cache off")).succeeds();
    sandbox.sop(&format!("{EVAL} --cache good")).succeeds();
    assert!(!sandbox.files().iter().any(|file| file.contains("probe")), "{:?}", sandbox.files());
}

#[cfg(unix)]
#[test]
fn the_cache_of_a_home_that_is_none_is_named_and_no_home_means_no_cache() {
    let sandbox = Sandbox::with_image_folder();
    let home = with(&sandbox, &[("HOME", "/dev/null")], &[], EVAL);
    home.exits(2).says(&["/dev/null/.cache/sop", "--cache DIR", "--cache off"]);
    let cache = with(&sandbox, &[("HOME", "/dev/null"), ("XDG_CACHE_HOME", "/dev/null")], &[], EVAL);
    cache.exits(2).says(&["/dev/null/sop", "--cache off"]);
    let before = sandbox.files();
    with(&sandbox, &[], &["HOME"], EVAL).succeeds();
    with(&sandbox, &[("HOME", "relative")], &[], EVAL).succeeds();
    assert_eq!(sandbox.files(), before);
    with(&sandbox, &[], &["HOME"], "cache ls").exits(2).says(&["no cache", "--cache", "SOP_CACHE"]);
}

#[test]
fn a_file_is_no_cache_to_list_or_prune() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    for command in ["ls", "prune --all", "prune --dry-run"] {
        sandbox.refuses(&format!("cache {command} --cache file"), &["file"]);
    }
    sandbox.sop("cache prune --cache absent").succeeds().prints(&["removed 0 sets"]);
}
