//! What a server is started with.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::keys::Keys;
use crate::limits::Limits;

/// What a server is started with. The default listens on a free port of 127.0.0.1, without keys.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may read and who may write.
    pub keys: Keys,
    /// Names besides `localhost` and numeric addresses that a request's `Host` header may carry.
    ///
    /// On a loopback address every other name is refused: a web page elsewhere could otherwise point a name of its own at this server
    /// and read it through the browser of whoever looks at the page. On other addresses names are checked only if this list has some.
    pub allowed_hosts: Vec<String>,
    /// Specs of data sets that a collection made over HTTP may show the images of. `sop index build` may name any.
    pub allowed_data: Vec<String>,
    /// What one request and all of them together may take.
    pub limits: Limits,
    /// Each how many searches that a graph answered one is searched again exactly, for the recall in `/metrics`; 0 for none.
    pub sample_every: u64,
    /// Maps by the names of their collections: Parquet files of two dimensions that `sop eval tsne` makes. They are read when they are
    /// asked for.
    pub maps: BTreeMap<String, PathBuf>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Keys::default(),
            allowed_hosts: Vec::new(),
            allowed_data: Vec::new(),
            limits: Limits::default(),
            sample_every: 100,
            maps: BTreeMap::new(),
        }
    }
}

impl ServerConfig {
    /// # Errors
    /// Where the parts contradict each other, or a limit allows nothing.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.listen.ip().is_loopback() && !self.keys.guard_writes() {
            return Err(ConfigError::OpenToWrite { listen: self.listen });
        }
        if let Some(limit) = self.limits.first_zero() {
            return Err(ConfigError::ZeroLimit { limit });
        }
        match self.allowed_hosts.iter().find(|host| host.is_empty() || host.contains(['/', '@', ' '])) {
            Some(host) => Err(ConfigError::NoHost { host: host.clone() }),
            None => Ok(()),
        }
    }
}

impl ServerConfig {
    /// The limits with which the store must be opened so that they agree with those of the server.
    #[must_use]
    pub fn store_limits(&self) -> sop_collection::Limits {
        let Limits { dimension, limit, offset, batch, .. } = self.limits;
        let hits = limit.saturating_add(offset);
        sop_collection::Limits { dim: dimension, hits, searches: batch, ..sop_collection::Limits::default() }
    }
}

/// Why a server does not start with its configuration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// Everybody on the network could change the collections.
    #[error(
        "listening on {listen} needs a key, since every machine that reaches it could change the collections: give --api-key-file, or \
         listen on 127.0.0.1"
    )]
    OpenToWrite {
        /// The address.
        listen: SocketAddr,
    },
    /// A limit of 0 would refuse every request.
    #[error("limit `{limit}` is 0, which refuses everything: give at least 1")]
    ZeroLimit {
        /// Name of the limit.
        limit: &'static str,
    },
    /// What was given as a host's name is none.
    #[error("`{host}` is no host name: give the name alone, such as `search.example.org`")]
    NoHost {
        /// What was given.
        host: String,
    },
}
