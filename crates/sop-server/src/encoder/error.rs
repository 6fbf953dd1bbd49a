//! Why an image did not become a vector.

use std::time::Duration;

use sop_core::panic_guard::CaughtPanic;
use sop_core::{EncodeError, UnknownFeature};
use sop_embed::{ExtractError, InputSizeError, StoredTransformError};
use sop_image::{PrepareError, TransformError};

/// Why an image that was handed to a served encoder has no vector.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// There is no room now.
    #[error("the encoder `{encoder}` has {waiting} of at most {queue} images waiting; try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// The encoder's name.
        encoder: String,
        /// Images that wait.
        waiting: usize,
        /// Most images that may wait.
        queue: usize,
        /// When there may be room, in whole seconds.
        retry_after: Duration,
    },
    /// There will never be room.
    #[error(
        "{images} images of {bytes} bytes in one request: the encoder's queue takes {queue} images and {max_bytes} bytes at most"
    )]
    TooMuch {
        /// Images of the request.
        images: usize,
        /// Bytes of their files.
        bytes: usize,
        /// Most images that may wait.
        queue: usize,
        /// Most bytes that may wait.
        max_bytes: usize,
    },
    /// The file is no image, damaged, or too large.
    #[error(transparent)]
    Image(#[from] PrepareError),
    /// A library that reads images panicked.
    #[error("the image cannot be used")]
    Panic(#[from] CaughtPanic),
    /// The transform makes more of the image than the encoder may be given.
    #[error(
        "the transform makes an image of {height} × {width} pixels (height × width) of it, and the encoder is given at most \
         {limit} pixels; send a smaller image or one that is less long and thin"
    )]
    InputTooLarge {
        /// Height of the tensor.
        height: usize,
        /// Width of the tensor.
        width: usize,
        /// Most pixels.
        limit: usize,
    },
    /// The encoder failed for this image.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The encoder panicked over this image.
    #[error("encoder `{encoder}` broke down on this image: {message}")]
    EncoderPanic {
        /// The encoder's name.
        encoder: String,
        /// What it said.
        message: String,
    },
    /// The encoder gave a value that is no number.
    #[error("encoder `{encoder}` gives no usable vector for this image: component {component} is {value}")]
    NotFinite {
        /// The encoder's name.
        encoder: String,
        /// The first such component.
        component: usize,
        /// Its value.
        value: f32,
    },
    /// The server is about to end.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// Why an encoder cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no transform, or none that fits.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The encoder fails for the first image.
    #[error("encoder `{encoder}` fails for a first image")]
    FirstImage {
        /// The encoder's name.
        encoder: String,
        /// Why.
        #[source]
        source: EmbedError,
    },
    /// No thread can be started.
    #[error("cannot start a thread for encoder `{encoder}`")]
    Thread {
        /// The encoder's name.
        encoder: String,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The threads that prepare images cannot be started.
    #[error("cannot start the threads that prepare images: {0}")]
    Preparation(String),
}

/// Why an encoder cannot make the vectors that are asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The encoder names no transform, and neither does anybody else.
    #[error(
        "encoder `{encoder}` recommends no transform; name one, e.g. \
         \"resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)\""
    )]
    NoTransform {
        /// The encoder's name.
        encoder: String,
    },
    /// The transform's text cannot be read.
    #[error("the transform of encoder `{encoder}` cannot be used: {text}")]
    Transform {
        /// The encoder's name.
        encoder: String,
        /// The text.
        text: String,
        /// What is wrong with it.
        #[source]
        source: TransformError,
    },
    /// The transform beside stored vectors cannot be applied here.
    #[error(transparent)]
    Stored(#[from] StoredTransformError),
    /// The feature's name is not known.
    #[error(transparent)]
    UnknownFeature(#[from] UnknownFeature),
    /// The encoder lacks an output that the feature is made of.
    #[error(transparent)]
    Feature(ExtractError),
    /// The transform gives another size than the encoder takes.
    #[error(transparent)]
    Size(#[from] InputSizeError),
}
