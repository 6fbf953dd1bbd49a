//! Blocking work off the threads that answer connections, a bounded amount of it at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::ApiError;
use crate::limits::Limits;

/// Work of one kind: so much of it at a time, and so much that waits.
#[derive(Debug)]
pub struct Lane {
    name: &'static str,
    size: usize,
    queue: usize,
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Lane {
    /// At most `size` pieces of work at a time, and `queue` waiting.
    #[must_use]
    pub fn new(name: &'static str, size: usize, queue: usize) -> Self {
        let permits = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self { name, size, queue, working: permits(size), admitted: permits(size.saturating_add(queue)) }
    }

    /// How many pieces of work there are: waiting or being done.
    #[must_use]
    pub fn admitted(&self) -> usize {
        self.size.saturating_add(self.queue) - self.admitted.available_permits()
    }

    /// Does `work` on another thread when its turn comes.
    ///
    /// Work that has begun is finished even if nobody waits for its result any more; work that has not begun is then forgotten.
    ///
    /// # Errors
    /// 429 where too much waits already, 500 where `work` panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let busy = || {
            ApiError::overloaded(format!("{} {} wait already (limit `queue`): try again later", self.queue, self.name))
        };
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.working).acquire_owned().await.map_err(ApiError::internal)?;
        on_blocking_thread((admitted, turn), work).await
    }
}

async fn on_blocking_thread<T: Send + 'static>(
    permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let span = tracing::Span::current();
    let task = tokio::task::spawn_blocking(move || {
        let _permits = permits;
        span.in_scope(work)
    });
    task.await.map_err(ApiError::internal)
}

/// The lanes of a server.
#[derive(Debug)]
pub struct Workers {
    /// Searches and other reads, which keep a core busy.
    pub reads: Lane,
    /// Changes, which mostly wait for the disk; those that wait together share one sync.
    pub writes: Lane,
    /// Snapshots and other work over a whole collection: one at a time.
    pub upkeep: Lane,
}

impl Workers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reads: Lane::new("reads", limits.reads, limits.queue),
            writes: Lane::new("changes", limits.writes, limits.queue),
            upkeep: Lane::new("snapshots and checks", 1, 8),
        }
    }

    /// How many threads work at the same time.
    pub(crate) fn threads(limits: &Limits) -> usize {
        limits.reads + limits.writes + 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_beyond_the_queue_is_refused_and_a_panic_is_an_error() {
        let lane = Arc::new(Lane::new("tests", 1, 1));
        let (release, blocked) = mpsc::channel::<()>();
        let mut busy = Box::pin(lane.run(move || blocked.recv().is_ok()));
        let mut waiting = Box::pin(lane.run(|| true));
        tokio::select! { biased; _ = &mut busy => panic!(), _ = &mut waiting => panic!(), () = std::future::ready(()) => {} }
        assert_eq!(lane.admitted(), 2);
        let refused = lane.run(|| true).await.unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.retry_after), (429, Some(1)));
        release.send(()).unwrap();
        assert_eq!((busy.await, waiting.await), (Ok(true), Ok(true)));
        assert_eq!(lane.run(|| -> bool { panic!("on purpose") }).await.unwrap_err().status.as_u16(), 500);
        assert_eq!((lane.admitted(), lane.run(|| true).await), (0, Ok(true)));
    }
}
