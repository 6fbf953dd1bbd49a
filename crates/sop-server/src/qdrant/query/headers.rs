//! Headers that say how an answer came about.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use sop_collection::{CollectionConfig, Origin};

/// How an answer came about: `sop-exact`, and `sop-encoder-sha256` and `sop-transform` where the collection knows them.
pub(crate) struct Provenance {
    /// Whether the answer is provably that of an exact search.
    pub exact: bool,
    /// What made the collection's vectors.
    pub origin: Option<Origin>,
}

impl Provenance {
    /// For an answer of this collection.
    pub(crate) fn new(exact: bool, config: &CollectionConfig) -> Self {
        Self { exact, origin: config.origin.clone() }
    }
}

impl IntoResponseParts for Provenance {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let exact = HeaderValue::from_static(if self.exact { "true" } else { "false" });
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("sop-exact"), exact);
        if let Some(origin) = self.origin {
            for (name, text) in [("sop-encoder-sha256", &origin.encoder_sha256), ("sop-transform", &origin.transform)] {
                headers.insert(HeaderName::from_static(name), header_value(text));
            }
        }
        Ok(response)
    }
}

/// A text as a header: what no header may hold is replaced by `?`.
fn header_value(text: &str) -> HeaderValue {
    let visible: String = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    HeaderValue::try_from(visible).unwrap_or_else(|_| HeaderValue::from_static("?"))
}
