//! The value that a run is known by.

use sop_core::{ProtocolInfo, ResultRecord};
use sop_eval::PROTOCOLS;

/// The best value that the protocol of the rows is known by, such as that of the rate that was chosen on held-out images, or the mean over
/// all videos; without one, that of the first row's metric. The first of several.
#[must_use]
pub fn headline<'a>(records: impl IntoIterator<Item = &'a ResultRecord>) -> Option<&'a ResultRecord> {
    let records: Vec<&ResultRecord> = records.into_iter().collect();
    let first = *records.first()?;
    let is_measured = |record: &&&ResultRecord| record.value.is_some_and(f64::is_finite);
    let headlines = ProtocolInfo::find(&PROTOCOLS, &first.protocol).map_or(&[][..], |info| info.headlines);
    let known_by = headlines.iter().map(|headline| -> Vec<&ResultRecord> {
        let fits = |record: &&&ResultRecord| headline.fits(&record.metric, &record.params);
        records.iter().filter(is_measured).filter(fits).copied().collect()
    });
    let of_first =
        || records.iter().filter(is_measured).filter(|record| record.metric == first.metric).copied().collect();
    let candidates = known_by.into_iter().find(|found| !found.is_empty()).unwrap_or_else(of_first);
    candidates.into_iter().reduce(|best, next| if next.is_better_than(best) { next } else { best })
}
