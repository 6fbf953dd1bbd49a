//! The official `openai` package against a running server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sop_core::{Encoder, Feature};
use sop_encoder::PixelsEncoder;
use sop_server::ServerConfig;

use crate::client::Running;
use crate::double::{options, serve};
use crate::numbers::{extract_folder, write_images};

/// The interpreter named by `SOP_CLIENT_PYTHON`, which has the package.
fn python() -> Option<PathBuf> {
    std::env::var_os("SOP_CLIENT_PYTHON").map(PathBuf::from)
}

#[test]
fn the_openai_package_gets_the_vectors_that_are_stored() {
    let Some(python) = python() else {
        println!("skipped: SOP_CLIENT_PYTHON names no interpreter with the packages openai and pyarrow");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    write_images(&images);
    let encoder: Arc<dyn Encoder> = Arc::new(PixelsEncoder::from_name("16").unwrap());
    let embeddings = folder.path().join("set.parquet");
    extract_folder(encoder.as_ref(), Feature::Cls, &images, &embeddings);
    let keys = sop_server::Keys::new(Some("secret".to_owned()), None).unwrap();
    let config = ServerConfig { keys, ..ServerConfig::default() };
    let server = Running::with(config, [serve(encoder, &options())]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/openai_client.py");
    let output = Command::new(python)
        .arg(script)
        .args(["--url", &format!("http://{}", server.addr), "--model", "served", "--key", "secret", "--images"])
        .arg(&images)
        .arg("--embeddings")
        .arg(&embeddings)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("ok   as stored") && text.contains("ok   another key is refused"), "{text}");
    println!("{text}");
}
