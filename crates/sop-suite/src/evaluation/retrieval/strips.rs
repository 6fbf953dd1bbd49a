//! Queries with what was found for them, as pictures.

use ndarray::ArrayView1;
use sop_datasets::dataset::ImageDataset;
use sop_embed::ImageLoader;
use sop_eval::retrieval::Relevance;
use sop_image::transform::{Filter, thumbnail};
use sop_image::{DecodeLimits, RgbImage};
use sop_report::picture::{Colour, Panel, Raster};

use crate::error::Result;

/// Images shown for a query.
pub const RESULTS: usize = 8;

/// Long side of a picture.
const SIDE: usize = 112;

/// Bluish green, vermilion and grey: told apart by everybody (Okabe and Ito); captions say the same in words.
const RIGHT: Colour = [0, 158, 115];
const WRONG: Colour = [213, 94, 0];
const JUNK: Colour = [150, 150, 150];

/// The query and the first images of its ranking, each framed by what it is to the query.
pub fn strip(
    queries: &dyn ImageDataset,
    query: usize,
    database: &dyn ImageDataset,
    ranking: ArrayView1<'_, u32>,
    relevance: &Relevance,
) -> Result<Vec<Panel>> {
    let name = queries.id(query).to_owned();
    // As wide as its caption, however narrow the crop.
    let seen = picture(queries, query)?;
    let mut first = Raster::filled(SIDE, seen.height(), [255; 3]);
    first.paste(&seen, 0, 0);
    let mut row = vec![Panel { picture: first, caption: name, frame: None }];
    for (place, &image) in ranking.iter().take(RESULTS).enumerate() {
        let roles =
            [(&relevance.easy, "easy", RIGHT), (&relevance.hard, "hard", RIGHT), (&relevance.junk, "junk", JUNK)];
        let role = roles.into_iter().find(|(images, ..)| images.contains(&image));
        let (word, colour) = role.map_or(("wrong", WRONG), |(_, word, colour)| (word, colour));
        let picture = picture(database, image as usize)?;
        row.push(Panel { picture, caption: format!("{}: {word}", place + 1), frame: Some(colour) });
    }
    Ok(row)
}

fn picture(dataset: &dyn ImageDataset, index: usize) -> Result<Raster> {
    let small = |image: &RgbImage, _| thumbnail(image, SIDE, Filter::Lanczos);
    let image = ImageLoader::new(dataset, DecodeLimits::default()).load(index, &small)?;
    Ok(Raster::from_rgb(image.width(), image.height(), image.pixels().to_vec())?)
}
