//! Exported Vision Transformers run by the built-in engine, against the reference implementations and against Burn.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, and the functions they share")]

mod golden_vit;

use std::sync::LazyLock;

use sop_encoder::{Runtime, RuntimeChoice};

static RUNTIME: LazyLock<&'static Runtime> = LazyLock::new(|| Runtime::start(&RuntimeChoice::Tract).unwrap());

#[test]
fn golden_dino_encoders_agree_with_the_reference() {
    golden_vit::dino::check(*RUNTIME, "tract");
}

#[test]
fn golden_ibot_and_sop_encoders_agree_with_the_reference() {
    golden_vit::ibot::check(*RUNTIME, "tract");
}

#[test]
fn exported_models_agree_with_burn_at_every_size() {
    golden_vit::seeded::check(*RUNTIME);
}
