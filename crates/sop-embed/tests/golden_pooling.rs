//! Golden case 15: generalised means of patch tokens.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use ndarray::{Array4, ArrayView1, Axis};
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_embed::gem;

fn values(file: &SafeTensors<'_>, name: &str) -> (Vec<usize>, Vec<f32>) {
    let tensor = file.tensor(name).unwrap();
    let values = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    (tensor.shape().to_vec(), values)
}

#[test]
fn golden_generalised_mean() {
    let Some(folder) = golden_case("15_whitening_qe_gem") else { return };
    let case: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    let tolerance = case["tolerance"]["gem_rel"].as_f64().unwrap();
    let bytes = std::fs::read(folder.join("tensors.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (shape, tokens) = values(&file, "gem.tokens_b_h_w_d");
    let tokens = Array4::from_shape_vec((shape[0], shape[1], shape[2], shape[3]), tokens).unwrap();
    let mut checks = 0;
    for name in file.names() {
        let Some(exponent) = name.strip_prefix("gem.p") else { continue };
        let (shape, wanted) = values(&file, name);
        for (image, wanted) in tokens.axis_iter(Axis(0)).zip(wanted.chunks(shape[1])) {
            let found = gem(image, exponent.parse().unwrap()).unwrap();
            for (&found, &wanted) in found.iter().zip(ArrayView1::from(wanted)) {
                let error = f64::from((found - wanted).abs() / wanted.abs());
                assert!(error <= tolerance, "{name}: {found} instead of {wanted}");
                checks += 1;
            }
        }
    }
    assert!(checks > 0);
}
