//! What made the vectors of a collection.

use sop_collection::{Collection, Origin};
use sop_core::{EmbeddingSet, Provenance};

use crate::Environment;
use crate::error::{Result, refuse};

/// What made embeddings, where the file says all of it: encoder, its hash, feature and transform.
#[must_use]
pub fn origin(provenance: &Provenance, data: Option<String>) -> Option<Origin> {
    Some(Origin {
        encoder: provenance.encoder.clone()?,
        encoder_sha256: provenance.encoder_sha256.clone()?,
        feature: provenance.feature.clone()?,
        transform: provenance.transform.clone()?,
        dataset: provenance.dataset.clone(),
        data,
        class_names: provenance.class_names.clone(),
    })
}

/// Checks that embeddings called `name` may go into a collection, or be searched for there: that the same encoder, feature and transform
/// made them, and the same whitening where they are whitened already. Where the collection does not know what made its vectors, that is said.
///
/// # Errors
/// When something else made them, or the file does not say what.
pub fn check_origin(
    collection: &Collection,
    set: &EmbeddingSet,
    name: &str,
    environment: &Environment<'_>,
) -> Result<()> {
    let (own, provenance) = (collection.name(), set.provenance());
    let Some(wanted) = &collection.config().origin else {
        environment.warn(&format!(
            "note: collection {own} does not say what made its vectors; that those of {name} are of the same kind is not checked"
        ));
        return Ok(());
    };
    // Vectors of another length than embeddings have can only be whitened ones, by the same whitening.
    let config = collection.config();
    let is_whitened = config.whitening.is_some() && set.dim() == config.dim;
    let stored_feature = config.stored_feature().filter(|_| is_whitened);
    let feature = stored_feature.as_ref().unwrap_or(&wanted.feature);
    let parts = [
        ("encoder_sha256", &wanted.encoder_sha256, &provenance.encoder_sha256),
        ("feature", feature, &provenance.feature),
        ("transform", &wanted.transform, &provenance.transform),
    ];
    for (what, wanted, found) in parts {
        match found {
            Some(found) if found == wanted => {}
            Some(found) => {
                refuse!(
                    "the vectors of collection {own} have {what} {wanted}, those of {name} have {found}; make both by one encoder, feature and transform"
                )
            }
            None => refuse!(
                "collection {own} is bound to {what} {wanted}, and {name} does not say its own; make it with `sop embed`"
            ),
        }
    }
    if let (Some(wanted), Some(found)) = (&wanted.class_names, &provenance.class_names)
        && wanted != found
    {
        refuse!(
            "the labels of collection {own} stand for other classes than those of {name}: {} and {}",
            wanted.join(", "),
            found.join(", ")
        );
    }
    Ok(())
}
