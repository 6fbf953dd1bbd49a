//! One measured value with everything that is needed to repeat it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::measurement::is_better;
use crate::{Params, sha256_hex};

/// One row of a result file.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultRecord {
    /// Version of the schema the row was written with.
    pub schema_version: u32,
    /// Names the run; the rows of one run share it.
    pub run_id: String,
    /// When the run was made, to the microsecond.
    pub created_at: DateTime<Utc>,
    /// The protocol, e.g. `knn`.
    pub protocol: String,
    /// Version of the protocol; a change of it means that numbers changed.
    pub protocol_version: u32,
    /// Name of the data set measured on, where known.
    pub dataset: Option<String>,
    /// Its split.
    pub split: Option<String>,
    /// SHA-256 over its ids, labels and images.
    pub dataset_sha256: Option<String>,
    /// The data set referred to: the train set of a k-NN or probe, the set a whitening was fitted on, or without one the images that
    /// are searched.
    pub reference_dataset: Option<String>,
    /// Its split.
    pub reference_split: Option<String>,
    /// Its SHA-256.
    pub reference_sha256: Option<String>,
    /// Name of the encoder, where known.
    pub encoder: Option<String>,
    /// SHA-256 of the encoder file, or of the ranking or the masks that another program made.
    pub encoder_sha256: Option<String>,
    /// What is known of the encoder: method, architecture, epochs, data.
    pub encoder_meta: Map<String, Value>,
    /// The feature measured, e.g. `cls`.
    pub feature: Option<String>,
    /// The image transform.
    pub transform: Option<String>,
    /// Parameters of this value, e.g. the `k` it belongs to.
    pub params: Params,
    /// The seed of everything random.
    pub seed: u64,
    /// Name of the metric.
    pub metric: String,
    /// The value (fractions in `[0, 1]`), `None` where it is not defined.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub ci_high: Option<f64>,
    /// Standard error of the value.
    pub std_error: Option<f64>,
    /// Number of units averaged over.
    pub num_samples: u64,
    /// Samples of the data set that were left out: missing, without a label, or unreadable. `None` in rows before schema version 2,
    /// which did not say.
    pub num_skipped: Option<u64>,
    /// The same of the data set referred to.
    pub reference_skipped: Option<u64>,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// Version of this program.
    pub code_version: String,
    /// The engine that ran the encoder.
    pub runtime: Option<String>,
    /// Wall-clock seconds of the run.
    pub wall_secs: f64,
}

impl ResultRecord {
    /// The fields of [`to_json`](Self::to_json) that are about one value; all others are about the run, the encoder or the data.
    pub const VALUE_FIELDS: [&'static str; 9] = [
        "params",
        "params_sha256",
        "metric",
        "value",
        "ci_low",
        "ci_high",
        "std_error",
        "num_samples",
        "higher_is_better",
    ];

    /// Whether its value is better than that of another row of the metric; any value is better than none.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        is_better(self.higher_is_better, self.value, other.value)
    }

    /// The parameters as canonical JSON: keys sorted, no white space.
    #[must_use]
    pub fn params_json(&self) -> String {
        canonical_json(&self.params)
    }

    /// SHA-256 of the canonical parameters: equal for values that may be compared.
    #[must_use]
    pub fn params_sha256(&self) -> String {
        sha256_hex(self.params_json().as_bytes())
    }

    /// The row as one JSON object with the field names of the Parquet columns; `params` and `encoder_meta` are objects.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "schema_version": self.schema_version,
            "run_id": self.run_id,
            "created_at": self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "protocol": self.protocol,
            "protocol_version": self.protocol_version,
            "dataset": self.dataset,
            "split": self.split,
            "dataset_sha256": self.dataset_sha256,
            "reference_dataset": self.reference_dataset,
            "reference_split": self.reference_split,
            "reference_sha256": self.reference_sha256,
            "encoder": self.encoder,
            "encoder_sha256": self.encoder_sha256,
            "encoder_meta": self.encoder_meta,
            "feature": self.feature,
            "transform": self.transform,
            "params": self.params,
            "params_sha256": self.params_sha256(),
            "seed": self.seed,
            "metric": self.metric,
            "value": self.value,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "std_error": self.std_error,
            "num_samples": self.num_samples,
            "num_skipped": self.num_skipped,
            "reference_skipped": self.reference_skipped,
            "higher_is_better": self.higher_is_better,
            "code_version": self.code_version,
            "runtime": self.runtime,
            "wall_secs": self.wall_secs,
        })
    }
}

/// JSON text of parameters with sorted keys (the map is sorted) and no white space.
fn canonical_json(params: &Params) -> String {
    serde_json::to_string(params).unwrap_or_default()
}
