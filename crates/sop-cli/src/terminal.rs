//! The terminal as the one who hears of the work.

use sop_suite::{Observer, Progress};

use crate::output;
use crate::progress::Shown;

/// Writes to stderr; with `quiet` what a reader of the numbers has to know only.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// No progress and no news.
    pub quiet: bool,
}

impl Observer for Terminal {
    fn note(&self, text: &str) {
        if !self.quiet {
            output::note(text);
        }
    }

    fn warn(&self, text: &str) {
        output::note(text);
    }

    fn begin(&self, what: &str, total: usize) -> Box<dyn Progress + '_> {
        Box::new(Shown::start(what, total, self.quiet))
    }
}
