//! Which image a name of the ground truth means.

use std::collections::HashMap;

use super::GroundTruthError;

/// Endings of the files that hold the images, in any case.
const ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Images by name: files of a folder, or the ids of embeddings.
///
/// One rule for both.
/// A name means the image of exactly this name.
/// Where there is none, folders before an image's name and the ending behind it are left aside: `X` means `old/X.jpg`.
/// Where that gives none and the name ends like an image file, its own ending is left aside, too: `X.jpg` means `X` or `X.png`.
/// Names are never compared without regard to case.
#[derive(Debug)]
pub struct ImageNames<'a> {
    images: &'a [String],
    whole: HashMap<&'a str, Vec<usize>>,
    short: HashMap<&'a str, Vec<usize>>,
}

impl<'a> ImageNames<'a> {
    /// Images that names are looked up among.
    #[must_use]
    pub fn new(images: &'a [String]) -> Self {
        let (mut whole, mut short) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (place, image) in images.iter().enumerate() {
            whole.entry(image.as_str()).or_default().push(place);
            let last = image.rsplit('/').next().unwrap_or(image);
            short.entry(last).or_default().push(place);
            if let Some((stem, _)) = last.rsplit_once('.') {
                short.entry(stem).or_default().push(place);
            }
        }
        Self { images, whole, short }
    }

    /// The place of the image that a name means; `None` where there is none.
    ///
    /// # Errors
    /// [`GroundTruthError::Ambiguous`] when the name means several.
    pub fn find(&self, name: &str) -> Result<Option<usize>, GroundTruthError> {
        let places = self.whole.get(name).or_else(|| self.short.get(name));
        let places = places.or_else(|| self.short.get(without_ending(name)?));
        match places.map_or(&[][..], Vec::as_slice) {
            [] => Ok(None),
            [place] => Ok(Some(*place)),
            [first, second, ..] => Err(GroundTruthError::Ambiguous {
                name: name.to_owned(),
                first: self.image(*first),
                second: self.image(*second),
            }),
        }
    }

    /// The places of the images that names mean, in the order of the names; `None` where there is none.
    ///
    /// # Errors
    /// As [`Self::find`], and [`GroundTruthError::SameImage`] when two names mean one image.
    pub fn find_all<'b>(
        &self,
        names: impl IntoIterator<Item = &'b str>,
    ) -> Result<Vec<Option<usize>>, GroundTruthError> {
        let mut meant = HashMap::new();
        let place = |name: &'b str| {
            let place = self.find(name)?;
            if let Some(place) = place
                && let Some(first) = meant.insert(place, name)
            {
                let (first, second) = (first.to_owned(), name.to_owned());
                return Err(GroundTruthError::SameImage { first, second, image: self.image(place) });
            }
            Ok(place)
        };
        names.into_iter().map(place).collect()
    }

    fn image(&self, place: usize) -> String {
        self.images.get(place).cloned().unwrap_or_default()
    }
}

/// The name before the ending of an image file; `None` where it has none.
pub(super) fn without_ending(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let is_image = ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known));
    (is_image && !stem.is_empty()).then_some(stem)
}

/// Text of bytes that are not UTF-8: each is a letter, as in Latin-1, which Python 2 and old archives have.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
