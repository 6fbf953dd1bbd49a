//! Asking for memory that is needed soon.

#![allow(unsafe_code, reason = "the instruction takes a pointer, and reads nothing")]

/// Asks for the cache lines of a slice.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let (start, bytes) = (slice.as_ptr().cast::<i8>(), size_of_val(slice));
        for offset in (0..bytes).step_by(64) {
            // SAFETY: the address is within the slice, and a prefetch reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(offset)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = slice;
}
