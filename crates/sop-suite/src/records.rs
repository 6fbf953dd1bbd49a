//! Measurements with their provenance: what protocols leave out, because they know neither clock nor files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, SubsecRound, Utc};
use sop_core::{Measurement, ProtocolInfo, Provenance, RESULT_SCHEMA_VERSION, ResultRecord, sha256_hex};

use crate::error::{Context as _, Result};
use crate::evaluation::Measured;

/// One run of a protocol, from its start.
pub struct Run {
    protocol: &'static ProtocolInfo,
    seed: u64,
    created_at: DateTime<Utc>,
    started: Instant,
    id: String,
}

impl Run {
    /// Starts the clock.
    pub fn start(protocol: &'static ProtocolInfo, seed: u64) -> Self {
        // Parquet stores microseconds.
        let created_at = Utc::now().trunc_subsecs(6);
        let stamp = created_at.format("%Y%m%dT%H%M%S%6fZ").to_string();
        let unique = sha256_hex(format!("{stamp} {}", std::process::id()).as_bytes());
        let id = format!("{stamp}-{}-{}", protocol.name, &unique[..8]);
        Self { protocol, seed, created_at, started: Instant::now(), id }
    }

    /// The run's name, which its files begin with.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Turns measurements into rows, each with the origin of its part.
    pub fn records(&self, parts: &[Measured]) -> Vec<ResultRecord> {
        let wall_secs = self.started.elapsed().as_secs_f64();
        let rows = parts.iter().flat_map(|part| part.measurements.iter().map(move |measurement| (part, measurement)));
        rows.map(|(part, measurement)| self.record(part, measurement, wall_secs)).collect()
    }

    fn record(&self, part: &Measured, measurement: &Measurement, wall_secs: f64) -> ResultRecord {
        let test = &part.test;
        let of_reference = |get: fn(&Provenance) -> Option<String>| part.reference.as_ref().and_then(get);
        ResultRecord {
            schema_version: RESULT_SCHEMA_VERSION,
            run_id: self.id.clone(),
            created_at: self.created_at,
            protocol: self.protocol.name.to_owned(),
            protocol_version: self.protocol.version,
            dataset: test.dataset.clone(),
            split: test.split.clone(),
            dataset_sha256: test.dataset_sha256.clone(),
            reference_dataset: of_reference(|reference| reference.dataset.clone()),
            reference_split: of_reference(|reference| reference.split.clone()),
            reference_sha256: of_reference(|reference| reference.dataset_sha256.clone()),
            encoder: test.encoder.clone(),
            encoder_sha256: test.encoder_sha256.clone(),
            encoder_meta: test.encoder_meta.clone(),
            feature: test.feature.clone(),
            transform: test.transform.clone(),
            params: measurement.params.clone(),
            seed: self.seed,
            metric: measurement.metric.clone(),
            value: measurement.value,
            ci_low: measurement.ci95.map(|(low, _)| low),
            ci_high: measurement.ci95.map(|(_, high)| high),
            std_error: measurement.std_error,
            num_samples: measurement.num_samples,
            num_skipped: Some(test.skipped.len() as u64),
            reference_skipped: part.reference.as_ref().map(|reference| reference.skipped.len() as u64),
            higher_is_better: measurement.higher_is_better,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            runtime: test.runtime.clone(),
            wall_secs,
        }
    }
}

/// Writes the rows of one run into `folder` as `<run_id>.parquet`, and outcomes beside them where there are some.
pub fn write(folder: &Path, records: &[ResultRecord], measurements: &[Measurement]) -> Result<PathBuf> {
    let run_id = &records.first().context("the protocol measured nothing")?.run_id;
    let path = folder.join(format!("{run_id}.parquet"));
    if measurements.iter().any(|measurement| measurement.outcomes.is_some()) {
        sop_core::write_outcomes(&folder.join(format!("{run_id}.outcomes.parquet")), records, measurements)?;
    }
    sop_core::write_results(&path, records)?;
    Ok(path)
}
