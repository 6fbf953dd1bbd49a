//! The encoders of a server.

use std::sync::Arc;

use super::{Recipe, RecipeError, ServedEncoder};

/// Encoders by name, in the order in which they were named.
#[derive(Default)]
pub struct EncoderSet {
    encoders: Vec<Arc<ServedEncoder>>,
}

/// Why an encoder of the server cannot be used for something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderSetError {
    /// Two encoders with one name.
    #[error("two encoders are called `{0}`; give one of them another name with --encoder NAME=FILE")]
    TwoOfAName(String),
    /// No encoder with the hash of stored vectors.
    #[error(
        "the vectors were made by encoder `{encoder}` with SHA-256 {sha256}, which is not served; served are: {}",
        if served.is_empty() { "none" } else { served }
    )]
    OtherEncoder {
        /// The name beside the vectors.
        encoder: String,
        /// The hash beside the vectors.
        sha256: String,
        /// Names and hashes of the served ones.
        served: String,
    },
    /// The encoder is served, but cannot make such vectors.
    #[error("the vectors are {vectors}, which the served encoder `{encoder}` ({own}) cannot make")]
    OtherRecipe {
        /// The served encoder's name.
        encoder: String,
        /// Feature and transform beside the vectors.
        vectors: String,
        /// Feature and transform of the encoder.
        own: String,
        /// What hinders.
        #[source]
        source: Box<RecipeError>,
    },
}

impl EncoderSet {
    /// Adds an encoder.
    ///
    /// # Errors
    /// [`EncoderSetError::TwoOfAName`].
    pub fn add(&mut self, encoder: ServedEncoder) -> Result<(), EncoderSetError> {
        if self.get(encoder.name()).is_some() {
            return Err(EncoderSetError::TwoOfAName(encoder.name().to_owned()));
        }
        self.encoders.push(Arc::new(encoder));
        Ok(())
    }

    /// The encoder with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<ServedEncoder>> {
        self.encoders.iter().find(|encoder| encoder.name() == name)
    }

    /// All encoders, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ServedEncoder>> {
        self.encoders.iter()
    }

    /// The encoder that made stored vectors, and how: what was written beside them.
    ///
    /// The hash must be that of a served encoder. Its feature and transform need not be the encoder's own: they are the
    /// vectors', as long as the encoder can serve them.
    ///
    /// # Errors
    /// [`EncoderSetError::OtherEncoder`] and [`EncoderSetError::OtherRecipe`] name both sides.
    pub fn that_made(
        &self,
        encoder: &str,
        sha256: &str,
        feature: &str,
        transform: &str,
    ) -> Result<(Arc<ServedEncoder>, Arc<Recipe>), EncoderSetError> {
        let of_hash = |served: &&Arc<ServedEncoder>| served.sha256() == sha256;
        let Some(first) = self.encoders.iter().find(of_hash) else {
            let served = self.encoders.iter().map(|served| format!("`{}` {}", served.name(), served.sha256()));
            let served = served.collect::<Vec<_>>().join(", ");
            return Err(EncoderSetError::OtherEncoder {
                encoder: encoder.to_owned(),
                sha256: sha256.to_owned(),
                served,
            });
        };
        let is_same =
            |recipe: &Recipe| recipe.stored_transform() == transform && recipe.feature().to_string() == feature;
        // One file may be served twice, for two ways to use it.
        let own = self.encoders.iter().filter(of_hash).find(|served| is_same(served.recipe()));
        if let Some(served) = own {
            return Ok((Arc::clone(served), Arc::clone(served.recipe())));
        }
        let recipe = Recipe::of_stored(first.encoder(), transform, feature).map_err(|source| {
            let vectors = recipe_text(feature, transform);
            let own = recipe_text(&first.recipe().feature().to_string(), first.recipe().stored_transform());
            EncoderSetError::OtherRecipe { encoder: first.name().to_owned(), vectors, own, source: Box::new(source) }
        })?;
        Ok((Arc::clone(first), Arc::new(recipe)))
    }
}

fn recipe_text(feature: &str, transform: &str) -> String {
    format!("`{feature}` by `{transform}`")
}
