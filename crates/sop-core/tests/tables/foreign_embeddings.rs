//! Files of other tools: every layout of the three columns, and columns beside them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, FixedSizeListArray, Float16Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int64Array, LargeListArray, LargeStringArray, ListArray, NullArray, StringViewArray, UInt8Array,
    UInt16Array, UInt32Array, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Field, Int32Type};
use half::f16;
use sop_core::{EmbeddingSet, Provenance};

use crate::parquet_fixture::{columns, text, with, write};

fn read(columns: &[(&str, ArrayRef)]) -> EmbeddingSet {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.parquet");
    write(&path, columns, &[]);
    EmbeddingSet::read(path.to_str().unwrap()).unwrap()
}

fn assert_the_two_rows(set: &EmbeddingSet, what: &str) {
    assert_eq!(set.ids(), ["a", "b"], "{what}");
    assert_eq!(set.labels(), [Some(3), None], "{what}");
    assert_eq!(set.vectors(), ndarray::array![[1.0, 2.0], [3.0, 4.0]], "{what}");
    assert_eq!(set.provenance(), &Provenance::default(), "{what}");
}

#[test]
fn vectors_of_every_list_and_width_are_read() {
    let floats: [(&str, ArrayRef); 3] = [
        ("f16", Arc::new(Float16Array::from_iter_values([1.0, 2.0, 3.0, 4.0].map(f16::from_f32)))),
        ("f32", Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0, 4.0]))),
        ("f64", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0, 4.0]))),
    ];
    for (width, values) in floats {
        let item = Arc::new(Field::new("element", values.data_type().clone(), true));
        let list = ListArray::new(item.clone(), OffsetBuffer::from_lengths([2, 2]), values.clone(), None);
        let large = LargeListArray::new(item.clone(), OffsetBuffer::from_lengths([2, 2]), values.clone(), None);
        let fixed = FixedSizeListArray::new(item, 2, values, None);
        let layouts: [ArrayRef; 3] = [Arc::new(list), Arc::new(large), Arc::new(fixed)];
        for layout in layouts {
            let what = format!("{width}, {}", layout.data_type());
            assert_the_two_rows(&read(&with("embedding", layout)), &what);
        }
    }
}

#[test]
fn slices_of_longer_arrays_are_read_as_their_rows() {
    let item = Arc::new(Field::new("item", arrow::datatypes::DataType::Float32, true));
    let values: ArrayRef = Arc::new(Float32Array::from(vec![9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 9.0, 9.0]));
    let fixed = FixedSizeListArray::new(item.clone(), 2, values.clone(), None).slice(1, 2);
    assert_the_two_rows(&read(&with("embedding", Arc::new(fixed))), "fixed");
    let list = ListArray::new(item, OffsetBuffer::from_lengths([2, 2, 2, 2]), values, None).slice(1, 2);
    assert_the_two_rows(&read(&with("embedding", Arc::new(list))), "list");
}

#[test]
fn ids_of_every_text_kind_are_read_and_numbers_become_text() {
    let dictionary: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    let kinds: [ArrayRef; 3] = [
        Arc::new(LargeStringArray::from(vec!["a", "b"])),
        Arc::new(StringViewArray::from(vec!["a", "b"])),
        Arc::new(dictionary),
    ];
    for ids in kinds {
        let what = ids.data_type().to_string();
        assert_the_two_rows(&read(&with("id", ids)), &what);
    }
    let set = read(&with("id", Arc::new(Int64Array::from(vec![-7, i64::MAX]))));
    assert_eq!(set.ids(), ["-7", "9223372036854775807"]);
    assert_eq!(read(&with("id", Arc::new(UInt8Array::from(vec![0, 255])))).ids(), ["0", "255"]);
}

#[test]
fn labels_of_every_integer_width_are_read() {
    let widths: [ArrayRef; 7] = [
        Arc::new(Int8Array::from(vec![Some(3), None])),
        Arc::new(Int16Array::from(vec![Some(3), None])),
        Arc::new(Int64Array::from(vec![Some(3), None])),
        Arc::new(UInt8Array::from(vec![Some(3), None])),
        Arc::new(UInt16Array::from(vec![Some(3), None])),
        Arc::new(UInt32Array::from(vec![Some(3), None])),
        Arc::new(UInt64Array::from(vec![Some(3), None])),
    ];
    for labels in widths {
        let what = labels.data_type().to_string();
        assert_the_two_rows(&read(&with("label", labels)), &what);
    }
    // A column of nothing but nulls, as pandas writes where no label is known.
    assert_eq!(read(&with("label", Arc::new(NullArray::new(2)))).labels(), [None, None]);
}

#[test]
fn columns_may_come_in_any_order() {
    let mut reversed = columns();
    reversed.reverse();
    assert_the_two_rows(&read(&reversed), "reversed");
}

#[test]
fn further_columns_are_kept_and_written_again() {
    let mut all = columns();
    all.insert(1, ("licence", text(&["CC0", "CC-BY"])));
    all.push(("year", Arc::new(Int16Array::from(vec![Some(2019), None]))));
    let set = read(&all);
    assert_the_two_rows(&set, "with further columns");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.parquet");
    set.write(&path).unwrap();
    let again = EmbeddingSet::read(path.to_str().unwrap()).unwrap();
    for set in [&set, &again] {
        let extra = set.extra().unwrap();
        let names: Vec<&str> = extra.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["licence", "year"]);
        assert_eq!(extra.column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["CC0", "CC-BY"]);
        assert_eq!(extra.column(1).as_primitive::<arrow::datatypes::Int16Type>().value(0), 2019);
        assert!(extra.column(1).is_null(1));
    }
}
