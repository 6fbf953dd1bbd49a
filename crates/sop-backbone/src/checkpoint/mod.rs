//! Published PyTorch checkpoints, read without Python and without running anything that a file says.
//!
//! [`Checkpoint::open`] recognises the format from the bytes of the file, interprets the pickle with a machine that
//! knows a closed list of constructors, and lists the state dicts; [`Checkpoint::backbone`] reads one of them into a
//! [`StateDict`], whose tensors are [taken](StateDict::take) by name and shape.
//! What was not taken is in the [`LoadReport`], so that a load is strict without hiding what was left aside: every
//! tensor of a file is read, ignored with a reason, or in a place that is named with their number.
//!
//! ```no_run
//! # use std::path::Path;
//! # use sop_backbone::checkpoint::{Checkpoint, CheckpointError};
//! let checkpoint = Checkpoint::open(Path::new("checkpoint.pth"))?;
//! let mut weights = checkpoint.backbone(None)?;
//! let cls = weights.take("cls_token", &[1, 1, 384])?;
//! let report = weights.finish()?;
//! # Ok::<(), CheckpointError>(())
//! ```

mod args;
mod branches;
mod budget;
mod choice;
mod error;
mod file;
mod format;
mod groups;
mod names;
mod recognise;
mod safetensors;
mod said;
mod state_dict;
mod torch_legacy;
mod torch_zip;

#[cfg(test)]
pub(crate) mod test_fixture;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_marks;
#[cfg(test)]
mod tests_sets;

pub use args::ArgValue;
pub use error::CheckpointError;
pub use file::Checkpoint;
pub use format::CheckpointFormat;
pub use groups::{NotRead, StateDictSummary};
pub use said::{Fact, Said};
pub use sop_pickle::{DType, PickleError};
pub use state_dict::{IgnoredTensor, LoadReport, StateDict, Tensor};
