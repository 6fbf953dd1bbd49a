//! Results on stdout, everything else on stderr.

use std::io::{self, Write};

/// Writes text to stdout. A reader that went away (`sop … | head`) is no error: the work goes on, so that gates and
/// further configs keep their say in the exit code.
pub fn print(text: &str) -> io::Result<()> {
    match write_line(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn write_line(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}

/// Writes one line of JSON to stdout.
pub fn print_json(value: &serde_json::Value) -> io::Result<()> {
    print(&value.to_string())
}

/// Writes a note to stderr; a reader that went away stops nothing, where `eprintln!` would panic.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes an error with its causes to stderr.
pub fn error(error: &anyhow::Error) {
    note(&format!("error: {error:#}"));
}
