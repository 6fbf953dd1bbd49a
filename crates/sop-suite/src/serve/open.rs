//! From settings to a server that has its address.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sop_collection::{Store, StoreOptions};
use sop_server::encoder::{EncoderSet, Preparation, QueueOptions, Recipe, ServedEncoder};
use sop_server::{Keys, Server, ServerConfig};

use super::{EncoderSettings, ServeSettings};
use crate::Environment;
use crate::encoders::{EncoderRequest, read_description};
use crate::error::{Context as _, Result, refuse};

/// The port of Qdrant, which clients try first.
const PORT: u16 = 6333;

impl ServeSettings {
    /// Opens index and encoders and takes the address; requests are answered when the server runs.
    ///
    /// # Errors
    /// When a part cannot be opened, or the settings contradict each other.
    pub fn open(&self, environment: &Environment<'_>) -> Result<Server> {
        let index = self.index.as_ref().context("no index folder: give --index DIR, or `index` in the settings")?;
        let usual = ServerConfig::default();
        let config = ServerConfig {
            listen: self.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
            keys: Keys::from_files(self.api_key_file.as_deref(), self.read_only_key_file.as_deref())?,
            allowed_hosts: self.allow_host.clone(),
            allowed_data: self.allow_data.clone(),
            maps: self.map.clone(),
            limits: self.limits,
            sample_every: self.sample_every.unwrap_or(usual.sample_every),
        };
        config.check()?;
        let encoders = self.encoders(environment)?;
        let limits = config.store_limits();
        let options = StoreOptions { create: true, background: true, limits, ..StoreOptions::default() };
        let store = Store::open(index, options)?;
        let unreadable = store.unreadable();
        if let Some((name, reason)) = unreadable.first_key_value().filter(|_| store.names().is_empty()) {
            refuse!(
                "no collection of {} can be read, the first is {name}: {reason}; restore a snapshot with `sop index restore --replace`, or give another folder",
                index.display()
            );
        }
        for (name, reason) in &unreadable {
            environment.warn(&format!("collection {name} cannot be read and is not served: {reason}"));
        }
        for name in store.names() {
            let collection = store.collection(name.as_str())?;
            let report = collection.open_report();
            report.losses.iter().for_each(|loss| environment.warn(&format!("collection {name}: {loss}")));
            report.notes.iter().for_each(|note| environment.note(&format!("collection {name}: {note}")));
        }
        Ok(Server::bind(config, store)?.with_encoders(encoders))
    }

    fn encoders(&self, environment: &Environment<'_>) -> Result<EncoderSet> {
        let mut set = EncoderSet::default();
        if self.encoder.is_empty() {
            return Ok(set);
        }
        let usual = QueueOptions::default();
        let options = QueueOptions {
            max_batch: self.max_batch.unwrap_or(usual.max_batch),
            max_wait: self.max_wait_ms.map_or(usual.max_wait, Duration::from_millis),
            queue: self.queue.unwrap_or(usual.queue),
            decode: self.max_pixels.map_or(usual.decode, |max_pixels| sop_image::DecodeLimits { max_pixels }),
            ..usual
        };
        let preparation = Arc::new(Preparation::start(0)?);
        for settings in &self.encoder {
            let served = serve(settings, &options, &preparation, environment)
                .with_context(|| format!("cannot serve encoder {}", settings.path))?;
            set.add(served)?;
        }
        Ok(set)
    }
}

/// Opens one encoder and starts what it needs.
fn serve(
    settings: &EncoderSettings,
    options: &QueueOptions,
    preparation: &Arc<Preparation>,
    environment: &Environment<'_>,
) -> Result<ServedEncoder> {
    let description = settings.description.as_deref().map(read_description).transpose()?;
    let request = EncoderRequest { description, ..EncoderRequest::new(settings.path.as_str()) };
    let encoder = request.open(environment)?;
    let recipe = Recipe::new(encoder.as_ref(), settings.transform.as_deref(), settings.feature()?)?;
    let name = settings.name.clone().unwrap_or_else(|| encoder.spec().name.clone());
    Ok(ServedEncoder::start(&name, Arc::from(encoder), recipe, options, preparation)?)
}
