//! Panics of libraries that read files, turned into errors.
//!
//! The Parquet library panics on some damaged files. A file must never take the program down, so every call into it
//! that reads a file goes through [`catch_panic`].

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// A library panicked; holds what it said.
#[derive(Debug, thiserror::Error)]
#[error("the library that reads it failed: {0}")]
pub struct CaughtPanic(String);

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; a panic inside becomes an error, without a message on stderr.
///
/// What `work` changed before it panicked must not be used afterwards.
///
/// # Errors
/// When `work` panics.
pub fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, CaughtPanic> {
    silence_guarded_panics();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    result.map_err(|payload| CaughtPanic(message(payload.as_ref())))
}

/// Leaves the panic hook as it is for all panics but those that are caught here.
fn silence_guarded_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                previous(info);
            }
        }));
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_work_goes_on() {
        let values: [u8; 2] = [1, 2];
        let beyond = values.len() + std::hint::black_box(1);
        let error = catch_panic(|| values[beyond]).unwrap_err();
        assert!(error.to_string().contains("index out of bounds"), "{error}");
        assert_eq!(catch_panic(|| values[0]).unwrap(), 1);
        assert!(!GUARDED.get());
    }
}
