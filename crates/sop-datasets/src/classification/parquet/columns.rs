//! Which columns of a Parquet file are the image and the label.

use std::path::Path;

use arrow::datatypes::{DataType, Schema};
use parquet::file::metadata::KeyValue;
use serde_json::Value;

use crate::error::DatasetError;

/// Label column used when the text names none.
const DEFAULT_LABEL: &str = "label";
/// What stands for "no labels" in the text.
const NO_LABEL: &str = "none";

/// The columns that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageColumns {
    /// The struct column of `bytes` and, where there is one, `path`.
    pub(super) image: String,
    pub(super) has_path: bool,
    pub(super) label: Option<String>,
}

impl ImageColumns {
    /// Finds the columns of a file; `label` is the column that the user asked for.
    ///
    /// The image is the struct column `image`, or the only one of its form. The label is the column `label` unless another is named;
    /// a file with no integer column at all is unlabelled.
    ///
    /// # Errors
    /// [`DatasetError::NoImageColumn`] and [`DatasetError::NoLabelColumn`], which list what there is.
    pub(super) fn find(path: &Path, schema: &Schema, label: Option<&str>) -> Result<Self, DatasetError> {
        let images: Vec<(&str, bool)> = schema
            .fields()
            .iter()
            .filter_map(|field| image_struct(field.data_type()).map(|has_path| (field.name().as_str(), has_path)))
            .collect();
        let image = images.iter().find(|(name, _)| *name == "image").or(match images.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        let &(image, has_path) = image.ok_or_else(|| DatasetError::NoImageColumn {
            path: path.to_owned(),
            columns: schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let label = label_column(path, schema, label)?;
        Ok(Self { image: image.to_owned(), has_path, label })
    }
}

/// Whether the type is a struct with binary `bytes`, and then whether it has a `path` of text.
fn image_struct(data_type: &DataType) -> Option<bool> {
    let DataType::Struct(fields) = data_type else { return None };
    let child = |name: &str| fields.iter().find(|field| field.name() == name).map(|field| field.data_type());
    let is_binary = matches!(child("bytes")?, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let has_path = matches!(child("path"), Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View));
    is_binary.then_some(has_path)
}

fn label_column(path: &Path, schema: &Schema, wanted: Option<&str>) -> Result<Option<String>, DatasetError> {
    if wanted == Some(NO_LABEL) {
        return Ok(None);
    }
    let integers: Vec<&str> =
        schema.fields().iter().filter(|f| f.data_type().is_integer()).map(|f| f.name().as_str()).collect();
    let column = wanted.unwrap_or(DEFAULT_LABEL);
    if integers.contains(&column) {
        return Ok(Some(column.to_owned()));
    }
    if wanted.is_none() && integers.is_empty() && schema.field_with_name(DEFAULT_LABEL).is_err() {
        return Ok(None);
    }
    Err(DatasetError::NoLabelColumn {
        path: path.to_owned(),
        column: column.to_owned(),
        integer_columns: if integers.is_empty() { "none".to_owned() } else { integers.join(", ") },
    })
}

/// The class names that the `datasets` library of Hugging Face writes into the file: `info.features.<label>.names` of the key `huggingface`.
///
/// `None` where the file has none.
pub(super) fn class_names(pairs: Option<&Vec<KeyValue>>, label: &str) -> Option<Vec<String>> {
    let text = pairs?.iter().find(|pair| pair.key == "huggingface")?.value.as_ref()?;
    let value: Value = serde_json::from_str(text).ok()?;
    let names = value.get("info")?.get("features")?.get(label)?.get("names")?.as_array()?;
    names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}
