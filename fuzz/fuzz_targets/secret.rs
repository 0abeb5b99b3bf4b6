#![no_main]

use procwarden_fuzz::parsers;

libfuzzer_sys::fuzz_target!(|lines: (&[u8], &[u8])| parsers::secret(lines.0, lines.1));
