//! Describes a process: each fact as the grammar writes it, ready to copy into a spec.

use procwarden::count::value;
use procwarden::kernel::interpreter::is_interpreter;
use procwarden::proc::describe;
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::select::population::{Containers, Membership, Population};
use procwarden::select::selector::{KEYS, Key};
use procwarden::suggest::suggestion::Source;
use procwarden::text::escape;

/// Most ancestors. The tree may change while we follow it, so there must be a limit.
const HIGHEST: usize = 64;

/// A process in several lines.
pub(super) fn of(process: &mut Process<'_>, source: &Source, population: &Population) -> String {
    let mut text = describe::headline(process) + "\n";
    let mut push = |name: &str, value: &str| text.push_str(&format!("  {name:11}{value}\n"));
    for row in KEYS {
        if let Some(value) = fact(row.key, process) {
            push(row.name, &value);
        }
    }
    push("ancestors", &ancestors(process));
    if let Some(unit) = process.unit().ok().flatten() {
        push("suggest", &in_suggest(&String::from_utf8_lossy(unit), source));
    }
    push("counted", &in_words(population.membership(process), population.containers));
    text
}

/// A process in one line, with its unit, and its whole command line.
pub(super) fn line(process: &mut Process<'_>) -> String {
    let mut text = describe::headline(process);
    if let Ok(unit) = shown(Key::Unit, process) {
        text.push_str(&format!(", unit {unit}"));
    }
    match shown(Key::Args, process) {
        Ok(args) if !args.is_empty() => text + ": " + &args,
        _ => text,
    }
}

/// Its value of a key. `None` if another key already shows it.
fn fact(key: Key, process: &mut Process<'_>) -> Option<String> {
    let value = shown(key, process);
    let is_shown = match key {
        Key::Uid | Key::Gid | Key::RealUid | Key::RealGid => false,
        Key::RealUser => value != shown(Key::User, process),
        Key::RealGroup => value != shown(Key::Group, process),
        // If the label is hidden, so are its parts. Show that once.
        _ if key.is_of_label() && key != Key::Context => {
            value.as_ref().is_ok_and(|value| value != "none")
        }
        _ => true,
    };
    let value = match value {
        Ok(name) if key == Key::Name => with_origin(name, process),
        Ok(value) => value,
        Err(Missing::Gone) => "it has ended".into(),
        Err(Missing::Hidden(hidden)) => format!("hidden: {}", hidden.explained("")),
    };
    is_shown.then_some(value)
}

fn shown(key: Key, process: &mut Process<'_>) -> Fact<String> {
    value::shown(key, process, usize::MAX)
}

/// Its name. If the kernel has another one, also where ours comes from.
fn with_origin(name: String, process: &mut Process<'_>) -> String {
    let Ok(comm) = process.comm() else { return name };
    let shown = escape::text(comm.as_bytes());
    if shown == name {
        name
    } else if is_interpreter(comm.as_bytes()) {
        format!("{name}, which {shown} runs; also {shown}")
    } else {
        format!("{name}, which the kernel cuts to {shown}")
    }
}

/// Its ancestors: `700 sshd, 1 systemd`.
fn ancestors(process: &mut Process<'_>) -> String {
    let mut all = Vec::new();
    let mut parent = process.stat().map(|stat| stat.ppid);
    while let Ok(pid @ 1..) = parent {
        let mut ancestor = Process::new(process.root(), Pid(pid));
        all.push(format!("{pid} {}", describe::name(&mut ancestor)));
        parent = ancestor.stat().map(|stat| stat.ppid);
        if all.len() == HIGHEST {
            break;
        }
    }
    if all.is_empty() { "none".into() } else { all.join(", ") }
}

/// Whether `procwarden suggest` takes the unit for a daemon's, and if not, why.
fn in_suggest(unit: &str, source: &Source) -> String {
    match (source.why_not(unit), source) {
        (Some(why), _) => format!("leaves its unit out: {}", escape::text(why.as_bytes())),
        (None, Source::Systemd(_)) => "takes its unit for a daemon's: a boot starts it".into(),
        (None, Source::Cgroups(_)) => "takes its unit for a daemon's, by its name".into(),
    }
}

/// Whether a check counts the process, and if not, why.
pub(super) fn in_words(membership: Fact<Membership>, containers: Containers) -> String {
    match membership {
        Ok(Membership::Member) => "yes".into(),
        Ok(Membership::Zombie) => "no, it is a zombie; only state=Z counts those".into(),
        Ok(Membership::Elsewhere) if containers == Containers::Only => {
            "no, it lives in no container, and --containers only leaves it out".into()
        }
        Ok(Membership::Elsewhere) => {
            "no, it lives in a container; --containers include counts it".into()
        }
        Ok(Membership::KernelThread) => "no, it is a kernel thread".into(),
        Ok(Membership::Own) => "no, it belongs to this command, or to another check".into(),
        Err(Missing::Gone) => "no, it has ended".into(),
        Err(Missing::Hidden(hidden)) => format!("hidden: {}", hidden.explained("")),
    }
}
