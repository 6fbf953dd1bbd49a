//! t-SNE from its inputs to a map, its figure and its divergence.

use anyhow::{Context, Result, bail};
use ndarray::ArrayView2;
use serde::Deserialize;
use sop_core::{EmbeddingSet, EmbeddingWriter};
use sop_eval::tsne::{self, TSNE_PROTOCOL, TsneParams};
use sop_report::{Figure, ScatterMap};

use super::config::Sections;
use super::inputs::{Inputs, Locations, check_locations};
use super::{EncoderJob, Evaluation, Measured, Scene};
use crate::args::Global;
use crate::progress::Progress;

/// A map of embeddings.
#[derive(Debug)]
pub struct Tsne {
    /// The points.
    pub data: TsneData,
    /// Parameters of the protocol.
    pub params: TsneParams,
}

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsneData {
    /// Embeddings, or a data set; with several embedding files their maps stand side by side.
    pub points: Locations,
    /// Points that are mapped at most, spread over the set; all where it is left out.
    pub count: Option<usize>,
}

impl Tsne {
    pub fn from_config(mut sections: Sections) -> Result<Self> {
        Ok(Self { data: sections.data()?, params: sections.params()? })
    }

    /// At most `count` rows, spread evenly.
    fn spread(&self, set: EmbeddingSet) -> Result<EmbeddingSet> {
        let Some(count) = self.data.count.filter(|&count| count < set.len()) else { return Ok(set) };
        let rows: Vec<usize> = (0..count).map(|index| index * set.len() / count).collect();
        Ok(set.select(&rows)?)
    }
}

impl Evaluation for Tsne {
    fn protocol(&self) -> (&'static str, u32) {
        TSNE_PROTOCOL
    }

    fn metrics(&self) -> &'static [&'static str] {
        &tsne::METRICS
    }

    fn seed(&self) -> u64 {
        self.params.seed
    }

    fn check(&self, _encoder: Option<&EncoderJob>) -> Result<()> {
        if self.data.count == Some(0) {
            bail!("`count` in [data] is 0; it must be 1 or more");
        }
        Ok(self.params.check()?)
    }

    fn check_sources(&self, encoder: Option<&EncoderJob>, global: &Global) -> Result<()> {
        check_locations(&[&self.data.points], encoder, global)
    }

    fn measure(&self, scene: &Scene<'_>) -> Result<Measured> {
        let mut inputs = Inputs::open(scene)?;
        let sets = inputs.sets(&self.data.points)?;
        let several = sets.len() > 1;
        let mut measurements = Vec::new();
        let mut maps = Vec::new();
        let mut labels: Vec<i32> = sets.iter().flat_map(|set| set.labels().iter().flatten().copied()).collect();
        labels.sort_unstable();
        labels.dedup();
        let test = sets.first().context("there are no points")?.provenance().clone();
        for (number, set) in sets.into_iter().enumerate() {
            let set = self.spread(set)?;
            let progress = Progress::start("t-SNE steps", self.params.iterations, scene.global.quiet);
            let map = tsne::embed(set.vectors(), &self.params, &|done| progress.set(done))
                .with_context(|| format!("cannot map {}", self.data.points))?;
            progress.finish();
            let mut measurement = map.measurement(&self.params);
            let encoder = set.provenance().encoder.clone().unwrap_or_else(|| format!("points {}", number + 1));
            if several {
                measurement.params.insert("points".to_owned(), encoder.clone().into());
            }
            let (rows, points) = seen(map.positions.view());
            let class = |&row: &usize| set.labels()[row].and_then(|label| labels.binary_search(&label).ok());
            let view = if self.params.dimensions == 3 { ", 3-D from above" } else { "" };
            maps.push(ScatterMap {
                title: encoder,
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
            measurements.push(measurement);
        }
        let names = test.class_names.clone().unwrap_or_default();
        let name = |label: &i32| {
            usize::try_from(*label)
                .ok()
                .and_then(|label| names.get(label).cloned())
                .unwrap_or_else(|| label.to_string())
        };
        let figure = Figure::scatter(maps, labels.iter().map(name).collect());
        if let (Some(svg), Some(png)) = (scene.file("map.svg"), scene.file("map.png")) {
            figure.write_svg(&svg)?;
            figure.write_png(&png)?;
            scene.note(&format!("wrote {}", png.display()));
        }
        Ok(Measured { measurements, test, reference: None })
    }
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
