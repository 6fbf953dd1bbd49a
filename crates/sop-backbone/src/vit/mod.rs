//! The Vision Transformer of DINO, iBOT and SOP.

mod agreement;
mod arch;
mod config;
mod export;
mod layers;
mod model;
mod position;
mod position_graph;

#[cfg(test)]
mod tests;

pub use agreement::check_fed_size;
pub use arch::{Arch, infer_config};
pub use config::{Pooling, VitConfig, VitSize};
pub use export::{export_onnx, reference_outputs};
pub use layers::{Attention, Block, Mlp, each_row, linear};
pub use model::{BranchFactors, Corruption, Vit, VitOutput};
