//! Flags of every command.

use std::path::PathBuf;

use sop_datasets::dataset::OnMissing;
use sop_encoder::RuntimeChoice;
use sop_suite::{CacheChoice, Environment, Observer};

/// The value of `--cache` that turns the cache off.
const OFF: &str = "off";

/// Flags of every command that some have no use for, with those: there they are accepted, so that one line of flags, or a variable,
/// serves all commands, but the help does not name them.
const UNUSED: [(&str, &[&str]); 3] = [
    ("runtime", &["data", "results", "cache", "report"]),
    (
        "cache",
        &[
            "demo", "data", "import", "pretrain", "export", "encoder", "embed", "results", "verify", "index", "serve",
            "report", "runtime",
        ],
    ),
    ("on_missing", &["demo", "import", "export", "encoder", "results", "serve", "cache", "report", "runtime"]),
];

/// Leaves flags out of the help of commands that have no use for them.
pub fn hide_unused(mut command: clap::Command) -> clap::Command {
    for (flag, commands) in UNUSED {
        let found = command.get_arguments().find(|argument| argument.get_id() == flag).cloned();
        let Some(hidden) = found.map(|argument| argument.hide(true)) else { continue };
        for &name in commands {
            command = command.mut_subcommand(name, |subcommand| subcommand.arg(hidden.clone()));
        }
    }
    command
}

/// Flags of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// Engine: `auto`, `onnxruntime`, `tract`, or the path of an ONNX Runtime library.
    #[arg(long, global = true, env = "SOP_RUNTIME", default_value = "auto", hide_default_value = true)]
    pub runtime: String,
    /// No progress and no hints on stderr; errors, skipped images and gates only.
    #[arg(long, short, global = true, env = "SOP_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,
    /// What to do with samples that are missing, that lack a label in a set that has labels, or that cannot be read: `error` names them
    /// and stops, `skip` leaves them out, names them and counts them in the results.
    #[arg(
        long,
        alias = "on-bad-image",
        global = true,
        env = "SOP_ON_MISSING",
        value_name = "error|skip",
        default_value_t = OnMissing::Error,
        hide_default_value = true
    )]
    pub on_missing: OnMissing,
    /// Folder for embeddings that are kept between evaluations, or `off` [default: `sop` in the user's cache folder].
    #[arg(long, global = true, env = "SOP_CACHE", value_name = "DIR")]
    pub cache: Option<PathBuf>,
}

impl Global {
    /// What every job runs in, with `observer` to hear of it.
    pub fn environment<'a>(&self, observer: &'a dyn Observer) -> Environment<'a> {
        Environment {
            runtime: RuntimeChoice::from(self.runtime.as_str()),
            cache: match &self.cache {
                None => CacheChoice::UserFolder,
                Some(folder) if folder.as_os_str() == OFF => CacheChoice::Off,
                Some(folder) => CacheChoice::Folder(folder.clone()),
            },
            on_missing: self.on_missing,
            observer,
        }
    }
}
