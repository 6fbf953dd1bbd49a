//! Writing a generated set as a Parquet file in the layout of Hugging Face image data sets.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use super::class::relative_path;
use super::error::GenerateError;
use super::partial_output::PartialOutput;
use super::png_bytes::draw_png;
use super::{BenchmarkVersion, GeneratedConfig, Split};

/// Rows per row group.
const ROW_GROUP: usize = 1000;
/// Images encoded at a time: bounds the memory, and a batch's bytes stay below the 2 GiB that 32-bit offsets reach.
const BATCH: u64 = 100;

/// Writes the first `count` images of a split as one Parquet file.
///
/// Columns: `image`, a struct of `bytes` (binary, a PNG file) and `path` (string, as in the folder layout), and `label` (int64).
/// The key `huggingface` of the file's metadata names the classes; row groups have 1,000 rows.
/// The file is built beside `path` and renamed when it is complete.
/// `progress` is called from the pool's threads with the number of images drawn: every number from 1 to `count` once, not always in order.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FileExists`] if `path` exists,
/// [`GenerateError::Io`], [`GenerateError::Parquet`], [`GenerateError::Arrow`] and [`GenerateError::Png`] where writing fails; nothing is left behind then.
pub fn write_parquet(
    config: &GeneratedConfig,
    split: Split,
    count: usize,
    path: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    if count == 0 {
        return Err(GenerateError::NoImages { path: path.to_path_buf() });
    }
    if path.symlink_metadata().is_ok() {
        return Err(GenerateError::FileExists { path: path.to_path_buf() });
    }
    let failed = |source| GenerateError::Parquet { path: path.to_path_buf(), source };
    let partial = PartialOutput::beside(path)?;
    let file = File::create(partial.place()).map_err(GenerateError::io("create", partial.place()))?;
    let schema = schema();
    let mut writer =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties(config.version()))).map_err(failed)?;
    let done = AtomicUsize::new(0);
    let count = count as u64;
    for start in (0..count).step_by(BATCH as usize) {
        let images = (start..count.min(start + BATCH))
            .into_par_iter()
            .map(|index| {
                let (bytes, class) = draw_png(config, split, index)?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(Row { bytes, path: relative_path(config.version(), split, index), label: class as i64 })
            })
            .collect::<Result<Vec<Row>, GenerateError>>()?;
        let batch = record_batch(&schema, &images)
            .map_err(|source| GenerateError::Arrow { path: path.to_path_buf(), source })?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    partial.publish()
}

struct Row {
    bytes: Vec<u8>,
    path: String,
    label: i64,
}

fn image_fields() -> Fields {
    Fields::from(vec![Field::new("bytes", DataType::Binary, true), Field::new("path", DataType::Utf8, true)])
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("image", DataType::Struct(image_fields()), true),
        Field::new("label", DataType::Int64, true),
    ]))
}

fn properties(version: BenchmarkVersion) -> WriterProperties {
    let features = serde_json::json!({
        "info": { "features": {
            "image": { "_type": "Image" },
            "label": { "names": version.class_names(), "_type": "ClassLabel" },
        } }
    });
    WriterProperties::builder()
        .set_max_row_group_row_count(Some(ROW_GROUP))
        // A page takes whole write batches: small ones keep pages of large images far below their 2 GiB limit.
        .set_write_batch_size(16)
        .set_dictionary_enabled(false)
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![KeyValue::new("huggingface".to_owned(), features.to_string())]))
        .build()
}

fn record_batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, arrow::error::ArrowError> {
    let bytes: ArrayRef = Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| &row.bytes)));
    let paths: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.path)));
    let labels: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.label)));
    let images: ArrayRef = Arc::new(StructArray::try_new(image_fields(), vec![bytes, paths], None)?);
    RecordBatch::try_new(Arc::clone(schema), vec![images, labels])
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::draw;

    fn config() -> GeneratedConfig {
        GeneratedConfig::new(8, 16).unwrap()
    }

    fn column<T: 'static>(array: &ArrayRef) -> &T {
        array.as_any().downcast_ref::<T>().unwrap()
    }

    #[test]
    fn file_reads_back_with_images_labels_names_and_row_groups() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new").join("train.parquet");
        let largest = AtomicUsize::new(0);
        write_parquet(&config(), Split::Train, 2007, &path, &|n| {
            largest.fetch_max(n, Ordering::Relaxed);
        })
        .unwrap();
        assert_eq!(largest.into_inner(), 2007);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let groups: Vec<i64> = builder.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(groups, [1000, 1000, 7]);
        let pairs = builder.metadata().file_metadata().key_value_metadata().unwrap();
        let features = pairs.iter().find(|pair| pair.key == "huggingface").unwrap().value.clone().unwrap();
        let features: serde_json::Value = serde_json::from_str(&features).unwrap();
        let label = &features["info"]["features"]["label"];
        assert_eq!(label["_type"], "ClassLabel");
        assert_eq!(label["names"], serde_json::json!(BenchmarkVersion::default().class_names()));
        assert_eq!(features["info"]["features"]["image"]["_type"], "Image");
        assert_eq!(builder.schema().fields(), schema().fields());

        let mut index = 0;
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            let images: &StructArray = column(batch.column_by_name("image").unwrap());
            let bytes: &BinaryArray = column(images.column_by_name("bytes").unwrap());
            let paths: &StringArray = column(images.column_by_name("path").unwrap());
            let labels: &Int64Array = column(batch.column_by_name("label").unwrap());
            for row in 0..batch.num_rows() {
                assert_eq!(labels.value(row), index % 10);
                assert_eq!(paths.value(row), relative_path(BenchmarkVersion::default(), Split::Train, index as u64));
                if index % 333 == 0 {
                    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes.value(row))).read_info().unwrap();
                    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                    reader.next_frame(&mut pixels).unwrap();
                    assert_eq!(pixels, draw(&config(), Split::Train, index as u64).rgb);
                }
                index += 1;
            }
        }
        assert_eq!(index, 2007);
    }

    #[test]
    fn threads_change_no_byte() {
        let root = tempfile::tempdir().unwrap();
        let files = [1, 3].map(|threads| {
            let path = root.path().join(threads.to_string());
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| write_parquet(&config(), Split::Test, 130, &path, &|_| {})).unwrap();
            std::fs::read(path).unwrap()
        });
        assert_eq!(files[0], files[1]);
    }

    #[test]
    fn impossible_targets_give_errors_and_keep_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        let write = |count, path: &Path| write_parquet(&config(), Split::Test, count, path, &|_| {}).unwrap_err();
        assert!(matches!(write(10, &file), GenerateError::FileExists { .. }));
        assert!(matches!(write(10, root.path()), GenerateError::FileExists { .. }));
        assert!(matches!(write(10, &file.join("set.parquet")), GenerateError::Io { .. }));
        assert!(matches!(write(0, &root.path().join("none")), GenerateError::NoImages { .. }));
        assert_eq!(std::fs::read(&file).unwrap(), b"kept");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
