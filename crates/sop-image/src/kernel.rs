//! Inner loops compiled twice: for the processor that the build asks for, and for AVX2.
//!
//! The loops are plain Rust over integers, so both versions compute the same; the processor is asked at run time which one it can run.
#![allow(unsafe_code)]

/// Defines a function whose loops the compiler also vectorises for AVX2; what the body calls should be `#[inline(always)]`.
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "the macro checks the processor before it calls the AVX2 version")]
        $vis fn $name($($argument: $type),*) {
            #[inline(always)]
            fn plain($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) {
                    plain($($argument),*);
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has the one feature that the function asks for.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*);
        }
    };
}
pub(crate) use kernel;
