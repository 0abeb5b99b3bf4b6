//! Words and numbers: bounded, escaped, with units.
//!
//! Everything here turns text into text or numbers. Nothing here knows of processes, thresholds or
//! files.

pub mod ere;
pub mod error;
pub mod escape;
pub mod list;
pub mod number;
