//! One batch through a model, in runs of the batch size that it takes.

use std::collections::BTreeMap;

use ort::session::{OutputSelector, RunOptions, Session};
use ort::value::TensorRef;

/// Shape and values of an output.
pub(crate) type Tensor = (Vec<usize>, Vec<f32>);

/// Images `[batch, 3, height, width]` for the input `input`, and the outputs to compute from them.
pub(crate) struct ModelRun {
    pub(crate) input: String,
    pub(crate) shape: [usize; 4],
    pub(crate) values: Vec<f32>,
    pub(crate) outputs: Vec<String>,
    /// The only batch size that the model takes: the last run is filled up with the last image.
    pub(crate) fixed_batch: Option<usize>,
}

impl ModelRun {
    /// Runs the model; the first axis of every output is the number of images.
    pub(crate) fn on(mut self, session: Option<&mut Session>) -> Result<BTreeMap<String, Tensor>, ort::Error> {
        let session = session.ok_or_else(|| ort::Error::new("no model is loaded"))?;
        let [batch, channels, height, width] = self.shape;
        let image = channels * height * width;
        let Some(group) = self.fixed_batch else {
            return Ok(self.group(session, self.shape, &self.values)?.into_iter().collect());
        };
        let missing = batch.next_multiple_of(group) - batch;
        let last = self.values.len().saturating_sub(image);
        for _ in 0..missing {
            self.values.extend_from_within(last..last + image);
        }
        let mut outputs: BTreeMap<String, Tensor> = BTreeMap::new();
        for (index, values) in self.values.chunks_exact(group * image).enumerate() {
            let kept = group.min(batch - index * group);
            for (name, (shape, values)) in self.group(session, [group, channels, height, width], values)? {
                let (rows, rest) = shape.split_first().map_or((0, &[][..]), |(rows, rest)| (*rows, rest));
                let row: usize = rest.iter().product();
                if rows != group || values.len() != rows * row {
                    return Err(ort::Error::new(format!("`{name}` has shape {shape:?} for {group} images")));
                }
                let (all, sum) = outputs.entry(name).or_insert_with(|| ([&[0], rest].concat(), Vec::new()));
                if all.get(1..) != Some(rest) {
                    return Err(ort::Error::new(format!("an output changes its shape from {all:?} to {shape:?}")));
                }
                sum.extend_from_slice(&values[..kept * row]);
                all[0] += kept;
            }
        }
        Ok(outputs)
    }

    fn group(
        &self,
        session: &mut Session,
        shape: [usize; 4],
        values: &[f32],
    ) -> Result<Vec<(String, Tensor)>, ort::Error> {
        let input = TensorRef::from_array_view((shape, values))?;
        // Only what is asked for is computed: the attention output alone would double the memory of a large image.
        let selected = self.outputs.iter().fold(OutputSelector::no_default(), OutputSelector::with);
        let options = RunOptions::new()?.with_outputs(selected);
        let results = session.run_with_options(ort::inputs![self.input.as_str() => input], &options)?;
        let take = |name: &String| {
            let value = results.get(name).ok_or_else(|| ort::Error::new(format!("the engine returned no `{name}`")))?;
            let (shape, values) = value.try_extract_tensor::<f32>()?;
            let shape = shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect();
            Ok((name.clone(), (shape, values.to_vec())))
        };
        self.outputs.iter().map(take).collect()
    }
}
