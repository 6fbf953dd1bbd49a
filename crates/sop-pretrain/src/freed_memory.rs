//! Memory that a step gives back and the next one takes again.

/// Lets the process keep memory that it frees, up to its peak, instead of giving it back to the operating system.
///
/// A training step allocates and frees the same buffers of megabytes over and over. By default glibc maps each of them anew, and the
/// pages that are cleared for it took a sixth of a step's time. For programs whose work is pre-training; it holds for all that the
/// process does afterwards. Does nothing where the C library is another one.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// The largest threshold that glibc takes; buffers above it are still mapped anew.
        const MAPPED_ANEW: libc::c_int = 32 << 20;
        let settings = [
            (libc::M_MMAP_THRESHOLD, MAPPED_ANEW),
            // Never give back.
            (libc::M_TRIM_THRESHOLD, -1),
            (libc::M_TOP_PAD, 64 << 20),
        ];
        for (setting, value) in settings {
            // A setting that this version of the library does not know changes nothing.
            #[expect(unsafe_code, reason = "`mallopt` is of the C library")]
            // SAFETY: it takes two integers, and may be called at any time.
            unsafe {
                libc::mallopt(setting, value);
            }
        }
    }
}
