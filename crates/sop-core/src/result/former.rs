//! Rows of earlier versions, read as rows of this one.

use serde_json::Map;

use super::ResultRecord;

/// Last version of the schema in which all rows of a run had the origin of the first.
const LAST_WITH_SHARED_ORIGINS: u32 = 1;
/// What `copydays` was called.
const COPY_DETECTION: &str = "copy_detection";

/// The row as this version would have written it, as far as it is known. This is the one place that knows of earlier names:
///
/// - `copy_detection` is `copydays`, as the command is called.
///   All of its rows named the first block that was measured; the parameter `block` tells which block a row is about.
///   The hash, which is that of the first block, is dropped from rows of others.
/// - Rows of `tsne` with several maps all named the first map's origin; the parameter `points` tells the encoder.
///   What is not known of other encoders is left empty, and so is the hash of the data.
pub(super) fn brought_up_to_date(mut record: ResultRecord) -> ResultRecord {
    if record.schema_version > LAST_WITH_SHARED_ORIGINS {
        return record;
    }
    if record.protocol == COPY_DETECTION {
        "copydays".clone_into(&mut record.protocol);
        if let Some(block) = text(&record, "block").filter(|block| record.split.as_ref() != Some(block)) {
            record.split = Some(block);
            record.dataset_sha256 = None;
        }
    }
    if record.protocol == "tsne"
        && let Some(points) = text(&record, "points")
    {
        // Points of an encoder without a name are counted.
        let counted = points.strip_prefix("points ").is_some_and(|number| number.parse::<usize>().is_ok());
        let encoder = (!counted).then_some(points);
        if record.encoder != encoder {
            record.encoder = encoder;
            record.encoder_sha256 = None;
            record.encoder_meta = Map::new();
            record.feature = None;
            record.transform = None;
            record.runtime = None;
            record.dataset_sha256 = None;
        }
    }
    record
}

fn text(record: &ResultRecord, parameter: &str) -> Option<String> {
    record.params.get(parameter).and_then(|value| value.as_str()).map(str::to_owned)
}
