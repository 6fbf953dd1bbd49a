//! `sop results diff`: two sides, value by value.

mod render;

use anyhow::Result;
use sop_suite::results::{compare, named};

use crate::args::DiffArgs;
use crate::{fitted, output};

pub fn run(args: &DiffArgs) -> Result<()> {
    let side = |text: &str| named(text, args.folder.as_deref());
    let (a, b) = (side(&args.a)?, side(&args.b)?);
    let comparison = compare((&args.a, &a), (&args.b, &b), args.bootstrap_resamples, args.seed)?;
    if args.json {
        output::print_json(&render::json(&comparison))?;
    } else {
        fitted::print(&render::tables(&comparison))?;
    }
    Ok(())
}
