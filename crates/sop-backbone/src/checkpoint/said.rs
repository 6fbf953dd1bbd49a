//! What a checkpoint says of its network besides the tensors: training arguments, configs, the name of an architecture.
//!
//! Weights show neither the number of attention heads nor which side of the image is the longer one. Training scripts
//! write both, under the names of their own flags; what they write must agree with what is built. Arguments of other
//! networks in the same run (a decoder, a text tower, an evaluation) say nothing of this one.

use std::collections::BTreeMap;

use super::ArgValue;

/// One thing that a file says of its network.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Where it says so, e.g. `args.num_heads`.
    pub name: String,
    /// The value as it is written, as JSON.
    pub value: String,
    /// What it means.
    pub fact: Fact,
}

/// What an argument means for a Vision Transformer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fact {
    /// Attention heads.
    Heads(usize),
    /// Components of a token.
    Dim(usize),
    /// Number of blocks.
    Depth(usize),
    /// Height and width of a patch in pixels.
    Patch([usize; 2]),
    /// Height and width in pixels of the images that the network was made for.
    Image([usize; 2]),
    /// Height and width in pixels of the images that the training fed, for which a network need not be made.
    Fed([usize; 2]),
    /// Rows and columns of patches.
    Grid([usize; 2]),
    /// Epsilon of the layer norms.
    Epsilon(f64),
    /// Whether the activation of the MLP is the exact GELU.
    ExactGelu(bool),
    /// A named size: its components of a token, and the heads that its authors gave it.
    Named {
        /// The size's name, e.g. `vit_small`.
        arch: &'static str,
        /// Components of a token.
        dim: usize,
        /// Attention heads; `None` where the file gives their number itself.
        heads: Option<usize>,
    },
}

/// Parts of an argument's place that say that it is about another network, or another part of the run.
const ELSEWHERE: [&str; 17] = [
    "decoder",
    "predictor",
    "head",
    "projector",
    "text",
    "discriminator",
    "tokenizer",
    "neck",
    "eval",
    "test",
    "val",
    "probe",
    "knn",
    "optim",
    "sched",
    "local",
    "crops",
];
/// Parts of an argument's place that say that it is about images, not about the network.
const IMAGES: [&str; 3] = ["data", "transform", "aug"];

/// What the settings of a file say of the set of weights `key`, whose tensors have these names.
pub(super) fn said<'a>(
    settings: &BTreeMap<String, ArgValue>,
    key: &str,
    mut names: impl Iterator<Item = &'a str>,
) -> Vec<Said> {
    // MoCo v3 calls by the usual names what has other numbers of heads.
    let is_moco = settings.keys().any(|name| last_part(name).starts_with("moco_"))
        || names.any(|name| name.contains("momentum_encoder.") || name.contains("base_encoder."))
        || key.contains("momentum_encoder")
        || key.contains("base_encoder");
    let other_branch = other_branch(settings, key);
    let is_about = |name: &str| {
        let mut parts: Vec<&str> = name.split('.').collect();
        parts.pop();
        let elsewhere = |part: &&str| {
            let part = part.to_ascii_lowercase();
            Some(part.as_str()) == other_branch || ELSEWHERE.iter().any(|word| part.contains(word))
        };
        !parts.iter().any(elsewhere)
    };
    let mut said = Vec::new();
    for (name, value) in settings.iter().filter(|(name, _)| is_about(name)) {
        if let Some(fact) = fact(name, value, is_moco) {
            said.push(Said { name: name.clone(), value: value.to_string(), fact });
        }
    }
    // A number that is written goes before what a name stands for.
    if said.iter().any(|said| matches!(said.fact, Fact::Heads(_))) {
        for said in &mut said {
            if let Fact::Named { arch, dim, .. } = said.fact {
                said.fact = Fact::Named { arch, dim, heads: None };
            }
        }
    }
    said
}

/// Of `student` and `teacher` the one that `key` is not, where the settings have both.
fn other_branch(settings: &BTreeMap<String, ArgValue>, key: &str) -> Option<&'static str> {
    let has = |branch: &str| settings.keys().any(|name| name.split('.').rev().skip(1).any(|part| part == branch));
    let in_key = |branch: &str| key.split('.').any(|part| part == branch);
    let both = has("student") && has("teacher");
    match (in_key("student"), in_key("teacher")) {
        (true, false) if both => Some("teacher"),
        (false, true) if both => Some("student"),
        _ => None,
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// What one argument means, if its name is known and its value has a form that is.
fn fact(name: &str, value: &ArgValue, is_moco: bool) -> Option<Fact> {
    let about_images =
        name.split('.').rev().skip(1).any(|part| IMAGES.iter().any(|word| part.to_ascii_lowercase().contains(word)));
    let flag = last_part(name).to_ascii_lowercase().replace('-', "_");
    Some(match flag.as_str() {
        "num_heads" | "num_head" | "heads" | "n_heads" | "n_head" | "nheads" | "num_attention_heads" | "vit_heads" => {
            Fact::Heads(one(value)?)
        }
        "embed_dim" | "hidden_size" => Fact::Dim(one(value)?),
        "depth" | "num_hidden_layers" => Fact::Depth(one(value)?),
        "patch_size" | "patchsize" | "vit_patch_size" => Fact::Patch(pair(value)?),
        "img_size" | "image_size" | "imgsize" | "imsize" | "input_resolution" if !about_images => {
            Fact::Image(pair(value)?)
        }
        "img_size" | "image_size" | "input_size" | "imgsize" | "imsize" => Fact::Fed(pair(value)?),
        "grid_size" => Fact::Grid(pair(value)?),
        "layer_norm_eps" | "norm_eps" | "ln_eps" => Fact::Epsilon(real(value)?),
        "hidden_act" | "act_layer" => Fact::ExactGelu(is_exact_gelu(value)?),
        "arch" | "model" | "model_name" | "architecture" | "backbone" | "vit_arch" | "encoder" => {
            let ArgValue::Text(text) = value else { return None };
            named(text, is_moco)?
        }
        _ => return None,
    })
}

/// A number, or the only one of a list.
fn one(value: &ArgValue) -> Option<usize> {
    match numbers(value)?[..] {
        [number] => Some(number),
        _ => None,
    }
}

/// Height and width: one number for both, two, or three with the number of channels at either end.
fn pair(value: &ArgValue) -> Option<[usize; 2]> {
    match numbers(value)?[..] {
        [side] => Some([side; 2]),
        [height, width] | [1 | 3, height, width] | [height, width, 1 | 3] => Some([height, width]),
        _ => None,
    }
}

/// The positive whole numbers of a number, a list, or a text such as `16`, `16x64` and `(16, 64)`.
fn numbers(value: &ArgValue) -> Option<Vec<usize>> {
    const MOST: usize = 3;
    let numbers: Vec<usize> = match value {
        ArgValue::Int(number) => vec![usize::try_from(*number).ok()?],
        ArgValue::Float(number) if number.fract() == 0.0 && (1.0..1e9).contains(number) => vec![*number as usize],
        ArgValue::List(values) if values.len() <= MOST => values.iter().map(one_of_list).collect::<Option<_>>()?,
        ArgValue::Text(text) if text.len() <= 40 => {
            let known = |letter: char| letter.is_ascii_digit() || "()[]x,* ".contains(letter);
            if !text.chars().all(known) {
                return None;
            }
            let digits = text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
            digits.map(|digits| digits.parse().ok()).collect::<Option<_>>()?
        }
        _ => return None,
    };
    let all_positive = !numbers.is_empty() && numbers.len() <= MOST && numbers.iter().all(|&number| number > 0);
    all_positive.then_some(numbers)
}

fn one_of_list(value: &ArgValue) -> Option<usize> {
    match value {
        ArgValue::Int(number) => usize::try_from(*number).ok(),
        ArgValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn real(value: &ArgValue) -> Option<f64> {
    match value {
        ArgValue::Float(number) => Some(*number),
        ArgValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether a name of an activation is the exact GELU's; `None` for names that are not known.
fn is_exact_gelu(value: &ArgValue) -> Option<bool> {
    let ArgValue::Text(text) = value else { return None };
    let name = text.to_ascii_lowercase();
    match name.rsplit('.').next().unwrap_or(&name) {
        "gelu" => Some(true),
        "quick_gelu" | "quickgelu" | "gelu_new" | "gelu_fast" | "gelu_tanh" | "gelu_pytorch_tanh" | "relu" | "silu"
        | "swish" | "swiglu" => Some(false),
        _ => None,
    }
}

/// The size that a name such as `vit_small`, `deit_small_patch16_224`, `mae_vit_base_patch16`, `dino_vits16` or
/// `ViT-B/16` stands for.
fn named(name: &str, is_moco: bool) -> Option<Fact> {
    const SIZES: [(&str, char, &str, usize, usize); 5] = [
        ("tiny", 't', "vit_tiny", 192, 3),
        ("small", 's', "vit_small", 384, 6),
        ("base", 'b', "vit_base", 768, 12),
        ("large", 'l', "vit_large", 1024, 16),
        ("huge", 'h', "vit_huge", 1280, 16),
    ];
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let is_letter = |word: &str, letter: char| word.strip_prefix(letter).is_some_and(is_digits);
    let size = SIZES.into_iter().find(|&(size, letter, ..)| {
        words.iter().enumerate().any(|(index, &word)| match word {
            // The word after, or the one after `conv`.
            "vit" | "deit" => words.iter().skip(index + 1).take(2).any(|&word| word == size || is_letter(word, letter)),
            _ => word.strip_prefix("vit").is_some_and(|word| is_letter(word, letter)),
        })
    });
    let (_, _, arch, dim, heads) = size?;
    // facebookresearch/moco-v3, vits.py: twelve heads in `vit_small` and `vit_base`.
    let heads = if is_moco && arch == "vit_small" { 12 } else { heads };
    Some(Fact::Named { arch, dim, heads: Some(heads) })
}

fn is_digits(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ArgValue {
        ArgValue::Text(text.to_owned())
    }

    fn list(values: &[i64]) -> ArgValue {
        ArgValue::List(values.iter().map(|&value| ArgValue::Int(value)).collect())
    }

    fn facts(settings: &[(&str, ArgValue)], key: &str) -> Vec<(String, Fact)> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        said(&settings, key, std::iter::empty()).into_iter().map(|said| (said.name, said.fact)).collect()
    }

    #[test]
    fn sizes_are_read_in_the_forms_that_scripts_write() {
        for value in [ArgValue::Int(16), ArgValue::Float(16.0), list(&[16]), list(&[16, 16]), text("16"), text("16x16")]
        {
            assert_eq!(
                facts(&[("args.patch_size", value.clone())], ""),
                [("args.patch_size".to_owned(), Fact::Patch([16, 16]))]
            );
        }
        for value in [list(&[16, 64]), list(&[3, 16, 64]), text("(16, 64)"), text("16x64")] {
            assert_eq!(facts(&[("config.img_size", value.clone())], "")[0].1, Fact::Image([16, 64]), "{value:?}");
        }
        for value in
            [ArgValue::None, ArgValue::Bool(true), ArgValue::Int(0), list(&[]), text("auto"), list(&[1, 2, 3, 4])]
        {
            assert_eq!(facts(&[("args.img_size", value.clone())], ""), [], "{value:?}");
        }
        assert_eq!(facts(&[("args.data.img_size", ArgValue::Int(96))], "")[0].1, Fact::Fed([96, 96]));
    }

    #[test]
    fn arguments_of_other_networks_say_nothing() {
        for name in
            ["args.decoder.num_heads", "args.text_config.num_heads", "config.eval.heads", "args.decoder_num_heads"]
        {
            assert_eq!(facts(&[(name, ArgValue::Int(3))], ""), [], "{name}");
        }
        let both = [("cfg.student.num_heads", ArgValue::Int(6)), ("cfg.teacher.num_heads", ArgValue::Int(16))];
        assert_eq!(facts(&both, "teacher"), [("cfg.teacher.num_heads".to_owned(), Fact::Heads(16))]);
        assert_eq!(facts(&both[..1], "teacher"), [("cfg.student.num_heads".to_owned(), Fact::Heads(6))]);
    }

    #[test]
    fn names_of_architectures_stand_for_sizes() {
        for (name, expected) in [
            ("vit_small", Some("vit_small")),
            ("deit_small_distilled_patch16_224", Some("vit_small")),
            ("mae_vit_base_patch16", Some("vit_base")),
            ("dino_vits16", Some("vit_small")),
            ("dinov2_vitl14", Some("vit_large")),
            ("ViT-B/16", Some("vit_base")),
            ("vit_conv_small", Some("vit_small")),
            ("vit_huge", Some("vit_huge")),
            ("swin_tiny", None),
            ("convit_small", None),
            ("vit", None),
            ("resnet50", None),
            ("mae_tiny_test", None),
        ] {
            let found = named(name, false).map(|fact| match fact {
                Fact::Named { arch, .. } => arch,
                other => panic!("{other:?}"),
            });
            assert_eq!(found, expected, "{name}");
        }
        let moco = [("arch", text("vit_small")), ("args.moco_dim", ArgValue::Int(256))];
        let expected = Fact::Named { arch: "vit_small", dim: 384, heads: Some(12) };
        assert_eq!(facts(&moco, ""), [("arch".to_owned(), expected)]);
    }
}
