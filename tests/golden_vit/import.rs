//! `sop import`, as a user runs it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sop_encoder::{OnnxEncoder, Runtime};

use super::case::file_name;

/// Imports `weights` with the binary and opens the file it wrote.
///
/// The import fails by itself where a tensor of the backbone has no place in the model.
pub fn import(weights: &Path, key: Option<&str>, heads: usize, runtime: &Runtime, flag: &str) -> OnnxEncoder {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("encoder.onnx");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sop"));
    command.args(["--runtime", flag, "--quiet", "import", "--json", "--arch", "vit", "--heads", &heads.to_string()]);
    command.args(key.into_iter().flat_map(|key| ["--key", key])).arg("--out").arg(&out).arg(weights);
    let output = command.output().unwrap();
    let name = file_name(weights);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["config"]["heads"], heads, "{name}");
    if let Some(key) = key {
        assert_eq!(report["key"], key, "{name}");
    }
    OnnxEncoder::open(&out, None, runtime).unwrap()
}
