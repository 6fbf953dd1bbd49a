//! The binary `sop`: configs in, commands out. The only crate that wires the others together.

mod args;
mod cache;
mod commands;
mod encoders;
mod evaluation;
mod exit;
mod expect;
mod export;
mod output;
mod progress;
mod records;
mod signals;
mod source;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::exit::ExitStatus;

fn main() -> ExitCode {
    let args = Args::parse();
    signals::clean_up_on_interrupt();
    let result = match &args.command {
        Command::Demo(demo) => commands::demo::run(demo, &args.global),
        Command::Data(data) => commands::data::run(data, &args.global),
        Command::Import(import) => commands::import::run(import, &args.global),
        Command::Pretrain(pretrain) => commands::pretrain::run(pretrain, &args.global),
        Command::Export(export) => commands::export::run(export, &args.global),
        Command::Encoder(encoder) => commands::encoder::run(encoder, &args.global),
        Command::Embed(embed) => commands::embed::run(embed, &args.global),
        Command::Eval(eval) => commands::eval::run(eval, &args.global),
        Command::Results(results) => commands::results::run(results),
        Command::Verify(verify) => commands::verify::run(verify, &args.global),
        Command::Cache(cache) => commands::cache::run(cache, &args.global),
        Command::Report(report) => commands::report::run(report),
        Command::Runtime(runtime) => commands::runtime::run(runtime, &args.global),
    };
    let status = match result {
        Ok(status) => status,
        Err(error) => {
            output::error(&error);
            ExitStatus::Error
        }
    };
    status.into()
}
