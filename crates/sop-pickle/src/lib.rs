//! A pickle machine that executes nothing: names resolve to a closed list of constructors, which a [`Vocabulary`]
//! narrows down, and a call builds a plain value in an [`Arena`].
//!
//! Values refer to each other by index, so that shared, cyclic and deep values cost neither recursion nor leaks.
//! Every instruction makes at most one value; what copies is charged to a budget tied to the length of the input.
//! Opcodes: Python's `pickletools`; what `torch.save` writes: PyTorch's `torch/serialization.py`.

//!
//! ```
//! use sop_pickle::{Node, Vocabulary, run};
//!
//! // [1, 2] as Python's `pickle` writes it.
//! let values = run(b"\x80\x03](K\x01K\x02e.", 0, Vocabulary::Plain)?;
//! let items = values.arena.sequence(values.root).unwrap_or_default();
//! assert!(matches!(values.arena.get(items[1]), Node::Int(2)));
//! let error = run(b"cos\nsystem\n.", 0, Vocabulary::Plain).unwrap_err();
//! assert!(error.to_string().starts_with("pickle calls `os.system`, which is not allowed"));
//! # Ok::<(), sop_pickle::PickleError>(())
//! ```

mod arena;
mod call;
mod cursor;
mod dtype;
mod error;
mod float8;
mod global;
mod literal;
mod machine;
mod numpy;
mod other_tensor;
mod storage;
mod tensor;
mod tensor_marks;
mod tensor_view;
mod vocabulary;

pub use arena::{Arena, Id, Node};
pub use dtype::DType;
pub use error::PickleError;
pub use global::Global;
pub use machine::{Unpickled, run};
pub use numpy::NumpyType;
pub use storage::Storage;
pub use tensor_view::TensorView;
pub use vocabulary::Vocabulary;
