//! What can go wrong while images are encoded.

use std::path::PathBuf;

use super::OutputKind;

/// Why a batch could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// An output was asked for that the encoder does not have.
    #[error("encoder `{encoder}` has no output `{output}`; it has: {available}")]
    MissingOutput {
        /// The encoder's name.
        encoder: String,
        /// The output asked for.
        output: OutputKind,
        /// The outputs it has, separated by commas.
        available: String,
    },
    /// An output came back in another shape than the contract's.
    #[error("encoder `{encoder}` returned `{output}` with shape {found:?}, expected {expected}")]
    OutputShape {
        /// The encoder's name.
        encoder: String,
        /// The output's name.
        output: String,
        /// The shape that came back.
        found: Vec<usize>,
        /// The shape the contract asks for, in words.
        expected: String,
    },
    /// The images do not fit the encoder.
    #[error("encoder `{encoder}` cannot take images of shape {found:?}: {reason}")]
    InputShape {
        /// The encoder's name.
        encoder: String,
        /// Shape of the batch.
        found: Vec<usize>,
        /// What is wrong with it.
        reason: String,
    },
    /// The features of an image depend on the images that are encoded with it.
    #[error(
        "{} gives an image other features alone than among others: `{output}` differs by up to {difference:.2e}, where its \
         largest value is {largest:.2e}; export it again in evaluation mode (`model.eval()` in PyTorch) and without dynamic \
         quantisation, so that every image is encoded by itself",
        file.display()
    )]
    DependsOnBatch {
        /// The encoder's file.
        file: PathBuf,
        /// The output that differs most.
        output: OutputKind,
        /// Largest difference of a value.
        difference: f64,
        /// Largest value.
        largest: f64,
    },
    /// The engine failed.
    #[error("encoder `{encoder}` failed while running")]
    Engine {
        /// The encoder's name.
        encoder: String,
        /// The engine's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
