//! `GET /v1/models`: the served encoders.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::OpenAiError;
use crate::encoder::ServedEncoder;
use crate::http::{ApiError, Path, json_response};
use crate::state::ServerState;

/// A served encoder: OpenAI's four fields, and what they leave out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Model {
    /// The encoder's name.
    id: String,
    /// `model`
    object: &'static str,
    /// 0: an encoder file does not say when it was made.
    created: u64,
    /// `sop`
    owned_by: &'static str,
    /// Components of a vector.
    dimensions: usize,
    /// Which vector of the encoder.
    feature: String,
    /// What is done to an image first.
    transform: String,
    /// SHA-256 of the encoder file, with its description where it has one.
    sha256: String,
    /// What runs it.
    runtime: String,
}

/// The served encoders.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelList {
    /// `list`
    object: &'static str,
    /// The encoders, in the order in which they were named.
    data: Vec<Model>,
}

impl Model {
    fn of(encoder: &ServedEncoder) -> Self {
        Self {
            id: encoder.name().to_owned(),
            object: "model",
            created: 0,
            owned_by: "sop",
            dimensions: encoder.dim(),
            feature: encoder.recipe().feature().to_string(),
            transform: encoder.recipe().stored_transform().to_owned(),
            sha256: encoder.sha256().to_owned(),
            runtime: encoder.encoder().spec().runtime.clone(),
        }
    }
}

/// The served encoders, in OpenAI's form.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelList)))]
pub(super) async fn list(State(state): State<ServerState>) -> Response {
    let data = state.encoders().iter().map(|encoder| Model::of(encoder)).collect();
    json_response(StatusCode::OK, &ModelList { object: "list", data })
}

/// One served encoder, in OpenAI's form.
#[utoipa::path(
    get, path = "/v1/models/{model}", tag = "openai",
    params(("model" = String, Path, description = "The encoder's name")),
    responses((status = 200, body = Model), (status = 404, description = "No such model", body = super::error::ErrorBody))
)]
pub(super) async fn one(State(state): State<ServerState>, Path(name): Path<String>) -> Result<Response, OpenAiError> {
    Ok(json_response(StatusCode::OK, &Model::of(served(&state, &name)?.as_ref())))
}

/// The encoder with a name.
///
/// # Errors
/// 404 that lists the names.
pub(super) fn served<'a>(state: &'a ServerState, name: &str) -> Result<&'a Arc<ServedEncoder>, OpenAiError> {
    state.encoders().get(name).ok_or_else(|| {
        let names: Vec<String> = state.encoders().iter().map(|encoder| format!("`{}`", encoder.name())).collect();
        let served = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let name: String = name.chars().take(100).collect();
        let error = ApiError::not_found(format!("no encoder is called `{name}`; served are: {served}"));
        OpenAiError { code: Some("model_not_found"), ..OpenAiError::about("model", error) }
    })
}
