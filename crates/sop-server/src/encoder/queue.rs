//! What waits for an encoder: image files, then tensors.
//!
//! An image is *waiting* until a thread of [`Preparation`] is free for it, *preparing* while it becomes a tensor, *ready* until the
//! encoder's thread takes it into a batch. Preparation runs ahead of the encoder by two batches and a bounded number of bytes, so a
//! long queue holds files and not tensors.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ndarray::Array3;
use sop_core::panic_guard::catch_panic;
use sop_image::DecodeLimits;
use sop_image::transform::Scales;
use tokio::sync::oneshot;

use super::group::{BatchBounds, Groupable, group_of_oldest, take_group};
use super::observer::EncoderObserver;
use super::slots::Slot;
use super::{EmbedError, Preparation, Recipe};

/// Bytes of tensors from which no further image is prepared.
const READY_BYTES: usize = 256 << 20;

/// An image whose vector is awaited.
pub(super) struct Accepted {
    pub(super) file: Bytes,
    pub(super) order: Order,
}

/// What is known of an image from its acceptance to its answer.
pub(super) struct Order {
    pub(super) recipe: Arc<Recipe>,
    pub(super) since: Instant,
    /// Who waits; closed when they no longer do.
    pub(super) answer: oneshot::Sender<Result<Vec<f32>, EmbedError>>,
    pub(super) slot: Slot,
}

impl Order {
    /// Answers, and frees the place.
    pub(super) fn answer(self, vector: Result<Vec<f32>, EmbedError>) {
        let Self { answer, slot, .. } = self;
        // Who is told of an answer may send the next image at once: there must be room.
        drop(slot);
        // Nobody waits any more: nothing is owed.
        drop(answer.send(vector));
    }

    fn is_awaited(&self) -> bool {
        !self.answer.is_closed()
    }
}

/// An image as the encoder takes it.
pub(super) struct Ready {
    /// `[3, height, width]`
    pub(super) tensor: Array3<f32>,
    pub(super) order: Order,
    since: Instant,
}

impl Ready {
    fn bytes(&self) -> usize {
        self.tensor.len().saturating_mul(size_of::<f32>())
    }
}

impl Groupable for Ready {
    type Key = ((usize, usize, usize), Scales);

    fn key(&self) -> Self::Key {
        (self.tensor.dim(), *self.order.recipe.transform().scales())
    }

    fn pixels(&self) -> usize {
        let (_, height, width) = self.tensor.dim();
        self.order.recipe.largest_pixels(height, width)
    }
}

/// The queue of one encoder.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something is ready, or nothing more will come.
    changed: Condvar,
    pub(super) bounds: QueueBounds,
    preparation: Arc<Preparation>,
    pub(super) name: String,
    observer: OnceLock<Arc<dyn EncoderObserver>>,
}

/// The bounds of a queue that are not those of its slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueBounds {
    pub(super) batch: BatchBounds,
    pub(super) max_wait: Duration,
    pub(super) decode: DecodeLimits,
    pub(super) max_input_pixels: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Accepted>,
    /// Number of images that a thread of the preparation has or will get.
    preparing: usize,
    ready: VecDeque<Ready>,
    ready_bytes: usize,
    /// Nothing more is accepted.
    closed: bool,
}

impl Queue {
    pub(super) fn new(name: String, bounds: QueueBounds, preparation: Arc<Preparation>) -> Arc<Self> {
        let (state, changed, observer) = (Mutex::default(), Condvar::new(), OnceLock::new());
        Arc::new(Self { state, changed, bounds, preparation, name, observer })
    }

    /// Tells `observer` from now on; the first one stays.
    pub(super) fn observe(&self, observer: Arc<dyn EncoderObserver>) {
        drop(self.observer.set(observer));
    }

    /// Who counts what happens.
    pub(super) fn observer(&self) -> &dyn EncoderObserver {
        self.observer.get().map_or(&(), |observer| observer.as_ref())
    }

    /// Takes the images of one request, in order.
    ///
    /// # Errors
    /// [`EmbedError::ShuttingDown`] after [`Self::close`].
    pub(super) fn accept(self: &Arc<Self>, images: Vec<Accepted>) -> Result<(), EmbedError> {
        let mut state = self.lock();
        if state.closed {
            return Err(EmbedError::ShuttingDown);
        }
        state.waiting.extend(images);
        self.prepare_more(state);
        Ok(())
    }

    /// Accepts nothing more; what was accepted is still answered.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The next batch: images of one size and scales. `None` when the queue is closed and everything was taken.
    ///
    /// A batch is taken when it is full, when nothing more is being prepared, or when its oldest image has waited long enough.
    pub(super) fn next_batch(self: &Arc<Self>) -> Option<Vec<Ready>> {
        let mut state = self.lock();
        loop {
            state.forget_abandoned();
            let Some((_, full)) = group_of_oldest(&state.ready, self.bounds.batch) else {
                if state.closed && state.preparing == 0 && state.waiting.is_empty() {
                    return None;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = state.ready.front().map_or(Duration::ZERO, |oldest| oldest.since.elapsed());
            let left = self.bounds.max_wait.saturating_sub(waited);
            if full || state.preparing == 0 || left.is_zero() {
                let batch = take_group(&mut state.ready, self.bounds.batch);
                state.ready_bytes -= batch.iter().map(Ready::bytes).sum::<usize>();
                self.prepare_more(state);
                return Some(batch);
            }
            let (locked, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
            state = locked;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands waiting images to the threads that prepare, as far as the bounds allow.
    fn prepare_more(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let at_once = 2 * self.preparation.threads();
        let ahead = self.bounds.batch.images.saturating_mul(2).max(at_once);
        let mut next = Vec::new();
        while state.preparing < at_once
            && state.preparing + state.ready.len() < ahead
            && state.ready_bytes < READY_BYTES
        {
            let Some(image) = state.waiting.pop_front() else { break };
            if image.order.is_awaited() {
                state.preparing += 1;
                next.push(image);
            }
        }
        drop(state);
        for image in next {
            let queue = Arc::clone(self);
            self.preparation.spawn(move || queue.prepare(image));
        }
    }

    /// Makes a tensor of an image; runs on a thread of the preparation.
    fn prepare(self: Arc<Self>, Accepted { file, mut order }: Accepted) {
        let tensor = order.is_awaited().then(|| self.tensor(&file, &order.recipe));
        drop(file);
        order.slot.release_bytes();
        let (ready, unusable) = match tensor {
            Some(Ok(tensor)) => (Some(Ready { tensor, order, since: Instant::now() }), None),
            Some(Err(error)) => (None, Some((order, error))),
            None => (None, None),
        };
        let mut state = self.lock();
        state.preparing -= 1;
        if let Some(ready) = ready {
            state.ready_bytes += ready.bytes();
            state.ready.push_back(ready);
        }
        self.prepare_more(state);
        self.changed.notify_all();
        if let Some((order, error)) = unusable {
            self.observer().unusable_image(&self.name);
            order.answer(Err(error));
        }
    }

    fn tensor(&self, file: &Bytes, recipe: &Recipe) -> Result<Array3<f32>, EmbedError> {
        let limit = self.bounds.max_input_pixels;
        let tensor = catch_panic(|| recipe.transform().apply_to_file(file, &self.bounds.decode))??;
        let (_, height, width) = tensor.dim();
        if recipe.largest_pixels(height, width) > limit {
            return Err(EmbedError::InputTooLarge { height, width, limit });
        }
        Ok(tensor)
    }
}

impl State {
    /// Drops what nobody waits for.
    fn forget_abandoned(&mut self) {
        self.ready.retain(|image| image.order.is_awaited());
        self.ready_bytes = self.ready.iter().map(Ready::bytes).sum();
        self.waiting.retain(|image| image.order.is_awaited());
    }
}
