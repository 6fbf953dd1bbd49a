//! Changes to JSON that keep it JSON: most changes of bytes are stopped by the parser, and what lies behind it is never reached.

use std::sync::LazyLock;

use serde_json::{Number, Value, json};

/// Words that requests and files know, from the fuzzer's dictionary.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../dictionaries/json.dict").lines();
    lines.filter_map(|line| line.strip_prefix('"')?.strip_suffix('"')).collect()
});

/// Random numbers that follow from the fuzzer's seed.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed) ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    fn word(&mut self) -> String {
        WORDS[self.below(WORDS.len())].to_owned()
    }
}

/// `text` with some changes, or nothing where it is no JSON.
pub fn changed(text: &[u8], draw: &mut Draw) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(text).ok()?;
    for _ in 0..=draw.below(3) {
        let other = node(&mut value, draw).clone();
        change(node(&mut value, draw), other, draw);
    }
    serde_json::to_vec(&value).ok()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

/// A value somewhere within `value`, each as likely as any other.
fn node<'v>(value: &'v mut Value, draw: &mut Draw) -> &'v mut Value {
    let place = draw.below(count(value));
    at(value, place)
}

/// The value of that place, in the order in which they are written.
fn at(value: &mut Value, mut place: usize) -> &mut Value {
    if place == 0 {
        return value;
    }
    place -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(object) => object.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in inner {
        let size = count(child);
        if place < size {
            return at(child, place);
        }
        place -= size;
    }
    unreachable!("places are counted in the same order");
}

fn change(value: &mut Value, other: Value, draw: &mut Draw) {
    match draw.below(9) {
        0 | 1 => *value = odd(draw),
        2 => *value = other,
        3 => *value = json!([value.take()]),
        4 => *value = json!({ draw.word(): value.take() }),
        _ => match value {
            Value::Array(list) if list.is_empty() || draw.below(3) == 0 => list.push(other),
            Value::Array(list) => {
                let place = draw.below(list.len());
                match draw.below(4) {
                    0 => drop(list.remove(place)),
                    1 => {
                        let again = list[place].clone();
                        list.extend(vec![again; draw.below(300)]);
                    }
                    _ => list.insert(place, other),
                }
            }
            Value::Object(object) => {
                let key = object.keys().nth(draw.below(object.len().max(1))).cloned();
                match (draw.below(3), key) {
                    (0, Some(key)) => drop(object.remove(&key)),
                    (1, Some(key)) => {
                        let moved = object.remove(&key).unwrap_or_default();
                        object.insert(draw.word(), moved);
                    }
                    _ => drop(object.insert(draw.word(), other)),
                }
            }
            Value::Number(number) => *value = beside(number, draw),
            Value::String(text) => {
                let odd = ['\0', '.', '/', '[', ']', '"', '\\', 'ü', '\u{10ffff}', ' ', '9'];
                let place = text.char_indices().map(|(place, _)| place).nth(draw.below(text.chars().count().max(1)));
                text.insert(place.unwrap_or(0), odd[draw.below(odd.len())]);
            }
            Value::Bool(flag) => *flag = !*flag,
            Value::Null => *value = other,
        },
    }
}

fn beside(number: &Number, draw: &mut Draw) -> Value {
    if let Some(number) = number.as_i64() {
        let wrapped =
            [number.wrapping_add(1), number.wrapping_sub(1), number.wrapping_neg(), number.wrapping_mul(1_000)];
        return json!(wrapped[draw.below(wrapped.len())]);
    }
    let number = number.as_f64().unwrap_or_default();
    json!([-number, number * 1e30, number * 1e-40, number + 0.5][draw.below(4)])
}

/// Values that programs tend to get wrong.
fn odd(draw: &mut Draw) -> Value {
    match draw.below(24) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(1),
        5 => json!(u64::MAX),
        6 => json!(i64::MIN),
        7 => json!(1_u64 << 53),
        8 => json!(-0.0),
        9 => json!(1e308),
        10 => json!(f32::MAX),
        11 => json!(1e-45),
        12 => json!(0.1),
        13 => json!(""),
        14 => json!("../.."),
        15 => json!("a\0b"),
        16 => json!("x".repeat(1 << draw.below(12))),
        17 => json!(draw.word()),
        18 => json!([]),
        19 => json!({}),
        20 => json!(vec![draw.below(9); draw.below(40)]),
        21 => (0..draw.below(40)).fold(json!(1), |inner, _| json!([inner])),
        22 => (0..draw.below(40)).fold(json!({}), |inner, _| json!({ "must": inner })),
        _ => json!(draw.below(9)),
    }
}

/// Changes the JSON that `data[..size]` is, or its bytes; for `fuzz_mutator!`.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut draw = Draw::new(seed);
    let new = if draw.below(4) == 0 { None } else { changed(&data[..size], &mut draw) };
    put(new, data, size, max_size)
}

/// Writes `new` to `data` where it fits; else the fuzzer changes bytes.
pub fn put(new: Option<Vec<u8>>, data: &mut [u8], size: usize, max_size: usize) -> usize {
    match new {
        Some(new) if new.len() <= max_size.min(data.len()) => {
            data[..new.len()].copy_from_slice(&new);
            new.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}
