//! Whether descriptors may be compared: made by one encoder, from one feature and transform.

use sop_core::{EmbeddingSet, Provenance};

use crate::error::{Result, refuse};

/// A field of an origin.
type Field = (&'static str, fn(&Provenance) -> Option<&String>);

/// What has to agree where both sides know it.
const FIELDS: [Field; 3] = [
    ("encoder", |origin| origin.encoder_sha256.as_ref()),
    ("feature", |origin| origin.feature.as_ref()),
    ("transform", |origin| origin.transform.as_ref()),
];

/// Checks that two sets of descriptors do not say that they were made differently.
pub fn check_alike(left: (&str, &EmbeddingSet), right: (&str, &EmbeddingSet)) -> Result<()> {
    let origins = (left.1.provenance(), right.1.provenance());
    for (name, get) in FIELDS {
        if let (Some(first), Some(second)) = (get(origins.0), get(origins.1))
            && first != second
        {
            refuse!(
                "the descriptors of the {} and of the {} were made with another {name}: {} and {}; make both alike",
                left.0,
                right.0,
                shown(first, origins.0, name),
                shown(second, origins.1, name)
            );
        }
    }
    Ok(())
}

/// An encoder is shown with its name; its hash decides.
fn shown(value: &str, origin: &Provenance, field: &str) -> String {
    match &origin.encoder {
        Some(encoder) if field == "encoder" => format!("{encoder} ({})", value.chars().take(12).collect::<String>()),
        _ => value.to_owned(),
    }
}
