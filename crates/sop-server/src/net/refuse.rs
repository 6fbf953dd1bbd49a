//! Connections that are one too many.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// So many refused connections are told why at the same time; more are just closed.
const TOLD: usize = 64;

/// How long a refused connection stays open for its client to read why.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells clients that too many connections are open.
#[derive(Clone)]
pub(super) struct Refusals(Arc<Semaphore>);

impl Refusals {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(TOLD)))
    }

    /// Answers 503 and closes.
    pub(super) fn refuse(&self, mut stream: TcpStream, most: usize) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let telling = async {
                stream.write_all(answer(most).as_bytes()).await?;
                stream.shutdown().await?;
                // Closing with unread data would reset the connection, and the client might never see the answer.
                let mut dropped = [0; 1_024];
                while stream.read(&mut dropped).await? > 0 {}
                Ok::<(), std::io::Error>(())
            };
            // The client is refused either way.
            let _ = tokio::time::timeout(PATIENCE, telling).await;
            drop(permit);
        });
    }
}

fn answer(most: usize) -> String {
    let error = format!("{most} connections are open already (limit `connections`): try again later");
    let body = serde_json::json!({"status": {"error": error}, "time": 0.0}).to_string();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
