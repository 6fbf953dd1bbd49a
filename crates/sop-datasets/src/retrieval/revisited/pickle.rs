//! The ground truth as its authors publish it: a Python pickle, of which nothing is run.

use sop_pickle::{Arena, Id, Node, Vocabulary, run};

use super::budget::Budget;
use super::names::latin1;
use super::{GroundTruth, GroundTruthError, QueryTruth};

impl GroundTruth {
    /// Reads the pickled dict of `imlist`, `qimlist` and `gnd`.
    ///
    /// Only numbers, texts, containers and NumPy arrays of them are read: a name of anything else, whether a function or a
    /// tensor, is an error. Names that are bytes, as Python 2 wrote them, are UTF-8 where they can be and Latin-1 otherwise.
    ///
    /// # Errors
    /// When the pickle is refused or damaged, holds something else, or as [`GroundTruth::new`].
    pub fn from_pickle(bytes: &[u8]) -> Result<Self, GroundTruthError> {
        let pickle = run(bytes, 0, Vocabulary::Plain)?;
        let mut reader = Reader { arena: &pickle.arena, budget: Budget::new() };
        let imlist = reader.value(pickle.root, "imlist", "")?;
        let images = reader.names(imlist, "imlist")?;
        let qimlist = reader.value(pickle.root, "qimlist", "")?;
        let names = reader.names(qimlist, "qimlist")?;
        let gnd = reader.value(pickle.root, "gnd", "")?;
        let entries = pickle.arena.sequence(gnd).ok_or_else(|| wrong("gnd", "is no list"))?;
        if names.len() != entries.len() {
            return Err(GroundTruthError::Counts { names: names.len(), entries: entries.len() });
        }
        let queries = names.into_iter().zip(entries).enumerate();
        let queries = queries.map(|(place, (name, &entry))| reader.query(name, entry, &format!("gnd[{place}]")));
        Self::new(images, queries.collect::<Result<_, _>>()?)
    }
}

struct Reader<'a> {
    arena: &'a Arena,
    budget: Budget,
}

impl Reader<'_> {
    fn query(&mut self, name: String, entry: Id, place: &str) -> Result<QueryTruth, GroundTruthError> {
        let bbox = match self.optional(entry, "bbx", place)? {
            None => None,
            Some(bbox) => Some(self.bbox(bbox, place)?),
        };
        let mut list = |key: &str| {
            let list = self.value(entry, key, place)?;
            self.indices(list, &format!("{place}.{key}"))
        };
        let (easy, hard, junk) = (list("easy")?, list("hard")?, list("junk")?);
        Ok(QueryTruth { name, bbox, easy, hard, junk })
    }

    /// The value of a key, of equal keys the last one, as in Python.
    fn optional(&mut self, dict: Id, key: &str, place: &str) -> Result<Option<Id>, GroundTruthError> {
        let entries = self.arena.entries(dict);
        let entries = entries.ok_or_else(|| wrong(if place.is_empty() { "the file" } else { place }, "is no dict"))?;
        // Looking through a dict costs time, as copying does, and dicts may be shared.
        self.budget.charge(entries.len(), size_of::<Id>())?;
        let is_key = |found: Id| match self.arena.get(found) {
            Node::Text(text) => **text == *key,
            Node::Bytes(bytes) => **bytes == *key.as_bytes(),
            _ => false,
        };
        let found = entries.iter().rev().find(|(found, _)| is_key(*found));
        Ok(found.map(|(_, value)| *value))
    }

    fn value(&mut self, dict: Id, key: &str, place: &str) -> Result<Id, GroundTruthError> {
        let place_of_key = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        self.optional(dict, key, place)?.ok_or_else(|| wrong(&place_of_key, "is missing"))
    }

    fn names(&mut self, list: Id, place: &str) -> Result<Vec<String>, GroundTruthError> {
        let arena = self.arena;
        let items = arena.sequence(list).ok_or_else(|| wrong(place, "is no list"))?;
        let name = |&item: &Id| {
            let bytes = match arena.get(item) {
                Node::Text(text) => text.as_bytes(),
                Node::Bytes(bytes) => bytes,
                _ => return Err(wrong(place, "holds something that is no name")),
            };
            // A letter of Latin-1 takes at most two bytes.
            self.budget.charge(1, size_of::<String>() + 2 * bytes.len())?;
            Ok(std::str::from_utf8(bytes).map_or_else(|_| latin1(bytes), str::to_owned))
        };
        items.iter().map(name).collect()
    }

    fn indices(&mut self, list: Id, place: &str) -> Result<Vec<u32>, GroundTruthError> {
        let items = self.arena.sequence(list).ok_or_else(|| wrong(place, "is no list"))?;
        self.budget.charge(items.len(), size_of::<u32>())?;
        let index = |&item: &Id| {
            let index = match self.arena.get(item) {
                Node::Int(index) => u32::try_from(*index).ok(),
                // NumPy makes floats of lists that have been empty once.
                Node::Float(index) if index.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(index) => {
                    Some(*index as u32)
                }
                Node::Float(_) => None,
                _ => return Err(wrong(place, "holds something that is no index")),
            };
            index.ok_or_else(|| wrong(place, "holds a number that is no index of an image"))
        };
        items.iter().map(index).collect()
    }

    fn bbox(&self, list: Id, place: &str) -> Result<[f64; 4], GroundTruthError> {
        let number = |&item: &Id| match self.arena.get(item) {
            Node::Int(number) => Some(*number as f64),
            Node::Float(number) => Some(*number),
            _ => None,
        };
        let items = self.arena.sequence(list).filter(|items| items.len() == 4);
        let numbers: Option<Vec<f64>> = items.and_then(|items| items.iter().map(number).collect());
        let bbox = numbers.and_then(|numbers| <[f64; 4]>::try_from(numbers).ok());
        bbox.ok_or_else(|| wrong(&format!("{place}.bbx"), "is no list of four numbers"))
    }
}

fn wrong(place: &str, what: &'static str) -> GroundTruthError {
    GroundTruthError::Form { place: format!("`{place}`"), what }
}
