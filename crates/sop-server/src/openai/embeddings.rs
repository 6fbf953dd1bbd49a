//! `POST /v1/embeddings`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::error::OpenAiError;
use super::input::images;
use super::models::served;
use crate::http::{ApiError, EncoderHeaders, Json, json_response};
use crate::state::ServerState;

/// A request for the vectors of images.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmbeddingsRequest {
    /// Name of a served encoder; `GET /v1/models` lists them.
    model: String,
    /// A data URI `data:image/png;base64,…`, an object `{"type": "image_url", "image_url": {"url": "data:…"}}`, or a list of
    /// these. Texts are refused, and addresses are not fetched.
    input: Value,
    /// How vectors are written; `float` where nothing is said.
    encoding_format: Option<EncodingFormat>,
    /// May be given as the encoder's own number of components: vectors are not shortened.
    dimensions: Option<u64>,
    /// `image`, for clients of servers that have several.
    #[allow(dead_code, reason = "there is one that it can be")]
    modality: Option<Modality>,
    /// Taken and not used.
    #[allow(dead_code, reason = "clients may send it")]
    user: Option<String>,
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum EncodingFormat {
    /// A list of numbers.
    Float,
    /// Base64 of the numbers as little-endian `f32`.
    Base64,
}

/// What the inputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Modality {
    /// Images.
    Image,
}

/// Vectors of images, in the order of the input.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EmbeddingsAnswer {
    /// `list`
    object: &'static str,
    /// One for each input.
    data: Vec<EmbeddingObject>,
    /// The model asked for.
    model: String,
    /// Tokens of text, of which images have none.
    usage: Usage,
}

/// The vector of one input.
#[derive(Debug, Serialize, ToSchema)]
struct EmbeddingObject {
    /// `embedding`
    object: &'static str,
    /// The numbers that `sop embed` stores for this image: not scaled to unit length.
    embedding: EmbeddingValues,
    /// Place of the input.
    index: usize,
}

/// A vector in the form asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum EmbeddingValues {
    /// Numbers.
    Float(Vec<f32>),
    /// Base64 of little-endian `f32`.
    Base64(String),
}

/// Tokens of text, of which images have none.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    /// 0
    prompt_tokens: u64,
    /// 0
    total_tokens: u64,
}

/// The vectors of images by a served encoder, in OpenAI's form.
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "openai",
    request_body = EmbeddingsRequest,
    responses(
        (status = 200, body = EmbeddingsAnswer),
        (status = 400, description = "Texts, damaged data URIs, unknown fields, another number of dimensions", body = super::error::ErrorBody),
        (status = 404, description = "No such model", body = super::error::ErrorBody),
        (status = 413, description = "Too many images or bytes", body = super::error::ErrorBody),
        (status = 422, description = "An image that cannot be used, or an address", body = super::error::ErrorBody),
        (status = 429, description = "The encoder's queue is full", body = super::error::ErrorBody),
    )
)]
pub(super) async fn embeddings(
    State(state): State<ServerState>,
    Json(request): Json<EmbeddingsRequest>,
) -> Result<Response, OpenAiError> {
    let encoder = served(&state, &request.model)?;
    let dim = encoder.dim() as u64;
    if let Some(asked) = request.dimensions.filter(|&asked| asked != dim) {
        let message =
            format!("`{}` gives vectors of {dim} components, which are not shortened to {asked}", request.model);
        return Err(OpenAiError::bad("dimensions", message));
    }
    let (format, input) = (request.encoding_format.unwrap_or(EncodingFormat::Float), request.input);
    // Megabytes of base64 would hold up the answers to others.
    let files = tokio::task::spawn_blocking(|| images(input)).await;
    let files = files.map_err(|error| OpenAiError::about("input", ApiError::internal(error)))??;
    let several = files.len() > 1;
    let recipe = Arc::clone(encoder.recipe());
    let vectors = encoder.embed(files, &recipe).await.map_err(|error| OpenAiError::about("input", error.into()))?;
    let mut data = Vec::with_capacity(vectors.len());
    for (index, vector) in vectors.into_iter().enumerate() {
        let place = if several { format!("input[{index}]") } else { "input".to_owned() };
        let vector = vector.map_err(|error| {
            let error = ApiError::from(error);
            OpenAiError::about(&place, ApiError { message: format!("`{place}`: {}", error.message), ..error })
        })?;
        data.push(EmbeddingObject { object: "embedding", embedding: written(vector, format), index });
    }
    let usage = Usage { prompt_tokens: 0, total_tokens: 0 };
    let answer = EmbeddingsAnswer { object: "list", data, model: request.model, usage };
    let headers = EncoderHeaders { sha256: encoder.sha256(), transform: recipe.stored_transform(), exact: None };
    Ok((headers, json_response(StatusCode::OK, &answer)).into_response())
}

fn written(vector: Vec<f32>, format: EncodingFormat) -> EmbeddingValues {
    match format {
        EncodingFormat::Float => EmbeddingValues::Float(vector),
        EncodingFormat::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            EmbeddingValues::Base64(STANDARD.encode(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_of_little_endian_numbers() {
        // 1.0 is 0x3f800000, -2.5 is 0xc0200000.
        let EmbeddingValues::Base64(text) = written(vec![1.0, -2.5], EncodingFormat::Base64) else { panic!() };
        assert_eq!(text, "AACAPwAAIMA=");
    }
}
