//! The method: views are compared with local structures in a memory of embeddings (paper, section 2).
//!
//! The way of one task: a [`Memory`], [`AnchorDraw`] (which slots are anchors), [`Prototypes`] (each anchor with its support
//! embeddings, and what each member contributes), [`Distributions`] (views to probabilities over prototypes), and the losses of
//! [`crate::objective`]. [`Sop`] holds the memories, [`SopStep`] does all of it for one training step.

mod anchors;
mod config;
mod distributions;
mod memory;
mod objective;
mod prototypes;
mod step;

pub use anchors::AnchorDraw;
pub use config::{AnchorSelection, Contribution, SopConfig, SupportSearch, TaskConfig};
pub use distributions::Distributions;
pub use memory::Memory;
pub use objective::{Sop, StepDraws};
pub use prototypes::Prototypes;
pub use step::SopStep;
