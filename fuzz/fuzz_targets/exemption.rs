#![no_main]

use procwarden_fuzz::parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parsers::exemption(bytes));
