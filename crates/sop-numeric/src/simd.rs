//! Plain loops compiled for the vector instructions that the machine has: [`Loops`], and [`kernel!`](crate::kernel) for functions.

#![allow(unsafe_code, reason = "a function compiled for AVX2 may only be called where AVX2 is; this file checks it")]

/// Loops to run with the widest vectors there are.
pub trait Loops {
    /// What the loops give.
    type Output;

    /// Runs the loops; must be marked `#[inline(always)]`, and so must what it calls in its inner loops.
    ///
    /// `FUSED` says that a fused multiply-add is one instruction.
    fn run<const FUSED: bool>(self) -> Self::Output;
}

/// Runs loops as compiled for AVX2 with fused multiply-add where the machine has both, else as compiled for any machine.
pub fn vectorized<L: Loops>(loops: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the machine has the features that the function is compiled for.
        return unsafe { with_avx2(loops) };
    }
    loops.run::<{ cfg!(target_arch = "aarch64") }>()
}

/// Whether the machine has AVX2 and fused multiply-add; asked of the processor once.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<L: Loops>(loops: L) -> L::Output {
    loops.run::<true>()
}

/// Defines a function of plain loops that is compiled like [`Loops`]: for AVX2 and for any machine, of which the machine chooses.
///
/// For loops that need neither a result nor `FUSED`, such as those over integers, whose results are the same either way. What the
/// body calls in its inner loops must be `#[inline(always)]`.
///
/// ```
/// sop_numeric::kernel! {
///     fn double(values: &mut [u8]) {
///         for value in values {
///             *value = value.saturating_mul(2);
///         }
///     }
/// }
/// let mut values = [3, 200];
/// double(&mut values);
/// assert_eq!(values, [6, 255]);
/// ```
#[macro_export]
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "the macro checks the processor before it calls the AVX2 version")]
        $vis fn $name($($argument: $type),*) {
            #[inline(always)]
            fn plain($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn with_avx2($($argument: $type),*) {
                    plain($($argument),*);
                }
                if $crate::simd::has_avx2() {
                    // SAFETY: the machine has the features that the function is compiled for.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            plain($($argument),*);
        }
    };
}

/// Asks for the cache lines of a row that is needed soon.
#[inline(always)]
pub fn prefetch(row: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address is that of a slice, and a prefetch reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}
