//! The browser's twin: the answer is long here.

pub fn status(_: u16) {}
