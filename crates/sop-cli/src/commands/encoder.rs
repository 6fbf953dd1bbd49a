//! `sop encoder inspect`: what is in an ONNX file.

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Map, Value, json};
use sop_encoder::{BatchFinding, CountedRun, Inspection, Suggestion};
use sop_suite::Environment;
use sop_suite::encoders::start_runtime;

use crate::args::{EncoderArgs, EncoderCommand, InspectArgs};
use crate::exit::ExitStatus;
use crate::output;

pub fn run(args: &EncoderArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let EncoderCommand::Inspect(args) = &args.command;
    let inspection = Inspection::of_file(&args.encoder, args.image_size)?;
    let batch = match start_runtime(environment) {
        Ok(runtime) => inspection.batch_finding(&args.encoder, runtime),
        Err(error) => BatchFinding::NotRun(error.to_string()),
    };
    if args.json {
        output::print_json(&as_json(args, &inspection, &batch)?)?;
    } else {
        output::print(&as_text(args, &inspection, &batch)?)?;
    }
    Ok(ExitStatus::Done)
}

/// Sizes of axes, `?` where one is known only when the model runs.
fn axes<T: ToString + Copy>(dims: &[Option<T>]) -> String {
    let size = |dim: &Option<T>| dim.map_or_else(|| "?".to_owned(), |size| size.to_string());
    format!("[{}]", dims.iter().map(size).collect::<Vec<_>>().join(", "))
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn as_text(args: &InspectArgs, inspection: &Inspection, batch: &BatchFinding) -> Result<String> {
    let outline = &inspection.outline;
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        text.push_str(&format!("{key:<11} {value}\n"));
    };
    line("file", &format!("{}, {} bytes", args.encoder.display(), grouped(inspection.file_bytes)));
    let opsets = outline.other_opsets.iter().map(|(domain, version)| format!(", {domain} {version}"));
    line(
        "format",
        &format!("IR version {}, opset {}{}", outline.ir_version, outline.opset, opsets.collect::<String>()),
    );
    line("producer", format!("{} {}", outline.producer, outline.producer_version).trim());
    for (key, tensors) in [("input", &outline.inputs), ("output", &outline.outputs)] {
        for tensor in tensors {
            line(key, &format!("{} {} {}", tensor.name, tensor.element.name(), axes(&tensor.dims)));
        }
    }
    let total = outline.weights.total();
    let types =
        outline.weights.by_type.iter().map(|(code, count)| format!("{} {}", code.name(), grouped(count.values)));
    let (values, tensors, bytes) = (grouped(total.values), grouped(total.tensors), grouped(total.bytes));
    let types = types.collect::<Vec<_>>().join(", ");
    line("parameters", &format!("{values} in {tensors} tensors, {bytes} bytes ({types})"));
    if outline.weights.external.tensors > 0 {
        let external = &outline.weights.external;
        let files: Vec<&str> = outline.weights.external_files.iter().map(String::as_str).collect();
        let (tensors, bytes) = (grouped(external.tensors), grouped(external.bytes));
        line("external", &format!("{tensors} tensors, {bytes} bytes, lie in other files: {}", files.join(", ")));
    }
    match &inspection.operations {
        Ok(counted) => operations_text(counted, &mut line),
        Err(reason) => line("operations", &format!("not counted: {reason}")),
    }
    for (key, value) in &outline.metadata {
        line("metadata", &format!("{key} = {value}"));
    }
    match &inspection.contract {
        Ok(outputs) => line("contract", &format!("kept; outputs {}", outputs.names().join(", "))),
        Err(reason) => line("contract", &format!("not kept: {reason}")),
    }
    line("batch", &batch_text(batch));
    match &inspection.suggestion {
        None => {}
        Some(Err(reason)) => line("description", &format!("none to suggest: {reason}")),
        Some(Ok(suggestion)) => {
            line("description", "a guess, for --description FILE.toml or [encoder.description] in a config");
            write!(text, "\n{}", suggestion_toml(suggestion)?)?;
        }
    }
    Ok(text)
}

fn operations_text(counted: &CountedRun, line: &mut impl FnMut(&str, &str)) {
    let per_image = counted.multiply_adds_per_image();
    let [height, width] = counted.image_size;
    line(
        "operations",
        &format!(
            "{} multiply-adds ({} floating-point operations) per image of {height} × {width} ({})",
            grouped(per_image),
            grouped(per_image.saturating_mul(2)),
            counted.size_source
        ),
    );
    let images = if counted.batch == 1 { String::new() } else { format!(" for {} images", counted.batch) };
    for (operator, count) in &counted.run.counted {
        let (nodes, work) = (grouped(count.nodes), grouped(count.multiply_adds));
        line("", &format!("{operator}: {nodes} nodes, {work} multiply-adds{images}"));
    }
    for (operator, nodes) in &counted.run.uncounted {
        line("", &format!("{operator}: {} nodes that could not be counted", grouped(*nodes)));
    }
}

fn batch_text(batch: &BatchFinding) -> String {
    match batch {
        BatchFinding::Independent(found) => format!(
            "each image by itself: alone and with another one, `{}` differs by {:.0e} of its largest value",
            found.output,
            found.share()
        ),
        BatchFinding::Dependent(found) => format!(
            "NOT USABLE: an image's features depend on the images encoded with it; alone and with another one, `{}` differs by \
             {:.2e}, where its largest value is {:.2e}; export the model again in evaluation mode and without dynamic quantisation",
            found.output, found.difference, found.largest
        ),
        BatchFinding::OneAtATime => "one image at a time".to_owned(),
        BatchFinding::NotRun(reason) => format!("not looked at: {reason}"),
    }
}

fn batch_json(batch: &BatchFinding) -> Value {
    match batch {
        BatchFinding::Independent(found) | BatchFinding::Dependent(found) => json!({
            "independent": matches!(batch, BatchFinding::Independent(_)),
            "output": found.output.to_string(),
            "difference": found.difference,
            "largest": found.largest,
        }),
        BatchFinding::OneAtATime => json!({"independent": true}),
        BatchFinding::NotRun(reason) => json!({"error": reason}),
    }
}

/// The description as TOML, with what is guessed as comments above it.
fn suggestion_toml(suggestion: &Suggestion) -> Result<String> {
    let mut text = String::new();
    for doubt in &suggestion.doubts {
        // A name in the file may hold line ends, which would end the comment.
        writeln!(text, "# {}", doubt.replace(char::is_control, " "))?;
    }
    Ok(text + &toml::to_string(&suggestion.description)?)
}

fn as_json(args: &InspectArgs, inspection: &Inspection, batch: &BatchFinding) -> Result<Value> {
    let outline = &inspection.outline;
    let tensors = |tensors: &[sop_onnx::TensorOutline]| -> Vec<Value> {
        tensors.iter().map(|t| json!({"name": t.name, "type": t.element.name(), "shape": t.dims})).collect()
    };
    let weights = &outline.weights;
    let count =
        |count: sop_onnx::WeightCount| json!({"tensors": count.tensors, "values": count.values, "bytes": count.bytes});
    let by_type: Map<String, Value> =
        weights.by_type.iter().map(|(code, of_type)| (code.name().to_owned(), count(*of_type))).collect();
    let suggestion = match &inspection.suggestion {
        Some(Ok(suggestion)) => json!({
            "description": suggestion.description, "doubts": suggestion.doubts, "toml": suggestion_toml(suggestion)?,
        }),
        Some(Err(reason)) => json!({"error": reason}),
        None => Value::Null,
    };
    Ok(json!({
        "path": args.encoder.display().to_string(),
        "bytes": inspection.file_bytes,
        "ir_version": outline.ir_version,
        "opset": outline.opset,
        "other_opsets": outline.other_opsets,
        "producer": outline.producer,
        "producer_version": outline.producer_version,
        "inputs": tensors(&outline.inputs),
        "outputs": tensors(&outline.outputs),
        "parameters": {
            "total": count(weights.total()),
            "by_type": by_type,
            "external": count(weights.external),
            "external_files": weights.external_files,
        },
        "operations": operations_json(inspection),
        "metadata": outline.metadata,
        "transform": outline.metadata.get("transform"),
        "keeps_contract": inspection.contract.is_ok(),
        "contract_outputs": inspection.contract.as_ref().ok().map(|outputs| outputs.names()),
        "differs_from_contract": inspection.contract.as_ref().err(),
        "batch": batch_json(batch),
        "suggestion": suggestion,
    }))
}

fn operations_json(inspection: &Inspection) -> Value {
    let counted = match &inspection.operations {
        Ok(counted) => counted,
        Err(reason) => return json!({"error": reason}),
    };
    let operators: Map<String, Value> = counted
        .run
        .counted
        .iter()
        .map(|(name, of)| (name.clone(), json!({"nodes": of.nodes, "multiply_adds": of.multiply_adds})))
        .collect();
    let per_image = counted.multiply_adds_per_image();
    json!({
        "multiply_adds_per_image": per_image,
        "flops_per_image": per_image.saturating_mul(2),
        "image_height": counted.image_size[0],
        "image_width": counted.image_size[1],
        "image_size_source": counted.size_source,
        "batch": counted.batch,
        "operators": operators,
        "uncounted": counted.run.uncounted,
        "output_shapes": counted.run.outputs,
    })
}
