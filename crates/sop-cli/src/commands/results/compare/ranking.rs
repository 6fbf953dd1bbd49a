//! Compared encoders as a figure.

use anyhow::{Result, bail};
use sop_report::Figure;
use sop_suite::results::ComparedValue;

/// The ranking by the one value that is compared.
pub fn figure(values: &[ComparedValue<'_>]) -> Result<Figure> {
    let [value] = values else {
        let titles: Vec<String> = values.iter().map(ComparedValue::title).collect();
        bail!("a figure ranks by one value; choose by --metric and --setting among: {}", titles.join("; "));
    };
    Ok(value.ranking()?)
}
