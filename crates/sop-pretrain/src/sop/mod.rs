//! The method: views are compared with local structures in a memory of embeddings (paper, section 2).
//!
//! The way of one task: a [`Memory`], [`AnchorDraw`] (which slots are anchors), [`Prototypes`] (each anchor with its support
//! embeddings, and what each member contributes), [`Distributions`] (views to probabilities over prototypes), losses.
//! [`Sop`] does all of it for one training step.

mod anchors;
mod config;
mod distributions;
mod error;
mod losses;
mod memory;
mod objective;
mod prototypes;

pub use anchors::AnchorDraw;
pub use config::{AnchorSelection, Contribution, GlobalFeature, SopConfig, SupportSearch, TaskConfig};
pub use distributions::Distributions;
pub use error::SopError;
pub use losses::{class_loss, koleo_loss, mean_entropy, patch_loss};
pub use memory::Memory;
pub use objective::{MaskedPatches, Sop, SopLoss, StepDraws, StepPrototypes, ViewEmbeddings};
pub use prototypes::Prototypes;
