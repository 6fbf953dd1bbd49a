//! The binary `sop`: from what was typed to a request, through `sop-suite`, to what is printed.

mod args;
mod commands;
mod exit;
mod fitted;
mod output;
mod progress;
mod signals;
mod terminal;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::exit::ExitStatus;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let args = Args::typed();
    signals::clean_up_on_interrupt();
    let terminal = Terminal { quiet: args.global.quiet };
    let environment = &args.global.environment(&terminal);
    let result = match &args.command {
        Command::Demo(demo) => commands::demo::run(demo, environment),
        Command::Data(data) => commands::data::run(data, environment),
        Command::Import(import) => commands::import::run(import, environment),
        Command::Pretrain(pretrain) => commands::pretrain::run(pretrain, environment),
        Command::Export(export) => commands::export::run(export, environment),
        Command::Encoder(encoder) => commands::encoder::run(encoder, environment),
        Command::Embed(embed) => commands::embed::run(embed, environment),
        Command::Eval(eval) => commands::eval::run(eval, environment),
        Command::Results(results) => commands::results::run(results),
        Command::Verify(verify) => commands::verify::run(verify, environment),
        Command::Index(index) => commands::index::run(index, environment),
        Command::Serve(serve) => commands::serve::run(serve, args.global.quiet, environment),
        Command::Cache(cache) => commands::cache::run(cache, environment),
        Command::Report(report) => commands::report::run(report, environment),
        Command::Runtime(runtime) => commands::runtime::run(runtime, environment),
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
