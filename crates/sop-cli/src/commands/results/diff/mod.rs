//! `sop results diff`: two sides, value by value.

mod matching;
mod paired;
mod provenance;
mod render;

use anyhow::{Result, bail};
use sop_eval::bootstrap::PairedDifference;
use sop_report::Format;

use self::matching::{Matching, Row, matching};
use self::provenance::{Difference, differences};
use super::runs::{StoredRun, named};
use crate::args::DiffArgs;
use crate::output;

/// Everything that there is to say about two sides.
struct Comparison<'a> {
    /// What was typed for each side, and the runs it names.
    sides: [(&'a str, &'a [StoredRun]); 2],
    matching: Matching<'a>,
    /// For each row that both sides have: the paired difference, or why there is none.
    paired: Vec<Result<PairedDifference, String>>,
    /// Fields in which rows that both sides have differ.
    provenance: Vec<Difference>,
}

pub fn run(args: &DiffArgs) -> Result<()> {
    let side = |text: &str| named(text, args.folder.as_deref());
    let (a, b) = (side(&args.a)?, side(&args.b)?);
    let matching = matching(&a, &b)?;
    if matching.both.is_empty() {
        bail!(
            "{} and {} have no value in common: none has the same protocol, data set, split, parameters and metric{}",
            args.a,
            args.b,
            also(&matching)
        );
    }
    let comparison = Comparison {
        paired: paired::paired(&matching.both, args.bootstrap_resamples, args.seed)?,
        provenance: differences(&matching.both),
        matching,
        sides: [(&args.a, &a), (&args.b, &b)],
    };
    if args.json {
        output::print_json(&render::json(&comparison))?;
    } else {
        let texts: Vec<String> = render::tables(&comparison).iter().map(|table| table.render(Format::Text)).collect();
        output::print(&texts.join("\n"))?;
    }
    Ok(())
}

/// The fields that had to agree, too.
fn also(matching: &Matching<'_>) -> String {
    matching.also.iter().map(|(name, _)| format!(", {}", name.to_lowercase())).collect()
}
