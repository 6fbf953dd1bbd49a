//! What an interrupt leaves behind: nothing but finished files.

use crate::output;

/// Exit code of a program that SIGINT ended, as shells show it.
const INTERRUPTED: i32 = 130;

/// On SIGINT, SIGTERM and SIGHUP removes the files that are being written, then ends the program.
pub fn clean_up_on_interrupt() {
    let handler = || {
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
