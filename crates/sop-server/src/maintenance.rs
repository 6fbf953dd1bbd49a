//! Upkeep of the collections while they are served.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use sop_collection::Store;

/// How often each collection is looked at. Mostly nothing is due.
const PAUSE: Duration = Duration::from_secs(2);

/// A thread that does what is due for each collection: rows into the base, graphs, logs into the files of points.
pub(crate) struct Maintenance {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Maintenance {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives none.
    pub(crate) fn start(store: Arc<Store>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("sop-maintenance".to_owned()).spawn(move || {
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                maintain(&store);
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Maintenance {
    /// Waits for what is being done, so that the index folder is free afterwards.
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the upkeep of collections ended by a panic");
        }
    }
}

fn maintain(store: &Store) {
    if store.is_read_only() {
        return;
    }
    for name in store.names() {
        let Ok(collection) = store.collection(name.as_str()) else { continue };
        // A panic ends this attempt, not the upkeep of all collections.
        let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| collection.maintain()));
        let Ok(attempt) = attempt else { continue };
        match attempt {
            Ok(done) if done == Default::default() => {}
            Ok(done) => tracing::info!(collection = %name, ?done, "maintained"),
            Err(error) => {
                tracing::error!(collection = %name, %error, "upkeep failed; the collection goes on with what it had")
            }
        }
    }
}
