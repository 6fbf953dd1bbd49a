//! A server, from its address to its end.

use std::net::SocketAddr;
use std::sync::Arc;

use sop_collection::Store;
use tokio::sync::watch;

use crate::config::{ConfigError, ServerConfig};
use crate::encoder::EncoderSet;
use crate::net::accept;
use crate::router::router;
use crate::state::ServerState;
use crate::work::Workers;

/// Threads for other blocking work than the lanes': reading files, embedding images.
const OTHER_THREADS: usize = 16;

/// A server that has its address and answers as soon as [`Server::run`] is called.
pub struct Server {
    listener: std::net::TcpListener,
    addr: SocketAddr,
    state: ServerState,
    stop: watch::Sender<bool>,
}

/// Stops a server from anywhere; a clone stops the same one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Tells the server to take nothing new and to finish what it has accepted. Calling it again changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was accepted is answered.
    Complete,
    /// Some requests took longer than the limit `shutdown_ms` and were broken off.
    BrokenOff,
}

impl Server {
    /// Takes the address. The store's collections are what is served.
    ///
    /// # Errors
    /// Where the configuration contradicts itself, or the address cannot be had.
    pub fn bind(config: ServerConfig, store: Store) -> Result<Self, ServerError> {
        config.check()?;
        let listen = config.listen;
        let bound = || {
            let listener = std::net::TcpListener::bind(listen)?;
            listener.set_nonblocking(true)?;
            let addr = listener.local_addr()?;
            Ok((listener, addr))
        };
        let (listener, addr) = bound().map_err(|source| ServerError::Bind { listen, source })?;
        let state = ServerState::new(config, store).map_err(ServerError::Threads)?;
        Ok(Self { listener, addr, state, stop: watch::channel(false).0 })
    }

    /// The same server with encoders for images.
    #[must_use]
    pub fn with_encoders(self, encoders: EncoderSet) -> Self {
        self.state.set_encoders(encoders);
        self
    }

    /// The address, with the port that was found free.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What stops this server.
    #[must_use]
    pub fn stopper(&self) -> Stop {
        Stop(self.stop.clone())
    }

    /// Everything that the server answers, and its collections: for fuzzing, which sends requests past the network.
    #[doc(hidden)]
    pub fn routes_for_fuzzing(&self) -> (axum::Router, Arc<Store>) {
        (router(&self.state), Arc::clone(self.state.store()))
    }

    /// Answers requests until [`Stop::stop`] is called, then finishes what was accepted.
    ///
    /// # Errors
    /// Where the system gives no threads.
    pub fn run(self) -> Result<Ended, ServerError> {
        let limits = *self.state.limits();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("sop-server")
            .max_blocking_threads(Workers::threads(&limits) + OTHER_THREADS)
            .build()
            .map_err(ServerError::Threads)?;
        let ended = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(ServerError::Threads)?;
            let mut told = self.stop.subscribe();
            let stop = async move {
                // The sender lives in this function, so waiting ends only by a call of `stop`.
                let _ = told.wait_for(|&told| told).await;
            };
            let complete = accept(listener, router(&self.state), self.state.clone(), stop).await;
            Ok(if complete { Ended::Complete } else { Ended::BrokenOff })
        });
        runtime.shutdown_timeout(limits.shutdown());
        ended
    }
}

/// Why a server cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be had.
    #[error("cannot listen on {listen}: {source}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gives no threads.
    #[error("cannot start the server's threads: {0}")]
    Threads(std::io::Error),
}
