//! Progress with the time left, on stderr: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use sop_suite::Progress;

use crate::output;

/// Seconds between two lines where there is no terminal, as in the log of a cluster job.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Progress of one piece of work over a known number of units.
pub struct Shown {
    bar: Option<ProgressBar>,
    what: String,
    total: usize,
    /// Units that were done before this run.
    before: AtomicUsize,
    started: Instant,
    last_line: Mutex<Instant>,
    quiet: bool,
}

impl Shown {
    /// Starts showing `what` over `total` units.
    pub fn start(what: &str, total: usize, quiet: bool) -> Self {
        let now = Instant::now();
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let template = "{msg} [{bar:30}] {pos}/{len} {percent}% {per_sec} {eta} left";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total as u64).with_style(style.progress_chars("=> ")).with_message(what.to_owned())
        });
        let before = AtomicUsize::new(0);
        Self { bar, what: what.to_owned(), total, before, started: now, last_line: Mutex::new(now), quiet }
    }

    /// Writes a line where the last one is long enough ago; threads that come at the same time leave it to one of them.
    fn line(&self, done: usize, measure: &str) {
        let Ok(mut last) = self.last_line.try_lock() else { return };
        if last.elapsed() < LINE_EVERY {
            return;
        }
        *last = Instant::now();
        let rate = self.of_this_run(done) as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
        let left = Duration::try_from_secs_f64(self.total.saturating_sub(done) as f64 / rate).unwrap_or(Duration::MAX);
        let percent = 100 * done / self.total.max(1);
        let (what, total) = (&self.what, self.total);
        let measure = if measure.is_empty() { String::new() } else { format!("{measure}, ") };
        output::note(&format!(
            "{what}: {done}/{total} ({percent}%), {measure}{rate:.0}/s, {} left",
            HumanDuration(left)
        ));
    }

    fn of_this_run(&self, done: usize) -> usize {
        done.saturating_sub(self.before.load(Ordering::Relaxed))
    }
}

impl Progress for Shown {
    fn begin_at(&self, done: usize) {
        self.before.store(done, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.reset_eta();
        }
        if done > 0 && !self.quiet {
            output::note(&format!("{}: {done} of {} were done already", self.what, self.total));
        }
    }

    fn set_with(&self, done: usize, measure: &str) {
        if let Some(bar) = &self.bar {
            if !measure.is_empty() {
                bar.set_message(format!("{}, {measure}", self.what));
            }
            bar.set_position(done as u64);
        } else if !self.quiet && done > 0 {
            self.line(done, measure);
        }
    }

    fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::note(text)),
            None if !self.quiet => output::note(text),
            None => {}
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let done = self.of_this_run(self.total);
        // Where everything was done already, that has been said.
        if !self.quiet && (done > 0 || self.total == 0) {
            let seconds = self.started.elapsed().as_secs_f64();
            let rate = done as f64 / seconds.max(1e-9);
            output::note(&format!("{}: {done} in {seconds:.1} s ({rate:.0}/s)", self.what));
        }
    }
}
