//! Structured logs: one JSON object per line.

use std::io;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Writes what the server logs to standard error, one JSON object per line, from now on.
///
/// `filter` is in the form of `RUST_LOG`: `info` (every request with its id, status and time), `warn`, `off`, or
/// `warn,sop_server=debug`.
///
/// # Errors
/// Where the filter is none, or the process logs in another way already.
pub fn log_to_stderr(filter: &str) -> Result<(), LogError> {
    let subscriber = json_lines(filter, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)
}

fn json_lines<W>(filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|error| LogError::Filter { reason: error.to_string() })?;
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false).with_ansi(false);
    Ok(lines.with_env_filter(filter).with_writer(writer).finish())
}

/// Why nothing is logged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is none.
    #[error("log filter: {reason}: give one such as `info` or `warn,sop_server=debug`")]
    Filter {
        /// What is wrong with it.
        reason: String,
    },
    /// The process logs already.
    #[error("this process logs in another way already")]
    Twice,
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_an_object_with_the_id_of_its_request() {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = json_lines("info", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", id = "abc-1");
            span.in_scope(|| {
                tracing::info!(status = 200, path = "/a\nb", "answered");
                tracing::debug!("not for this filter");
            });
        });
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert_eq!(lines[0]["span"]["id"], "abc-1");
        assert_eq!((&lines[0]["message"], &lines[0]["status"]), (&json!("answered"), &json!(200)));
        // A line break of a client does not make a second line.
        assert_eq!(lines[0]["path"], "/a\nb");
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(matches!(json_lines("sop_server=loud", io::sink), Err(LogError::Filter { .. })));
    }
}
