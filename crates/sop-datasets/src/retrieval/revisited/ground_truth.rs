//! Which images answer which query.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use super::GroundTruthError;
use super::image_files::ImageFiles;

/// The ground truth of one benchmark. Made only by readers that check it: see [`GroundTruth::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct GroundTruth {
    images: Vec<String>,
    queries: Vec<QueryTruth>,
}

/// One query and the roles of the images for it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTruth {
    /// Name of the query image, by the published files without its ending.
    pub name: String,
    /// The object in the query image, `[x1, y1, x2, y2]` in pixels from the upper left corner; `None` where the file
    /// has no boxes.
    pub bbox: Option<[f64; 4]>,
    /// Indices of the database images that show the object clearly.
    pub easy: Vec<u32>,
    /// Indices of those that show it in difficult conditions.
    pub hard: Vec<u32>,
    /// Indices of those that are neither right nor wrong answers.
    pub junk: Vec<u32>,
}

impl GroundTruth {
    /// Checks names and indices.
    ///
    /// # Errors
    /// When a name occurs twice in a list or is no file name, an index is beyond `images`, an image has two roles for a
    /// query or is listed twice, or a box is not one.
    pub fn new(images: Vec<String>, queries: Vec<QueryTruth>) -> Result<Self, GroundTruthError> {
        check_names("imlist", images.iter())?;
        check_names("qimlist", queries.iter().map(|query| &query.name))?;
        for query in &queries {
            check_roles(query, &images)?;
            if let Some(bbox) = query.bbox {
                let [x1, y1, x2, y2] = bbox;
                let good = bbox.iter().all(|side| side.is_finite()) && x1 < x2 && y1 < y2;
                if !good {
                    return Err(GroundTruthError::BadBox { query: query.name.clone(), bbox });
                }
            }
        }
        Ok(Self { images, queries })
    }

    /// Names of the database images, by the published files without their endings; the indices of the queries count them from 0.
    #[must_use]
    pub fn images(&self) -> &[String] {
        &self.images
    }

    /// The queries in the order of the file.
    #[must_use]
    pub fn queries(&self) -> &[QueryTruth] {
        &self.queries
    }

    /// Names of the database and query images of which `folder` has no file `NAME.jpg` (or `.jpeg`, `.png`, in any case), in the
    /// order of the file, database first; each once. All of them where the folder cannot be listed.
    #[must_use]
    pub fn missing_images(&self, folder: &Path) -> Vec<&str> {
        ImageFiles::of(folder).unwrap_or_default().missing(self)
    }
}

fn check_names<'a>(list: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), GroundTruthError> {
    let mut seen = BTreeSet::new();
    for name in names {
        let mut parts = Path::new(name).components();
        let is_file_name =
            matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name.as_str());
        if !is_file_name || name.contains(['\\', '\0']) {
            let name = name.chars().take(80).flat_map(char::escape_debug).collect();
            return Err(GroundTruthError::BadName { list, name });
        }
        if !seen.insert(name) {
            return Err(GroundTruthError::DuplicateName { list, name: name.clone() });
        }
    }
    Ok(())
}

fn check_roles(query: &QueryTruth, images: &[String]) -> Result<(), GroundTruthError> {
    let mut roles = BTreeMap::new();
    for (list, indices) in [("easy", &query.easy), ("hard", &query.hard), ("junk", &query.junk)] {
        for &index in indices {
            let Some(image) = images.get(index as usize) else {
                return Err(GroundTruthError::IndexBeyond {
                    query: query.name.clone(),
                    list,
                    index,
                    images: images.len(),
                });
            };
            if let Some(first) = roles.insert(index, list) {
                return Err(GroundTruthError::TwoRoles {
                    query: query.name.clone(),
                    index,
                    image: image.clone(),
                    first,
                    second: list,
                });
            }
        }
    }
    Ok(())
}
