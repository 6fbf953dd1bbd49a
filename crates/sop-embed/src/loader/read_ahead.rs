//! Making things while earlier ones are used.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

/// Items that a thread of their own makes ahead of their use.
///
/// Memory is bounded by `waiting + 2` items: one is in use, `waiting` wait, and one is being made. The thread ends after the
/// item that it is making when this is dropped.
#[derive(Debug)]
pub struct ReadAhead<T> {
    receiver: Receiver<T>,
}

impl<T: Send> ReadAhead<T> {
    /// Takes the items from an iterator on a thread of `scope`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn scoped<'scope>(
        scope: &'scope Scope<'scope, '_>,
        name: &str,
        waiting: usize,
        items: impl Iterator<Item = T> + Send + 'scope,
    ) -> io::Result<Self>
    where
        T: 'scope,
    {
        let (sender, receiver) = sync_channel(waiting);
        Builder::new().name(name.to_owned()).spawn_scoped(scope, || send_all(items, sender))?;
        Ok(Self { receiver })
    }

    /// Takes the items from an iterator on a thread that nobody waits for.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn detached(name: &str, waiting: usize, items: impl Iterator<Item = T> + Send + 'static) -> io::Result<Self>
    where
        T: 'static,
    {
        let (sender, receiver) = sync_channel(waiting);
        Builder::new().name(name.to_owned()).spawn(|| send_all(items, sender))?;
        Ok(Self { receiver })
    }
}

fn send_all<T>(items: impl Iterator<Item = T>, sender: SyncSender<T>) {
    for item in items {
        // Nobody waits for further items where the receiver is gone.
        if sender.send(item).is_err() {
            return;
        }
    }
}

impl<T> Iterator for ReadAhead<T> {
    type Item = T;

    /// Waits for the next item; `None` after the last one, or where the thread died.
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}
