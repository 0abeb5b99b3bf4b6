//! A plugin's life, from its arguments to its exit code.
//!
//! [`options`] are those that every plugin has, [`runner`] runs one, [`supervisor`] keeps the time
//! limit, [`outlet`] writes, [`state_dir`] and [`state_file`] keep what the next run needs;
//! `check_procs` knows what its options mean here, and `help` answers `-h` and `--help`.
//!
//! This is the only layer that knows clap, and the only one that writes to stdout.

mod check_procs;
mod help;
pub mod options;
pub mod outlet;
pub mod rule_options;
pub mod rule_report;
pub mod runner;
pub mod state_dir;
pub mod state_file;
pub mod supervisor;
