//! How many processes fit: counted, settled, explained.
//!
//! [`scan`] counts in one walk, `amount` adds up what a spec measures, [`each`] compares each process with
//! ranges, [`recheck`] looks again, [`look`] finds the words for what failed, [`value`] names what a process
//! has, and [`headcount`] puts these together for the plugins that count.
//!
//! Nothing here knows options or exit codes.

mod amount;
mod crowd;
mod culprit;
pub mod each;
mod groups;
pub mod headcount;
mod lasting;
pub mod look;
pub mod recheck;
pub mod scan;
mod sieve;
mod spec_count;
mod unit_groups;
mod unit_members;
pub mod unit_times;
pub mod value;
