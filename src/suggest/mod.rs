//! Suggests what to monitor: which specs, exemptions and domains fit this host.
//!
//! `census` reads the processes, `systemctl` and `units` what systemd knows of its units. `kept` and
//! `daemon` find the daemons that a boot keeps running; without systemd `table` does. Each daemon gets a
//! line for itself (`main_line`), for its workers (`pools`), and against other users (`impostors`).
//!
//! `suggestion` puts these together. [`file`](mod@file) and [`format`](mod@format) render them, and
//! `compare` compares them with an existing file. For the same daemons, `busy` suggests exemptions from
//! a check of CPU time, and `domains` specs of their security domains. `spared` suggests exemptions from
//! rules.

pub mod busy;
mod census;
pub mod compare;
mod daemon;
mod diff;
pub mod domains;
pub mod file;
pub mod format;
mod impostors;
mod kept;
mod line;
mod main_line;
mod names;
mod pools;
pub mod spared;
pub mod suggestion;
pub mod systemctl;
mod table;
mod units;

pub use main_line::is_of_anybody;
pub use names::plain;
pub use units::Units;
