//! The official `qdrant-client` package against a running server.

use std::path::Path;
use std::process::Command;

use sop_server::{Keys, ServerConfig};

use crate::server::TestServer;

#[test]
fn the_official_client_works_against_the_server() {
    let Some(python) = std::env::var_os("SOP_CLIENT_PYTHON") else {
        println!(
            "skipped: SOP_CLIENT_PYTHON names no interpreter with the packages qdrant-client and openapi-spec-validator"
        );
        return;
    };
    let keys = Keys::new(Some("secret".to_owned()), None).unwrap();
    let server = TestServer::start(ServerConfig { keys, ..ServerConfig::default() });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/qdrant_client.py");
    let url = format!("http://{}", server.addr);
    let output = Command::new(python).arg(script).args([&url, "secret"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("the official client agrees"), "{text}");
}
