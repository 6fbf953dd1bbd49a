//! The headers `Host` and `Origin`: what pages elsewhere may do through a browser.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};

use super::ApiError;

/// Refuses a request whose host is a name that nobody gave this server.
///
/// A page on the web can make its own name resolve to 127.0.0.1 and would then be allowed by a browser to read the answers. Numeric
/// addresses and `localhost` cannot be used like this.
///
/// # Errors
/// 421 for another name.
pub(crate) fn check_host(headers: &HeaderMap, uri: &Uri, loopback: bool, allowed: &[String]) -> Result<(), ApiError> {
    if !loopback && allowed.is_empty() {
        return Ok(());
    }
    // An absolute address in the request line goes before the header (RFC 9112, 3.2.2).
    let given = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => match headers.get(header::HOST).map(|value| value.to_str()) {
            Some(Ok(host)) => host,
            // Without a host no browser made the request.
            None => return Ok(()),
            Some(Err(_)) => return Err(misdirected("?")),
        },
    };
    let name = without_port(given);
    let known = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok()
        || allowed.iter().any(|host| host.eq_ignore_ascii_case(name) || host.eq_ignore_ascii_case(given));
    if known { Ok(()) } else { Err(misdirected(given)) }
}

/// Refuses a change that a page of another site makes through the browser of whoever looks at it.
///
/// A browser sends some requests to any address without asking there first, and names the page's site in `Origin`. Where changes need a
/// key, such a page has none; where they do not, this is what keeps it out.
///
/// # Errors
/// 403 for a site that is neither the server's own nor allowed.
pub(crate) fn check_origin(method: &Method, headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| !matches!(*method, Method::GET | Method::HEAD)) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let site = origin.split_once("://").map_or("", |(_, site)| site);
    let is_own = host.is_some_and(|host| host.eq_ignore_ascii_case(site));
    if is_own
        || allowed.iter().any(|name| [site, without_port(site)].iter().any(|site| site.eq_ignore_ascii_case(name)))
    {
        return Ok(());
    }
    let shown: String = origin.chars().take(100).flat_map(char::escape_debug).collect();
    let message = format!(
        "a page of `{shown}` may change nothing here: start the server with --allow-host for that name, or with keys"
    );
    Err(ApiError::new(StatusCode::FORBIDDEN, message))
}

fn misdirected(given: &str) -> ApiError {
    let message =
        format!("this server does not answer to the name `{given}`: start it with --allow-host, or use its address");
    ApiError::new(StatusCode::MISDIRECTED_REQUEST, message)
}

/// `name` of `name:port`, `[address]:port` and `name`.
fn without_port(given: &str) -> &str {
    if let Some(rest) = given.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match given.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => name,
        _ => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, loopback: bool, allowed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        let allowed: Vec<String> = allowed.iter().map(|&host| host.to_owned()).collect();
        check_host(&headers, &Uri::from_static("/"), loopback, &allowed).is_ok()
    }

    #[test]
    fn only_known_names_reach_a_loopback_server() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:6333", "[::1]:6333", "[::1]", "10.1.2.3"] {
            assert!(check(host, true, &[]), "{host}");
        }
        for host in ["evil.example", "evil.example:6333", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]"]
        {
            assert!(!check(host, true, &[]), "{host}");
        }
        assert!(check("search.lab:6333", true, &["search.lab"]) && !check("other.lab", true, &["search.lab"]));
        assert!(check("any.name", false, &[]) && !check("any.name", false, &["search.lab"]));
    }

    #[test]
    fn pages_of_other_sites_change_nothing() {
        let check = |method: Method, origin: &str, allowed: &[&str]| {
            let headers = [(header::HOST, "127.0.0.1:6333"), (header::ORIGIN, origin)];
            let headers = headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect();
            let allowed: Vec<String> = allowed.iter().map(|&host| host.to_owned()).collect();
            check_origin(&method, &headers, &allowed).is_ok()
        };
        for own in ["http://127.0.0.1:6333", "https://127.0.0.1:6333", "HTTP://127.0.0.1:6333"] {
            assert!(check(Method::POST, own, &[]), "{own}");
        }
        for other in ["https://evil.example", "null", "http://127.0.0.1:8000", "http://127.0.0.1", "", "127.0.0.1:6333"]
        {
            assert!(!check(Method::POST, other, &[]) && !check(Method::DELETE, other, &[]), "{other}");
            assert!(check(Method::GET, other, &[]), "{other}");
        }
        assert!(check(Method::POST, "https://search.lab", &["search.lab"]));
        assert!(check_origin(&Method::POST, &HeaderMap::new(), &[]).is_ok(), "programs send no origin");
    }

    #[test]
    fn an_absolute_address_counts_before_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost".parse().unwrap());
        assert!(check_host(&headers, &Uri::from_static("http://evil.example/"), true, &[]).is_err());
    }
}
