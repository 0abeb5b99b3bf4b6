//! Text and numbers: escaping, limits of length, units, regular expressions.
//!
//! Everything here turns text into text or numbers. Nothing here knows processes, thresholds or files.

pub(crate) mod bytes;
pub mod ere;
pub mod error;
pub mod escape;
pub mod list;
pub(crate) mod nearest;
pub mod number;
