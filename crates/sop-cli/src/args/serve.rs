//! `sop serve`: flags.

use std::net::SocketAddr;
use std::path::PathBuf;

/// `sop serve`.
///
/// What is not said by a flag or the environment is taken from the file of `--config`, whose keys are the long names of these flags.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The index folder; an empty one is made where there is none.
    #[arg(long, env = "SOP_INDEX")]
    pub index: Option<PathBuf>,
    /// An encoder that turns images into vectors: `E.onnx`, `NAME=E.onnx`, or `pixels:16`. Several may be given.
    #[arg(long, value_name = "[NAME=]E.onnx")]
    pub encoder: Vec<String>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:6333].
    #[arg(long, env = "SOP_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// A file with the key that clients must send, as `api-key: K` or `Authorization: Bearer K`.
    #[arg(long, env = "SOP_API_KEY_FILE")]
    pub api_key_file: Option<PathBuf>,
    /// A file with a key that may read only.
    #[arg(long, env = "SOP_READ_ONLY_KEY_FILE")]
    pub read_only_key_file: Option<PathBuf>,
    /// A name under which clients may call this server, besides its address.
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Images that the encoder takes at once [default: 16].
    #[arg(long)]
    pub max_batch: Option<usize>,
    /// How long an image waits for others to be encoded with [default: 5].
    #[arg(long, value_name = "MILLISECONDS")]
    pub max_wait_ms: Option<u64>,
    /// Images that wait at most; further ones are answered with 429 [default: 256].
    #[arg(long, value_name = "IMAGES")]
    pub queue: Option<usize>,
    /// A map of a collection, for the page: the file `….map.parquet` of `sop eval tsne` over the same embeddings. Several may be given.
    #[arg(long, value_name = "COLLECTION=FILE", value_parser = collection_and_file)]
    pub map: Vec<(String, PathBuf)>,
    /// What is logged to stderr as JSON lines: `info` (every request), `warn`, `off`, or as `RUST_LOG` has it [default: info, with --quiet warn].
    #[arg(long, env = "SOP_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// A TOML file with these settings and the limits.
    #[arg(long, env = "SOP_SERVE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The first line on stdout is `{"listening":"http://…"}`.
    #[arg(long)]
    pub json: bool,
}

fn collection_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("give COLLECTION=FILE".to_owned()),
    }
}
