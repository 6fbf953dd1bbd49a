//! A pickle machine that executes nothing: names resolve to a closed list of constructors, and a call builds a plain
//! value in an arena.
//!
//! Values refer to each other by index, so that shared, cyclic and deep values cost neither recursion nor leaks.
//! Every instruction makes at most one value; what copies is charged to a budget tied to the length of the input.
//! Opcodes: Python's `pickletools`; what `torch.save` writes: PyTorch's `torch/serialization.py`.

mod arena;
mod call;
mod cursor;
mod error;
mod global;
mod literal;
mod machine;
mod numpy;
mod tensor;

pub(super) use arena::{Arena, Id, Node};
pub use error::PickleError;
pub(super) use machine::run;
