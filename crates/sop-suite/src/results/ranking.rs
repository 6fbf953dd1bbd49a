//! Compared encoders as a figure.

use sop_eval::PROTOCOLS;
use sop_report::{Figure, RankedEncoder, ReportError, params_label, ranked_intervals};

use super::compared::ComparedValue;

impl ComparedValue<'_> {
    /// The encoders ranked by the value, with the letters of those that cannot be told apart.
    ///
    /// # Errors
    /// As [`ranked_intervals`].
    pub fn ranking(&self) -> Result<Figure, ReportError> {
        let letters = self.comparison.as_ref().ok().and_then(|comparison| comparison.letters.as_ref());
        let encoders: Vec<RankedEncoder<'_>> = self
            .rows
            .iter()
            .zip(&self.names)
            .enumerate()
            .map(|(place, (row, name))| RankedEncoder {
                name,
                record: row.record,
                letters: letters.and_then(|letters| letters.get(place)).map(String::as_str),
            })
            .collect();
        let mut setting = params_label(&self.params);
        if let Some(param) = self.best_of {
            let comma = if setting.is_empty() { "" } else { ", " };
            setting += &format!("{comma}the best {param} of each on these images");
        }
        ranked_intervals(&encoders, &PROTOCOLS, &setting)
    }
}
