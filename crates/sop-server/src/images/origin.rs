//! Which encoder a collection's images go through.

use std::sync::Arc;

use sop_collection::{Collection, Origin};

use crate::encoder::{Recipe, ServedEncoder};
use crate::http::ApiError;
use crate::state::ServerState;

/// The served encoder that made a collection's vectors, and how it did.
///
/// # Errors
/// 422 where the collection does not say what made its vectors, or that is not served here.
pub(super) fn encoder_of(
    state: &ServerState,
    collection: &Collection,
) -> Result<(Arc<ServedEncoder>, Arc<Recipe>), ApiError> {
    let Some(origin) = &collection.config().origin else {
        let message = format!(
            "collection `{}` holds vectors only: it was made without `sop`, so nothing says which encoder its images should go through",
            collection.name()
        );
        return Err(ApiError::unprocessable(message));
    };
    let Origin { encoder, encoder_sha256, feature, transform, .. } = origin;
    let made = state.encoders().that_made(encoder, encoder_sha256, feature, transform);
    made.map_err(|error| {
        let error = ApiError::from(error);
        ApiError { message: format!("collection `{}`: {}", collection.name(), error.message), ..error }
    })
}
