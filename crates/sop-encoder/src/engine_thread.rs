//! A thread for the engine, so that its panic is an error of this program and not its end.
//!
//! The built-in engine panics on some damaged models, inside of functions with C's calling convention. Such a panic
//! cannot unwind: it aborts the process, unless the panic hook never returns. On this thread it does not: the hook
//! reports the panic to whoever waits, and the thread then sleeps until the process ends.
//! The standard library locks the hook while it runs: after such a panic no other hook can be set.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{Builder, JoinHandle};

use sop_core::panic_guard::catch_panic;

/// Bytes of stack: engines walk deep graphs recursively, and a thread's default is a quarter of the main thread's.
const STACK_BYTES: usize = 64 << 20;

/// The engine panicked, now or in an earlier call; holds what it said.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the engine broke down on this model, which may be damaged; export or copy it again ({0})")]
pub(crate) struct EnginePanic(String);

type Job<S> = Box<dyn FnOnce(&mut Option<S>) + Send>;
type Report = Box<dyn Fn(String)>;

thread_local! {
    /// Who is told of a panic on this thread: set while an engine works on it.
    static REPORT: RefCell<Option<Report>> = const { RefCell::new(None) };
}

/// A thread that owns a state `S` and runs one piece of work after the other on it, whoever asks for it.
pub(crate) struct EngineThread<S> {
    /// Locked while a piece of work runs: what waits behind a panic would wait for ever on the thread itself.
    line: Mutex<Line<S>>,
    thread: Option<JoinHandle<()>>,
}

/// The way to the thread.
struct Line<S> {
    /// `None` only while the thread is ended.
    jobs: Option<Sender<Job<S>>>,
    /// The panic of an earlier call, after which there is no state to work with.
    broken: Option<EnginePanic>,
}

impl<S: 'static> EngineThread<S> {
    /// Starts the thread; its state is empty at first.
    pub(crate) fn start() -> std::io::Result<Self> {
        install_hook();
        let (jobs, received) = channel::<Job<S>>();
        let thread = Builder::new().name("engine".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            let mut state = None;
            for job in received {
                job(&mut state);
            }
        })?;
        Ok(Self { line: Mutex::new(Line { jobs: Some(jobs), broken: None }), thread: Some(thread) })
    }

    /// Runs `work` on the thread and waits for its result, or for its panic.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Option<S>) -> T + Send + 'static,
    ) -> Result<T, EnginePanic> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broken) = &line.broken {
            return Err(broken.clone());
        }
        let (sender, receiver) = channel();
        let job: Job<S> = Box::new(move |state| {
            let report = sender.clone();
            // Sending fails only where nobody waits any more.
            REPORT.set(Some(Box::new(move |panic| drop(report.send(Err(EnginePanic(panic)))))));
            let result = work(state);
            REPORT.set(None);
            drop(sender.send(Ok(result)));
        });
        let ended = || EnginePanic("its thread ended".to_owned());
        let result = match line.jobs.as_ref().map(|jobs| jobs.send(job)) {
            Some(Ok(())) => receiver.recv().unwrap_or_else(|_| Err(ended())),
            _ => Err(ended()),
        };
        line.broken = result.as_ref().err().cloned();
        result
    }
}

impl<S> Drop for EngineThread<S> {
    /// Waits until the state is gone: an engine that is torn down while the process ends may crash.
    fn drop(&mut self) {
        let line = self.line.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(line.jobs.take());
        // After a panic the thread sleeps for ever.
        if line.broken.is_none()
            && let Some(thread) = self.thread.take()
        {
            drop(thread.join());
        }
    }
}

/// Leaves the panic hook as it is for all threads but those on which an engine works.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // The other hook of this program has to be there first: none can be set while a thread sleeps in this one.
        drop(catch_panic(|| ()));
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match REPORT.take() {
            None => previous(info),
            Some(report) => {
                report(message(info));
                loop {
                    std::thread::park();
                }
            }
        }));
    });
}

fn message(info: &PanicHookInfo<'_>) -> String {
    info.payload_as_str().unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The panic itself is tested through the program: no panic hook can be set after it, and the test harness sets one.
    #[test]
    fn the_state_is_kept_between_calls_and_gone_after_the_last() {
        let (sender, receiver) = channel::<()>();
        let thread = EngineThread::start().unwrap();
        thread.call(|state| *state = Some((sender, 1))).unwrap();
        let add = |state: &mut Option<(Sender<()>, i32)>| state.as_mut().map(|(_, count)| std::mem::replace(count, 2));
        assert_eq!((thread.call(add).unwrap(), thread.call(add).unwrap()), (Some(1), Some(2)));
        drop(thread);
        assert!(receiver.try_recv().is_err_and(|error| error == std::sync::mpsc::TryRecvError::Disconnected));
    }
}
