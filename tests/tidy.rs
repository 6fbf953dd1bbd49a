//! The rules that hold the workspace together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The layer of every crate; a crate uses crates of lower layers only.
const LAYERS: [(&str, u32); 19] = [
    ("workspace-features", 0),
    ("sop-core", 0),
    ("sop-numeric", 0),
    ("sop-onnx", 0),
    ("sop-pickle", 0),
    ("sop-image", 1),
    ("sop-index", 1),
    ("sop-report", 1),
    ("sop-backbone", 2),
    ("sop-collection", 2),
    ("sop-datasets", 2),
    ("sop-eval", 2),
    ("sop-benchmark", 3),
    ("sop-embed", 3),
    ("sop-encoder", 3),
    ("sop-pretrain", 4),
    ("sop-server", 4),
    ("sop-suite", 5),
    ("sop-cli", 6),
];

/// Heavy dependencies with the crates that may have them.
const HEAVY: [(&str, &[&str]); 18] = [
    ("anyhow", &["sop-cli"]),
    ("arrow", &["sop-core", "sop-datasets", "sop-benchmark"]),
    ("axum", &["sop-server"]),
    ("burn", &["sop-backbone", "sop-pretrain"]),
    ("clap", &["sop-cli"]),
    ("gemm", &["sop-numeric"]),
    ("hnsw_rs", &["sop-index"]),
    ("image-webp", &["sop-image"]),
    ("indicatif", &["sop-cli"]),
    ("mozjpeg-sys", &["sop-image"]),
    ("nalgebra", &["sop-index"]),
    ("ort", &["sop-encoder"]),
    ("ort-tract", &["sop-encoder"]),
    ("parquet", &["sop-core", "sop-datasets", "sop-benchmark"]),
    ("pdf-writer", &["sop-report"]),
    ("plotters", &["sop-report"]),
    ("prost", &["sop-onnx"]),
    ("subsetter", &["sop-report"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Names of the workspace's crates with the names of their normal and build dependencies.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        all.iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .collect()
    };
    metadata["packages"].as_array().unwrap().iter().map(|package| (text(&package["name"]), names(package))).collect()
}

/// The lines of standard output of `sop` in the repository, as JSON.
fn sop(arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_sop")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_crate_uses_lower_layers_only() {
    let layer = |name: &str| LAYERS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, layer)| *layer);
    for (name, dependencies) in dependencies() {
        let own =
            layer(&name).unwrap_or_else(|| panic!("{name} has no layer: give it one here and in ARCHITECTURE.md"));
        for used in dependencies.iter().filter(|used| used.starts_with("sop-")) {
            let below = layer(used).unwrap_or_else(|| panic!("{used} has no layer"));
            assert!(below < own, "{name} (layer {own}) uses {used} (layer {below})");
        }
    }
}

#[test]
fn heavy_dependencies_stay_where_they_belong() {
    let dependencies = dependencies();
    assert!(dependencies.len() >= 9, "{dependencies:?}");
    for (heavy, allowed) in HEAVY {
        // It has no code, so it uses none of them.
        for (name, dependencies) in dependencies.iter().filter(|(name, _)| *name != "workspace-features") {
            let uses = dependencies.iter().any(|dependency| dependency == heavy);
            assert!(
                !uses || allowed.contains(&name.as_str()),
                "{name} depends on {heavy}, which belongs in {allowed:?}"
            );
        }
    }
}

/// Packages that are compiled for some arguments of `cargo tree`, each with the sets of features that it is compiled with.
fn features(arguments: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let Some((package, set)) = line.split_once('|') else { continue };
        features.entry(package.to_owned()).or_default().insert(set.trim_end_matches(" (*)").to_owned());
    }
    features
}

#[test]
fn no_library_needs_a_terminal() {
    for library in dependencies().into_keys().filter(|name| !["sop-cli", "workspace-features"].contains(&name.as_str()))
    {
        let below = features(&["--package", &library, "--edges", "normal"]);
        assert!(below.keys().any(|package| package.starts_with(&library)), "{library}: {below:?}");
        for terminal in ["clap v", "indicatif v"] {
            let found = below.keys().find(|package| package.starts_with(terminal));
            assert!(found.is_none(), "{library} has {found:?} below it");
        }
    }
}

#[test]
fn one_crate_is_compiled_with_the_features_of_the_whole_workspace() {
    let whole = features(&["--workspace"]);
    let crates: Vec<String> = dependencies().into_keys().filter(|name| name != "workspace-features").collect();
    let one = crates.iter().map(|name| vec!["--package", name.as_str()]);
    for arguments in one.chain([vec!["--package", "sop-cli", "--edges", "normal,build"]]) {
        for (package, sets) in features(&arguments) {
            let of_all = &whole[&package];
            assert!(
                sets.is_subset(of_all),
                "{arguments:?} compiles {package} with {sets:?}, the workspace with {of_all:?}: add the features to \
                 crates/workspace-features/Cargo.toml"
            );
        }
    }
}

#[test]
fn folders_are_named_like_their_crates_and_take_the_workspace_lints() {
    for folder in folders(&root().join("crates")) {
        let manifest = read(&folder.join("Cargo.toml"));
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} lacks `[lints] workspace = true`");
        assert!(folder.join("README.md").is_file(), "{name} lacks a README.md");
    }
}

#[test]
fn every_config_parses() {
    let rows = sop(&["eval", "ls", "--json"]);
    let configs: Vec<&Value> = rows.iter().filter(|row| !row["config"].is_null()).collect();
    assert!(!configs.is_empty());
    for config in configs {
        assert_eq!(config["error"], Value::Null, "{config}");
        assert!(!config["about"].as_str().unwrap().is_empty(), "its first line must say what it is: {config}");
    }
}

#[test]
fn every_data_set_has_a_manifest_and_a_page_and_is_listed() {
    let listed: Vec<String> =
        sop(&["data", "ls", "--json"]).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    let folders = folders(&root().join("datasets"));
    assert_eq!(listed.len(), folders.len(), "{listed:?}");
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(folder.join("manifest.toml").is_file(), "{name} lacks a manifest.toml");
        assert!(folder.join("README.md").is_file(), "{name} lacks a README.md");
        assert!(listed.contains(&name), "{name} is not listed by `sop data ls`");
    }
}

/// Text files of the repository, without what building and running leave behind.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    const ENDINGS: [&str; 7] = ["rs", "toml", "md", "yml", "yaml", "py", "sh"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", ".venv", "sop-demo", "shared"].contains(&name.as_str()) {
                sources(&path, found);
            }
        } else if name == "run" || path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
}

#[test]
fn no_source_names_a_place_on_one_machine() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 100, "{}", files.len());
    // Put together here, or this file would name them.
    let places = ["work", "tmp"].map(|folder| format!("/{folder}/"));
    for file in files {
        let text = read(&file);
        for place in &places {
            let line = text.lines().position(|line| line.contains(place.as_str()));
            assert!(line.is_none(), "{}:{} names {place}", file.display(), line.unwrap_or(0) + 1);
        }
    }
}

#[test]
fn the_readme_names_the_test_command_that_is_run_for_every_change() {
    const COMMAND: &str = "cargo test --release --workspace";
    let has = |path: &str| read(&root().join(path)).lines().any(|line| line.trim() == COMMAND);
    assert!(has("README.md"), "README.md lacks the line `{COMMAND}`");
    assert!(has(".ci/run"), ".ci/run lacks the line `{COMMAND}`");
}
