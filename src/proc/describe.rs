//! Describes a process in words: bounded, escaped, and without the facts that may not be read.

use crate::host::names;
use crate::kernel::secret;
use crate::proc::process::{Process, shown_name};
use crate::proc::root::Pid;
use crate::text::escape;
use crate::text::number::span;

/// Longest command line in a detail line, in characters.
const LONGEST_COMMAND: usize = 120;

/// Longest path or security label in a detail line, in characters. A label can be ten times as
/// long, but then most of it is a list of categories.
const LONGEST_PART: usize = 240;

/// Longest name of a unit in a first line, in characters.
const LONGEST_UNIT: usize = 64;

/// `pid 812 sshd, user root, up 3d: /usr/sbin/sshd -D`; what can't be read is left out.
pub fn process(process: &mut Process<'_>) -> String {
    let mut text = headline(process);
    push_command(&mut text, process);
    text
}

/// As [`process`], with what to look into when its security label is wrong: `pid 812 sleep, user
/// root, up 3d, label system_u:system_r:initrc_t:s0, unit foo.service, exe /usr/bin/sleep`.
pub fn labelled(process: &mut Process<'_>) -> String {
    let mut text = headline(process);
    let mut push = |what: &str, value: Option<&[u8]>| {
        if let Some(value) = value {
            text.push_str(&format!(", {what} {}", escape::bounded(value, LONGEST_PART)));
        }
    };
    push("label", process.label().ok().map(|label| label.context));
    push("unit", process.unit().ok().flatten());
    match process.exe() {
        Ok(link) => push("exe", link),
        Err(_) => push_command(&mut text, process),
    }
    text
}

/// Who it is: `pid 812 sshd, user root, up 3d`.
pub fn headline(process: &mut Process<'_>) -> String {
    let mut text = format!("pid {} {}", process.pid(), name(process));
    if let Ok(owner) = process.owner() {
        text.push_str(&format!(", user {}", escape::text(names::user(owner.uid).as_bytes())));
    }
    if let Ok(age) = process.age() {
        text.push_str(&format!(", up {}", span(age)));
    }
    text
}

/// Where it belongs, for a first line: its systemd unit, and if that is no service, its parent as well.
///
/// `cron.service`, or `session-3.scope, child of bash`; `None` if it has neither, or neither can be
/// read.
pub fn place(process: &mut Process<'_>) -> Option<String> {
    let unit = process.unit().ok().flatten();
    let is_service = unit.is_some_and(|unit| unit.ends_with(b".service"));
    let unit = unit.map(|unit| escape::bounded(unit, LONGEST_UNIT));
    let parent = if is_service { None } else { parent(process) };
    let place: Vec<_> = unit.into_iter().chain(parent).collect();
    (!place.is_empty()).then(|| place.join(", "))
}

/// `child of bash`; `None` for what process 1 has inherited, as daemons are.
fn parent(process: &mut Process<'_>) -> Option<String> {
    let parent = process.stat().ok().map(|stat| Pid(stat.ppid)).filter(|pid| pid.0 > 1)?;
    let name = shown_name(&mut Process::new(process.root(), parent)).ok()?;
    Some(format!("child of {}", escape::bounded(&name, LONGEST_UNIT)))
}

fn push_command(text: &mut String, process: &mut Process<'_>) {
    if let Some(command) = command(process) {
        text.push_str(&format!(": {command}"));
    }
}

/// `1 process`, `2 processes`.
pub fn processes(count: u64) -> String {
    if count == 1 { "1 process".into() } else { format!("{count} processes") }
}

/// What it is called, fit for output.
pub fn name(process: &mut Process<'_>) -> String {
    shown_name(process).map_or_else(|_| "?".into(), |name| escape::bounded(&name, 64))
}

/// The command line, arguments joined by spaces and secrets covered; `None` for what has none.
pub(crate) fn command(process: &mut Process<'_>) -> Option<String> {
    let line = secret::covered(process.cmdline().ok()?);
    // Daemons that write their title over their arguments pad it with spaces.
    let line = line.trim_ascii_end();
    (!line.is_empty()).then(|| escape::bounded(line, LONGEST_COMMAND))
}
