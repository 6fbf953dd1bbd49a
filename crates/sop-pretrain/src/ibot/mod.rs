//! The baselines: views are compared with learned prototypes, the last layer of the head.
//!
//! The teacher's scores of the prototypes are centred by their running mean and sharpened, which keeps them from collapsing (iBOT,
//! bytedance/ibot `main_ibot.py`). DINO (facebookresearch/dino `main_dino.py`) is the same without masked patches.

mod centre;
mod config;
mod objective;
mod step;

pub use centre::Centre;
pub use config::{DinoConfig, IbotConfig};
pub use objective::Ibot;
pub use step::{IbotStep, Scores};
