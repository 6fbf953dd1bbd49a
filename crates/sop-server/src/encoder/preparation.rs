//! The threads that make tensors of image files.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::StartError;

/// Threads that decode and transform images, for all encoders of a server. They are not the ones of searches, which must not
/// wait behind an image.
pub struct Preparation {
    pool: ThreadPool,
}

impl Preparation {
    /// So many threads; one for each core where it is 0.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn start(threads: usize) -> Result<Self, StartError> {
        let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("images {index}"));
        let pool = builder.build().map_err(|error| StartError::Preparation(error.to_string()))?;
        Ok(Self { pool })
    }

    /// Number of threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `job` on one of the threads, after those that came before.
    pub(crate) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        self.pool.spawn_fifo(job);
    }
}
