//! Outcomes per unit, beside the results.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::Float64Type;
use sop_core::{Classified, Measurement, MetricInfo, Outcomes, Params, RecordedOutcomes};
use sop_core::{ResultError, read_outcomes, write_outcomes};

use crate::parquet_fixture::{columns, read, text, write};
use crate::results::record;

#[test]
fn one_row_per_unit_of_every_measurement_that_has_outcomes() {
    let units: std::sync::Arc<[String]> = ["image 1".to_owned(), "image 2".to_owned()].into();
    let measurement = |values: Option<[f64; 2]>| Measurement {
        metric: "top1".to_owned(),
        params: sop_core::Params::new(),
        value: Some(0.5),
        range: (0.0, 1.0),
        ci95: None,
        std_error: None,
        num_samples: 2,
        higher_is_better: true,
        outcomes: values.map(|values| Outcomes {
            groups: (values[1] == 1.0).then(|| [3, 4].into()),
            ..Outcomes::new(units.clone(), values.to_vec()).in_clusters([7, 7].into())
        }),
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
    assert_eq!(
        names,
        ["run_id", "metric", "params_sha256", "unit_id", "value", "group", "cluster", "label", "prediction"]
    );
    let text = |column: usize| batch.column(column).as_string::<i32>().iter().flatten().collect::<Vec<_>>();
    assert_eq!(text(0), ["run"; 4]);
    assert_eq!(text(1), ["top1"; 4]);
    let (first, third) = (records[0].params_sha256(), records[2].params_sha256());
    assert_eq!(text(2), [&first, &first, &third, &third]);
    assert_eq!(text(3), ["image 1", "image 2", "image 1", "image 2"]);
    assert_eq!(batch.column(4).as_primitive::<Float64Type>().values(), &[1.0, 0.0, 0.25, 1.0]);

    let [one, other]: [RecordedOutcomes; 2] = read_outcomes(&path).unwrap().try_into().unwrap();
    assert_eq!((one.run_id.as_str(), one.metric.as_str(), &one.params_sha256), ("run", "top1", &first));
    assert_eq!((other.run_id.as_str(), other.metric.as_str(), &other.params_sha256), ("run", "top1", &third));
    assert_eq!((&one.outcomes.values, &other.outcomes.values), (&vec![1.0, 0.0], &vec![0.25, 1.0]));
    assert_eq!((one.outcomes.groups.as_deref(), other.outcomes.groups.as_deref()), (None, Some(&[3, 4][..])));
    assert_eq!(one.outcomes.clusters.as_deref(), Some(&[7, 7][..]));
    assert_eq!(one.outcomes.unit_ids, units);
    assert!(Arc::ptr_eq(&one.outcomes.unit_ids, &other.outcomes.unit_ids), "the names of the units are held once");
}

/// The columns of two units of one value.
fn good() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("run_id", text(&["r", "r"])),
        ("metric", text(&["top1", "top1"])),
        ("params_sha256", text(&["5a", "5a"])),
        ("unit_id", text(&["a", "b"])),
        ("value", Arc::new(Float64Array::from(vec![1.0, 0.0]))),
    ]
}

/// What comes of a file in which a column is replaced (`None`: left out).
fn read_with(name: &str, column: Option<ArrayRef>) -> Result<Vec<RecordedOutcomes>, ResultError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.outcomes.parquet");
    let columns: Vec<_> = good()
        .into_iter()
        .filter_map(
            |(other, old)| if other == name { column.clone().map(|new| (other, new)) } else { Some((other, old)) },
        )
        .collect();
    write(&path, &columns, &[]);
    let result = read_outcomes(&path);
    if let Err(error) = &result {
        assert!(error.to_string().contains("odd.outcomes.parquet"), "{error}");
    }
    result
}

#[test]
fn outcomes_as_other_tools_write_them_are_read() {
    let values = |found: Vec<RecordedOutcomes>| found.into_iter().map(|one| one.outcomes.values).collect::<Vec<_>>();
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, 0]));
    assert_eq!(values(read_with("value", Some(whole)).unwrap()), [[1.0, 0.0]]);
    // Rows of two values in turn, with the same unit.
    assert_eq!(values(read_with("metric", Some(text(&["top1", "top5"]))).unwrap()), [[1.0], [0.0]]);
}

#[test]
fn outcomes_that_are_not_what_they_should_be_are_refused() {
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    for name in ["run_id", "unit_id"] {
        for column in [None, Some(numbers.clone())] {
            let error = read_with(name, column).unwrap_err();
            assert!(matches!(error, ResultError::Column { column, .. } if column == name), "{error}");
            assert!(error.to_string().contains("this is not an outcomes file"), "{error}");
        }
    }
    let null: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let error = read_with("unit_id", Some(null)).unwrap_err();
    assert!(matches!(error, ResultError::NullValue { column: "unit_id", row: 1, .. }), "{error}");
    for value in [f64::NAN, f64::INFINITY] {
        let error = read_with("value", Some(Arc::new(Float64Array::from(vec![0.0, value])))).unwrap_err();
        assert!(matches!(&error, ResultError::OutcomeNotFinite { unit, .. } if unit == "b"), "{error}");
    }
    let error = read_with("unit_id", Some(text(&["a", "a"]))).unwrap_err();
    assert!(matches!(&error, ResultError::DuplicateUnit { unit, .. } if unit == "a"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings.parquet");
    write(&path, &columns(), &[]);
    assert!(matches!(read_outcomes(&path).unwrap_err(), ResultError::Column { column: "run_id", .. }));
    std::fs::write(&path, "no table").unwrap();
    assert!(matches!(read_outcomes(&path).unwrap_err(), ResultError::File(_)));
}

/// Writes the outcomes of one value for each of these classes, and reads them.
fn written_and_read(all: &[Classified]) -> Vec<RecordedOutcomes> {
    let accuracy = MetricInfo::fraction("top1", "Top-1 accuracy");
    let measurements: Vec<Measurement> = all
        .iter()
        .map(|classified| {
            let pairs = classified.labels().iter().zip(classified.predictions());
            let values: Vec<f64> = pairs.map(|(label, prediction)| f64::from(u8::from(label == prediction))).collect();
            let ids = (0..values.len()).map(|unit| format!("image {unit}")).collect();
            Measurement::mean(
                &accuracy,
                Params::new(),
                Outcomes::new(ids, values).with_classes(Some(classified.clone())),
            )
        })
        .collect();
    let records: Vec<_> = (0..all.len()).map(|run| record(&format!("run {run}"))).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outcomes.parquet");
    write_outcomes(&path, &records, &measurements).unwrap();
    read_outcomes(&path).unwrap()
}

fn classified(names: &[&str], labels: &[u32], predictions: &[u32]) -> Classified {
    Classified::new(names.iter().map(|&name| name.to_owned()).collect(), labels.into(), predictions.to_vec()).unwrap()
}

#[test]
fn classes_are_written_by_name_and_read_in_order() {
    // The names are those that occur: numbers by their value, then texts.
    let written = classified(&["zebra", "10", "9", "naïve \"x\",\n", "absent"], &[0, 1, 2, 3], &[0, 2, 2, 9]);
    let other = classified(&["9", "zebra"], &[0, 0], &[1, 0]);
    let [one, other]: [RecordedOutcomes; 2] = written_and_read(&[written, other]).try_into().unwrap();
    assert_eq!(one.outcomes.values, [1.0, 0.0, 1.0, 0.0]);
    let found = one.outcomes.classified.unwrap();
    assert_eq!(**found.names(), ["9", "10", "(none)", "naïve \"x\",\n", "zebra"]);
    assert_eq!((found.labels(), found.predictions()), (&[4, 1, 0, 3][..], &[4, 0, 0, 2][..]));
    let other = other.outcomes.classified.unwrap();
    assert_eq!((other.labels(), other.predictions()), (&[0, 0][..], &[4, 0][..]));
    assert!(Arc::ptr_eq(found.names(), other.names()), "the names of the classes are held once");
}

/// What comes of the file of two units, right and wrong, with these columns beside.
fn read_with_classes(columns: &[(&'static str, ArrayRef)]) -> Result<Option<Classified>, ResultError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.outcomes.parquet");
    write(&path, &[&good()[..], columns].concat(), &[]);
    let result = read_outcomes(&path);
    if let Err(error) = &result {
        assert!(error.to_string().contains("odd.outcomes.parquet"), "{error}");
    }
    Ok(result?.remove(0).outcomes.classified)
}

#[test]
fn files_without_classes_have_none() {
    assert_eq!(read_with_classes(&[]).unwrap(), None);
    let nulls: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>, None]));
    assert_eq!(read_with_classes(&[("label", nulls.clone()), ("prediction", nulls)]).unwrap(), None);
    let found = read_with_classes(&[("label", text(&["cat", "cat"])), ("prediction", text(&["cat", "dog"]))]).unwrap();
    assert_eq!(**found.unwrap().names(), ["cat", "dog"]);
}

#[test]
fn classes_that_are_not_what_they_should_be_are_refused() {
    let half: ArrayRef = Arc::new(StringArray::from(vec![Some("cat"), None]));
    let none: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>, None]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![0, 1]));
    let cats = || text(&["cat", "cat"]);
    for (columns, wanted) in [
        (vec![("label", cats())], "`prediction` is missing"),
        (vec![("prediction", cats())], "`label` is missing"),
        (vec![("label", cats()), ("prediction", numbers)], "`prediction` is missing or not text"),
        (vec![("label", cats()), ("prediction", none.clone())], "`prediction` is null in row 0"),
        (vec![("label", none), ("prediction", cats())], "`label` is null in row 0"),
        (vec![("label", cats()), ("prediction", half.clone())], "`prediction` is null in row 1"),
        // Only the first of two units has classes.
        (vec![("label", half.clone()), ("prediction", half)], "`label` is null in row 1"),
        // The second unit is wrong, but has the class that was predicted.
        (vec![("label", cats()), ("prediction", cats())], "unit `b` is 0, and its label and prediction are the same"),
        (
            vec![("label", cats()), ("prediction", text(&["dog", "dog"]))],
            "unit `a` is 1, and its label and prediction are different",
        ),
    ] {
        let error = read_with_classes(&columns).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

/// Units repeat the names of their classes, which are held once, however long.
#[test]
fn a_long_class_name_costs_no_more_than_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.outcomes.parquet");
    let (rows, long) = (28_000, "x".repeat(10_000));
    let column = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; rows])) };
    let units: Vec<String> = (0..rows).map(|row| row.to_string()).collect();
    let columns = [
        ("run_id", column("r")),
        ("metric", column("top1")),
        ("params_sha256", column("5a")),
        ("unit_id", text(&units.iter().map(String::as_str).collect::<Vec<_>>())),
        ("value", Arc::new(Float64Array::from(vec![1.0; rows])) as ArrayRef),
        ("label", column(&long)),
        ("prediction", column(&long)),
    ];
    write(&path, &columns, &[]);
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let found = read_outcomes(&path).unwrap().remove(0).outcomes.classified.unwrap();
    assert_eq!((found.names().len(), found.labels().len()), (1, rows));
}

/// A column of one long text, stored once and repeated, must not fill the memory.
#[test]
fn a_small_file_that_decodes_to_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.parquet");
    let (rows, long) = (28_000, "x".repeat(10_000));
    let column = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; rows])) };
    let columns = [
        ("run_id", column("r")),
        ("metric", column("top1")),
        ("params_sha256", column("5a")),
        ("unit_id", column(&long)),
        ("value", Arc::new(Float64Array::from(vec![0.0; rows])) as ArrayRef),
    ];
    write(&path, &columns, &[]);
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let error = read_outcomes(&path).unwrap_err();
    assert!(matches!(error, ResultError::Expansion { .. }), "{error}");
}
