//! The laws that are fuzzed: those that `cargo test` tries, too.

#[path = "../../tests/laws/parsers.rs"]
pub mod parsers;
#[path = "../../tests/laws/recorded.rs"]
pub mod recorded;
