//! t-SNE from its inputs to a map, its figure and its divergence.

use std::collections::BTreeSet;

use ndarray::ArrayView2;
use serde::Deserialize;
use sop_core::{EmbeddingSet, EmbeddingWriter, ProtocolInfo, Provenance};
use sop_eval::tsne::{self, TSNE, TsneParams};
use sop_report::{Figure, FigureWidth, ScatterMap};

use super::config::Sections;
use super::inputs::{Inputs, check_sources};
use super::{EncoderRequest, Evaluation, Measured, Scene};
use crate::Environment;
use crate::Sources;
use crate::encoders::JobEncoder;
use crate::error::{Context as _, Result, refuse};

/// A map of embeddings.
#[derive(Debug)]
pub struct Tsne {
    /// The points.
    pub data: TsneData,
    /// Parameters of the protocol.
    pub params: TsneParams,
}

/// `[data]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsneData {
    /// Embeddings, or a data set; with several embedding files their maps stand side by side.
    pub points: Sources,
    /// Points that are mapped at most, spread over the set; all where it is left out.
    pub count: Option<usize>,
    /// Width of the figure in print: `column`, `page` or a length such as `8.25cm`; up to a page where it is left out.
    pub width: Option<String>,
}

impl Tsne {
    pub(super) fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    fn width(&self) -> Result<Option<FigureWidth>> {
        Ok(self.data.width.as_deref().map(str::parse).transpose()?)
    }

    /// At most `count` rows, spread evenly.
    fn spread(&self, set: EmbeddingSet) -> Result<EmbeddingSet> {
        let Some(count) = self.data.count.filter(|&count| count < set.len()) else { return Ok(set) };
        let rows: Vec<usize> = (0..count).map(|index| index * set.len() / count).collect();
        Ok(set.select(&rows)?)
    }
}

impl Evaluation for Tsne {
    fn info(&self) -> &'static ProtocolInfo {
        &TSNE
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, _encoder: Option<&EncoderRequest>) -> Result<()> {
        if self.data.count == Some(0) {
            refuse!("`count` in [data] is 0; it must be 1 or more");
        }
        self.width()?;
        Ok(self.params.check()?)
    }

    fn check_sources(&self, encoder: Option<&JobEncoder>, environment: &Environment<'_>) -> Result<()> {
        check_sources(&[&self.data.points], encoder, environment)
    }

    /// A part for each map: its row carries the encoder and the data of its points.
    fn measure(&self, scene: &Scene<'_>) -> Result<Vec<Measured>> {
        let mut inputs = Inputs::open(scene)?;
        let sets = inputs.sets(&self.data.points)?;
        if sets.is_empty() {
            refuse!("there are no points; name embeddings or a data set in `points`");
        }
        let several = sets.len() > 1;
        let classes: BTreeSet<Class> = sets.iter().flat_map(classes).collect();
        let classes: Vec<Class> = classes.into_iter().collect();
        let titles = titles(&sets);
        let mut parts = Vec::new();
        let mut maps = Vec::new();
        for (number, (set, title)) in sets.into_iter().zip(titles).enumerate() {
            let given = set.len();
            let set = self.spread(set)?;
            let progress = scene.environment.begin("t-SNE steps", self.params.iterations);
            let map = tsne::embed(set.vectors(), &self.params, &|done| progress.set(done))
                .with_context(|| format!("cannot map {}", self.data.points))?;
            progress.finish();
            let mut measurement = map.measurement(&self.params);
            if set.len() < given {
                // The data set's hash is that of all images.
                measurement.params.insert("count".to_owned(), set.len().into());
            }
            if several {
                measurement.params.insert("points".to_owned(), points_name(&set, number).into());
            }
            let (rows, points) = seen(map.positions.view());
            let class = |&row: &usize| {
                let class = class_of(&set, set.labels()[row]?);
                classes.binary_search(&class).ok()
            };
            let view = if self.params.dimensions == 3 { ", 3-D from above" } else { "" };
            maps.push(ScatterMap {
                title,
                points,
                classes: rows.iter().map(class).collect(),
                note: format!("KL divergence {:.3}, perplexity {}{view}", map.kl_divergence, self.params.perplexity),
            });
            let ending = if several { format!("map-{number}.parquet") } else { "map.parquet".to_owned() };
            if let Some(path) = scene.file(&ending) {
                let mut writer = EmbeddingWriter::create(&path, map.positions.ncols())?;
                writer.append(set.ids(), set.labels(), map.positions.view())?;
                writer.finish(set.provenance())?;
                scene.note(&format!("wrote {}", path.display()));
            }
            parts.push(Measured { measurements: vec![measurement], test: set.provenance().clone(), reference: None });
        }
        let figure = Figure::scatter(maps, classes.into_iter().map(|(_, name)| name).collect());
        let figure = match self.width()? {
            Some(width) => figure.with_width(width),
            None => figure,
        };
        if let (Some(svg), Some(pdf), Some(png)) = (scene.file("map.svg"), scene.file("map.pdf"), scene.file("map.png"))
        {
            figure.write_svg(&svg)?;
            figure.write_pdf(&pdf)?;
            figure.write_png(&png)?;
            scene.note(&format!("wrote {}", png.display()));
        }
        Ok(parts)
    }
}

/// A label with its name: sets that name their classes differently share no colour.
type Class = (i32, String);

fn class_of(set: &EmbeddingSet, label: i32) -> Class {
    let names = set.provenance().class_names.as_deref().unwrap_or_default();
    let name = usize::try_from(label).ok().and_then(|place| names.get(place));
    (label, name.cloned().unwrap_or_else(|| label.to_string()))
}

fn classes(set: &EmbeddingSet) -> impl Iterator<Item = Class> {
    let labels: BTreeSet<i32> = set.labels().iter().flatten().copied().collect();
    labels.into_iter().map(|label| class_of(set, label))
}

/// What the parameters of one of several maps call its points.
fn points_name(set: &EmbeddingSet, number: usize) -> String {
    set.provenance().encoder.clone().unwrap_or_else(|| format!("points {}", number + 1))
}

/// What tells maps of one encoder apart.
const TOLD_APART_BY: [fn(&Provenance) -> &Option<String>; 3] =
    [|origin| &origin.feature, |origin| &origin.dataset, |origin| &origin.split];

/// The titles of the maps: the encoder, and where maps share it what else tells them apart.
fn titles(sets: &[EmbeddingSet]) -> Vec<String> {
    let names: Vec<String> = sets.iter().enumerate().map(|(number, set)| points_name(set, number)).collect();
    let title = |(set, name): (&EmbeddingSet, &String)| {
        let origin = set.provenance();
        let shares = |get: fn(&Provenance) -> &Option<String>| {
            let alike = sets.iter().zip(&names).filter(|(_, other)| *other == name);
            alike.map(|(set, _)| get(set.provenance())).collect::<BTreeSet<_>>().len() < 2
        };
        let mut title = name.clone();
        for get in TOLD_APART_BY {
            if let (false, Some(text)) = (shares(get), get(origin)) {
                title += &format!(", {text}");
            }
        }
        title
    };
    sets.iter().zip(&names).map(title).collect()
}

/// The rows of a map in the order in which they are drawn, and where each is seen.
///
/// Three dimensions are seen in parallel projection from 30 degrees above, after a turn by 60 (matplotlib's usual view), the farthest
/// point first; two are as they are.
fn seen(positions: ArrayView2<'_, f32>) -> (Vec<usize>, Vec<[f64; 2]>) {
    let mut rows: Vec<usize> = (0..positions.nrows()).collect();
    let at = |row: usize, axis: usize| f64::from(positions[[row, axis]]);
    if positions.ncols() < 3 {
        return (rows, (0..positions.nrows()).map(|row| [at(row, 0), at(row, 1)]).collect());
    }
    let (turn, height) = ((-60_f64).to_radians(), 30_f64.to_radians());
    let forward = |row: usize| at(row, 0) * turn.cos() + at(row, 1) * turn.sin();
    let nearness = |row: usize| forward(row) * height.cos() + at(row, 2) * height.sin();
    rows.sort_by(|&left, &right| nearness(left).total_cmp(&nearness(right)).then(left.cmp(&right)));
    let point = |&row: &usize| {
        let right = at(row, 1) * turn.cos() - at(row, 0) * turn.sin();
        [right, at(row, 2) * height.cos() - forward(row) * height.sin()]
    };
    let points = rows.iter().map(point).collect();
    (rows, points)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn three_dimensions_are_seen_from_above_with_the_nearest_last() {
        let (rows, points) = seen(array![[0.0_f32, 0.0, 1.0], [0.0, 0.0, 0.0], [0.5, -0.866_025_4, 0.0]].view());
        // The third point lies straight towards the eye's turn, and the first above the second.
        assert_eq!(rows, [1, 0, 2]);
        let near = |found: [f64; 2], wanted: [f64; 2]| (0..2).all(|axis| (found[axis] - wanted[axis]).abs() < 1e-6);
        assert!(near(points[0], [0.0, 0.0]) && near(points[1], [0.0, 0.866_025_4]) && near(points[2], [0.0, -0.5]));
        assert_eq!(seen(array![[3.0_f32, 4.0], [1.0, 2.0]].view()), (vec![0, 1], vec![[3.0, 4.0], [1.0, 2.0]]));
    }
}
