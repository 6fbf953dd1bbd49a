//! `sop serve`: searches over HTTP.

use anyhow::Result;
use serde_json::json;
use sop_suite::Environment;
use sop_suite::serve::{EncoderSettings, ServeSettings};
use sop_suite::sop_server::{Ended, log_to_stderr};

use crate::args::ServeArgs;
use crate::exit::ExitStatus;
use crate::{output, signals};

pub fn run(args: &ServeArgs, quiet: bool, environment: &Environment<'_>) -> Result<ExitStatus> {
    let mut settings = settings(args)?;
    let usual = if quiet { "warn" } else { "info" };
    settings.log.get_or_insert_with(|| usual.to_owned());
    serve(&settings, args.json, environment)
}

/// Serves until an interrupt, and finishes what was accepted.
pub fn serve(settings: &ServeSettings, json: bool, environment: &Environment<'_>) -> Result<ExitStatus> {
    log_to_stderr(settings.log.as_deref().unwrap_or("info"))?;
    let server = settings.open(environment)?;
    let stop = server.stopper();
    signals::on_interrupt(move || {
        output::note("finishing what was accepted; once more ends it at once");
        stop.stop();
    });
    let url = format!("http://{}", server.addr());
    // The address is taken, so who reads this line can connect.
    if json {
        output::print_json(&json!({ "listening": url }))?;
    } else {
        output::print(&format!("listening on {url}; the page is {url}/ui"))?;
    }
    match server.run()? {
        Ended::Complete => {}
        Ended::BrokenOff => environment.warn("some requests took too long to finish and were broken off"),
    }
    Ok(ExitStatus::Done)
}

/// What the file of `--config` says, with what was typed in its place.
fn settings(args: &ServeArgs) -> Result<ServeSettings> {
    let mut settings = match &args.config {
        Some(path) => ServeSettings::read(path)?,
        None => ServeSettings::default(),
    };
    fn put<T: Clone>(place: &mut Option<T>, typed: &Option<T>) {
        if typed.is_some() {
            place.clone_from(typed);
        }
    }
    put(&mut settings.index, &args.index);
    put(&mut settings.listen, &args.listen);
    put(&mut settings.api_key_file, &args.api_key_file);
    put(&mut settings.read_only_key_file, &args.read_only_key_file);
    put(&mut settings.log, &args.log);
    put(&mut settings.max_batch, &args.max_batch);
    put(&mut settings.max_wait_ms, &args.max_wait_ms);
    put(&mut settings.queue, &args.queue);
    if !args.allow_host.is_empty() {
        settings.allow_host.clone_from(&args.allow_host);
    }
    settings.map.extend(args.map.iter().cloned());
    if !args.encoder.is_empty() {
        let encoders = args.encoder.iter().map(|text| EncoderSettings::of_flag(text));
        settings.encoder = encoders.collect::<sop_suite::Result<_>>()?;
    }
    Ok(settings)
}
