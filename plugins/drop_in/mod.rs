//! Drop-in replacements for other projects' process checks, with the same options, output and exit codes.
//!
//! Hosts call these programs from NRPE, Icinga or an old mon.cf, and nobody wants to rewrite that.
//! Called by such a name, Procwarden accepts that program's command line and answers as it does. Each
//! module only translates: options into selectors and ranges, counts into the original's output.
//!
//! A drop-in differs from its original where the original is wrong. Its manual page lists the
//! differences.

mod check_procs;
mod getopt;
mod ps_monitor;
mod selinux_monitor;

use std::ffi::OsStr;

use procwarden::plugin::runner::DropIn;

/// All drop-ins.
pub(crate) const DROP_INS: [DropIn; 3] =
    [check_procs::DROP_IN, ps_monitor::DROP_IN, selinux_monitor::DROP_IN];

/// The drop-in with this name.
pub(crate) fn named(name: &OsStr) -> Option<DropIn> {
    DROP_INS.into_iter().find(|drop_in| name == drop_in.name)
}

/// Escapes text of a command line. It replaces `|`, which would begin performance data.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.chars().map(|c| if c == '|' { ',' } else { c }).map(harmless).collect()
}

fn harmless(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}
