//! The outputs that an encoder may have: their names, and what their axes are.

use std::fmt;

/// An output of an encoder; the order is that of the encoder contract.
///
/// What the suite knows of an output is said here alone. An output of which there are several (a stage, a block) is one
/// variant with a number, which its name ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutputKind {
    /// `cls`: the normed CLS token, `[batch, dim]`; the mean of the normed tokens where there is none.
    Cls,
    /// `patches`: the normed patch tokens, `[batch, tokens, dim]`, row-major over the patch grid.
    Patches,
    /// `cls_last4`: the normed CLS tokens of the last four blocks, first block first, `[batch, 4 * dim]`.
    ClsLast4,
    /// `attention`: the CLS-to-patch attention of the last block, `[batch, heads, tokens]`.
    Attention,
    /// `logits`: a score for each class, `[batch, classes]`.
    Logits,
}

/// What an axis of an output counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputAxis {
    /// Images.
    Batch,
    /// Patches of an image.
    Tokens,
    /// So many times the encoder's dimension.
    Dims(usize),
    /// Attention heads.
    Heads,
    /// Classes.
    Classes,
}

impl OutputKind {
    /// The outputs without a number.
    const PLAIN: [Self; 5] = [Self::Cls, Self::Patches, Self::ClsLast4, Self::Attention, Self::Logits];

    /// The output with this name in an ONNX file.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::PLAIN.into_iter().find(|kind| kind.to_string() == name)
    }

    /// Its axes, the batch first.
    #[must_use]
    pub fn axes(self) -> &'static [OutputAxis] {
        use OutputAxis::{Batch, Classes, Dims, Heads, Tokens};
        match self {
            Self::Cls => &[Batch, Dims(1)],
            Self::Patches => &[Batch, Tokens, Dims(1)],
            Self::ClsLast4 => &[Batch, Dims(4)],
            Self::Attention => &[Batch, Heads, Tokens],
            Self::Logits => &[Batch, Classes],
        }
    }

    /// Number of axes.
    #[must_use]
    pub fn rank(self) -> usize {
        self.axes().len()
    }

    /// The axes in words, e.g. `[batch, tokens, dim]`.
    #[must_use]
    pub fn shape(self) -> String {
        let names: Vec<String> = self.axes().iter().map(ToString::to_string).collect();
        format!("[{}]", names.join(", "))
    }

    /// The axis along which patches lie; `None` for an output that has one vector for the whole image.
    #[must_use]
    pub fn token_axis(self) -> Option<usize> {
        self.axes().iter().position(|&axis| axis == OutputAxis::Tokens)
    }
}

/// The name in an ONNX file, which is also the one in messages.
impl fmt::Display for OutputKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cls => "cls",
            Self::Patches => "patches",
            Self::ClsLast4 => "cls_last4",
            Self::Attention => "attention",
            Self::Logits => "logits",
        })
    }
}

impl fmt::Display for OutputAxis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch => formatter.write_str("batch"),
            Self::Tokens => formatter.write_str("tokens"),
            Self::Dims(1) => formatter.write_str("dim"),
            Self::Dims(times) => write!(formatter, "{times} * dim"),
            Self::Heads => formatter.write_str("heads"),
            Self::Classes => formatter.write_str("classes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_axes_are_those_of_the_contract() {
        let contract = [
            ("cls", "[batch, dim]", None),
            ("patches", "[batch, tokens, dim]", Some(1)),
            ("cls_last4", "[batch, 4 * dim]", None),
            ("attention", "[batch, heads, tokens]", Some(2)),
            ("logits", "[batch, classes]", None),
        ];
        for (name, shape, token_axis) in contract {
            let kind = OutputKind::of_name(name).unwrap();
            assert_eq!((kind.to_string().as_str(), kind.shape().as_str()), (name, shape));
            assert_eq!((kind.token_axis(), kind.rank()), (token_axis, shape.split(',').count()));
        }
        for name in ["", "Cls", "cls ", "stage", "cls_last5"] {
            assert_eq!(OutputKind::of_name(name), None, "{name}");
        }
    }
}
