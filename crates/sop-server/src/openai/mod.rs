//! OpenAI's form of embeddings.

mod error;

pub(crate) use error::error_response;
