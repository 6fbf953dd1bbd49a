//! The transform as it is written beside embeddings.

use sop_image::transform::Transform;
use sop_image::{DECODER, TransformError};

/// Why a transform that was written beside embeddings cannot be applied by this program.
#[derive(Debug, thiserror::Error)]
pub enum StoredTransformError {
    /// Another decoder made the embeddings, or none is named.
    #[error(
        "the vectors were made with `{stored}`, and this program decodes with `decode({DECODER})`, which may give other pixels"
    )]
    Decoder {
        /// The transform as it was stored.
        stored: String,
    },
    /// The steps behind the decoder cannot be read.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

/// The transform as it is stored with embeddings: decoders differ by a few grey levels, so theirs is named too.
#[must_use]
pub fn stored_transform(transform: &Transform) -> String {
    format!("decode({DECODER})|{transform}")
}

/// The transform that [`stored_transform`] wrote.
///
/// # Errors
/// When it names another decoder than this program's, or steps that do not exist.
pub fn read_stored_transform(stored: &str) -> Result<Transform, StoredTransformError> {
    let decoder = format!("decode({DECODER})|");
    match stored.strip_prefix(&decoder) {
        Some(steps) => Ok(steps.parse()?),
        None => Err(StoredTransformError::Decoder { stored: stored.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for steps in ["resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)|scales(dino)", "normalize(none)"]
        {
            let transform: Transform = steps.parse().unwrap();
            assert_eq!(read_stored_transform(&stored_transform(&transform)).unwrap(), transform);
        }
    }

    #[test]
    fn another_decoder_is_refused_by_name() {
        for stored in ["decode(other-1.0)|normalize(none)", "normalize(none)", ""] {
            let error = read_stored_transform(stored).unwrap_err();
            assert!(error.to_string().contains(DECODER) && error.to_string().contains(stored), "{error}");
        }
        let bad = format!("decode({DECODER})|turn(90)");
        assert!(matches!(read_stored_transform(&bad), Err(StoredTransformError::Transform(_))));
    }
}
