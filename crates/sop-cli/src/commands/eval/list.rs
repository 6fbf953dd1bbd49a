//! `sop eval ls`: what can be evaluated.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sop_eval::PROTOCOLS;
use sop_suite::evaluation;

use crate::args::LsArgs;
use crate::exit::ExitStatus;
use crate::output;

/// Where configs are looked for.
const FOLDER: &str = "eval_configs";

pub fn run(args: &LsArgs) -> Result<ExitStatus> {
    let mut configs = Vec::new();
    if Path::new(FOLDER).is_dir() {
        find(Path::new(FOLDER), &mut configs)?;
    }
    let mut text = String::from("protocols\n");
    for protocol in PROTOCOLS {
        let (name, what) = (protocol.name, protocol.about);
        if args.json {
            output::print_json(&serde_json::json!({"protocol": name, "about": what}))?;
        }
        text.push_str(&format!("  {name:<10} {what}\n"));
    }
    text.push_str(&format!("configs under {FOLDER}/\n"));
    let width = configs.iter().map(|path| path.display().to_string().len()).max().unwrap_or(0);
    for path in &configs {
        let (config, about) = (path.display().to_string(), first_comment(path));
        let error = evaluation::read(path).err().map(|error| error.with_causes());
        if args.json {
            output::print_json(&serde_json::json!({"config": config, "about": about, "error": error}))?;
        }
        text.push_str(&format!("  {config:<width$}  {}\n", error.unwrap_or(about)));
    }
    if configs.is_empty() {
        text.push_str("  none; run in the root of a checkout to see the shipped ones\n");
    }
    if !args.json {
        output::print(&text)?;
    }
    Ok(ExitStatus::Done)
}

fn find(folder: &Path, configs: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            find(&path, configs)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            configs.push(path);
        }
    }
    Ok(())
}

/// The config's own first line, which says what it is.
fn first_comment(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let comment = text.lines().next().and_then(|line| line.strip_prefix('#'));
    comment.map_or_else(String::new, |comment| comment.trim().to_owned())
}
