//! What holds for every route: envelope, errors, bodies, keys, hosts, request ids.

pub(crate) mod access;
mod answer;
mod api_error;
mod body;
mod embed_error;
mod encoder_headers;
mod host;
mod path;
pub(crate) mod request_layer;

pub use answer::{Answer, ErrorAnswer, ErrorStatus, Rendered, Status, answer, json_response, with_retry_after};
pub use api_error::ApiError;
pub use body::{BodyBudget, HeldBytes, Json, Query, read_body};
pub(crate) use embed_error::with_causes;
pub(crate) use encoder_headers::EncoderHeaders;
pub(crate) use host::{check_host, check_origin};
pub use path::Path;
