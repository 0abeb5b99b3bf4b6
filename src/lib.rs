//! The engine of Procwarden's plugins.
//!
//! Every plugin is one sentence: *select processes, measure them, hold the measure against a range,
//! report.* This library says it once and knows no plugin. Data flows one way:
//!
//! ```text
//! options -> spec, selector -> scan -> (recheck) -> headcount or rules -> report
//! ```
//!
//! The folders are layers. Each uses only those above it in this list; `tests/layers.rs` reads the
//! order from here and fails on an arrow that runs up.
//!
//! 1. [`text`]: words and numbers.
//! 2. [`nagios`]: states, ranges, perfdata and reports, as schedulers read them.
//! 3. [`kernel`]: parses the kernel's files. No I/O.
//! 4. [`host`]: what a host tells beside `/proc/PID`: users, security systems.
//! 5. [`proc`]: a tree of processes, and one process, read lazily and honestly.
//! 6. [`select`]: which processes are meant.
//! 7. [`count`]: how many they are, settled and explained.
//! 8. [`rules`]: which processes break a rule, settled and explained.
//! 9. [`suggest`]: which specs fit a host. No plugin needs it.
//! 10. [`plugin`]: from arguments to exit code.

pub mod count;
pub mod host;
pub mod kernel;
pub mod nagios;
pub mod plugin;
pub mod proc;
pub mod rules;
pub mod select;
pub mod suggest;
pub mod text;
