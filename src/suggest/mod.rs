//! Suggests what to monitor: which specs, exemptions and domains fit this host.
//!
//! One look at the processes (`census`) and at what systemd says of its units (`units`,
//! `systemctl`) shows which programs a boot keeps running (`kept`, `daemon`; without systemd
//! `table`). Each of them becomes a spec (`main_line`), its workers another (`pools`), and
//! whoever else may not run it a third (`impostors`).
//!
//! `suggestion` puts these together, `file`(mod@file) writes them down, `format`(mod@format)
//! says them in a scheduler's words, and `compare` holds them against a file that someone keeps.
//! `busy` and `domains` are about the same daemons: which of them use much CPU, and the security
//! domains that they run in. `spared` is about processes that break a rule.

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
