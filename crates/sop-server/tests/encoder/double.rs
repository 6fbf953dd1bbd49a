//! An encoder for tests: it reads grey values, can be stopped before a batch, fails and panics over chosen values.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use ndarray::{Array2, ArrayView4, Axis};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderSpec, Feature, OutputKind, OutputKinds};
use sop_server::encoder::{Preparation, QueueOptions, Recipe, ServedEncoder};

/// `cls` is the grey value of the top left pixel and its double, `patches` one token of the negative of both.
pub struct Double {
    spec: EncoderSpec,
    trouble: Trouble,
    gate: Mutex<Gate>,
    changed: Condvar,
}

/// Grey values over which something happens.
#[derive(Default)]
pub struct Trouble {
    pub fails_at: Vec<f32>,
    pub panics_at: Vec<f32>,
    pub nan_at: Vec<f32>,
}

#[derive(Default)]
struct Gate {
    shut: bool,
    /// Grey values of every batch that came to the gate.
    batches: Vec<Vec<f32>>,
}

impl Double {
    pub fn new() -> Self {
        Self::with(Trouble::default())
    }

    pub fn with(trouble: Trouble) -> Self {
        let outputs = [OutputKind::Cls, OutputKind::Patches].into();
        let (meta, runtime) = (serde_json::Map::new(), "none".to_owned());
        let transform = Some("normalize(none)".to_owned());
        let spec = EncoderSpec { name: "double".to_owned(), sha256: "d".repeat(64), meta, outputs, transform, runtime };
        let (gate, changed) = (Mutex::default(), Condvar::new());
        Self { spec, trouble, gate, changed }
    }

    /// From now on batches wait, each after it was noted.
    pub fn shut(&self) {
        self.gate.lock().unwrap().shut = true;
    }

    /// Lets all batches through.
    pub fn open(&self) {
        self.gate.lock().unwrap().shut = false;
        self.changed.notify_all();
    }

    /// Waits until so many batches came, the first image of the start not counted.
    pub fn wait_for_batches(&self, count: usize) {
        let gate = self.gate.lock().unwrap();
        drop(self.changed.wait_while(gate, |gate| gate.batches.len() < count + 1).unwrap());
    }

    /// The batches so far, the first image of the start not counted.
    pub fn batches(&self) -> Vec<Vec<f32>> {
        self.gate.lock().unwrap().batches[1..].to_vec()
    }
}

impl Encoder for Double {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        let mut cls: Vec<f32> = images.axis_iter(Axis(0)).map(|image| (image[[0, 0, 0]] * 255.0).round()).collect();
        let mut gate = self.gate.lock().unwrap();
        gate.batches.push(cls.clone());
        self.changed.notify_all();
        drop(self.changed.wait_while(gate, |gate| gate.shut).unwrap());
        let meets = |values: &[f32]| cls.iter().any(|value| values.contains(value));
        assert!(!meets(&self.trouble.panics_at), "panics as it was told to");
        if meets(&self.trouble.fails_at) {
            return Err(EncodeError::Engine { encoder: "double".to_owned(), source: "out of memory".into() });
        }
        cls.iter_mut().filter(|value| self.trouble.nan_at.contains(value)).for_each(|value| *value = f32::NAN);
        let cls = Array2::from_shape_fn((cls.len(), 2), |(row, place)| cls[row] * (place + 1) as f32);
        let mut output = EncoderOutput::new("double", None, [images.dim().2, images.dim().3]);
        if wanted.contains(OutputKind::Patches) {
            output.insert(OutputKind::Patches, -cls.clone().insert_axis(Axis(1)))?;
        }
        output.insert(OutputKind::Cls, cls)?;
        Ok(output)
    }
}

/// Options of the tests: no waiting for others by time, which no test can await.
pub fn options() -> QueueOptions {
    QueueOptions { max_wait: Duration::from_secs(3600), ..QueueOptions::default() }
}

/// Serves an encoder with its own transform and `cls`.
pub fn serve(encoder: Arc<dyn Encoder>, options: &QueueOptions) -> ServedEncoder {
    let recipe = Recipe::new(encoder.as_ref(), None, Feature::Cls).unwrap();
    let preparation = Arc::new(Preparation::start(2).unwrap());
    ServedEncoder::start("served", encoder, recipe, options, &preparation).unwrap()
}

/// Serves a double.
pub fn serve_double(double: Double, options: &QueueOptions) -> (Arc<Double>, Arc<ServedEncoder>) {
    let double = Arc::new(double);
    let served = serve(Arc::clone(&double) as Arc<dyn Encoder>, options);
    (double, Arc::new(served))
}

/// A task that embeds one image.
pub fn ask(served: &Arc<ServedEncoder>, file: Vec<u8>) -> tokio::task::JoinHandle<sop_server::encoder::Embedding> {
    let served = Arc::clone(served);
    tokio::spawn(async move {
        let recipe = Arc::clone(served.recipe());
        served.embed_one(Bytes::from(file), &recipe).await
    })
}

/// Waits until so many images are accepted and not answered.
pub async fn wait_for_queue(served: &ServedEncoder, length: usize) {
    while served.queue_length() != length {
        tokio::task::yield_now().await;
    }
}
