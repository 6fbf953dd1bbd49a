//! How the inputs and outputs of a model file serve the encoder contract.

use std::collections::BTreeMap;

use sop_core::{OutputAxis, OutputKind, OutputKinds};
use sop_onnx::{ElementCode, ModelOutline, TensorOutline};

use crate::EncoderDescription;

/// An output of the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelOutput {
    pub(crate) name: String,
    /// Size of the last axis, where it is known before the model runs.
    pub(crate) width: Option<usize>,
}

/// Which tokens of an output are patches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TokenLayout {
    pub(crate) cls_token: bool,
    pub(crate) registers: usize,
}

impl TokenLayout {
    /// Number of tokens in front of the patches.
    pub(crate) fn before_patches(self) -> usize {
        usize::from(self.cls_token).saturating_add(self.registers)
    }
}

/// Where an output of the contract comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// An output of the model as it is.
    Output(ModelOutput),
    /// The CLS token or the patches among all tokens.
    Tokens(ModelOutput, TokenLayout),
}

impl Origin {
    pub(crate) fn output(&self) -> &ModelOutput {
        match self {
            Self::Output(output) | Self::Tokens(output, _) => output,
        }
    }
}

/// The model's input, and where each output of the contract comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interface {
    pub(crate) input: String,
    /// The only batch size that the model takes.
    pub(crate) batch: Option<usize>,
    /// The only height and width that the model takes.
    pub(crate) size: [Option<usize>; 2],
    pub(crate) origins: BTreeMap<OutputKind, Origin>,
}

impl Interface {
    /// The interface of a file that keeps the contract, or what differs from it.
    pub(crate) fn of_contract(outline: &ModelOutline) -> Result<Self, String> {
        let input = only_input(outline)?;
        if input.name != "image" {
            return Err(format!("its input is `{}`", input.name));
        }
        let found: OutputKinds =
            outline.outputs.iter().filter_map(|output| OutputKind::of_name(&output.name)).collect();
        if ![OutputKind::Cls, OutputKind::Patches].into_iter().all(|kind| found.contains(kind)) {
            return Err(format!("its outputs are {}", names(&outline.outputs)));
        }
        let dim = output(outline, "cls", OutputKind::Cls)?.width;
        let dim = dim.ok_or_else(|| "the size of its output `cls` is not fixed".to_owned())?;
        let mut origins = BTreeMap::new();
        for kind in found.iter() {
            let output = match output(outline, &kind.to_string(), kind) {
                Ok(output) => output,
                // The contract took this name later: a file that has something else under it is an encoder all the same.
                Err(_) if kind == OutputKind::Logits => continue,
                Err(reason) => return Err(reason),
            };
            let width = match kind.axes().last() {
                Some(&OutputAxis::Dims(times)) => dim.checked_mul(times),
                Some(OutputAxis::Classes) => output.width,
                // The number of tokens follows the image's size.
                _ => None,
            };
            origins.insert(kind, Origin::Output(ModelOutput { width, ..output }));
        }
        Ok(Self { origins, ..Self::of_input(input)? })
    }

    /// The interface that a description gives to a file, or why it does not fit.
    pub(crate) fn described(outline: &ModelOutline, description: &EncoderDescription) -> Result<Self, String> {
        description.check()?;
        let input = only_input(outline)?;
        if input.name != description.input {
            return Err(format!("its input is `{}`, and the description says `{}`", input.name, description.input));
        }
        let mut interface = Self::of_input(input)?;
        let origins = &mut interface.origins;
        if let Some(name) = &description.tokens {
            let tokens = output(outline, name, OutputKind::Patches)?;
            let registers = description.register_tokens.unwrap_or(0);
            let layout = TokenLayout { cls_token: description.cls_token.unwrap_or(false), registers };
            let count = outline.output(name).and_then(|tokens| size(tokens, 1));
            if let Some(count) = count.filter(|&count| layout.before_patches() >= count) {
                return Err(no_patches_left(name, count, layout));
            }
            origins.insert(OutputKind::Cls, Origin::Tokens(tokens.clone(), layout));
            origins.insert(OutputKind::Patches, Origin::Tokens(tokens, layout));
        }
        for (kind, name) in description.named_outputs() {
            origins.insert(kind, Origin::Output(output(outline, name, kind)?));
        }
        Ok(interface)
    }

    /// The image input alone, with no outputs.
    pub(crate) fn of_image_input(outline: &ModelOutline) -> Result<Self, String> {
        Self::of_input(only_input(outline)?)
    }

    fn of_input(input: &TensorOutline) -> Result<Self, String> {
        if input.dims.len() != 4 || size(input, 1).is_some_and(|channels| channels != 3) {
            let reason = "expected 4: batch, 3 channels, height, width";
            return Err(format!("its input `{}` has the axes {}; {reason}", input.name, axes(input)));
        }
        if ![ElementCode::FLOAT, ElementCode::UNDEFINED].contains(&input.element) {
            return Err(format!("its input `{}` is of type {}, not float32", input.name, input.element.name()));
        }
        Ok(Self {
            input: input.name.clone(),
            batch: size(input, 0),
            size: [size(input, 2), size(input, 3)],
            origins: BTreeMap::new(),
        })
    }

    /// The contract's outputs that there are.
    pub(crate) fn outputs(&self) -> OutputKinds {
        self.origins.keys().copied().collect()
    }

    /// The wanted outputs that there are, with where they come from.
    pub(crate) fn wanted<'a>(&'a self, wanted: &'a OutputKinds) -> impl Iterator<Item = (OutputKind, &'a Origin)> {
        self.origins.iter().map(|(&kind, origin)| (kind, origin)).filter(|(kind, _)| wanted.contains(*kind))
    }

    /// Names of the model's outputs that the wanted ones come from, each once.
    pub(crate) fn model_outputs(&self, wanted: &OutputKinds) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (_, origin) in self.wanted(wanted) {
            let name = &origin.output().name;
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// Says that a description leaves no patch among `count` tokens.
pub(crate) fn no_patches_left(name: &str, count: usize, layout: TokenLayout) -> String {
    let cls = if layout.cls_token { "a CLS token and " } else { "" };
    format!("its output `{name}` has {count} tokens; {cls}{} register tokens leave no patch", layout.registers)
}

fn only_input(outline: &ModelOutline) -> Result<&TensorOutline, String> {
    match outline.inputs.as_slice() {
        [input] => Ok(input),
        inputs => Err(format!("it has {} inputs ({}), an encoder has one", inputs.len(), names(inputs))),
    }
}

/// The model's output `name`, which must be of floats and have as many axes as the contract's output `kind`.
fn output(outline: &ModelOutline, name: &str, kind: OutputKind) -> Result<ModelOutput, String> {
    let rank = kind.rank();
    let Some(output) = outline.output(name) else {
        return Err(format!("it has no output `{name}`; its outputs are {}", names(&outline.outputs)));
    };
    if output.dims.len() != rank {
        return Err(format!("its output `{name}` has {} axes {} instead of {rank}", output.dims.len(), axes(output)));
    }
    if ![ElementCode::FLOAT, ElementCode::UNDEFINED].contains(&output.element) {
        return Err(format!("its output `{name}` is of type {}, not float32", output.element.name()));
    }
    Ok(ModelOutput { name: name.to_owned(), width: size(output, rank - 1) })
}

/// The fixed size of an axis; sizes that no tensor has count as unknown.
fn size(tensor: &TensorOutline, axis: usize) -> Option<usize> {
    tensor.dims.get(axis).copied().flatten().and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0)
}

fn names(tensors: &[TensorOutline]) -> String {
    tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The axes of an input or output, e.g. `[?, 3, 224, 224]`.
fn axes(tensor: &TensorOutline) -> String {
    let size = |dim: &Option<i64>| dim.map_or_else(|| "?".to_owned(), |size| size.to_string());
    format!("[{}]", tensor.dims.iter().map(size).collect::<Vec<_>>().join(", "))
}
