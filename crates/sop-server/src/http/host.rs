//! The `Host` header, checked against DNS rebinding.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode, Uri, header};

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
    fn an_absolute_address_counts_before_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost".parse().unwrap());
        assert!(check_host(&headers, &Uri::from_static("http://evil.example/"), true, &[]).is_err());
    }
}
