//! `PUT /collections/{c}/points/image`: embed an image and keep its vector.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use sop_collection::{Payload, Point, PointId};
use utoipa::ToSchema;

use super::fields::Fields;
use super::origin::encoder_of;
use super::upload::{Upload, read};
use crate::http::{Answer, ApiError, EncoderHeaders, ErrorAnswer, Path, Query, answer};
use crate::qdrant::serve::write_in;
use crate::qdrant::wire::{UpdateParams, UpdateResult};
use crate::state::ServerState;

/// A form with an image to keep.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form in the OpenAPI document")]
pub(super) struct ImageToAdd {
    /// The image file: JPEG, PNG, GIF, BMP, PPM or WebP. Its vector is kept, the file is not.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    /// Id of the point: whole numbers from 0 are numbers, everything else is text. A point of this id is replaced.
    id: String,
    /// What the point carries, a JSON object.
    #[schema(value_type = Option<Object>)]
    payload: Option<String>,
}

/// Embeds an image with the collection's encoder and adds its vector, or replaces that of the same id. The image itself is not kept.
#[utoipa::path(
    put, path = "/collections/{c}/points/image", tag = "images",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams),
    request_body(content = ImageToAdd, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Answer<UpdateResult>, headers(
            ("sop-encoder-sha256" = String, description = "Hash of the encoder"),
            ("sop-transform" = String, description = "What was done to the image first"),
        )),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 415, body = ErrorAnswer), (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer),
        (status = 507, body = ErrorAnswer)
    )
)]
pub(super) async fn add(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    request: Request,
) -> Result<Response, ApiError> {
    let collection = state.store().collection(&c)?;
    let (encoder, recipe) = encoder_of(&state, &collection)?;
    let Upload { image, mut fields, held } = read(request, &state, Fields::of(&["id", "payload"])).await?;
    let id = fields.take("id").filter(|id| !id.is_empty());
    let id = point_id(
        id.ok_or_else(|| ApiError::unprocessable("field `id` is missing: send a form with `image` and `id`"))?,
    );
    let payload = payload(fields.take("payload"))?;
    let vector = encoder.embed_one(image, &recipe).await?;
    drop(held);
    let point = Point { id, vector, payload };
    let changed =
        write_in(&state, collection, params.timeout(), move |collection| Ok(collection.upsert(vec![point])?)).await?;
    let headers = EncoderHeaders { sha256: encoder.sha256(), transform: recipe.stored_transform(), exact: None };
    Ok((headers, answer(UpdateResult::completed(changed.version))).into_response())
}

/// A number where the text is one as it would be written, else the text.
fn point_id(text: String) -> PointId {
    match text.parse::<u64>() {
        Ok(number) if number.to_string() == text => PointId::Number(number),
        _ => PointId::Text(text),
    }
}

fn payload(text: Option<String>) -> Result<Payload, ApiError> {
    let Some(text) = text else { return Ok(Payload::new()) };
    serde_json::from_str(&text)
        .map_err(|error| ApiError::unprocessable(format!("field `payload` is no JSON object: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_where_they_read_like_one() {
        assert_eq!(point_id("7".to_owned()), PointId::Number(7));
        assert_eq!(point_id(u64::MAX.to_string()), PointId::Number(u64::MAX));
        for text in ["007", "+7", "-1", "18446744073709551616", "7.0", " 7", "cats/7.jpg"] {
            assert_eq!(point_id(text.to_owned()), PointId::Text(text.to_owned()));
        }
    }

    #[test]
    fn payloads_are_objects() {
        assert_eq!(payload(None).unwrap(), Payload::new());
        assert_eq!(payload(Some(r#"{"label": 3}"#.to_owned())).unwrap()["label"], 3);
        for wrong in ["", "[]", "3", "{"] {
            assert_eq!(payload(Some(wrong.to_owned())).unwrap_err().status, 422, "{wrong}");
        }
    }
}
