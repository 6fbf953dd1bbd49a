//! The images of a request's `input`.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::data_uri::{image_of, is_data_uri};
use super::error::OpenAiError;
use crate::http::ApiError;

/// Most inputs of a request, as at OpenAI.
const MAX_INPUTS: usize = 2_048;

/// Longest text that a message repeats, in characters.
const LONGEST_TEXT: usize = 40;

/// The image files of `input`, in order: one of [`image`], or a list of them.
///
/// # Errors
/// 400 for texts, tokens and damaged data URIs, 413 for too many, 422 for addresses; the message says which input.
pub(super) fn images(input: Value) -> Result<Vec<Bytes>, OpenAiError> {
    match input {
        Value::Array(inputs) if inputs.is_empty() => {
            Err(OpenAiError::bad("input", "`input` is empty: send at least one image"))
        }
        Value::Array(inputs) if inputs.len() > MAX_INPUTS => {
            let message = format!("`input` has {} images, and a request takes {MAX_INPUTS} at most", inputs.len());
            Err(OpenAiError::about("input", ApiError::too_large(message)))
        }
        Value::Array(inputs) => {
            let of_place = |(place, input)| image(&input, &format!("input[{place}]"));
            inputs.into_iter().enumerate().map(of_place).collect()
        }
        input => Ok(vec![image(&input, "input")?]),
    }
}

/// The image of one input: a data URI, or an object `{"type": "image_url", "image_url": …}` with one, alone or as `{"url": …}`.
fn image(input: &Value, place: &str) -> Result<Bytes, OpenAiError> {
    match input {
        Value::String(text) => image_of_text(text, place),
        Value::Object(object) => image_of_object(object, place),
        Value::Number(_) | Value::Array(_) => Err(OpenAiError::bad(
            place,
            format!("`{place}` holds tokens, and the encoder sees images: send a data URI"),
        )),
        Value::Null | Value::Bool(_) => Err(OpenAiError::bad(place, format!("`{place}` is no image: send a data URI"))),
    }
}

fn image_of_text(text: &str, place: &str) -> Result<Bytes, OpenAiError> {
    if is_data_uri(text) {
        return image_of(text).map_err(|error| OpenAiError::bad(place, format!("`{place}` cannot be read: {error}")));
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if let Some("http" | "https" | "ftp" | "file" | "s3" | "gs") = scheme.as_deref() {
        let message =
            format!("`{place}` is an address, and addresses are not fetched: send the image itself as a data URI");
        return Err(OpenAiError::about(place, ApiError::unprocessable(message)));
    }
    let begin: String = text.chars().take(LONGEST_TEXT).collect();
    let message = format!(
        "`{place}` is text (`{begin}`), and the encoder sees images: send a data URI such as `data:image/png;base64,…`"
    );
    Err(OpenAiError::bad(place, message))
}

fn image_of_object(object: &Map<String, Value>, place: &str) -> Result<Bytes, OpenAiError> {
    let kind = object.get("type").and_then(Value::as_str);
    if kind != Some("image_url") {
        let given = kind.unwrap_or("none");
        let message =
            format!("`{place}.type` is `{given}`, and the encoder sees images: send `image_url` with a data URI");
        return Err(OpenAiError::bad(format!("{place}.type"), message));
    }
    only(object, &["type", "image_url"], place)?;
    let place = format!("{place}.image_url");
    match object.get("image_url") {
        Some(Value::String(text)) => image_of_text(text, &place),
        Some(Value::Object(object)) => {
            // `detail` asks for a size, which the encoder's transform has already.
            only(object, &["url", "detail"], &place)?;
            let place = format!("{place}.url");
            match object.get("url") {
                Some(Value::String(text)) => image_of_text(text, &place),
                _ => Err(OpenAiError::bad(&place, format!("`{place}` is missing or no text: send a data URI"))),
            }
        }
        _ => Err(OpenAiError::bad(
            &place,
            format!("`{place}` is missing: send `{{\"url\": \"data:image/png;base64,…\"}}`"),
        )),
    }
}

/// Refuses fields that mean nothing here.
fn only(object: &Map<String, Value>, known: &[&str], place: &str) -> Result<(), OpenAiError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let key: String = key.chars().take(LONGEST_TEXT).collect();
            let message = format!("`{place}` has an unknown field `{key}`; known are {}", known.join(", "));
            Err(OpenAiError::bad(format!("{place}.{key}"), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URI: &str = "data:image/png;base64,AQID";

    fn refused(input: Value) -> (u16, String, String) {
        let error = images(input).unwrap_err();
        (error.error.status.as_u16(), error.param.unwrap(), error.error.message)
    }

    #[test]
    fn images_come_alone_in_lists_and_in_objects() {
        let object = json!({"type": "image_url", "image_url": {"url": URI, "detail": "low"}});
        let short = json!({"type": "image_url", "image_url": URI});
        for one in [json!(URI), object.clone(), short.clone()] {
            assert_eq!(images(one).unwrap(), [&[1, 2, 3][..]]);
        }
        assert_eq!(images(json!([URI, object, short])).unwrap(), [&[1, 2, 3][..]; 3]);
    }

    #[test]
    fn what_is_no_image_is_refused_where_it_stands() {
        let cases = [
            (json!("a cat"), 400, "input", "`a cat`"),
            (json!([URI, "a cat"]), 400, "input[1]", "sees images"),
            (json!([1, 2, 3]), 400, "input[0]", "tokens"),
            (json!([[1, 2], [3]]), 400, "input[0]", "tokens"),
            (json!([]), 400, "input", "empty"),
            (json!(null), 400, "input", "no image"),
            (json!([true]), 400, "input[0]", "no image"),
            (json!(vec![URI; 2049]), 413, "input", "2048"),
            (json!("https://example.org/cat.png"), 422, "input", "not fetched"),
            (
                json!({"type": "image_url", "image_url": {"url": "http://127.0.0.1/x"}}),
                422,
                "input.image_url.url",
                "not fetched",
            ),
            (
                json!([{"type": "image_url", "image_url": "FILE:///etc/passwd"}]),
                422,
                "input[0].image_url",
                "not fetched",
            ),
            (json!({"type": "text", "text": "a cat"}), 400, "input.type", "`text`"),
            (json!({"image_url": URI}), 400, "input.type", "`none`"),
            (json!({"type": "image_url"}), 400, "input.image_url", "missing"),
            (
                json!({"type": "image_url", "image_url": {"uri": URI}}),
                400,
                "input.image_url.uri",
                "unknown field `uri`",
            ),
            (json!({"type": "image_url", "image_url": {}}), 400, "input.image_url.url", "missing"),
            (json!({"type": "image_url", "image_url": URI, "text": "x"}), 400, "input.text", "unknown field `text`"),
            (json!([URI, "data:image/png;base64,?"]), 400, "input[1]", "damaged"),
        ];
        for (input, status, param, part) in cases {
            let found = refused(input);
            assert_eq!((found.0, found.1.as_str()), (status, param), "{found:?}");
            assert!(found.2.contains(part), "{found:?}");
        }
    }
}
