//! A thread that does what is due.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sop_core::panic_guard::catch_panic;

use crate::collection::Collection;
use crate::name::Name;

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread, which ends when the sender is dropped, or after what it is at.
pub(crate) fn start(collections: Arc<RwLock<BTreeMap<Name, Arc<Collection>>>>) -> Sender<()> {
    let (sender, receiver) = channel();
    let work = move || {
        while receiver.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            let now: Vec<Arc<Collection>> = {
                let collections = collections.read().unwrap_or_else(PoisonError::into_inner);
                collections.values().map(Arc::clone).collect()
            };
            // What goes wrong is said by `Collection::info`, and tried again; one collection must not keep the others from it.
            for collection in &now {
                if let Err(panic) = catch_panic(|| drop(collection.maintain())) {
                    collection.note_maintenance(Some(format!(
                        "upkeep ended in a panic, which is an error of this program: {panic}"
                    )));
                }
            }
        }
    };
    // Without the thread everything works, and gets slower as the log grows.
    drop(std::thread::Builder::new().name("maintenance".to_owned()).spawn(work));
    sender
}
