//! The web page: files in the binary, made by no build step, with nothing from elsewhere.
//!
//! - `GET /ui`: the search page; `GET /ui/FILE`: its style sheets, modules and pictures.
//! - `GET /docs`: the interface for programs, drawn from `/openapi.json`.
//!
//! Everything shown comes over the public interface, so the page can do nothing that another client cannot. The files are open to
//! everybody; what they show needs a key where the server has one, and the page asks for it.

mod asset;
mod files;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::ApiError;

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/ui", get(async |headers: HeaderMap| file("index.html", &headers)))
        // Its links are relative, so that the page works behind a proxy with a path of its own: they need the address without slash.
        .route("/ui/", get(async || (StatusCode::PERMANENT_REDIRECT, [(LOCATION, "../ui")])))
        .route("/ui/{*file}", get(async |Path(name): Path<String>, headers: HeaderMap| file(&name, &headers)))
        .route("/docs", get(async |headers: HeaderMap| file("docs.html", &headers)))
}

/// The search page, for a browser that asks for `/`; `None` for a program, which wants JSON.
pub(crate) fn for_browser(headers: &HeaderMap) -> Option<Response> {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let html = accepts.flat_map(|value| value.split(',')).any(|one| one.trim().starts_with("text/html"));
    html.then(|| file("index.html", headers))
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    match files::FILES.iter().find(|asset| asset.name == name) {
        Some(asset) => asset.answer(headers),
        None => ApiError::not_found(format!("the page has no file `{name}`")).into_response(),
    }
}
