//! Who hears of the work while it goes on: a terminal, a notebook, a server's log, or nobody.

/// Hears what a job has to say besides its results.
pub trait Observer: Sync {
    /// News that a person who waits may want: what was written, what came from the cache.
    fn note(&self, text: &str);

    /// What whoever reads the numbers has to know: samples that were left out, images in both sets, classes matched by number.
    fn warn(&self, text: &str);

    /// Work over `total` units begins: images, steps, epochs.
    fn begin(&self, what: &str, total: usize) -> Box<dyn Progress + '_>;
}

/// Hears how far one piece of work is; may be told from several threads. Work that is given up is dropped without [`Self::finish`].
pub trait Progress: Sync {
    /// How many units an earlier run did: they do not count for the speed.
    fn begin_at(&self, done: usize);

    /// How many units are done, those of an earlier run included.
    fn set(&self, done: usize) {
        self.set_with(done, "");
    }

    /// The same with a measure of the work, such as a loss; empty for none.
    fn set_with(&self, done: usize, measure: &str);

    /// Says something in between, as [`Observer::note`].
    fn note(&self, text: &str);

    /// The work is done.
    fn finish(&self);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn note(&self, _text: &str) {}

    fn warn(&self, _text: &str) {}

    fn begin(&self, _what: &str, _total: usize) -> Box<dyn Progress + '_> {
        Box::new(Self)
    }
}

impl Progress for Silent {
    fn begin_at(&self, _done: usize) {}

    fn set_with(&self, _done: usize, _measure: &str) {}

    fn note(&self, _text: &str) {}

    fn finish(&self) {}
}
