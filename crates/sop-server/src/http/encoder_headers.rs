//! Headers that say how an answer came about.

use std::convert::Infallible;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};

const SHA256: HeaderName = HeaderName::from_static("sop-encoder-sha256");
const TRANSFORM: HeaderName = HeaderName::from_static("sop-transform");
const EXACT: HeaderName = HeaderName::from_static("sop-exact");

/// `sop-encoder-sha256`, `sop-transform`, and `sop-exact` where something was searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EncoderHeaders<'a> {
    /// SHA-256 of the encoder.
    pub(crate) sha256: &'a str,
    /// The transform with the decoder, as beside stored vectors.
    pub(crate) transform: &'a str,
    /// Whether the hits are provably those of exact search.
    pub(crate) exact: Option<bool>,
}

impl IntoResponseParts for EncoderHeaders<'_> {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let exact = self.exact.map(|exact| if exact { "true" } else { "false" });
        let values = [(SHA256, Some(self.sha256)), (TRANSFORM, Some(self.transform)), (EXACT, exact)];
        for (name, value) in values {
            // Hashes and transforms are plain ASCII.
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                parts.headers_mut().insert(name, value);
            }
        }
        Ok(parts)
    }
}
