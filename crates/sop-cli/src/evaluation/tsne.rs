//! t-SNE from its inputs to a map, its figure and its divergence.

use anyhow::{Context, Result, bail};
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
            maps.push(ScatterMap {
                title: encoder,
                points: map.positions.rows().into_iter().map(|row| [f64::from(row[0]), f64::from(row[1])]).collect(),
                classes: set
                    .labels()
                    .iter()
                    .map(|label| label.and_then(|label| labels.binary_search(&label).ok()))
                    .collect(),
                note: format!("KL divergence {:.3}, perplexity {}", map.kl_divergence, self.params.perplexity),
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
