//! A body that is read no further ahead than its reader can follow.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};

/// So many bytes may be given that the reader has not taken: more than the heads of a form's parts need.
const MOST_AHEAD: u64 = 1 << 20;

/// What the reader of a body has taken of it.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    given: u64,
    taken: u64,
    waiting: Option<Waker>,
}

impl Pace {
    /// The same request, with a body that waits for [`Self::took`].
    ///
    /// The reader of forms keeps what it is given until it finds the next part: a body without one would take all memory.
    pub(super) fn of(self, request: Request) -> Request {
        request.map(|body| Body::new(PacedBody { body, pace: self }))
    }

    /// Notes that so many bytes were taken.
    pub(super) fn took(&self, bytes: usize) {
        let mut counts = self.counts();
        counts.taken += bytes as u64;
        if let Some(waiting) = counts.waiting.take() {
            waiting.wake();
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct PacedBody {
    body: Body,
    pace: Pace,
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        {
            let mut counts = this.pace.counts();
            if counts.given.saturating_sub(counts.taken) > MOST_AHEAD {
                counts.waiting = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            this.pace.counts().given += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        Poll::Ready(frame)
    }
}
