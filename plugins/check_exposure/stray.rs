//! `stray`: a daemon runs outside of its service. Someone started it by hand: it has no sandbox, perhaps
//! another security domain and other limits, and may end with the session.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use procwarden::host::names;
use procwarden::host::unit_file::{Step, UnitFile, UnitFiles};
use procwarden::kernel::cgroup;
use procwarden::kernel::cmdline::{arguments, base_name, joined, untitled};
use procwarden::kernel::comm::Comm;
use procwarden::proc::fact::{Fact, Missing, unless_gone};
use procwarden::proc::process::{Process, undeleted};
use procwarden::proc::root::Pid;
use procwarden::suggest::is_of_anybody;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;
use super::sandbox::Services;

/// Where systemd looks for a program without a path (systemd.service(5), "Command lines").
const PATH: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// Programs of services that people and other programs run as well.
const TOOLS: [&str; 38] = [
    "agetty",
    "apt-get",
    "busybox",
    "cat",
    "conmon",
    "containerd-shim-runc-v2",
    "curl",
    "dbus-broker-launch",
    "dbus-daemon",
    "docker",
    "env",
    "gpg-agent",
    "inotifywait",
    "journalctl",
    "login",
    "lxc-start",
    "mount",
    "nc",
    "nice",
    "podman",
    "qemu-system-x86_64",
    "runuser",
    "setpriv",
    "sleep",
    "ssh-agent",
    "start-stop-daemon",
    "su",
    "sudo",
    "systemctl",
    "systemd-run",
    "tail",
    "tee",
    "timeout",
    "true",
    "unshare",
    "watch",
    "wget",
    "xargs",
];

/// Users whose sessions are the screens at which people log in.
const GREETERS: [&str; 6] = ["gdm", "Debian-gdm", "lightdm", "lxdm", "sddm", "greetd"];

/// More ancestors than any process has: a bound, since the tree changes while we climb it.
const HIGHEST: usize = 64;

/// Longest unit name shown, in characters.
const LONGEST: usize = 80;

/// The programs of services, by their real paths, each with its service.
#[derive(Debug, Default)]
pub(crate) struct Programs(OnceCell<BTreeMap<PathBuf, String>>);

impl Programs {
    /// A program of this name, as the kernel cuts it.
    fn named(&self, files: &UnitFiles, comm: &Comm) -> Option<&Path> {
        let programs = self.0.get_or_init(|| programs(files));
        let is_it = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().as_bytes();
            &name[..name.len().min(Comm::CUT)] == comm.as_bytes()
        };
        programs.keys().find(is_it).map(PathBuf::as_path)
    }

    /// The service that runs this program.
    fn service(&self, files: &UnitFiles, program: &Path) -> Option<&str> {
        let programs = self.0.get_or_init(|| programs(files));
        programs.get(program).map(String::as_str)
    }
}

fn programs(files: &UnitFiles) -> BTreeMap<PathBuf, String> {
    let mut programs = BTreeMap::new();
    for name in files.services() {
        // One that may not be read is left out: it may be a daemon's, and is none that we know.
        let Ok(Some(unit)) = files.service(&name) else { continue };
        // What ends by itself, or was started by systemd-run, may be a tool, which people run, too.
        let is_tool = unit.asks.is_oneshot || unit.path.starts_with("/run/systemd/transient");
        if is_tool || unit.path.file_name() != Some(OsStr::new(&name)) {
            continue;
        }
        for path in main_programs(&unit) {
            programs.entry(path).or_insert_with(|| name.clone());
        }
    }
    programs
}

fn main_programs(unit: &UnitFile) -> impl Iterator<Item = PathBuf> + '_ {
    let starts = unit.asks.commands.iter().filter(|command| command.step == Step::Start);
    starts.filter_map(|command| {
        let name = std::str::from_utf8(base_name(&command.program)).ok()?;
        if is_of_anybody(name) || TOOLS.contains(&name) {
            return None;
        }
        let path = Path::new(OsStr::from_bytes(&command.program));
        if path.is_absolute() {
            return fs::canonicalize(path).ok();
        }
        PATH.iter().find_map(|directory| fs::canonicalize(Path::new(directory).join(path)).ok())
    })
}

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let Some(services) = &inspector.services else { return Ok(Answer::NotAsked) };
    let Some(group) = outside(process)? else { return Ok(Answer::NotAsked) };
    let who = &inspector.who;
    let uid = process.status()?.uid.real;
    if process.pid() == Pid(1) || !who.is_systems(uid) {
        return Ok(Answer::NotAsked);
    }
    if uid != 0 && is_left_by_a_session(&group, process)? && !is_greeter(uid) {
        return Ok(Answer::of(Some(format!(
            "started by hand, outside of any service ({group}): stop it, and start its service"
        ))));
    }
    let Some(service) = own_service(inspector, services, process)? else {
        return Ok(Answer::Kept);
    };
    let service = escape::bounded(service.as_bytes(), LONGEST);
    Ok(Answer::of(Some(format!(
        "started by hand, outside of its service {service}: stop it, and start {service}"
    ))))
}

/// The service whose daemon it is, though it does not run there.
fn own_service<'i>(
    inspector: &'i Inspector,
    services: &Services,
    process: &mut Process<'_>,
) -> Fact<Option<&'i str>> {
    let (programs, files) = (&inspector.programs, &services.files);
    let (program, hidden) = match unless_gone(program(process))? {
        Ok(program) => (program, None),
        // Its name rules most of them out.
        Err(hidden) => {
            let comm = process.comm()?;
            (programs.named(files, &comm).map(Path::to_owned), Some(hidden))
        }
    };
    let Some(program) = program else { return Ok(None) };
    let Some(service) = programs.service(files, &program) else { return Ok(None) };
    if !is_main(&program, process)? || has_ancestor_in_a_service(process)? {
        return Ok(None);
    }
    hidden.map_or(Ok(Some(service)), |hidden| Err(Missing::Hidden(hidden)))
}

/// The group that it is in, if that is no service's: `session-3.scope`.
fn outside(process: &mut Process<'_>) -> Fact<Option<String>> {
    let unit = cgroup::unit(process.cgroup()?);
    let is_service = unit.is_some_and(|unit| unit.ends_with(b".service"));
    let shown = unit.map_or("no unit".into(), |unit| escape::bounded(unit, LONGEST));
    Ok((!is_service).then_some(shown))
}

/// Whether it was started in a person's session, and stayed: a daemon, since it has no terminal.
fn is_left_by_a_session(group: &str, process: &mut Process<'_>) -> Fact<bool> {
    let is_session =
        group.strip_suffix(".scope").is_some_and(|group| group.starts_with("session-"));
    if !is_session {
        return Ok(false);
    }
    let stat = process.stat()?;
    Ok(stat.ppid == 1 && !stat.has_terminal)
}

fn is_greeter(uid: u32) -> bool {
    GREETERS.contains(&names::user(uid).as_str())
}

/// The real path of its program. Where the link may not be read, an absolute first argument is taken at
/// its word.
fn program(process: &mut Process<'_>) -> Fact<Option<PathBuf>> {
    let hidden = match process.exe() {
        Ok(link) => {
            let path = link.map(|link| PathBuf::from(OsStr::from_bytes(undeleted(link))));
            return Ok(path);
        }
        Err(Missing::Gone) => return Err(Missing::Gone),
        Err(hidden) => hidden,
    };
    let claim = untitled(arguments(process.cmdline()?).next().unwrap_or_default());
    if !claim.starts_with(b"/") {
        return Err(hidden);
    }
    Ok(fs::canonicalize(Path::new(OsStr::from_bytes(claim))).ok())
}

/// Whether it is a daemon and not what it forked: sessions of sshd and jobs of cron outlive it, with titles
/// of their own. `sshd: alice [priv]` does not name its program again, a listener does.
fn is_main(program: &Path, process: &mut Process<'_>) -> Fact<bool> {
    let name = program.file_name().unwrap_or_default().as_bytes().to_owned();
    let line = joined(process.cmdline()?);
    let (first, rest) =
        line.split_at(line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len()));
    if !first.ends_with(b":") {
        return Ok(base_name(first) == name);
    }
    Ok(rest.split(u8::is_ascii_whitespace).any(|word| base_name(word) == name))
}

/// Whether it comes from a service after all, as sshd's sessions do.
fn has_ancestor_in_a_service(process: &mut Process<'_>) -> Fact<bool> {
    let mut parent = process.stat()?.ppid;
    for _ in 0..HIGHEST {
        if parent <= 1 {
            break;
        }
        let mut ancestor = Process::new(process.root(), Pid(parent));
        // One that has ended gave its children to another.
        let Ok(group) = outside(&mut ancestor) else { break };
        if group.is_none() {
            return Ok(true);
        }
        parent = ancestor.stat().map_or(0, |stat| stat.ppid);
    }
    Ok(false)
}
