//! Whether what a checkpoint says of its network agrees with what was asked for and with its tensors.
//!
//! A square position embedding of 16 patches fits 4 x 4 and 2 x 8, and a width of 384 fits 6 and 12 heads: there the
//! arguments in the file are the only witness, and a model that contradicts them would give other features.

use super::{Arch, VitConfig};
use crate::BackboneError;
use crate::checkpoint::{Fact, Said};

/// Epsilon of every layer norm of the family.
const EPSILON: f64 = 1e-6;

/// What was asked for, in the user's own words.
pub(super) struct Asked {
    pub(super) arch: Arch,
    pub(super) heads: Option<usize>,
}

/// Holds all that is said of the network against its sizes.
///
/// Images of another size than the position embedding's are no contradiction where they are only what the training fed
/// ([`Fact::Fed`]): positions can be interpolated.
///
/// # Errors
/// Names the first that differs, with both values and what to do.
pub(super) fn check(said: &[Said], asked: &Asked, config: &VitConfig) -> Result<(), BackboneError> {
    const OTHER_TENSORS: &str = "the arguments describe another network than the tensors";
    for said in said {
        let differs = |found: String, remedy: String| Err(contradiction(said, found, remedy));
        match said.fact {
            Fact::Heads(heads) if heads != config.heads => {
                let found = match (asked.arch, asked.heads) {
                    (_, Some(heads)) => format!("--heads asks for {heads}"),
                    (Arch::Named(size), None) => format!("--arch {} has {}", size.arch(), config.heads),
                    (Arch::Any, None) => format!("another argument says {}", config.heads),
                };
                return differs(found, format!("give --arch vit --heads {heads}"));
            }
            Fact::Named { arch, dim, heads } => {
                if let Arch::Named(size) = asked.arch
                    && size.arch() != arch
                {
                    let found = format!("--arch asks for {}", size.arch());
                    return differs(found, format!("give the --arch that the weights have ({arch} or vit)"));
                }
                // A script's default name says nothing of tensors of another size.
                if let Some(heads) = heads.filter(|&heads| dim == config.dim && heads != config.heads) {
                    let found = format!("which has {heads} heads there and {} as asked for", config.heads);
                    return differs(found, format!("give --arch vit --heads {heads}"));
                }
            }
            Fact::Dim(dim) if dim != config.dim => {
                return differs(format!("the tensors have dim {}", config.dim), OTHER_TENSORS.to_owned());
            }
            Fact::Depth(depth) if depth != config.depth => {
                return differs(format!("the tensors have {} blocks", config.depth), OTHER_TENSORS.to_owned());
            }
            Fact::Patch(size) if size != [config.patch_size; 2] => {
                let found = format!("the tensors have patches of {0}x{0}", config.patch_size);
                return differs(found, OTHER_TENSORS.to_owned());
            }
            Fact::Grid(grid) if !fits(grid, config) => return Err(other_grid(said, grid, config)),
            Fact::Image(size) if !fits(patches(size, config), config) => {
                return Err(other_grid(said, patches(size, config), config));
            }
            Fact::Fed(size) if is_same_count(patches(size, config), config) && !fits(patches(size, config), config) => {
                return Err(other_grid(said, patches(size, config), config));
            }
            Fact::Epsilon(epsilon) if (epsilon - EPSILON).abs() > EPSILON / 1000.0 => {
                let remedy = "a model with another epsilon cannot be imported".to_owned();
                return differs(format!("the layer norms of this architecture have {EPSILON:e}"), remedy);
            }
            Fact::ExactGelu(false) => {
                let remedy = "a model with another activation cannot be imported".to_owned();
                return differs("this architecture computes the exact GELU".to_owned(), remedy);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Holds the size of the images that the training fed against the one that the position embedding was made for, where
/// an encoder is to recommend it.
///
/// # Errors
/// When they differ: only a user can tell which size the encoder should see.
pub fn check_fed_size(said: &[Said], config: &VitConfig) -> Result<(), BackboneError> {
    for said in said {
        if let Fact::Fed(size) = said.fact
            && !fits(patches(size, config), config)
        {
            let found = format!("the position embedding was made for images of {}", config.image_size);
            let remedy = "say with --transform which images the encoder should see".to_owned();
            return Err(contradiction(said, found, remedy));
        }
    }
    Ok(())
}

/// Whole patches along both sides.
fn patches([height, width]: [usize; 2], config: &VitConfig) -> [usize; 2] {
    let patch = config.patch_size.max(1);
    [height / patch, width / patch]
}

/// Whether the grid is the square one of the position embedding. Two unequal sides, one of which is, are the sizes of
/// several crops, unless they make the same number of patches.
fn fits(grid: [usize; 2], config: &VitConfig) -> bool {
    let side = config.grid();
    grid == [side; 2] || (grid.contains(&side) && !is_same_count(grid, config))
}

fn is_same_count([rows, columns]: [usize; 2], config: &VitConfig) -> bool {
    rows.saturating_mul(columns) == config.grid().saturating_mul(config.grid())
}

fn other_grid(said: &Said, [rows, columns]: [usize; 2], config: &VitConfig) -> BackboneError {
    let side = config.grid();
    let found = format!("which is {rows} x {columns} patches; the position embedding would be read as {side} x {side}");
    let remedy = if rows == columns {
        "the arguments describe another network than the tensors"
    } else {
        "only models for square images can be imported"
    };
    contradiction(said, found, remedy.to_owned())
}

fn contradiction(said: &Said, found: String, remedy: String) -> BackboneError {
    BackboneError::Contradiction { name: said.name.clone(), value: said.value.clone(), found, remedy }
}

#[cfg(test)]
mod tests {
    use super::super::VitSize;
    use super::*;

    fn said(fact: Fact) -> [Said; 1] {
        [Said { name: "args.flag".to_owned(), value: "VALUE".to_owned(), fact }]
    }

    /// What the check of a ViT-S with patches of 16 for images of 224 says against a fact; empty where it agrees.
    fn against(fact: Fact, arch: Arch, heads: usize) -> String {
        let config = VitConfig { heads, ..VitSize::Small.config(16) };
        let asked = Asked { arch, heads: (arch == Arch::Any).then_some(heads) };
        check(&said(fact), &asked, &config).err().map_or_else(String::new, |error| error.to_string())
    }

    fn small(fact: Fact) -> String {
        against(fact, Arch::Named(VitSize::Small), 6)
    }

    #[test]
    fn what_agrees_passes() {
        for fact in [
            Fact::Heads(6),
            Fact::Dim(384),
            Fact::Depth(12),
            Fact::Patch([16, 16]),
            Fact::Image([224, 224]),
            // A remainder of pixels makes no patch.
            Fact::Image([230, 224]),
            // Crops of two sizes.
            Fact::Image([224, 96]),
            // Positions are interpolated.
            Fact::Fed([96, 96]),
            Fact::Grid([14, 14]),
            Fact::Epsilon(1e-6),
            Fact::ExactGelu(true),
            Fact::Named { arch: "vit_small", dim: 384, heads: Some(6) },
        ] {
            assert_eq!(small(fact), "");
        }
        // The name of a size that the tensors do not have is a script's default.
        assert_eq!(against(Fact::Named { arch: "vit_base", dim: 768, heads: Some(12) }, Arch::Any, 6), "");
    }

    #[test]
    fn what_contradicts_is_refused_with_both_values() {
        for (fact, parts) in [
            (Fact::Heads(12), ["--arch vit_small has 6", "give --arch vit --heads 12"]),
            (Fact::Dim(768), ["the tensors have dim 384", "another network"]),
            (Fact::Depth(24), ["the tensors have 12 blocks", "another network"]),
            (Fact::Patch([8, 8]), ["patches of 16x16", "another network"]),
            (Fact::Image([96, 96]), ["which is 6 x 6 patches", "read as 14 x 14"]),
            (Fact::Image([112, 448]), ["which is 7 x 28 patches", "only models for square images"]),
            (Fact::Fed([448, 112]), ["which is 28 x 7 patches", "only models for square images"]),
            (Fact::Grid([7, 28]), ["which is 7 x 28 patches", "read as 14 x 14"]),
            (Fact::Epsilon(1e-12), ["have 1e-6", "cannot be imported"]),
            (Fact::ExactGelu(false), ["the exact GELU", "cannot be imported"]),
            (
                Fact::Named { arch: "vit_base", dim: 768, heads: Some(12) },
                ["--arch asks for vit_small", "vit_base or vit"],
            ),
            // MoCo v3.
            (
                Fact::Named { arch: "vit_small", dim: 384, heads: Some(12) },
                ["12 heads there and 6 as asked for", "give --arch vit --heads 12"],
            ),
        ] {
            let message = small(fact);
            for part in ["`args.flag` is VALUE", parts[0], parts[1], "--ignore-args"] {
                assert!(message.contains(part), "{part} in {message}");
            }
        }
        let message = against(Fact::Heads(12), Arch::Any, 6);
        assert!(message.contains("--heads asks for 6"), "{message}");
    }

    #[test]
    fn the_size_of_the_images_is_asked_about_where_the_training_fed_another() {
        let config = VitSize::Small.config(16);
        assert!(check_fed_size(&said(Fact::Fed([224, 224])), &config).is_ok());
        let message = check_fed_size(&said(Fact::Fed([96, 96])), &config).unwrap_err().to_string();
        assert!(message.contains("images of 224") && message.contains("--transform"), "{message}");
    }
}
