//! The engine of Procwarden's plugins.
//!
//! Every plugin is one sentence: *select processes, measure them, hold the measure against a range,
//! report.* This library says it once and knows no plugin. Data flows one way:
//!
//! ```text
//! options -> spec, selector -> scan -> (recheck) -> headcount -> report
//! ```
//!
//! - Reading: [`proc_root`] opens and lists a tree of processes, [`process`] reads one lazily,
//!   [`fact`] is what comes of it: a value, gone, or hidden. [`stat`], [`status`], [`cmdline`],
//!   [`capability`] and [`cgroup`] parse the kernel's files and do no I/O; [`interpreter`] finds the
//!   script in a command line; [`security`] knows the systems that label processes.
//! - Choosing: [`selector`] says which processes are meant, [`population`] which are considered at
//!   all, [`lineage`] which belong to the check itself, [`exemption`] which are not judged,
//!   [`login_defs`] whose users are people.
//! - Judging: [`range`] and [`number`] for thresholds, [`scan`] counts, [`recheck`] looks again,
//!   [`look`] finds the words for what failed.
//! - Saying: [`report`] and [`perfdata`] write, [`escape`] and [`describe`] make text of what a
//!   process says of itself.
//! - Remembering: [`state_dir`] finds the place, [`state_file`] keeps bytes there from one run to the
//!   next.
//! - Running: [`options`] that every plugin has, [`runner`] from arguments to exit code,
//!   [`watchdog`] for the time limit.

pub mod capability;
pub mod cgroup;
pub mod cmdline;
pub mod describe;
pub mod error;
pub mod escape;
pub mod exemption;
pub mod fact;
pub mod headcount;
pub mod interpreter;
pub mod lineage;
pub mod login_defs;
pub mod look;
pub mod names;
pub mod number;
pub mod options;
pub mod perfdata;
pub mod population;
pub mod proc_root;
pub mod process;
pub mod range;
pub mod recheck;
pub mod report;
pub mod runner;
pub mod scan;
pub mod security;
pub mod selector;
pub mod spec;
pub mod stat;
pub mod state_dir;
pub mod state_file;
pub mod status;
mod units;
pub mod watchdog;
