//! Compared encoders as a figure.

use anyhow::{Result, bail};
use sop_eval::PROTOCOLS;
use sop_report::{Figure, RankedEncoder, params_label, ranked_intervals};
use sop_suite::results::ComparedValue;

use super::render::title;

/// The ranking by the one value that is compared.
pub fn figure(values: &[ComparedValue<'_>]) -> Result<Figure> {
    let [value] = values else {
        let titles: Vec<String> = values.iter().map(title).collect();
        bail!("a figure ranks by one value; choose by --metric and --setting among: {}", titles.join("; "));
    };
    let letters = value.comparison.as_ref().ok().and_then(|comparison| comparison.letters.as_ref());
    let encoders: Vec<RankedEncoder<'_>> = value
        .rows
        .iter()
        .zip(&value.names)
        .enumerate()
        .map(|(place, (row, name))| RankedEncoder {
            name,
            record: row.record,
            letters: letters.and_then(|letters| letters.get(place)).map(String::as_str),
        })
        .collect();
    let mut setting = params_label(&value.params);
    if let Some(param) = value.best_of {
        let comma = if setting.is_empty() { "" } else { ", " };
        setting += &format!("{comma}the best {param} of each on these images");
    }
    Ok(ranked_intervals(&encoders, &PROTOCOLS, &setting)?)
}
