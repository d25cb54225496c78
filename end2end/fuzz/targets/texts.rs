//! See `src/proof/parsers.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    deskbell::parsers::texts(data);
});
