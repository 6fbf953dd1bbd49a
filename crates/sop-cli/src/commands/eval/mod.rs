//! `sop eval`: protocols from configs or flags.

mod flags;
mod list;

use std::path::Path;

use anyhow::{Context, Result};
use sop_core::{ProtocolInfo, ResultRecord};
use sop_eval::PROTOCOLS;
use sop_report::{Format, Table, TableOptions, summary_table};
use sop_suite::evaluation::{self, Job};
use sop_suite::{Environment, Gate};

use crate::args::{EvalArgs, EvalCommand, EvalOutput};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &EvalArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    match &args.command {
        Some(EvalCommand::Ls(ls)) => list::run(ls),
        Some(EvalCommand::Knn(args)) => run_flags(&flags::knn(args)?, &args.output, environment),
        Some(EvalCommand::Linear(args)) => run_flags(&flags::linear(args)?, &args.output, environment),
        Some(EvalCommand::Retrieval(args)) => run_flags(&flags::retrieval(args)?, &args.output, environment),
        Some(EvalCommand::Copydays(args)) => run_flags(&flags::copydays(args)?, &args.output, environment),
        Some(EvalCommand::ImageNet9(args)) => run_flags(&flags::imagenet9(args)?, &args.output, environment),
        Some(EvalCommand::Davis(args)) => run_flags(&flags::davis(args)?, &args.output, environment),
        Some(EvalCommand::Tsne(args)) => run_flags(&flags::tsne(args)?, &args.output, environment),
        Some(EvalCommand::Attention(args)) => run_flags(&flags::attention(args)?, &args.output, environment),
        Some(EvalCommand::Logreg(args)) => run_flags(&flags::logreg(args)?, &args.output, environment),
        None => run_configs(args, environment),
    }
}

fn run_flags(job: &Job, output: &EvalOutput, environment: &Environment<'_>) -> Result<ExitStatus> {
    show(&job.run(environment)?, job, output.result.json)
}

fn run_configs(args: &EvalArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    // Every config is read, and its files are looked for, before the first one runs: a slip in the last must not cost hours.
    let mut jobs = Vec::new();
    for path in &args.configs {
        let mut job = evaluation::read(path)?;
        for gate in &args.result.expect {
            job.gates.push(Gate::parse(gate)?);
        }
        jobs.push((path, job));
    }
    let in_config = |path: &Path| format!("in the config {}", path.display());
    for (path, job) in &jobs {
        job.check_sources(environment).with_context(|| in_config(path))?;
    }
    if args.check {
        for (path, _) in &jobs {
            output::print(&format!("{}: ok", path.display()))?;
        }
        return Ok(ExitStatus::Done);
    }
    let mut status = ExitStatus::Done;
    for (path, job) in &jobs {
        let records = job.run(environment).with_context(|| in_config(path))?;
        if show(&records, job, args.result.json)? == ExitStatus::GateFailed {
            status = ExitStatus::GateFailed;
        }
    }
    Ok(status)
}

/// The rows as one table, without the points of curves, which would be a column each.
fn table(records: &[ResultRecord]) -> Result<Table> {
    let is_point = |record: &&ResultRecord| {
        ProtocolInfo::find(&PROTOCOLS, &record.protocol)
            .is_some_and(|info| info.is_of_curve(&record.metric, &record.params))
    };
    let (points, shown): (Vec<&ResultRecord>, Vec<&ResultRecord>) = records.iter().partition(is_point);
    let shown: Vec<ResultRecord> = shown.into_iter().cloned().collect();
    let mut table = summary_table(&shown, &PROTOCOLS, &TableOptions::default())?;
    if let Some(first) = points.first() {
        table.notes.push(format!(
            "left out: the {} points of {}; --json shows them, and `sop report --draw precision-recall` draws them",
            points.len(),
            first.metric
        ));
    }
    Ok(table)
}

/// Prints the rows, holds the gates against them, and says how it ended.
fn show(records: &[ResultRecord], job: &Job, json: bool) -> Result<ExitStatus> {
    if json {
        for record in records {
            output::print_json(&record.to_json())?;
        }
    } else {
        output::print(&table(records)?.render(Format::Text))?;
    }
    let mut status = ExitStatus::Done;
    for gate in job.hold_gates(records)? {
        output::note(&gate.message);
        if !gate.passed {
            status = ExitStatus::GateFailed;
        }
    }
    Ok(status)
}
