//! A guess at what the outputs of a foreign file are.

use sop_onnx::{ModelOutline, TensorOutline};

use crate::EncoderDescription;
use crate::inspect::CountedRun;
use crate::interface::Interface;

/// Most tokens in front of the patches that a count of tokens is explained by.
const MAX_FIRST_TOKENS: u64 = 17;

/// A description that may be right, and what of it is guessed.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The description.
    pub description: EncoderDescription,
    /// What to check before it is relied on, a sentence each.
    pub doubts: Vec<String>,
}

/// Suggests a description from names and shapes.
///
/// # Errors
/// When no output looks like tokens or a global feature.
pub(crate) fn suggest(outline: &ModelOutline, counted: Option<&CountedRun>) -> Result<Suggestion, String> {
    let interface = Interface::of_image_input(outline)?;
    let mut doubts = Vec::new();
    let rank = |rank: usize| outline.outputs.iter().filter(move |output| output.dims.len() == rank);
    let preferred = |outputs: Vec<&TensorOutline>, names: &[&str]| {
        let named = names.iter().find_map(|name| outputs.iter().find(|output| output.name == *name));
        named.or(outputs.first()).map(|output| output.name.clone())
    };
    let tokens = preferred(rank(3).collect(), &["last_hidden_state", "tokens", "x_norm", "output"]);
    let global = preferred(rank(2).collect(), &["cls", "cls_token", "pooler_output", "image_embeds", "embedding"]);
    let mut description = EncoderDescription { input: interface.input.clone(), ..EncoderDescription::default() };
    match (tokens, global) {
        (Some(tokens), global) => {
            if let Some(global) = global {
                doubts.push(format!("`cls = \"{global}\"` would take that output instead of a token."));
            }
            let first = counted.and_then(|counted| first_tokens(counted, &tokens));
            doubts.push(match first {
                Some(first) => {
                    format!(
                        "The axes of `{tokens}` leave {first} beside the patches: which tokens these are is a guess."
                    )
                }
                None => format!(
                    "The axes of `{tokens}` do not tell how many tokens are no patches: one CLS token is a guess."
                ),
            });
            description.patch_size = first.and(counted).and_then(patch_size);
            if let Some(side) = description.patch_size {
                doubts.push(format!(
                    "`patch_size = {side}` is the image's side over that of the first grid: the model may leave a remainder out."
                ));
            }
            description.cls_token = Some(first != Some(0));
            description.register_tokens = Some(first.unwrap_or(1).saturating_sub(1));
            description.tokens = Some(tokens);
        }
        (None, Some(global)) => {
            doubts.push(format!("`{global}` is taken for the image's feature; class scores look the same."));
            description.cls = Some(global);
        }
        (None, None) => {
            return Err("no output has the axes of tokens [batch, tokens, dim] or of a feature [batch, dim]".to_owned());
        }
    }
    description.transform = Some(outline.metadata.get("transform").cloned().unwrap_or_else(|| {
        doubts.push(
            "The file says nothing of its transform: size, filter and normalisation are the usual ones.".to_owned(),
        );
        usual_transform(interface.size)
    }));
    Ok(Suggestion { description, doubts })
}

/// Number of tokens in front of the patches, where shapes tell it.
fn first_tokens(counted: &CountedRun, output: &str) -> Option<usize> {
    let tokens = counted.run.outputs.get(output)?.get(1).copied().flatten()?;
    let [rows, columns] = counted.run.first_conv_grid?;
    let first = tokens.checked_sub(rows.checked_mul(columns)?)?;
    usize::try_from(first).ok().filter(|_| first <= MAX_FIRST_TOKENS)
}

/// Side of the patches of the first grid, where the image is a multiple of it.
fn patch_size(counted: &CountedRun) -> Option<usize> {
    let ([height, width], [rows, columns]) = (counted.image_size, counted.run.first_conv_grid?);
    let side = height.checked_div(rows)?;
    let whole = Some(side) == width.checked_div(columns) && [height % rows, width % columns] == [0, 0];
    usize::try_from(side).ok().filter(|_| whole)
}

/// DINO's evaluation transform, in proportion to the model's size.
fn usual_transform([height, width]: [Option<usize>; 2]) -> String {
    match (height, width) {
        (Some(height), Some(width)) if height != width => {
            format!("resize_exact({width},{height},bicubic)|normalize(imagenet)")
        }
        (Some(side), _) | (None, Some(side)) => {
            let resized = side.saturating_mul(256).div_ceil(224);
            format!("resize_short({resized},bicubic)|center_crop({side})|normalize(imagenet)")
        }
        (None, None) => "resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)".to_owned(),
    }
}
