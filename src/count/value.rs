//! Words for the fact that a key asks about, as a process has it.

use crate::host::names;
use crate::kernel::secret;
use crate::proc::describe;
use crate::proc::fact::Fact;
use crate::proc::process::{Process, shown_name};
use crate::proc::root::Pid;
use crate::select::selector::{Key, quantity};
use crate::text::escape;
use crate::text::number::span;

/// Longest value shown of a near miss, in characters.
const LONGEST: usize = 80;

/// `runs as alice`, `has ppid 812`: the fact that `key` is about, in words that follow a noun.
///
/// # Errors
/// Gone, or hidden.
pub(super) fn in_words(key: Key, process: &mut Process<'_>, plural: bool) -> Fact<String> {
    let (run, have) = if plural { ("run", "have") } else { ("runs", "has") };
    let value = shown(key, process, LONGEST)?;
    Ok(match key {
        Key::User | Key::Uid => format!("{run} as {value}"),
        Key::Exe | Key::Path => format!("{run} {value}"),
        Key::Pidfile => format!("{} not in the pid file", if plural { "are" } else { "is" }),
        Key::Leader => {
            let lead = if plural { "lead" } else { "leads" };
            format!("{lead} {} session", if value == "yes" { "a" } else { "no" })
        }
        _ => format!("{have} {} {value}", key.name()),
    })
}

/// The fact that `key` is about, fit for output and cut to `longest` characters.
///
/// # Errors
/// Gone, or hidden.
pub fn shown(key: Key, process: &mut Process<'_>, longest: usize) -> Fact<String> {
    let text = |bytes: &[u8]| escape::bounded(bytes, longest);
    let name = |name: String| escape::bounded(name.as_bytes(), longest);
    Ok(match key {
        Key::Name => text(&shown_name(process)?),
        Key::Exe | Key::Path => process.exe()?.map_or("no executable".into(), text),
        Key::Comm => text(process.comm()?.as_bytes()),
        Key::Cmd => text(&shown_command(process)?),
        Key::Stat => process.ps_stat()?,
        // Daemons that overwrite their arguments with a title pad it with spaces.
        Key::Args => text(secret::covered(process.cmdline()?).trim_ascii_end()),
        Key::User => name(names::user(process.owner()?.uid)),
        Key::Group => name(names::group(process.owner()?.gid)),
        Key::RealUser => name(names::user(process.status()?.uid.real)),
        Key::RealGroup => name(names::group(process.status()?.gid.real)),
        Key::Uid => process.owner()?.uid.to_string(),
        Key::Gid => process.owner()?.gid.to_string(),
        Key::RealUid => process.status()?.uid.real.to_string(),
        Key::RealGid => process.status()?.gid.real.to_string(),
        Key::Pid => process.pid().to_string(),
        Key::Ppid => process.stat()?.ppid.to_string(),
        Key::Parent => {
            let parent = process.stat()?.ppid;
            let name = || describe::name(&mut Process::new(process.root(), Pid(parent)));
            if parent == 0 { "none".into() } else { name() }
        }
        Key::State => char::from(process.stat()?.state).to_string(),
        Key::Leader => yes_no(process.stat()?.session == process.pid().0),
        Key::Age => span(process.age()?),
        Key::Cpu => format!("{:.1}%", process.lifetime_cpu()?),
        Key::Rss | Key::Anon | Key::Vsz => {
            format!("{}k", (quantity(key, process)? / 1024.0).round())
        }
        Key::Threads => process.stat()?.threads.to_string(),
        Key::Fds => process.open_descriptors()?.to_string(),
        Key::Fdshare => format!("{:.1}%", process.descriptor_share()?),
        Key::Children => process.child_count()?.to_string(),
        Key::Unit => process.unit()?.map_or("none".into(), text),
        // What such a file holds is not for output.
        Key::Pidfile => String::new(),
        Key::Container => yes_no(process.is_contained()?),
        Key::Deleted => yes_no(process.runs_deleted_file()?),
        Key::Context | Key::Domain | Key::Mode | Key::Seuser | Key::Role | Key::Level => {
            key.part_of(&process.label()?).map_or("none".into(), text)
        }
        Key::Profiled => yes_no(process.is_profiled()?),
        Key::Permissive => yes_no(process.is_permissive()?),
    })
}

/// The command line as `ps` shows it, with secrets covered.
///
/// # Errors
/// Gone, or hidden.
pub fn shown_command(process: &mut Process<'_>) -> Fact<Vec<u8>> {
    let line = secret::covered(process.cmdline()?).trim_ascii().to_vec();
    if line.is_empty() { process.ps_command() } else { Ok(line) }
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}
