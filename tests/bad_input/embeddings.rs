//! Embedding files that are broken, or not what they should be.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int32Array, Int64Array, StringArray};

use crate::fixture::Sandbox;
use crate::fixture::parquet_files::{labels, lists, text, vectors, vectors_of};

/// `test.parquet` is good, `bad.parquet` votes.
#[track_caller]
fn refuses(sandbox: &Sandbox, parts: &[&str]) {
    sandbox.embeddings("test.parquet");
    let line = "eval knn --train bad.parquet --test test.parquet --k 1 --out results";
    sandbox.refuses(line, &[&["bad.parquet"], parts].concat());
}

fn columns(id: ArrayRef, label: ArrayRef, embedding: ArrayRef) -> [(&'static str, ArrayRef); 3] {
    [("id", id), ("label", label), ("embedding", embedding)]
}

fn two(id: ArrayRef, label: ArrayRef, embedding: ArrayRef, parts: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.parquet("bad.parquet", &columns(id, label, embedding));
    refuses(&sandbox, parts);
}

fn ids() -> ArrayRef {
    text(&["a", "b"])
}

fn good() -> ArrayRef {
    vectors(2, &[1.0, 2.0, 3.0, 4.0])
}

#[test]
fn values_that_are_not_finite_are_found() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let embedding = vectors(2, &[1.0, 2.0, 3.0, value]);
        two(ids(), labels(&[0, 1]), embedding, &["`b`", "not finite at component 1", "weights are broken"]);
    }
    // Finite as f64, too large for the f32 of the set.
    let wide = vectors_of(2, Arc::new(arrow::array::Float64Array::from(vec![1.0, 2.0, 3.0, 1e300])));
    two(ids(), labels(&[0, 1]), wide, &["`b`", "not finite at component 1"]);
}

#[test]
fn nulls_are_found() {
    let id: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    two(id, labels(&[0, 1]), good(), &["column `id` is null in row 1"]);
    let component = vectors_of(2, Arc::new(Float32Array::from(vec![Some(1.0), Some(2.0), None, Some(4.0)])));
    two(ids(), labels(&[0, 1]), component, &["column `embedding` is null in row 1"]);
    let row = arrow::compute::nullif(&good(), &vec![false, true].into()).unwrap();
    two(ids(), labels(&[0, 1]), row, &["column `embedding` is null in row 1"]);
    let label: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), None]));
    two(ids(), label, good(), &["train set lacks labels", "`b`"]);
}

#[test]
fn ids_must_be_unique() {
    two(text(&["a", "a"]), labels(&[0, 1]), good(), &["id `a` occurs more than once", "rows 0 and 1"]);
    let sandbox = Sandbox::new();
    sandbox.embeddings("test.parquet");
    for part in ["bad/0.parquet", "bad/1.parquet"] {
        sandbox.parquet(part, &columns(text(&["same"]), labels(&[0]), vectors(2, &[1.0, 0.0])));
    }
    let line = "eval knn --train bad --test test.parquet --k 1 --out results";
    sandbox.refuses(line, &["bad", "id `same` occurs more than once", "unique across all parts"]);
}

#[test]
fn other_schemas_are_explained() {
    let sandbox = Sandbox::new();
    sandbox.parquet("bad.parquet", &[("name", ids()), ("vector", good())]);
    refuses(&sandbox, &["no column `id`", "`id`, `label` and `embedding`", "name, vector"]);
    two(ids(), text(&["ant", "bee"]), good(), &["column `label`", "expected an integer column"]);
    two(ids(), labels(&[0, 1]), labels(&[0, 1]), &["column `embedding`", "a list of f32"]);
    two(ids(), labels(&[0, 1]), vectors_of(2, labels(&[1, 2, 3, 4])), &["column `embedding`", "a list of f32"]);
    two(ids(), Arc::new(Int64Array::from(vec![0, 1 << 40])), good(), &["label 1099511627776 in row 1", "32-bit"]);
    let ragged = lists(&[2, 1], Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0])));
    two(ids(), labels(&[0, 1]), ragged, &["vectors of 2 and of 1 components", "one length"]);
    two(text::<&str>(&[]), labels(&[]), vectors(2, &[]), &["the set is empty"]);
}

#[test]
fn what_is_not_parquet_is_named() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("whole.parquet");
    let whole = sandbox.read("whole.parquet");
    for bytes in [&b""[..], b"PAR1", b"id,label\na,0\n", &whole[..whole.len() - 10], &whole[10..]] {
        sandbox.write("bad.parquet", bytes);
        refuses(&sandbox, &["not a readable Parquet file", "write it again"]);
    }
    // The footer is whole, the pages are not.
    let mut damaged = whole.clone();
    damaged[4..40].fill(0xff);
    sandbox.write("bad.parquet", damaged);
    refuses(&sandbox, &["not a readable Parquet file"]);
    std::fs::remove_file(sandbox.path("bad.parquet")).unwrap();
    refuses(&sandbox, &["no Parquet file at bad.parquet", "a folder of them or a glob"]);
}

#[test]
fn files_of_a_later_version_are_refused() {
    for version in ["2", "0", "one"] {
        let sandbox = Sandbox::new();
        let columns = columns(ids(), labels(&[0, 1]), good());
        sandbox.parquet_with("bad.parquet", &columns, &[("sop.schema_version", version)]);
        refuses(&sandbox, &[&format!("schema version `{version}`"), "update it"]);
    }
}

#[test]
fn metadata_that_is_no_json_is_named() {
    let sandbox = Sandbox::new();
    let columns = columns(ids(), labels(&[0, 1]), good());
    sandbox.parquet_with("bad.parquet", &columns, &[("sop.class_names", "ant, bee")]);
    refuses(&sandbox, &["`sop.class_names` is not valid JSON"]);
}

#[test]
fn train_and_test_must_fit() {
    let wide = vectors(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    two(ids(), labels(&[0, 1]), wide, &["test.parquet", "3 components and test vectors 2", "same encoder and feature"]);
    two(ids(), labels(&[0, 7]), good(), &["test.parquet", "labels of train and test do not match", "among them 1"]);
    for (key, what) in
        [("sop.encoder_sha256", "encoder_sha256"), ("sop.feature", "feature"), ("sop.transform", "transform")]
    {
        let sandbox = Sandbox::new();
        let columns = columns(ids(), labels(&[0, 1]), good());
        sandbox.parquet_with("train.parquet", &columns, &[(key, "here")]);
        sandbox.parquet_with("test.parquet", &columns, &[(key, "there")]);
        let line = "eval knn --train train.parquet --test test.parquet --k 1 --out results";
        let parts = ["train.parquet", "test.parquet", "`here` and `there`", "embed both sets in the same way"];
        sandbox.refuses(line, &[&parts[..], &[what]].concat());
    }
}

#[test]
fn parts_must_fit() {
    let sandbox = Sandbox::new();
    sandbox.embeddings("test.parquet");
    let part = |id: &str| columns(text(&[id]), labels(&[0]), vectors(2, &[1.0, 0.0]));
    sandbox.parquet_with("bad/0.parquet", &part("a"), &[("sop.feature", "cls")]);
    sandbox.parquet_with("bad/1.parquet", &part("b"), &[("sop.feature", "patch_mean")]);
    let line = "eval knn --train bad --test test.parquet --k 1 --out results";
    sandbox.refuses(line, &["bad/1.parquet", "agree in feature", "patch_mean"]);
    sandbox.parquet("bad/1.parquet", &columns(text(&["b"]), labels(&[0]), vectors(3, &[1.0, 0.0, 0.0])));
    sandbox.parquet("bad/0.parquet", &part("a"));
    sandbox.refuses(line, &["bad/1.parquet", "agree in dimension: 2 here, 3"]);
}

#[test]
fn one_image_cannot_be_left_out_of_itself() {
    let sandbox = Sandbox::new();
    sandbox.parquet("one.parquet", &columns(text(&["a"]), labels(&[0]), vectors(2, &[1.0, 0.0])));
    let line = "eval knn --test one.parquet --leave-one-out --k 1 --out results";
    sandbox.refuses(line, &["one.parquet", "at least two images"]);
}
