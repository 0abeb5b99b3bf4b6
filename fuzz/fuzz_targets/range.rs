#![no_main]

use procwarden::nagios::range::Range;
use procwarden_fuzz::parsers;

libfuzzer_sys::fuzz_target!(|input: (&str, &str, u8, u8)| {
    let (warning, critical, from, to) = input;
    parsers::range(warning);
    parsers::interval(critical);
    parsers::state_between(Range::parse(warning).ok(), Range::parse(critical).ok(), from, to);
});
