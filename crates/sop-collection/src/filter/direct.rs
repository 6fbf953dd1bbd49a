//! Whether one point passes, looked up in its JSON: the definition that every faster way keeps to.

use serde_json::Value;

use super::{Condition, Filter, KeyPath, Scalar};
use crate::point::{Payload, PointId};
use crate::point_key::PointKey;

/// Whether a point passes a filter.
pub(crate) fn matches_point(filter: &Filter, key: &PointKey, payload: &Payload) -> bool {
    let meets = |condition: &Condition| meets(condition, key, payload);
    filter.must.iter().all(meets)
        && (filter.should.is_empty() || filter.should.iter().any(meets))
        && !filter.must_not.iter().any(meets)
        && filter.min_should.as_ref().is_none_or(|min_should| {
            min_should.conditions.iter().filter(|condition| meets(condition)).count() >= min_should.min_count
        })
}

fn meets(condition: &Condition, key: &PointKey, payload: &Payload) -> bool {
    match condition {
        Condition::Match { key, test } => any_at(key, payload, |value| match value {
            None => test.accepts(None),
            Some(value) => test.accepts(Some(&value)),
        }),
        Condition::Range { key, range } => any_at(key, payload, |value| match value {
            Some(Scalar::Number(number)) => range.contains(number),
            _ => false,
        }),
        Condition::HasId(ids) => ids.iter().any(|id: &PointId| PointKey::of(id) == *key),
        Condition::IsEmpty(path) => {
            let mut is_empty = true;
            path.visit(payload, &mut |value| {
                is_empty &= match value {
                    Value::Null => true,
                    Value::Array(elements) => elements.is_empty(),
                    _ => false,
                };
            });
            is_empty
        }
        Condition::IsNull(path) => {
            let mut is_null = false;
            path.visit(payload, &mut |value| {
                is_null |= match value {
                    Value::Null => true,
                    Value::Array(elements) => elements.contains(&Value::Null),
                    _ => false,
                };
            });
            is_null
        }
        Condition::Nested(filter) => matches_point(filter, key, payload),
    }
}

/// Whether a value at the path, or an element of a list there, passes the test; lists and objects come as `None`.
fn any_at(path: &KeyPath, payload: &Payload, mut test: impl FnMut(Option<Scalar>) -> bool) -> bool {
    let mut found = false;
    path.visit(payload, &mut |value| match value {
        Value::Array(elements) => found = found || elements.iter().any(|element| test(Scalar::from_json(element))),
        value => found = found || test(Scalar::from_json(value)),
    });
    found
}
