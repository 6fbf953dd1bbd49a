//! One file of the page, and how it is answered.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Nothing but this server's own files, and images that the page has in memory. No inline script or style, no form elsewhere, no frame.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A file of the page.
pub(super) struct Asset {
    /// Path below `/ui/`.
    pub name: &'static str,
    bytes: &'static [u8],
    tag: u64,
}

impl Asset {
    /// A file with these bytes.
    pub(super) const fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        Self { name, bytes, tag: fnv1a(bytes) }
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    /// The file, or 304 where the browser has it. A browser asks every time, so that a new server is never mixed with an old page.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let tag = format!("\"{:016x}\"", self.tag);
        // `/` answers programs with JSON.
        let common = [
            (ETAG, tag.as_str()),
            (CACHE_CONTROL, "no-cache"),
            (VARY, "accept"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        if known.flat_map(|value| value.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (common, [(CONTENT_TYPE, self.content_type())], self.bytes).into_response()
    }
}

/// The FNV-1a hash, which tells one version of a file from another; nobody gains by making two that collide.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
