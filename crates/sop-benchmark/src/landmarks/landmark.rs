//! What makes a landmark the one it is.

use crate::GeneratedConfig;
use crate::background::Background;
use crate::class::CLASS_NAMES;
use crate::object::Object;
use crate::stream::{Purpose, stream_of};

/// One object with a silhouette and a filling of its own, in its place.
pub(super) struct Landmark {
    pub object: Object,
    /// What is behind it in most of its images.
    pub background: Background,
}

impl Landmark {
    /// Landmark `index`: silhouettes take turns, so that ten have one each, and those ten apart differ in proportions and filling.
    pub fn sample(config: &GeneratedConfig, index: usize) -> Self {
        let mut stream = stream_of(Purpose::Landmark, config.seed(), 0, index as u64, 0);
        let object = Object::sample(index % CLASS_NAMES.len(), &[], &mut stream);
        Self { object, background: Background::apart_from(object.colour(), &mut stream) }
    }
}
