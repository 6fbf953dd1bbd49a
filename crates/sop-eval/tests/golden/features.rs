//! The features of case 08, which cases 09, 10 and 17 read, too.

use ndarray::Ix2;
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_core::{EmbeddingSet, Provenance};

use crate::files::tensor;

/// Train and test set of case 08.
pub fn train_and_test() -> Option<[EmbeddingSet; 2]> {
    let bytes = std::fs::read(golden_case("08_knn")?.join("features.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    Some(["train", "test"].map(|name| load(&file, name)))
}

fn load(file: &SafeTensors<'_>, name: &str) -> EmbeddingSet {
    let vectors = tensor(file, &format!("{name}_features")).into_dimensionality::<Ix2>().unwrap();
    let labels = tensor(file, &format!("{name}_labels")).iter().map(|&label| Some(label as i32)).collect();
    let ids = (0..vectors.nrows()).map(|row| format!("{name}{row}")).collect();
    EmbeddingSet::try_new(ids, labels, vectors.mapv(|value| value as f32), Provenance::default()).unwrap()
}
