//! How many processes fit: counted, settled, explained.
//!
//! [`scan`] counts in one walk, [`measure`] compares each process with ranges, [`recheck`] looks again,
//! [`look`] finds the words for what failed, [`value`] names what a process has, and [`headcount`] puts
//! these together for the plugins that count.
//!
//! Nothing here knows options or exit codes.

pub mod headcount;
pub mod look;
pub mod measure;
pub mod recheck;
pub mod scan;
mod sieve;
mod unit_members;
pub mod value;
