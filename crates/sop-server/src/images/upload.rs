//! Reading an image and what comes with it.

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;

use super::fields::Fields;
use crate::http::{ApiError, HeldBytes, read_body};
use crate::state::ServerState;

/// Name of the field with the image.
const IMAGE: &str = "image";

/// Most fields of a form.
const MAX_FIELDS: usize = 32;

/// An image file that was sent, with the texts beside it.
#[derive(Debug)]
pub(super) struct Upload {
    /// The file, not decoded and never empty.
    pub(super) image: Bytes,
    /// The texts.
    pub(super) fields: Fields,
    /// The body's share of the memory for bodies; the image is a part of it or a copy.
    pub(super) held: HeldBytes,
}

/// How a body carries an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The body is the image.
    Bare,
    /// `multipart/form-data`
    Multipart,
}

/// Reads an image from a request: the body itself, or the field `image` of a form. The other fields of the form join `fields`.
///
/// # Errors
/// 415 for other content types, 400 for empty and broken bodies, 413, 408 and 429 as for every body, 422 for unknown and repeated fields.
pub(super) async fn read(request: Request, state: &ServerState, mut fields: Fields) -> Result<Upload, ApiError> {
    let form = form_of(request.headers())?;
    let content_type = request.headers().get(CONTENT_TYPE).cloned();
    let held = read_body(request, state.limits().body_bytes, "body_bytes", state).await?;
    if held.bytes.is_empty() {
        return Err(ApiError::bad_request("the body is empty: send an image file"));
    }
    if form == Form::Bare {
        return Ok(Upload { image: held.bytes.clone(), fields, held });
    }
    let mut request = Request::new(Body::from(held.bytes.clone()));
    request.headers_mut().extend(content_type.map(|value| (CONTENT_TYPE, value)));
    // The body was held to its limit when it was read.
    DefaultBodyLimit::disable().apply(&mut request);
    let broken = |error: MultipartError| ApiError::bad_request(format!("the form is broken: {}", error.body_text()));
    let rejected = |error: axum::extract::multipart::MultipartRejection| {
        ApiError::bad_request(format!("the form is broken: {}", error.body_text()))
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(rejected)?;
    let (mut image, mut count) = (None, 0);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        count += 1;
        if count > MAX_FIELDS {
            return Err(ApiError::unprocessable(format!("the form has more than {MAX_FIELDS} fields")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        if name == IMAGE {
            if image.is_some() {
                return Err(ApiError::unprocessable("field `image` comes twice: send one image in a request"));
            }
            check_part_type(&field)?;
            image = Some(field.bytes().await.map_err(broken)?);
        } else {
            let bytes = field.bytes().await.map_err(broken)?;
            let text = String::from_utf8(bytes.into());
            let text = text.map_err(|_| ApiError::unprocessable("a field of the form is no UTF-8 text"))?;
            fields.add(&name, text)?;
        }
    }
    match image {
        None => Err(ApiError::unprocessable("the form has no field `image`")),
        Some(image) if image.is_empty() => Err(ApiError::bad_request("field `image` is empty: send an image file")),
        Some(image) => Ok(Upload { image, fields, held }),
    }
}

/// The type of a header or part, without its parameters, in lower case.
fn essence(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_image(essence: &str) -> bool {
    // Programs that do not know the format say that it is bytes. The bytes themselves tell what they are.
    essence.starts_with("image/") || essence == "application/octet-stream"
}

fn form_of(headers: &HeaderMap) -> Result<Form, ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Form::Bare) };
    match essence(value.to_str().unwrap_or_default()).as_str() {
        "multipart/form-data" => Ok(Form::Multipart),
        essence if is_image(essence) => Ok(Form::Bare),
        essence => Err(unsupported(essence)),
    }
}

fn check_part_type(field: &Field<'_>) -> Result<(), ApiError> {
    match field.content_type().map(essence) {
        Some(essence) if !is_image(&essence) => Err(unsupported(&essence)),
        _ => Ok(()),
    }
}

fn unsupported(essence: &str) -> ApiError {
    let shown: String = essence.chars().take(60).flat_map(char::escape_debug).collect();
    let message = format!(
        "an image comes as `image/…` or `application/octet-stream`, or as the field `image` of a `multipart/form-data`, not as `{shown}`"
    );
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content_type: &str) -> Result<Form, u16> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
        form_of(&headers).map_err(|error| error.status.as_u16())
    }

    #[test]
    fn content_types_say_how_the_image_comes() {
        for bare in ["image/png", "IMAGE/JPEG; q=1", "application/octet-stream", "image/x-unheard-of"] {
            assert_eq!(form(bare), Ok(Form::Bare));
        }
        assert_eq!(form("multipart/form-data; boundary=x"), Ok(Form::Multipart));
        for other in
            ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed", "", "image"]
        {
            assert_eq!(form(other), Err(415), "{other}");
        }
        assert_eq!(form_of(&HeaderMap::new()).unwrap(), Form::Bare);
    }
}
