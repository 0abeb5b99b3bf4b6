#![no_main]

use procwarden_fuzz::parsers;

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    parsers::unit_file(dir.path(), text);
});
