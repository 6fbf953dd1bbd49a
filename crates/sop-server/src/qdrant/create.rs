//! How a collection is described when it is made.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use sop_collection::{CollectionConfig, GraphChoice, Origin};
use utoipa::ToSchema;

use super::wire::{Tuning, Unsupported};
use crate::config::ServerConfig;
use crate::http::ApiError;

/// What a collection shall be. Without `sop`, it holds vectors of unknown origin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(super) struct CreateCollection {
    /// The vectors.
    pub vectors: VectorParams,
    /// What made the vectors, and how they are searched.
    #[serde(default)]
    pub sop: Option<SopParams>,
    #[serde(default)]
    hnsw_config: Tuning,
    #[serde(default)]
    optimizers_config: Tuning,
    #[serde(default)]
    wal_config: Tuning,
    #[serde(default)]
    shard_number: Tuning,
    #[serde(default)]
    replication_factor: Tuning,
    #[serde(default)]
    write_consistency_factor: Tuning,
    #[serde(default)]
    on_disk_payload: Tuning,
    #[serde(default)]
    payload: Tuning,
    #[serde(default)]
    id_tracker: Tuning,
    #[serde(default)]
    sharding_method: Unsupported,
    #[serde(default)]
    quantization_config: Unsupported,
    #[serde(default)]
    sparse_vectors: Unsupported,
    #[serde(default)]
    strict_mode_config: Unsupported,
    #[serde(default)]
    metadata: Unsupported,
    #[serde(default)]
    init_from: Unsupported,
}

/// The one vector of each point.
#[derive(Debug, ToSchema)]
pub(super) struct VectorParams {
    /// Components.
    pub size: usize,
    /// What makes two vectors similar.
    pub distance: Distance,
    /// Fields that tune a Qdrant server, by their names.
    #[schema(ignore)]
    tuning: Vec<&'static str>,
}

/// Fields of [`VectorParams`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
struct VectorFields {
    size: usize,
    distance: Distance,
    #[serde(default)]
    hnsw_config: Tuning,
    #[serde(default)]
    on_disk: Tuning,
    #[serde(default)]
    memory: Tuning,
    #[serde(default)]
    quantization_config: Unsupported,
    #[serde(default)]
    multivector_config: Unsupported,
    #[serde(default)]
    datatype: Option<Datatype>,
}

/// How vectors are stored; Qdrant's shorter types are not supported.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Datatype {
    Float32,
}

impl<'de> Deserialize<'de> for VectorParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Map::deserialize(deserializer)?;
        if !value.contains_key("size") && (value.is_empty() || value.values().any(serde_json::Value::is_object)) {
            let message = "named vectors are not supported: give one vector as {\"size\": …, \"distance\": …}";
            return Err(D::Error::custom(message));
        }
        let fields = VectorFields::deserialize(serde_json::Value::Object(value)).map_err(D::Error::custom)?;
        let VectorFields { size, distance, hnsw_config, on_disk, memory, datatype, .. } = fields;
        // `float32` is the only one there is.
        let (None | Some(Datatype::Float32)) = datatype;
        let tuning = [("vectors.hnsw_config", hnsw_config), ("vectors.on_disk", on_disk), ("vectors.memory", memory)];
        Ok(Self { size, distance, tuning: given(&tuning) })
    }
}

fn given(fields: &[(&'static str, Tuning)]) -> Vec<&'static str> {
    fields.iter().filter(|(_, field)| field.given).map(|(name, _)| *name).collect()
}

/// What makes two vectors similar; Qdrant's `Euclid` and `Manhattan` are not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) enum Distance {
    /// The cosine of their angle.
    Cosine,
    /// Their inner product.
    Dot,
}

/// How the vectors are searched, and what made them. Of what made them, `encoder`, `encoder_sha256`, `feature` and `transform` are
/// needed as soon as anything is said.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SopParams {
    /// `auto` (exact up to 100,000 points, by a graph above), `exact`, `own` or `hnsw_rs`.
    #[schema(value_type = String)]
    pub graph: GraphChoice,
    /// Name of the encoder that made the vectors.
    pub encoder: Option<String>,
    /// SHA-256 of the encoder's file, lower-case hex: with an encoder of this hash the server adds images and searches for them.
    pub encoder_sha256: Option<String>,
    /// The feature that the vectors are, such as `cls`.
    pub feature: Option<String>,
    /// The image transform, with the decoder, as it stands beside embeddings.
    pub transform: Option<String>,
    /// Name of the data set.
    pub dataset: Option<String>,
    /// Spec of the data set whose images the ids name, such as `folder:DIR`.
    pub data: Option<String>,
    /// Names of the classes; the payload's `label` is the index.
    pub class_names: Option<Vec<String>>,
}

impl CreateCollection {
    /// The fields that are not used, for the answer's header.
    pub(super) fn ignored(&self) -> Ignored {
        let mut names = given(&[
            ("hnsw_config", self.hnsw_config),
            ("optimizers_config", self.optimizers_config),
            ("wal_config", self.wal_config),
            ("shard_number", self.shard_number),
            ("replication_factor", self.replication_factor),
            ("write_consistency_factor", self.write_consistency_factor),
            ("on_disk_payload", self.on_disk_payload),
            ("payload", self.payload),
            ("id_tracker", self.id_tracker),
        ]);
        names.extend(&self.vectors.tuning);
        Ignored(names)
    }

    /// The collection's configuration.
    ///
    /// # Errors
    /// 422 beyond the limits, and for an origin that is said in part.
    pub(super) fn config(self, server: &ServerConfig) -> Result<CollectionConfig, ApiError> {
        let dim = self.vectors.size;
        let most = server.limits.dimension;
        if dim == 0 || dim > most {
            return Err(ApiError::unprocessable(format!(
                "vectors.size is {dim}: give 1 to {most} (limit `dimension`)"
            )));
        }
        let distance = match self.vectors.distance {
            Distance::Cosine => sop_collection::Distance::Cosine,
            Distance::Dot => sop_collection::Distance::Dot,
        };
        let sop = self.sop.unwrap_or_default();
        let graph = sop.graph;
        Ok(CollectionConfig { dim, distance, graph, origin: origin(sop, server)?, whitening: None })
    }
}

/// What made the vectors, where anything is said about it.
fn origin(sop: SopParams, server: &ServerConfig) -> Result<Option<Origin>, ApiError> {
    let SopParams { graph: _, encoder, encoder_sha256, feature, transform, dataset, data, class_names } = sop;
    let texts = [&encoder, &encoder_sha256, &feature, &transform, &dataset, &data];
    if texts.iter().all(|text| text.is_none()) && class_names.is_none() {
        return Ok(None);
    }
    let needed = |text: Option<String>, name: &str| {
        let message =
            || format!("sop.{name} is missing: say `encoder`, `encoder_sha256`, `feature` and `transform`, or none");
        text.filter(|text| !text.is_empty()).ok_or_else(|| ApiError::unprocessable(message()))
    };
    let encoder_sha256 = needed(encoder_sha256, "encoder_sha256")?;
    if encoder_sha256.len() != 64 || !encoder_sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(ApiError::unprocessable("sop.encoder_sha256 is no SHA-256: give 64 digits of lower-case hex"));
    }
    check_data(data.as_deref(), server)?;
    let encoder = needed(encoder, "encoder")?;
    let feature = needed(feature, "feature")?;
    let transform = needed(transform, "transform")?;
    Ok(Some(Origin { encoder, encoder_sha256, feature, transform, dataset, data, class_names }))
}

/// Names of the fields that were not used, as the header `sop-ignored`.
pub(super) struct Ignored(Vec<&'static str>);

impl IntoResponseParts for Ignored {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if !self.0.is_empty()
            && let Ok(value) = HeaderValue::try_from(self.0.join(", "))
        {
            response.headers_mut().insert(HeaderName::from_static("sop-ignored"), value);
        }
        Ok(response)
    }
}

/// Refuses a data set that the server was not started with: whoever may write would otherwise read every image on this machine.
pub(crate) fn check_data(data: Option<&str>, server: &ServerConfig) -> Result<(), ApiError> {
    let Some(data) = data.filter(|data| !server.allowed_data.iter().any(|allowed| allowed == data)) else {
        return Ok(());
    };
    let shown: String = data.chars().take(60).flat_map(char::escape_debug).collect();
    let message = format!("sop.data: this server was not started with the data set `{shown}` allowed");
    Err(ApiError::unprocessable(message))
}
