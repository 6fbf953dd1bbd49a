//! `data:image/png;base64,…`: an image inside of a text (RFC 2397).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// Some programs leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is not an image in a data URI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DataUriError {
    #[error("it is no data URI; send `data:image/png;base64,…`")]
    NoDataUri,
    #[error("the data URI has no comma before its data")]
    NoComma,
    #[error("the data URI is not base64; send `data:image/png;base64,…`")]
    NotBase64,
    #[error("the data URI is of type `{0}`, and the encoder sees images")]
    NoImage(String),
    #[error("the base64 of the data URI is damaged: {0}")]
    Damaged(base64::DecodeError),
    #[error("the data URI holds no data")]
    Empty,
}

/// Longest type that a message repeats, in bytes.
const LONGEST_TYPE: usize = 60;

/// Whether a text begins as a data URI.
pub(super) fn is_data_uri(text: &str) -> bool {
    text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The bytes of the image. Which format it has is told by the bytes themselves, as everywhere.
///
/// # Errors
/// When the text is something else, damaged or empty.
pub(super) fn image_of(text: &str) -> Result<Bytes, DataUriError> {
    if !is_data_uri(text) {
        return Err(DataUriError::NoDataUri);
    }
    let (head, data) = text.get(5..).and_then(|rest| rest.split_once(',')).ok_or(DataUriError::NoComma)?;
    let (head, is_base64) = match head.rsplit_once(';') {
        Some((head, last)) if last.trim().eq_ignore_ascii_case("base64") => (head, true),
        _ => (head, head.trim().eq_ignore_ascii_case("base64")),
    };
    if !is_base64 {
        return Err(DataUriError::NotBase64);
    }
    let media_type = head.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let may_be_image =
        media_type.starts_with("image/") || ["", "base64", "application/octet-stream"].contains(&media_type.as_str());
    if !may_be_image {
        return Err(DataUriError::NoImage(media_type.chars().take(LONGEST_TYPE).collect()));
    }
    let bytes = BASE64.decode(data.trim()).map_err(DataUriError::Damaged)?;
    if bytes.is_empty() { Err(DataUriError::Empty) } else { Ok(Bytes::from(bytes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_are_decoded_whatever_the_head_says_of_the_image() {
        for head in
            ["image/png;base64", "IMAGE/JPEG;name=x;Base64", ";base64", "application/octet-stream;base64", "base64"]
        {
            for data in ["AQID/w==", "AQID/w", " AQID/w==\n"] {
                assert_eq!(image_of(&format!("data:{head},{data}")).unwrap(), [1, 2, 3, 255][..], "{head} {data}");
            }
        }
        assert_eq!(image_of("DATA:image/png;base64,AA==").unwrap(), [0][..]);
    }

    #[test]
    fn anything_else_is_told_apart() {
        assert_eq!(image_of("a cat"), Err(DataUriError::NoDataUri));
        assert_eq!(image_of("dätä:"), Err(DataUriError::NoDataUri));
        assert_eq!(image_of("data:image/png;base64"), Err(DataUriError::NoComma));
        assert_eq!(image_of("data:image/svg+xml,%3Csvg/%3E"), Err(DataUriError::NotBase64));
        assert_eq!(image_of("data:text/plain;base64,AAAA"), Err(DataUriError::NoImage("text/plain".to_owned())));
        assert!(matches!(image_of("data:image/png;base64,A?=="), Err(DataUriError::Damaged(_))));
        assert_eq!(image_of("data:image/png;base64,"), Err(DataUriError::Empty));
    }
}
