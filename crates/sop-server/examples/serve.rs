//! Serves an index folder on 127.0.0.1 until standard input ends: `cargo run --release -p sop-server --example serve -- DIR [PORT]`.
//!
//! The command `sop serve` has the flags; this is the shortest program that serves.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use sop_collection::{Store, StoreOptions};
use sop_server::{Server, ServerConfig};

#[allow(clippy::print_stdout, reason = "the address is what whoever starts it waits for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("give the index folder")?;
    let port = arguments.get(1).map_or(Ok(0), |port| port.parse())?;
    let config = ServerConfig { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ..ServerConfig::default() };
    let limits = config.store_limits();
    let options = StoreOptions { create: true, background: true, limits, ..StoreOptions::default() };
    let server = Server::bind(config, Store::open(Path::new(folder), options)?)?;
    println!("{{\"listening\":\"http://{}\"}}", server.addr());
    let stop = server.stopper();
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        // Whether it ends or breaks, nobody is there any more.
        let _ = std::io::stdin().read_to_end(&mut rest);
        stop.stop();
    });
    server.run()?;
    Ok(())
}
