//! Concurrent changes share one sync: the first to come writes down what all waiting ones queued, applies it, and wakes them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::change::Changed;
use super::{Collection, Writer};
use crate::error::ChangeError;
use crate::filter::Filter;
use crate::limits::LimitExceeded;
use crate::log::{Change, EncodedChange, PayloadChange};
use crate::point::Payload;
use crate::point_key::PointKey;
use crate::state::Applied;

/// Bytes of records that are written before a sync at most.
const GROUP_BYTES: usize = 64 << 20;

/// A change on its way.
pub(super) enum Work {
    /// What it does is known. The payloads are those of the points that it adds.
    Ready(Change, EncodedChange, Vec<Payload>),
    /// What it does depends on the changes before it.
    Resolve(Target, Effect),
}

/// Which points a change is about.
pub(super) enum Target {
    Keys(Vec<PointKey>),
    Passing(Filter),
}

/// What becomes of them.
pub(super) enum Effect {
    Delete,
    Payload(PayloadChange),
}

type Outcome = Result<Changed, ChangeError>;

struct Ticket {
    work: Work,
    slot: Arc<Mutex<Option<Outcome>>>,
}

/// A change that is written with others.
#[derive(Clone, Copy)]
struct Written<'a> {
    ticket: &'a Ticket,
    change: &'a Change,
    encoded: &'a EncodedChange,
    payloads: &'a [Payload],
}

impl Ticket {
    fn answer(&self, outcome: Outcome) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }
}

/// Changes that wait to be written.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    tickets: Vec<Ticket>,
    /// Whether somebody writes.
    is_led: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives up the lead, whatever happens to its holder.
struct Lead<'a> {
    queue: &'a Queue,
    tickets: &'a [Ticket],
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let reason = "a change ended in a panic, which is an error of this program".to_owned();
            let unanswered = |ticket: &&Ticket| ticket.slot.lock().unwrap_or_else(PoisonError::into_inner).is_none();
            let unanswered = self.tickets.iter().filter(unanswered);
            unanswered.for_each(|ticket| ticket.answer(Err(ChangeError::Stopped { reason: reason.clone() })));
        }
        self.queue.lock().is_led = false;
        self.queue.written.notify_all();
    }
}

impl Collection {
    /// Makes a change; returns when it is durable and can be seen.
    pub(super) fn commit(&self, work: Work) -> Outcome {
        let slot = Arc::new(Mutex::new(None));
        let mut waiting = self.queue.lock();
        waiting.tickets.push(Ticket { work, slot: Arc::clone(&slot) });
        loop {
            if let Some(outcome) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return outcome;
            }
            if waiting.is_led {
                waiting = self.queue.written.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            waiting.is_led = true;
            let tickets = std::mem::take(&mut waiting.tickets);
            drop(waiting);
            let lead = Lead { queue: &self.queue, tickets: &tickets };
            self.write_down(&tickets);
            drop(lead);
            waiting = self.queue.lock();
        }
    }

    /// Writes and applies changes in their order, and answers each.
    fn write_down(&self, tickets: &[Ticket]) {
        let mut writer = self.writer();
        if self.is_removed.load(Ordering::Acquire) {
            tickets.iter().for_each(|ticket| ticket.answer(Err(ChangeError::Removed)));
            return;
        }
        let mut group: Vec<Written<'_>> = Vec::new();
        let (mut bytes, mut rows) = (0, self.read().num_rows());
        for ticket in tickets {
            match &ticket.work {
                Work::Ready(change, encoded, payloads) => {
                    if let Change::Upsert { rows: new, .. } = change {
                        let check = LimitExceeded::check("rows of a collection", rows + new.len(), self.limits.rows);
                        if let Err(limit) = check {
                            ticket.answer(Err(limit.into()));
                            continue;
                        }
                        rows += new.len();
                    }
                    if bytes + encoded.bytes() > GROUP_BYTES {
                        self.write_group(&mut writer, &std::mem::take(&mut group));
                        bytes = 0;
                    }
                    bytes += encoded.bytes();
                    group.push(Written { ticket, change, encoded, payloads });
                }
                Work::Resolve(target, effect) => {
                    self.write_group(&mut writer, &std::mem::take(&mut group));
                    bytes = 0;
                    match self.resolve(target, effect) {
                        Ok((change, encoded)) => {
                            let written = Written { ticket, change: &change, encoded: &encoded, payloads: &[] };
                            self.write_group(&mut writer, &[written]);
                        }
                        Err(error) => ticket.answer(Err(error)),
                    }
                }
            }
        }
        self.write_group(&mut writer, &group);
    }

    /// Writes changes with one sync, and applies them when they are durable.
    fn write_group(&self, writer: &mut Writer, group: &[Written<'_>]) {
        if group.is_empty() {
            return;
        }
        let encoded: Vec<&EncodedChange> = group.iter().map(|written| written.encoded).collect();
        let first = match &mut writer.log {
            None => Err(ChangeError::ReadOnly),
            Some(log) => log.append(&encoded),
        };
        self.log_facts.note(writer);
        match first {
            Err(error) => group.iter().for_each(|written| written.ticket.answer(Err(error.clone()))),
            Ok(first) => {
                for (number, Written { ticket, change, payloads, .. }) in (first..).zip(group) {
                    let Applied { points, missing } = self.write().apply(number, change, payloads);
                    let missing = missing.map(|key| key.to_id(true));
                    ticket.answer(Ok(Changed { version: number, points, missing }));
                }
            }
        }
    }

    /// Finds out which points a change is about; all changes before it are applied.
    fn resolve(&self, target: &Target, effect: &Effect) -> Result<(Change, EncodedChange), ChangeError> {
        let state = self.read();
        let keys = match target {
            Target::Keys(keys) => keys.clone(),
            Target::Passing(filter) => {
                let rows = state.rows_passing(filter);
                rows.iter().filter_map(|row| Some(state.info(row)?.key.clone())).collect()
            }
        };
        let change = match effect {
            Effect::Delete => Change::Delete(keys),
            Effect::Payload(change) => {
                self.check_payloads(keys.len(), change)?;
                if let PayloadChange::Set(more) = change {
                    let more = serde_json::to_string(more).map_or(0, |text| text.len());
                    for key in &keys {
                        let info = state.row_of(key).and_then(|row| state.info(row));
                        let size = info.and_then(|info| info.payload.as_ref()).map_or(0, |text| text.len());
                        LimitExceeded::check("bytes of a payload", size + more, self.limits.payload_bytes)?;
                    }
                }
                Change::Payload { keys, change: change.clone() }
            }
        };
        drop(state);
        let encoded = EncodedChange::new(&change).ok_or(LimitExceeded {
            what: "bytes of a change",
            found: usize::MAX,
            limit: self.limits.change_bytes,
        })?;
        Ok((change, encoded))
    }
}
