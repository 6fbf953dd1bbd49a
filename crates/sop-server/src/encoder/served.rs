//! An encoder that answers requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sop_core::Encoder;
use tokio::sync::oneshot;

use super::group::BatchBounds;
use super::observer::EncoderObserver;
use super::queue::{Accepted, Order, Queue, QueueBounds};
use super::slots::Slots;
use super::{EmbedError, Preparation, QueueOptions, Recipe, StartError, batch};

/// The vector of one image.
pub type Embedding = Result<Vec<f32>, EmbedError>;

/// An encoder with its name, its queue and its thread.
///
/// Many requests share it; what they hand over is encoded in batches. Dropping it answers what was accepted and waits for that.
pub struct ServedEncoder {
    name: String,
    encoder: Arc<dyn Encoder>,
    recipe: Arc<Recipe>,
    dim: usize,
    options: QueueOptions,
    slots: Arc<Slots>,
    queue: Arc<Queue>,
    /// How long an image takes lately, in nanoseconds; shared with the encoder's thread.
    pace: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl ServedEncoder {
    /// Serves an encoder under a name. It encodes a first image, so that one that cannot work fails here and not over a
    /// request, and its dimension is known.
    ///
    /// # Errors
    /// When the encoder fails for that image, or there are no threads.
    pub fn start(
        name: &str,
        encoder: Arc<dyn Encoder>,
        recipe: Recipe,
        options: &QueueOptions,
        preparation: &Arc<Preparation>,
    ) -> Result<Self, StartError> {
        let options = QueueOptions {
            max_batch: options.max_batch.max(1),
            queue: options.queue.max(1),
            max_input_pixels: largest_input(&recipe, options.max_input_pixels),
            ..options.clone()
        };
        let first = batch::first_vector(encoder.as_ref(), &recipe);
        let dim = first.map_err(|source| StartError::FirstImage { encoder: name.to_owned(), source })?.len();
        let bounds = QueueBounds {
            batch: BatchBounds { images: options.max_batch, pixels: largest_batch(&recipe, &options) },
            max_wait: options.max_wait,
            decode: options.decode,
            max_input_pixels: options.max_input_pixels,
        };
        let queue = Queue::new(name.to_owned(), bounds, Arc::clone(preparation));
        let pace = Arc::new(AtomicU64::new(0));
        let work = {
            let (queue, encoder, pace) = (Arc::clone(&queue), Arc::clone(&encoder), Arc::clone(&pace));
            move || {
                while let Some(images) = queue.next_batch() {
                    let (count, started) = (images.len(), Instant::now());
                    batch::run(&queue, encoder.as_ref(), images);
                    note_pace(&pace, started.elapsed(), count);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name(format!("encoder {name}"))
            .spawn(work)
            .map_err(|source| StartError::Thread { encoder: name.to_owned(), source })?;
        let slots = Slots::new(options.queue, options.max_waiting_bytes);
        let (name, recipe) = (name.to_owned(), Arc::new(recipe));
        Ok(Self { name, encoder, recipe, dim, options, slots, queue, pace, thread: Some(thread) })
    }

    /// The name by which requests know it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The encoder itself.
    #[must_use]
    pub fn encoder(&self) -> &dyn Encoder {
        self.encoder.as_ref()
    }

    /// SHA-256 of the encoder file, with its description where it has one.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.encoder.spec().sha256
    }

    /// Its transform and feature where nobody asks for others.
    #[must_use]
    pub fn recipe(&self) -> &Arc<Recipe> {
        &self.recipe
    }

    /// Components of a vector by [`Self::recipe`].
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Its limits.
    #[must_use]
    pub fn options(&self) -> &QueueOptions {
        &self.options
    }

    /// Images that are accepted and not answered.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.slots.images()
    }

    /// The vectors of image files by a recipe, in order; all of them are accepted, or none.
    ///
    /// Dropping the future gives up the images that no batch holds yet.
    ///
    /// # Errors
    /// [`EmbedError::Overloaded`], [`EmbedError::TooMuch`] and [`EmbedError::ShuttingDown`] where nothing was accepted; what is wrong
    /// with one image is in its place.
    pub async fn embed(&self, files: Vec<Bytes>, recipe: &Arc<Recipe>) -> Result<Vec<Embedding>, EmbedError> {
        let sizes: Vec<usize> = files.iter().map(Bytes::len).collect();
        let slots = self.slots.take(&sizes).ok_or_else(|| self.no_room(&sizes))?;
        let since = Instant::now();
        let (mut images, mut answers) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()));
        for (file, slot) in files.into_iter().zip(slots) {
            let (answer, receiver) = oneshot::channel();
            images.push(Accepted { file, order: Order { recipe: Arc::clone(recipe), since, answer, slot } });
            answers.push(receiver);
        }
        self.queue.accept(images)?;
        let mut vectors = Vec::with_capacity(answers.len());
        for answer in answers {
            let lost = |_| {
                let message = "its thread ended".to_owned();
                Err(EmbedError::EncoderPanic { encoder: self.name.clone(), message })
            };
            vectors.push(answer.await.unwrap_or_else(lost));
        }
        Ok(vectors)
    }

    /// The vector of one image file by a recipe.
    ///
    /// # Errors
    /// As [`Self::embed`], or what is wrong with the image.
    pub async fn embed_one(&self, file: Bytes, recipe: &Arc<Recipe>) -> Embedding {
        let mut vectors = self.embed(vec![file], recipe).await?;
        vectors.pop().unwrap_or(Err(EmbedError::ShuttingDown))
    }

    /// Tells `observer` what happens from now on; the first one stays.
    pub fn observe(&self, observer: Arc<dyn EncoderObserver>) {
        self.queue.observe(observer);
    }

    /// Accepts nothing more; what was accepted is still answered.
    pub fn close(&self) {
        self.queue.close();
    }

    /// Why there are no places for a request.
    fn no_room(&self, sizes: &[usize]) -> EmbedError {
        let bytes = sizes.iter().fold(0, |sum: usize, &size| sum.saturating_add(size));
        let (queue, max_bytes) = (self.slots.max_images, self.slots.max_bytes);
        if sizes.len() > queue || bytes > max_bytes {
            return EmbedError::TooMuch { images: sizes.len(), bytes, queue, max_bytes };
        }
        self.queue.observer().refused(&self.name, sizes.len());
        let waiting = self.slots.images();
        EmbedError::Overloaded { encoder: self.name.clone(), waiting, queue, retry_after: self.retry_after(waiting) }
    }

    /// When half of what waits will be done at the pace of late, in whole seconds from 1 to 60.
    fn retry_after(&self, waiting: usize) -> Duration {
        let left = self.pace.load(Ordering::Relaxed).saturating_mul(waiting as u64) / 2;
        Duration::from_secs(Duration::from_nanos(left).as_secs().saturating_add(1).min(60))
    }
}

impl Drop for ServedEncoder {
    fn drop(&mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            // It catches panics of encoders, and answers what was accepted before it ends.
            drop(thread.join());
        }
    }
}

/// Most pixels of a tensor: the limit, or what the encoder's own transform gives.
fn largest_input(recipe: &Recipe, limit: usize) -> usize {
    recipe.fixed_pixels().unwrap_or(0).max(limit).max(1)
}

/// Most pixels of a batch: as many images as asked for where their size is known, else a few of the largest.
fn largest_batch(recipe: &Recipe, options: &QueueOptions) -> usize {
    const LARGEST_TOGETHER: usize = 8;
    let own = recipe.fixed_pixels().unwrap_or(0);
    own.saturating_mul(options.max_batch).max(options.max_input_pixels.saturating_mul(LARGEST_TOGETHER))
}

/// A moving average: the last batch counts a quarter.
fn note_pace(pace: &AtomicU64, time: Duration, images: usize) {
    let last = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / (images.max(1) as u64);
    let before = pace.load(Ordering::Relaxed);
    let now = if before == 0 { last } else { before - before / 4 + last / 4 };
    pace.store(now, Ordering::Relaxed);
}
