//! Images to vectors inside of the server: one [`ServedEncoder`] for each encoder, each with a queue and a thread.
//!
//! Image files wait, become tensors on all cores ([`Preparation`]), and go through the encoder in batches of whatever is
//! there. The numbers are those of `sop embed`: the same decoder, transform, encoder and pooling. How many images share a batch
//! moves the last bits of a vector at most, as it does there.

mod batch;
mod error;
mod group;
mod observer;
mod options;
mod preparation;
mod queue;
mod recipe;
mod served;
mod set;
mod slots;

pub use error::{EmbedError, RecipeError, StartError};
pub use observer::{BatchMeasure, EncoderObserver};
pub use options::QueueOptions;
pub use preparation::Preparation;
pub use recipe::Recipe;
pub use served::{Embedding, ServedEncoder};
pub use set::{EncoderSet, EncoderSetError};
