//! What an interrupt does: it ends the program and leaves nothing but finished files behind, or asks a server to finish.

use std::sync::{Mutex, PoisonError};

use crate::output;

/// Exit code of a program that SIGINT ended, as shells show it.
const INTERRUPTED: i32 = 130;

/// What the next interrupt does instead of ending the program.
static NEXT: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// On SIGINT, SIGTERM and SIGHUP removes the files that are being written, then ends the program.
pub fn clean_up_on_interrupt() {
    let handler = || {
        if let Some(next) = NEXT.lock().unwrap_or_else(PoisonError::into_inner).take() {
            next();
            return;
        }
        sop_core::atomic_file::remove_unfinished();
        output::note("interrupted");
        #[expect(clippy::exit, reason = "the other threads are in the middle of work that nobody waits for any more")]
        std::process::exit(INTERRUPTED)
    };
    // Without a handler an interrupt leaves temporary files, which the next run of the same command takes over.
    if let Err(error) = ctrlc::set_handler(handler) {
        output::note(&format!("note: interrupts will not be cleaned up after: {error}"));
    }
}

/// The first interrupt from now on does this; one after that ends the program.
pub fn on_interrupt(action: impl FnOnce() + Send + 'static) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(action));
}
