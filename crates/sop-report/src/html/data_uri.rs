//! Bytes within a page.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Bytes as an address that holds them.
pub(super) fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", BASE64_STANDARD.encode(bytes))
}

/// Bytes as text.
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}
