//! The loop that takes connections, until the server is told to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::refuse::Refusals;
use super::stall_guard::StallGuard;
use crate::state::ServerState;

/// How long to wait after a connection could not be taken because the process has too many files open.
const NO_FILES: Duration = Duration::from_millis(50);

/// Answers connections until `stop` is ready, then finishes what was accepted. Returns whether everything was finished in time.
pub(crate) async fn accept(
    listener: TcpListener,
    routes: Router,
    state: ServerState,
    stop: impl Future<Output = ()>,
) -> bool {
    let limits = *state.limits();
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let refusals = Refusals::new();
    let open = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head());
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            () = &mut stop => break,
            stream = next(&listener) => stream,
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            state.metrics().connection_refused();
            refusals.refuse(stream, limits.connections);
            continue;
        };
        let io = TokioIo::new(StallGuard::new(stream, limits.stalled()));
        let connection = open.watch(http.serve_connection(io, TowerToHyperService::new(routes.clone())));
        state.metrics().connections().inc();
        let state = state.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            state.metrics().connections().dec();
            drop(slot);
        });
    }
    drop(listener);
    tokio::time::timeout(limits.shutdown(), open.shutdown()).await.is_ok()
}

async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and complete: they are not held back for more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
                return stream;
            }
            Err(error) => {
                // A connection that broke before it was taken needs no wait, too many open files do; a short one harms neither.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(NO_FILES).await;
            }
        }
    }
}
