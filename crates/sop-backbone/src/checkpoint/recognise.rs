//! What a state dict looks like when it is not the model asked for.

/// Longest names and most names that are compared.
const MAX_LENGTH: usize = 200;
const MAX_NAMES: usize = 2000;

/// For the error of a missing tensor: the architecture, if it shows, and the names nearest to `wanted`.
pub(super) fn hint<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.filter(|name| name.len() <= MAX_LENGTH).take(MAX_NAMES).collect();
    let mut hint = String::new();
    if let Some((sign, architecture)) = architecture(&names) {
        hint = format!("; `{sign}` is a name of {architecture}, not of a DINO-style ViT");
    }
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|&name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= wanted.len() / 2)
        .collect();
    near.sort_unstable();
    let near: Vec<String> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    if near.is_empty() { hint } else { format!("{hint}; near names: {}", near.join(", ")) }
}

/// The first name that betrays another architecture, and the architecture.
fn architecture<'a>(names: &[&'a str]) -> Option<(&'a str, &'static str)> {
    // (part of a name, architecture), the more telling first
    const SIGNS: [(&str, &str); 12] = [
        ("relative_position_bias_table", "a Swin transformer"),
        ("transformer.layers.", "a torch.nn.TransformerEncoder"),
        ("transformer.resblocks.", "a CLIP transformer"),
        ("encoder_layer_0.", "a torchvision ViT"),
        ("encoder.layer.0.attention.", "a Hugging Face ViT"),
        ("layer.0.attention.attention.", "a Hugging Face ViT"),
        ("downsample_layers.", "a ConvNeXt"),
        ("layer1.0.conv1.", "a ResNet"),
        ("blocks.0.0.attn.qkv.", "a ViT whose blocks are in chunks (DINOv2 with FSDP)"),
        ("blocks.0.cross_attn.", "a transformer with cross attention"),
        ("blocks.0.attn.q_proj.", "a ViT with separate query, key and value"),
        ("features.0.", "a torchvision convolutional network"),
    ];
    SIGNS.iter().find_map(|(sign, architecture)| {
        let name = names.iter().find(|name| name.contains(sign))?;
        Some((*name, *architecture))
    })
}

/// Edits between two names.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, &from) in left.as_bytes().iter().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, &to) in row.iter_mut().skip(1).zip(right.as_bytes()) {
            let best = (diagonal + usize::from(from != to)).min(before + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = best;
            before = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (left, right, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("fc1", "fc1", 0), ("ab", "", 2)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn other_architectures_and_near_names_are_shown() {
        let of = |names: &[&'static str]| hint("blocks.0.attn.qkv.weight", names.iter().copied());
        assert!(
            of(&["conv1.weight", "layer1.0.conv1.weight"]).contains("`layer1.0.conv1.weight` is a name of a ResNet")
        );
        assert!(of(&["transformer.layers.0.norm1.weight"]).contains("torch.nn.TransformerEncoder"));
        assert!(of(&["layers.0.blocks.0.attn.relative_position_bias_table"]).contains("Swin"));
        let near = of(&["blocks.0.attn.qkv.bias", "blocks.0.attn.wqkv.weight", "x"]);
        assert_eq!(near, "; near names: `blocks.0.attn.wqkv.weight`, `blocks.0.attn.qkv.bias`");
        assert_eq!(of(&[]), "");
    }
}
