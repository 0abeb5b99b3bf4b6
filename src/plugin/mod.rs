//! Runs a plugin, from its arguments to its exit code.
//!
//! [`options`] has the options that plugins share, [`rule_options`] those of plugins with rules.
//! [`runner`] runs a plugin, [`supervisor`] enforces the time limit, [`outlet`] writes to stdout.
//! [`state_dir`] and [`state_file`] keep what the next run needs. `check_procs` translates the options
//! of `check_procs`, and `help` renders `-h` and `--help`.
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
