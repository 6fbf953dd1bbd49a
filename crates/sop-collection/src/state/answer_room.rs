//! How much an answer may still hold.

use serde_json::Value;

use crate::limits::LimitExceeded;
use crate::point::{Payload, PayloadParts};

/// Bytes of a component of a vector as JSON, with its comma.
const COMPONENT: usize = 12;
/// Bytes of a number, a truth value or null as JSON, and of what stands around a value.
const SMALL: usize = 12;

/// How much an answer may still hold, so that a short request cannot ask for more memory than there is.
pub(crate) struct AnswerRoom {
    limit: usize,
    taken: usize,
}

impl AnswerRoom {
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: 0 }
    }

    /// Takes room for a vector.
    pub fn take_vector(&mut self, dim: usize) -> Result<(), LimitExceeded> {
        self.take(dim.saturating_mul(COMPONENT))
    }

    /// Takes room for what is asked for of a payload of which the text is known.
    pub fn take_payload(
        &mut self,
        text: Option<&str>,
        parts: &PayloadParts,
        payload: &Payload,
    ) -> Result<(), LimitExceeded> {
        match parts {
            PayloadParts::None => Ok(()),
            PayloadParts::All => self.take(text.map_or(0, str::len)),
            PayloadParts::Only(_) | PayloadParts::Without(_) => self.take(payload.values().map(bytes).sum()),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        self.taken = self.taken.saturating_add(bytes);
        LimitExceeded::check("bytes of an answer", self.taken, self.limit)
    }
}

fn bytes(value: &Value) -> usize {
    SMALL
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(elements) => elements.iter().map(bytes).sum(),
            Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + bytes(value)).sum(),
        }
}
