//! `sop results`: what ran, with what, what changed.

mod compare;
mod diff;
mod export;
mod ls;
mod show;

use anyhow::Result;

use crate::args::{ResultsArgs, ResultsCommand};
use crate::exit::ExitStatus;

pub fn run(args: &ResultsArgs) -> Result<ExitStatus> {
    match &args.command {
        ResultsCommand::Ls(ls) => ls::run(ls),
        ResultsCommand::Show(show) => show::run(show),
        ResultsCommand::Diff(diff) => diff::run(diff),
        ResultsCommand::Compare(compare) => compare::run(compare),
        ResultsCommand::Export(export) => export::run(export),
    }?;
    Ok(ExitStatus::Done)
}
