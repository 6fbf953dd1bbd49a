//! Writes an ONNX model file from nodes and weights, reads the outline of one, and counts its operations. Knows neither
//! Burn nor SOP.
//!
//! ```
//! use sop_onnx::{Dim, ElementType, GraphBuilder};
//!
//! let mut graph = GraphBuilder::new("double");
//! let x = graph.input("x", ElementType::Float, &[Dim::Symbol("n")]);
//! let two = graph.float("two", &[], &[2.0])?;
//! let y = graph.node("Mul", &[&x, &two]);
//! graph.output("y", &y, ElementType::Float, &[Dim::Symbol("n")]);
//! let bytes = graph.finish(17, "example", &[])?;
//! assert_eq!(sop_onnx::ModelOutline::from_bytes(&bytes)?.outputs[0].name, "y");
//! # Ok::<(), sop_onnx::OnnxError>(())
//! ```

mod element_type;
mod error;
mod graph;
mod inference;
mod model;
mod operations;
mod outline;
#[allow(missing_docs)]
mod proto;
mod weights;

pub use element_type::ElementCode;
pub use error::OnnxError;
pub use graph::{Attribute, Dim, ElementType, GraphBuilder, Value};
pub use model::Model;
pub use operations::{OperationCount, OperatorCount};
pub use outline::{ModelOutline, TensorOutline};
pub use weights::{WeightCount, WeightOutline};
