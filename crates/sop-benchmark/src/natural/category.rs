//! The ten categories: what is usual for each of them.

use super::form::Form;
use super::material::Material;
use super::surroundings::Place;

/// The names of the ten categories; the position is the label. In alphabetical order, as readers of image folders number them.
pub const CATEGORY_NAMES: [&str; 10] =
    ["bark", "cactus", "coral", "fern", "fish", "fruit", "fungus", "moth", "shell", "stone"];

/// Ranges that a thing of a category is drawn from. They overlap between categories: none of them tells a category by itself.
pub(super) struct Category {
    /// The usual material, and others that occur.
    pub materials: [Material; 3],
    pub forms: [Form; 3],
    /// Ranges of hues, in turns of the colour circle; those beyond 1 go on at 0.
    pub hues: [[f64; 2]; 2],
    pub saturation: [f64; 2],
    pub places: [Place; 2],
    /// Elements of the material across the thing's frame of two units.
    pub frequency: f64,
}

/// What is usual for a category, by label.
pub(super) const CATEGORIES: [Category; 10] = [
    Category {
        materials: [Material::Streaks, Material::Grain, Material::Cells],
        forms: [Form::Long, Form::Branch, Form::Block],
        hues: [[0.03, 0.13], [0.05, 0.2]],
        saturation: [0.25, 0.6],
        places: [Place::Forest, Place::Meadow],
        frequency: 1.52,
    },
    Category {
        materials: [Material::Ribs, Material::Spots, Material::Plain],
        forms: [Form::Long, Form::Round, Form::Branch],
        hues: [[0.22, 0.42], [0.15, 0.3]],
        saturation: [0.35, 0.8],
        places: [Place::Sand, Place::Sky],
        frequency: 1.44,
    },
    Category {
        materials: [Material::Cells, Material::Spots, Material::Cloud],
        forms: [Form::Branch, Form::Star, Form::Ring],
        hues: [[0.86, 1.06], [0.02, 0.12]],
        saturation: [0.45, 0.9],
        places: [Place::Water, Place::Sand],
        frequency: 1.36,
    },
    Category {
        materials: [Material::Waves, Material::Streaks, Material::Ribs],
        forms: [Form::Leaf, Form::Branch, Form::Star],
        hues: [[0.18, 0.38], [0.1, 0.2]],
        saturation: [0.4, 0.85],
        places: [Place::Forest, Place::Rock],
        frequency: 1.28,
    },
    Category {
        materials: [Material::Scales, Material::Ribs, Material::Spots],
        forms: [Form::Fin, Form::Leaf, Form::Round],
        hues: [[0.5, 0.68], [0.0, 0.13]],
        saturation: [0.3, 0.85],
        places: [Place::Water, Place::Rock],
        frequency: 1.76,
    },
    Category {
        materials: [Material::Plain, Material::Cloud, Material::Spots],
        forms: [Form::Round, Form::Leaf, Form::Block],
        hues: [[0.95, 1.18], [0.2, 0.35]],
        saturation: [0.6, 0.95],
        places: [Place::Meadow, Place::Forest],
        frequency: 1.12,
    },
    Category {
        materials: [Material::Spots, Material::Plain, Material::Scales],
        forms: [Form::Cap, Form::Round, Form::Wings],
        hues: [[0.97, 1.1], [0.05, 0.15]],
        saturation: [0.35, 0.9],
        places: [Place::Forest, Place::Meadow],
        frequency: 1.36,
    },
    Category {
        materials: [Material::Checks, Material::Cloud, Material::Streaks],
        forms: [Form::Wings, Form::Cap, Form::Leaf],
        hues: [[0.06, 0.18], [0.6, 0.8]],
        saturation: [0.15, 0.5],
        places: [Place::Sky, Place::Forest],
        frequency: 1.36,
    },
    Category {
        materials: [Material::Rings, Material::Waves, Material::Ribs],
        forms: [Form::Round, Form::Cap, Form::Ring],
        hues: [[0.9, 1.12], [0.7, 0.9]],
        saturation: [0.15, 0.5],
        places: [Place::Sand, Place::Water],
        frequency: 1.52,
    },
    Category {
        materials: [Material::Grain, Material::Cloud, Material::Streaks],
        forms: [Form::Block, Form::Round, Form::Star],
        hues: [[0.5, 0.75], [0.0, 1.0]],
        saturation: [0.02, 0.3],
        places: [Place::Rock, Place::Water],
        frequency: 1.52,
    },
];
