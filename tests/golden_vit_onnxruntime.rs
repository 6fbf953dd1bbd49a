//! Exported Vision Transformers run by ONNX Runtime, against the reference implementations and against Burn.
//!
//! Skipped where no ONNX Runtime library is found; with `SOP_REQUIRE_ONNXRUNTIME` set that is a failure.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, and the functions they share")]

mod golden_vit;

use std::sync::LazyLock;

use sop_encoder::{Engine, Runtime, RuntimeChoice, RuntimeError};

static RUNTIME: LazyLock<Result<&'static Runtime, RuntimeError>> =
    LazyLock::new(|| Runtime::start(&RuntimeChoice::OnnxRuntime));

/// The engine, and what `sop --runtime` calls it; `None` after saying that the test is skipped.
fn engine() -> Option<(&'static Runtime, String)> {
    match &*RUNTIME {
        Ok(runtime) => {
            let Engine::OnnxRuntime { library, .. } = runtime.engine() else { panic!("{:?}", runtime.engine()) };
            Some((runtime, library.display().to_string()))
        }
        Err(error) => {
            assert!(std::env::var_os("SOP_REQUIRE_ONNXRUNTIME").is_none(), "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

#[test]
fn golden_dino_encoders_agree_with_the_reference() {
    let Some((runtime, flag)) = engine() else { return };
    golden_vit::dino::check(runtime, &flag);
}

#[test]
fn golden_ibot_and_sop_encoders_agree_with_the_reference() {
    let Some((runtime, flag)) = engine() else { return };
    golden_vit::ibot::check(runtime, &flag);
}

#[test]
fn exported_models_agree_with_burn_at_every_size() {
    let Some((runtime, _)) = engine() else { return };
    golden_vit::seeded::check(runtime);
}
