//! Outside of tests nobody counts.

#[inline(always)]
pub fn step() {}

#[inline(always)]
pub fn steps(_: usize) {}
