//! Which access a request needs.

use axum::http::{HeaderMap, Method, header};

use super::ApiError;
use crate::keys::{Access, Keys};

/// Routes that everybody may ask: they say only that the server lives, or are files of the page, which asks for a key itself.
const OPEN: [&str; 9] = ["/", "/healthz", "/readyz", "/livez", "/openapi.json", "/docs", "/ui", "/ui/", "/ui/{*file}"];

/// Routes that read although they are called with `POST`, because a query does not fit an address.
const READING_POSTS: [&str; 15] = [
    "/collections/{c}/points",
    "/collections/{c}/points/scroll",
    "/collections/{c}/points/count",
    "/collections/{c}/points/query",
    "/collections/{c}/points/query/batch",
    "/collections/{c}/points/query/groups",
    "/collections/{c}/points/query/image",
    "/collections/{c}/points/search",
    "/collections/{c}/points/search/batch",
    "/collections/{c}/points/search/groups",
    "/collections/{c}/points/recommend",
    "/collections/{c}/points/discover",
    "/collections/{c}/facet",
    "/collections/{c}/export",
    "/v1/embeddings",
];

/// The access that a route needs; whatever is not listed changes something.
fn needed(method: &Method, route: Option<&str>) -> Access {
    let reading = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match route {
        Some(route) if reading && OPEN.contains(&route) => Access::None,
        Some(route) if *method == Method::POST && READING_POSTS.contains(&route) => Access::Read,
        _ if reading => Access::Read,
        _ => Access::Write,
    }
}

/// Refuses a request whose key does not allow it.
///
/// # Errors
/// 401 without a valid key, 403 with one that only reads.
pub(crate) fn check_access(
    method: &Method,
    route: Option<&str>,
    headers: &HeaderMap,
    keys: &Keys,
) -> Result<(), ApiError> {
    let needed = needed(method, route);
    let has = keys.access(given_key(headers));
    if has >= needed {
        return Ok(());
    }
    Err(match has {
        Access::None => {
            let message = "Must provide an API key or an Authorization bearer token";
            ApiError::new(axum::http::StatusCode::UNAUTHORIZED, message)
        }
        _ => ApiError::new(axum::http::StatusCode::FORBIDDEN, "this key allows reading only"),
    })
}

/// The key of a request: `api-key: K`, or `Authorization: Bearer K`.
fn given_key(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(key) = headers.get("api-key") {
        return Some(key.as_bytes());
    }
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_needs_the_right_to_write() {
        assert_eq!(needed(&Method::POST, Some("/collections/{c}/points/query")), Access::Read);
        assert_eq!(needed(&Method::POST, Some("/collections/{c}/points/delete")), Access::Write);
        assert_eq!(needed(&Method::PUT, Some("/collections/{c}/points")), Access::Write);
        assert_eq!(needed(&Method::POST, None), Access::Write);
        assert_eq!(needed(&Method::GET, None), Access::Read);
        assert_eq!(needed(&Method::GET, Some("/metrics")), Access::Read);
        assert_eq!(needed(&Method::GET, Some("/livez")), Access::None);
        assert_eq!(needed(&Method::DELETE, Some("/")), Access::Write);
    }

    #[test]
    fn keys_come_in_two_headers() {
        let headers =
            |name: &'static str, value: &str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(given_key(&headers("api-key", "k")), Some(&b"k"[..]));
        assert_eq!(given_key(&headers("authorization", "bearer k")), Some(&b"k"[..]));
        for none in ["Basic k", "Bearer", "k"] {
            assert_eq!(given_key(&headers("authorization", none)), None);
        }
    }
}
