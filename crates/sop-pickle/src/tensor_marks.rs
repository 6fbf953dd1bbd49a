//! What a pickle says of a tensor besides its elements: PyTorch's flags, hooks and attributes.
//!
//! What changes no value is left aside, what changes them is applied, and what is not understood is a flaw: words that
//! follow the tensor's name, kept with it so that it is refused where it is needed and only there.

use crate::arena::{Id, Node};
use crate::machine::Machine;

/// Flags and attributes that are looked at; real tensors have a handful.
const MOST: usize = 32;
/// Characters of a name that are shown.
const SHOWN: usize = 40;

impl Machine<'_> {
    /// Whether the flags negate the values; the flaw where a flag is not understood.
    ///
    /// PyTorch writes `neg` for a view of the negated values (`torch._neg_view`) and `conj` for one of conjugates, which
    /// only complex numbers have (`torch._utils._get_torch_metadata`).
    pub(super) fn marks(&self, marks: Id) -> Result<bool, String> {
        let entries = match self.arena.get(marks) {
            Node::None => return Ok(false),
            Node::Dict(entries) if entries.len() <= MOST => entries,
            _ => return Err("carries flags in a form that is not known".to_owned()),
        };
        let mut negated = false;
        for &(name, value) in entries {
            match (self.arena.text(name), self.arena.get(value)) {
                (Some("neg"), Node::Bool(flag)) => negated = *flag,
                (Some(_), Node::Bool(false)) => {}
                (name, _) => return Err(format!("is marked `{}`, which is not understood", shown(name))),
            }
        }
        Ok(negated)
    }

    /// Hooks are calls that change gradients or values; real files have none.
    pub(super) fn flaw_of_hooks(&self, hooks: Id) -> Option<String> {
        let none = matches!(self.arena.get(hooks), Node::None | Node::Bool(false))
            || self.arena.entries(hooks).is_some_and(<[_]>::is_empty)
            || self.arena.sequence(hooks).is_some_and(<[_]>::is_empty);
        (!none).then(|| "carries hooks, which are not run".to_owned())
    }

    /// More arguments than this version of the format has.
    pub(super) fn flaw_of_count(&self, arguments: &[Id], known: usize) -> Option<String> {
        let count = arguments.len();
        (count > known).then(|| format!("is written with {count} arguments, of which {known} are known"))
    }

    /// Attributes of a tensor. Switches and texts (`is_distributed`) change no value; numbers and tensors may be scales.
    pub(super) fn flaw_of_state(&self, state: Id) -> Option<String> {
        const FORM: &str = "carries a state in a form that is not known";
        // With slots the state is a pair of dicts.
        let parts = match self.arena.get(state) {
            Node::Tuple(parts) if parts.len() <= 2 => parts,
            _ => std::slice::from_ref(&state),
        };
        for &part in parts {
            let entries = match self.arena.get(part) {
                Node::None => continue,
                Node::Dict(entries) if entries.len() <= MOST => entries,
                _ => return Some(FORM.to_owned()),
            };
            for &(name, value) in entries {
                let name = self.arena.text(name);
                let harmless = matches!(self.arena.get(value), Node::None | Node::Bool(_) | Node::Text(_));
                if !harmless || matches!(name, None | Some("data")) {
                    return Some(format!("has the attribute `{}`, which is not understood", shown(name)));
                }
            }
        }
        None
    }
}

/// A name as it can be shown.
fn shown(name: Option<&str>) -> String {
    name.unwrap_or("?").chars().take(SHOWN).flat_map(char::escape_debug).collect()
}
