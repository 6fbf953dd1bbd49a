//! What the errors of encoders are to a client.

use std::error::Error;

use axum::http::StatusCode;
use sop_core::EncodeError;
use sop_image::{ImageError, PrepareError};

use super::ApiError;
use crate::encoder::{EmbedError, EncoderSetError};

/// 429 and 413 for queues, 415 and 422 for images, 500 for the encoder, 503 for the end.
impl From<EmbedError> for ApiError {
    fn from(error: EmbedError) -> Self {
        let text = with_causes(&error);
        match error {
            EmbedError::Overloaded { retry_after, .. } => {
                Self { retry_after: Some(retry_after.as_secs().max(1)), ..Self::overloaded(text) }
            }
            EmbedError::TooMuch { .. } => Self::too_large(text),
            EmbedError::Image(PrepareError::Image(ImageError::UnsupportedFormat { .. })) => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)
            }
            EmbedError::Image(PrepareError::Image(ImageError::NoData)) => Self::bad_request(text),
            EmbedError::Image(_)
            | EmbedError::Panic(_)
            | EmbedError::InputTooLarge { .. }
            | EmbedError::Encode(EncodeError::InputShape { .. }) => Self::unprocessable(text),
            EmbedError::ShuttingDown => Self::unavailable(text),
            EmbedError::Encode(_) | EmbedError::EncoderPanic { .. } | EmbedError::NotFinite { .. } => {
                tracing::error!(details = text, "encoder failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
            }
        }
    }
}

/// 422: the collection is not one that the served encoders can search or add to.
impl From<EncoderSetError> for ApiError {
    fn from(error: EncoderSetError) -> Self {
        Self::unprocessable(with_causes(&error))
    }
}

/// An error and what caused it, on one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Transparent errors repeat what they wrap.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
