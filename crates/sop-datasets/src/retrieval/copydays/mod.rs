//! The Copydays benchmark of copy detection.
//!
//! Jégou et al., INRIA Copydays: 157 original photographs, copies of them that are cropped or compressed more and more,
//! and 229 strongly changed ones. `eval_copy_detection.py` of facebookresearch/dino reads this layout.

mod error;
mod layout;
mod name;

pub use error::CopydaysError;
pub use layout::{BLOCKS, Copydays, CopydaysBlock};
