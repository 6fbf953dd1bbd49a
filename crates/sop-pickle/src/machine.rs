//! The stack machine: instructions that arrange values, and the memo.

use std::collections::BTreeMap;

use crate::PickleError;
use crate::arena::{Arena, Id, Node};
use crate::cursor::Cursor;
use crate::global::Global;
use crate::literal::literal;
use crate::other_tensor;
use crate::vocabulary::Vocabulary;

/// Containers that may be open at once; real files have fewer than twenty.
const MAX_DEPTH: usize = 1000;

/// A pickle that was read.
#[derive(Debug)]
pub struct Unpickled {
    /// All of its values.
    pub arena: Arena,
    /// The pickled object.
    pub root: Id,
    /// The byte of the input after its end.
    pub end: usize,
}

/// Reads one pickle from byte `start` of `input`.
///
/// Time and memory are bounded by the length of the input.
///
/// # Errors
/// When a name is outside the vocabulary, or the pickle is damaged, truncated, or too deep or large for its length.
pub fn run(input: &[u8], start: usize, vocabulary: Vocabulary) -> Result<Unpickled, PickleError> {
    let length = input.len().saturating_sub(start);
    let mut machine = Machine {
        vocabulary,
        cursor: Cursor::new(input, start),
        arena: Arena::for_length(length),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    loop {
        let opcode = machine.cursor.opcode()?;
        if opcode == b'.' {
            let root = machine.pop()?;
            return Ok(Unpickled { arena: machine.arena, root, end: machine.cursor.at() });
        }
        machine.step(opcode)?;
    }
}

pub(super) struct Machine<'a> {
    pub(super) vocabulary: Vocabulary,
    cursor: Cursor<'a>,
    pub(super) arena: Arena,
    stack: Vec<Id>,
    /// Heights of the stack at the open marks.
    marks: Vec<usize>,
    memo: BTreeMap<u64, Id>,
}

impl Machine<'_> {
    fn step(&mut self, opcode: u8) -> Result<(), PickleError> {
        if let Some(node) = literal(opcode, &mut self.cursor)? {
            return self.push(node);
        }
        match opcode {
            0x80 => {
                let protocol = self.cursor.byte()?;
                if protocol > 5 { Err(self.malformed("a protocol above 5")) } else { Ok(()) }
            }
            0x95 => self.cursor.array::<8>().map(|_| ()),
            b'(' => self.mark(),
            b'0' => self.drop_top(),
            b'1' => self.pop_mark().map(|_| ()),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
                Ok(())
            }
            b'p' | b'q' | b'r' | 0x94 => self.remember(opcode),
            b'g' | b'h' | b'j' => self.recall(opcode),
            b')' | b't' | 0x85..=0x87 | b'l' | b']' | b'd' | b'}' | 0x8f | 0x91 => self.container(opcode),
            b'a' | b'e' | 0x90 | b's' | b'u' => self.extend(opcode),
            b'c' | 0x93 => {
                let global = self.global(opcode == b'c')?;
                self.push(Node::Global(global))
            }
            b'R' | 0x81 | 0x92 | b'o' | b'i' => self.call_instruction(opcode),
            b'b' => {
                let state = self.pop()?;
                let object = self.top()?;
                self.build(object, state)
            }
            b'P' | b'Q' => {
                let id = if opcode == b'P' { None } else { Some(self.pop()?) };
                let id = id.ok_or_else(|| self.malformed("a persistent id in text form"))?;
                let storage = self.storage(id)?;
                self.push(storage)
            }
            _ => Err(PickleError::UnknownInstruction { opcode, at: self.at() }),
        }
    }

    /// Byte of the current instruction.
    pub(super) fn at(&self) -> usize {
        self.cursor.instruction()
    }

    pub(super) fn malformed(&self, what: &'static str) -> PickleError {
        PickleError::Malformed { at: self.at(), what }
    }

    pub(super) fn push(&mut self, node: Node) -> Result<(), PickleError> {
        let id = self.arena.add(node, self.cursor.instruction())?;
        self.stack.push(id);
        Ok(())
    }

    /// Takes the top value; values below an open mark stay.
    fn pop(&mut self) -> Result<Id, PickleError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn top(&self) -> Result<Id, PickleError> {
        let floor = self.marks.last().copied().unwrap_or_default();
        let above = self.stack.get(floor..).unwrap_or_default();
        above.last().copied().ok_or_else(|| self.malformed("an instruction finds no value on the stack"))
    }

    fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() >= MAX_DEPTH {
            return Err(PickleError::TooDeep { at: self.at(), limit: MAX_DEPTH });
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// The values since the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed("an instruction finds no mark"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// `POP`: a value, or the mark if nothing lies above it.
    fn drop_top(&mut self) -> Result<(), PickleError> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    fn remember(&mut self, opcode: u8) -> Result<(), PickleError> {
        let index = match opcode {
            0x94 => self.memo.len() as u64,
            b'p' => self.memo_line()?,
            _ => self.memo_index(opcode == b'r')?,
        };
        let top = self.top()?;
        // An entry is paid like a value: one byte of input makes one.
        match self.memo.insert(index, top) {
            Some(_) => Ok(()),
            None => self.arena.charge(1, self.cursor.instruction()),
        }
    }

    fn recall(&mut self, opcode: u8) -> Result<(), PickleError> {
        let index = if opcode == b'g' { self.memo_line()? } else { self.memo_index(opcode == b'j')? };
        let value = self.memo.get(&index).copied();
        self.stack.push(value.ok_or_else(|| self.malformed("a memo entry that was never written"))?);
        Ok(())
    }

    fn memo_index(&mut self, long: bool) -> Result<u64, PickleError> {
        if long { Ok(u32::from_le_bytes(self.cursor.array()?).into()) } else { Ok(self.cursor.byte()?.into()) }
    }

    fn memo_line(&mut self) -> Result<u64, PickleError> {
        let digits = std::str::from_utf8(self.cursor.line()?).ok().and_then(|digits| digits.trim().parse().ok());
        digits.ok_or_else(|| self.malformed("a memo index is not a number"))
    }

    fn container(&mut self, opcode: u8) -> Result<(), PickleError> {
        let items = match opcode {
            b')' | b']' | b'}' | 0x8f => Vec::new(),
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x84..opcode {
                    items.push(self.pop()?);
                }
                items.reverse();
                items
            }
            _ => self.pop_mark()?,
        };
        let node = match opcode {
            b')' | b't' | 0x85..=0x87 => Node::Tuple(items.into()),
            b'l' | b']' => Node::List(items),
            b'd' | b'}' => Node::Dict(self.pairs(&items)?),
            _ => Node::Set(items),
        };
        self.push(node)
    }

    /// Neighbours as keys and values.
    fn pairs(&self, items: &[Id]) -> Result<Vec<(Id, Id)>, PickleError> {
        let pairs = items.chunks(2).map(|pair| match *pair {
            [key, value] => Ok((key, value)),
            _ => Err(self.malformed("a key without a value")),
        });
        pairs.collect()
    }

    /// Instructions that add to a list, set or dict.
    fn extend(&mut self, opcode: u8) -> Result<(), PickleError> {
        let items = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_mark()?,
        };
        let pairs = if matches!(opcode, b's' | b'u') { self.pairs(&items)? } else { Vec::new() };
        let target = self.top()?;
        let mismatch = self.malformed("items are added to a value of another kind");
        match (opcode, self.arena.get_mut(target)) {
            (b'a' | b'e', Some(Node::List(list))) => list.extend(items),
            (0x90, Some(Node::Set(set))) => set.extend(items),
            (b's' | b'u', Some(Node::Dict(dict))) => dict.extend(pairs),
            _ => return Err(mismatch),
        }
        Ok(())
    }

    /// The constructor of a name, from two lines or from two texts on the stack.
    fn global(&mut self, lines: bool) -> Result<Global, PickleError> {
        if lines {
            let module = self.cursor.line()?;
            let name = self.cursor.line()?;
            let text = |bytes| std::str::from_utf8(bytes).map_err(|_| self.malformed("a name is not UTF-8"));
            return self.resolve(text(module)?, text(name)?);
        }
        let name = self.pop()?;
        let module = self.pop()?;
        match (self.arena.text(module), self.arena.text(name)) {
            (Some(module), Some(name)) => self.resolve(module, name),
            _ => Err(self.malformed("a name is not text")),
        }
    }

    /// Instructions that call a constructor.
    fn call_instruction(&mut self, opcode: u8) -> Result<(), PickleError> {
        let called = match opcode {
            b'i' => {
                let global = self.global(true)?;
                let arguments = self.pop_mark()?;
                self.call(global, &arguments)?
            }
            b'o' => {
                let items = self.pop_mark()?;
                let split = items.split_first();
                let (&class, arguments) = split.ok_or_else(|| self.malformed("a class is missing"))?;
                self.call(self.callable(class)?, arguments)?
            }
            _ => {
                if opcode == 0x92 {
                    let keywords = self.pop()?;
                    if !matches!(self.arena.entries(keywords), Some([])) {
                        return Err(self.malformed("a constructor is called with keywords"));
                    }
                }
                let arguments = self.pop()?;
                let callable = self.pop()?;
                let Node::Tuple(arguments) = self.arena.get(arguments) else {
                    return Err(self.malformed("the arguments of a call are no tuple"));
                };
                // A call of anything on the list has few arguments; this also bounds the copy.
                if arguments.len() > 16 && self.callable(callable)? != Global::Path {
                    return Err(self.malformed("a call has more than 16 arguments"));
                }
                let arguments = arguments.to_vec();
                self.arena.charge(arguments.len().saturating_sub(16), self.cursor.instruction())?;
                self.call(self.callable(callable)?, &arguments)?
            }
        };
        self.push(called)
    }

    pub(super) fn callable(&self, id: Id) -> Result<Global, PickleError> {
        match self.arena.get(id) {
            Node::Global(global) => Ok(*global),
            _ => Err(self.malformed("a call of something that is no constructor")),
        }
    }

    fn resolve(&self, module: &str, name: &str) -> Result<Global, PickleError> {
        self.vocabulary.resolve(module, name).ok_or_else(|| {
            if self.vocabulary == Vocabulary::Checkpoint
                && let Some(refusal) = other_tensor::refusal(module, name)
            {
                return refusal;
            }
            let name = format!("{}.{}", shortened(module), shortened(name));
            PickleError::Forbidden { name, vocabulary: self.vocabulary }
        })
    }
}

/// A name as it can be shown: control characters escaped, at most 80 characters.
fn shortened(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}
