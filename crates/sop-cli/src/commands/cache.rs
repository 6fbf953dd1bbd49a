//! `sop cache`: the embeddings that are kept between evaluations.

use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use indicatif::DecimalBytes;
use sop_embed::{CacheContent, CacheEntry, EmbeddingCache};
use sop_suite::Environment;

use crate::args::{CacheArgs, CacheCommand, LsArgs, PruneArgs};
use crate::exit::ExitStatus;
use crate::output;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

pub fn run(args: &CacheArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let Some(cache) = environment.cache.open() else {
        bail!("there is no cache: it is turned off, or no folder is known (give one with --cache or SOP_CACHE)");
    };
    match &args.command {
        CacheCommand::Ls(ls) => list(&cache, ls),
        CacheCommand::Prune(prune) => self::prune(&cache, prune),
    }?;
    Ok(ExitStatus::Done)
}

fn list(cache: &EmbeddingCache, args: &LsArgs) -> Result<()> {
    let entries = cache.entries()?;
    print_entries(&entries, args.json)?;
    if !args.json {
        output::print(&format!("{}: {}", cache.root().display(), total(&entries)))?;
    }
    Ok(())
}

fn prune(cache: &EmbeddingCache, args: &PruneArgs) -> Result<()> {
    let entries = cache.entries()?;
    let kept = kept(&entries, args);
    let is_wanted = |entry: &CacheEntry| kept.contains(&entry.folder);
    let removed = if args.dry_run {
        entries.into_iter().filter(|entry| !is_wanted(entry)).collect()
    } else {
        cache.prune(is_wanted)?
    };
    print_entries(&removed, args.json)?;
    if !args.json {
        let verb = if args.dry_run { "would remove" } else { "removed" };
        output::print(&format!("{verb} {}", total(&removed)))?;
    }
    Ok(())
}

/// The folders that stay: usable, used recently enough, and together small enough.
fn kept(entries: &[CacheEntry], args: &PruneArgs) -> Vec<std::path::PathBuf> {
    let oldest = args.older_than.map(|days| {
        let age = Duration::from_secs(u64::from(days) * SECONDS_PER_DAY);
        SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
    });
    let mut room = args.max_size.unwrap_or(u64::MAX);
    let mut kept = Vec::new();
    // The most recently used come first to the room there is.
    for entry in entries.iter().rev() {
        let usable = matches!(entry.content, CacheContent::Set { .. });
        let recent = oldest.is_none_or(|oldest| entry.last_used >= oldest);
        if args.all || !usable || !recent {
            continue;
        }
        match room.checked_sub(entry.bytes) {
            Some(left) => room = left,
            // Older ones do not slip in behind one that is too large.
            None => break,
        }
        kept.push(entry.folder.clone());
    }
    kept
}

fn total(entries: &[CacheEntry]) -> String {
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    format!("{} sets, {}", entries.len(), DecimalBytes(bytes))
}

fn print_entries(entries: &[CacheEntry], json: bool) -> Result<()> {
    for entry in entries {
        let used = DateTime::<Utc>::from(entry.last_used).to_rfc3339_opts(SecondsFormat::Secs, true);
        let folder = entry.folder.display().to_string();
        if json {
            let mut object = serde_json::json!({ "folder": folder, "bytes": entry.bytes, "last_used": used });
            let more = match &entry.content {
                CacheContent::Set { identity, images, complete } => {
                    serde_json::json!({ "complete": complete, "images": images, "identity": identity })
                }
                CacheContent::Unusable(reason) => serde_json::json!({ "unusable": reason }),
            };
            if let (Some(object), serde_json::Value::Object(more)) = (object.as_object_mut(), more) {
                object.extend(more);
            }
            output::print_json(&object)?;
            continue;
        }
        let what = match &entry.content {
            CacheContent::Set { identity, images, complete } => {
                let name: Vec<&str> =
                    [&*identity.dataset, &*identity.split].into_iter().filter(|text| !text.is_empty()).collect();
                let state = if *complete { "" } else { ", interrupted" };
                format!("{} of {} by {} ({images} images{state})", identity.feature, name.join("/"), identity.encoder)
            }
            CacheContent::Unusable(reason) => format!("unusable: {reason} ({folder})"),
        };
        output::print(&format!("{used}  {:>9}  {what}", DecimalBytes(entry.bytes).to_string()))?;
    }
    Ok(())
}
