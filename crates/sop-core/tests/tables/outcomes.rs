//! Outcomes per unit, beside the results.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use sop_core::{Measurement, Outcomes, write_outcomes};

use crate::parquet_fixture::read;
use crate::results::record;

#[test]
fn one_row_per_unit_of_every_measurement_that_has_outcomes() {
    let units: std::sync::Arc<[String]> = ["image 1".to_owned(), "image 2".to_owned()].into();
    let measurement = |values: Option<[f64; 2]>| Measurement {
        metric: "top1".to_owned(),
        params: sop_core::Params::new(),
        value: Some(0.5),
        ci95: None,
        std_error: None,
        num_samples: 2,
        higher_is_better: true,
        outcomes: values.map(|values| Outcomes { unit_ids: units.clone(), values: values.to_vec(), groups: None }),
    };
    let records: Vec<_> = [10, 20, 100]
        .map(|k| {
            let mut record = record("run");
            record.params.insert("k".to_owned(), k.into());
            record
        })
        .into();
    let measurements = [measurement(Some([1.0, 0.0])), measurement(None), measurement(Some([0.25, 1.0]))];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outcomes.parquet");
    write_outcomes(&path, &records, &measurements).unwrap();

    let batch = read(&path);
    let names: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["run_id", "metric", "params_sha256", "unit_id", "value"]);
    let text = |column: usize| batch.column(column).as_string::<i32>().iter().flatten().collect::<Vec<_>>();
    assert_eq!(text(0), ["run"; 4]);
    assert_eq!(text(1), ["top1"; 4]);
    let (first, third) = (records[0].params_sha256(), records[2].params_sha256());
    assert_eq!(text(2), [&first, &first, &third, &third]);
    assert_eq!(text(3), ["image 1", "image 2", "image 1", "image 2"]);
    assert_eq!(batch.column(4).as_primitive::<Float64Type>().values(), &[1.0, 0.0, 0.25, 1.0]);
}
