//! `sop runtime`: which engine runs ONNX models, and why.

use anyhow::Result;
use sop_encoder::{Engine, Runtime};
use sop_suite::Environment;
use sop_suite::encoders::engine_reason;

use crate::args::RuntimeArgs;
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &RuntimeArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let runtime = Runtime::start(&environment.runtime)?;
    let reason = engine_reason(runtime);
    let library = match runtime.engine() {
        Engine::OnnxRuntime { library, .. } => Some(library.display().to_string()),
        Engine::Tract { .. } => None,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if args.json {
        let value = serde_json::json!({
            "engine": runtime.name(), "library": library, "reason": reason, "threads": threads,
        });
        output::print_json(&value)?;
        return Ok(ExitStatus::Done);
    }
    let mut text = format!("engine   {}\nreason   {reason}\n", runtime.name());
    if let Some(library) = &library {
        text.push_str(&format!("library  {library}\n"));
    } else {
        text.push_str("faster   pip install onnxruntime (1.24 or later), or set ORT_DYLIB_PATH\n");
    }
    text.push_str(&format!("threads  {threads}\n"));
    output::print(&text)?;
    Ok(ExitStatus::Done)
}
