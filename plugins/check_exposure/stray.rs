//! `stray`: a daemon runs outside of its service, because someone started it by hand. It has no sandbox,
//! perhaps another security domain and other limits, and may end with the session.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use procwarden::host::names;
use procwarden::host::unit_file::{Step, UnitFile, UnitFiles, in_search_path};
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

/// Programs of services that people and other programs run, too.
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

/// Clients of daemons, which no service starts.
const CLIENTS: [&str; 8] =
    ["less", "mariadb", "mongosh", "mysql", "psql", "redis-cli", "valkey-cli", "vim"];

/// Users whose sessions are login screens.
const GREETERS: [&str; 6] = ["gdm", "Debian-gdm", "lightdm", "lxdm", "sddm", "greetd"];

/// Most ancestors, and most descendants. The tree may change while we follow it, so there must be a limit.
pub(super) const HIGHEST: usize = 64;

/// What systemd calls the process that waits for the end of a session that it made itself.
const SESSION_KEEPER: &[u8] = b"(sd-pam)";

/// How many words of a title we search for the program.
const MOST_WORDS: usize = 8;

/// Longest unit name shown, in characters.
const LONGEST: usize = 80;

/// The programs of services, by real path. Several services may share one under different names:
/// redis-server and redis-sentinel are links to redis-check-rdb.
#[derive(Debug, Default)]
pub(crate) struct Programs(OnceCell<BTreeMap<PathBuf, Vec<Start>>>);

/// How a service starts a program.
#[derive(Debug)]
struct Start {
    /// The program's name in `ExecStart=`.
    name: Vec<u8>,
    /// Whether that is a link to another name. If so, the same program under another name is another tool.
    is_link: bool,
    service: String,
}

impl Programs {
    fn get(&self, files: &UnitFiles) -> &BTreeMap<PathBuf, Vec<Start>> {
        self.0.get_or_init(|| programs(files))
    }

    /// A program that a service starts by this name, which the kernel may have cut.
    fn named(&self, files: &UnitFiles, comm: &Comm) -> Option<&Path> {
        let is_it =
            |start: &Start| start.name[..start.name.len().min(Comm::CUT)] == *comm.as_bytes();
        let known = self.get(files);
        let named = known.iter().find(|(_, starts)| starts.iter().any(is_it));
        let named = named.map(|(path, _)| path.as_path());
        named.or_else(|| Some(known.get_key_value(&resolved(comm.as_bytes())?)?.0))
    }

    /// The service that starts this program by one of the names in `called`.
    fn service(&self, files: &UnitFiles, program: &Path, called: &[&[u8]]) -> Option<&str> {
        let starts = self.get(files).get(program)?;
        let is_called = |start: &&Start| {
            called.iter().any(|word| {
                base_name(word) == start.name
                    || (!start.is_link && resolved(word).as_deref() == Some(program))
            })
        };
        starts.iter().find(is_called).map(|start| start.service.as_str())
    }
}

fn programs(files: &UnitFiles) -> BTreeMap<PathBuf, Vec<Start>> {
    let mut programs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for service in files.services() {
        // Skip a file that we may not read.
        let Ok(Some(unit)) = files.service(&service) else { continue };
        // People may run the same program, if it is a oneshot's or was started by systemd-run.
        let is_tool = unit.asks.is_oneshot || unit.path.starts_with("/run/systemd/transient");
        if is_tool || unit.path.file_name() != Some(OsStr::new(&service)) {
            continue;
        }
        for (path, name) in main_programs(&unit) {
            let is_link = path.file_name().is_some_and(|real| !is_version(real.as_bytes(), &name));
            let start = Start { name, is_link, service: service.clone() };
            programs.entry(path).or_default().push(start);
        }
    }
    programs
}

/// Whether a program is the one of this name or a version of it: `php-fpm8.2` for `php-fpm`.
fn is_version(real: &[u8], name: &[u8]) -> bool {
    let version = real.strip_prefix(name);
    version.is_some_and(|rest| rest.iter().all(|byte| b"0123456789.-".contains(byte)))
}

/// The real paths of a service's programs, with the names by which it starts them.
fn main_programs(unit: &UnitFile) -> impl Iterator<Item = (PathBuf, Vec<u8>)> + '_ {
    let starts = unit.asks.commands.iter().filter(|command| command.step == Step::Start);
    starts.filter_map(|command| {
        let name = base_name(&command.program);
        let text = std::str::from_utf8(name).ok()?;
        if is_of_anybody(text) || TOOLS.contains(&text) {
            return None;
        }
        Some((fs::canonicalize(command.path()?).ok()?, name.to_vec()))
    })
}

/// The real path of a program by its path or name.
fn resolved(word: &[u8]) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(word));
    if path.is_absolute() {
        return fs::canonicalize(path).ok();
    }
    if word.is_empty() || word.contains(&b'/') {
        return None;
    }
    fs::canonicalize(in_search_path(path)?).ok()
}

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let Some(services) = &inspector.services else { return Ok(Answer::NotAsked) };
    let Some(group) = outside(process)? else { return Ok(Answer::NotAsked) };
    let who = &inspector.who;
    let uid = process.status()?.uid.real;
    if process.pid() == Pid(1) || !who.is_systems(uid) {
        return Ok(Answer::NotAsked);
    }
    let is_left = uid != 0 && is_left_by_a_session(&group, process)? && !is_greeter(uid);
    if is_left && !is_tool(process)? {
        return Ok(Answer::of(Some(format!(
            "started by hand, outside of any service ({group}): end it, and start its service if \
             that does not run"
        ))));
    }
    let Some(service) = own_service(inspector, services, process)? else {
        return Ok(Answer::Kept);
    };
    let service = escape::bounded(service.as_bytes(), LONGEST);
    Ok(Answer::of(Some(format!(
        "started by hand, outside of its service {service}: end it, and start {service} if that does \
         not run"
    ))))
}

/// The service that the process belongs to, although it runs outside.
fn own_service<'i>(
    inspector: &'i Inspector,
    services: &Services,
    process: &mut Process<'_>,
) -> Fact<Option<&'i str>> {
    let (programs, files) = (&inspector.programs, &services.files);
    let (program, hidden) = match unless_gone(program(process))? {
        Ok(program) => (program, None),
        // Most processes can be excluded by name.
        Err(hidden) => {
            let comm = process.comm()?;
            (programs.named(files, &comm).map(Path::to_owned), Some(hidden))
        }
    };
    let known = program.filter(|program| programs.get(files).contains_key(program));
    let Some(program) = known else { return Ok(None) };
    let line = joined(process.cmdline()?);
    let Some(service) = programs.service(files, &program, &called(&line)) else { return Ok(None) };
    if comes_from_a_service(process)? {
        return Ok(None);
    }
    hidden.map_or(Ok(Some(service)), |hidden| Err(Missing::Hidden(hidden)))
}

/// Its control group, if that is not a service's: `session-3.scope`.
fn outside(process: &mut Process<'_>) -> Fact<Option<String>> {
    let unit = cgroup::unit(process.cgroup()?);
    let is_service = unit.is_some_and(|unit| unit.ends_with(b".service"));
    let shown = unit.map_or("no unit".into(), |unit| escape::bounded(unit, LONGEST));
    Ok((!is_service).then_some(shown))
}

/// Whether people run this program, too: a job that someone leaves in the background is no daemon.
fn is_tool(process: &mut Process<'_>) -> Fact<bool> {
    let comm = process.comm()?.as_bytes().to_vec();
    let first = arguments(process.cmdline()?).next().unwrap_or_default();
    let mut names = vec![comm, base_name(untitled(first)).to_vec()];
    if let Ok(Some(exe)) = process.exe() {
        names.push(base_name(undeleted(exe)).to_vec());
    }
    Ok(names.iter().any(|name| {
        let name = name.strip_prefix(b"-").unwrap_or(name);
        let text = std::str::from_utf8(name);
        text.is_ok_and(|text| {
            is_of_anybody(text) || TOOLS.contains(&text) || CLIENTS.contains(&text)
        })
    }))
}

/// Whether it was started in a person's session and stayed as a daemon, without a terminal.
fn is_left_by_a_session(group: &str, process: &mut Process<'_>) -> Fact<bool> {
    let is_session =
        group.strip_suffix(".scope").is_some_and(|group| group.starts_with("session-"));
    if !is_session {
        return Ok(false);
    }
    let stat = process.stat()?;
    Ok(stat.ppid == 1 && !stat.has_terminal && !comes_from_a_service(process)?)
}

/// Whether systemd gave a service a session of its own (`PAMName=`): it leaves a child in it, which closes
/// the session when the service ends.
fn has_session_keeper(process: &Process<'_>) -> bool {
    let is_it = |child: &Pid| {
        let mut child = Process::new(process.root(), *child);
        is_session_keeper(&mut child).is_ok_and(|is_it| is_it)
    };
    process.descendants(HIGHEST).iter().any(is_it)
}

/// Whether it is systemd's process that waits for the end of a session. Anyone can call a process
/// `(sd-pam)`, so it must run systemd, as far as we may see.
pub(super) fn is_session_keeper(process: &mut Process<'_>) -> Fact<bool> {
    if process.comm()?.as_bytes() != SESSION_KEEPER {
        return Ok(false);
    }
    match process.exe() {
        Ok(exe) => Ok(exe.is_some_and(|exe| {
            matches!(base_name(undeleted(exe)), b"systemd" | b"systemd-executor")
        })),
        Err(Missing::Gone) => Err(Missing::Gone),
        Err(Missing::Hidden(_)) => Ok(true),
    }
}

fn is_greeter(uid: u32) -> bool {
    GREETERS.contains(&names::user(uid).as_str())
}

/// The real path of its program. If we may not read the link, we trust an absolute first argument.
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

/// The names by which it may have been started: the first word, or the words of a title. A listener's
/// title names the program again (`sshd: /usr/sbin/sshd -D`). The title of a fork that outlives the
/// daemon does not (`sshd: alice [priv]`).
fn called(line: &[u8]) -> Vec<&[u8]> {
    let mut words = line.split(u8::is_ascii_whitespace);
    match words.next().unwrap_or_default() {
        title if title.ends_with(b":") => words.take(MOST_WORDS).collect(),
        program => vec![program],
    }
}

/// Whether a service started it indirectly, as sshd starts sessions, or it is a service with a session of
/// its own.
fn comes_from_a_service(process: &mut Process<'_>) -> Fact<bool> {
    if has_session_keeper(process) {
        return Ok(true);
    }
    let mut parent = process.stat()?.ppid;
    for _ in 0..HIGHEST {
        if parent <= 1 {
            break;
        }
        let mut ancestor = Process::new(process.root(), Pid(parent));
        // If it has ended, its children have another parent now.
        let Ok(group) = outside(&mut ancestor) else { break };
        if group.is_none() || has_session_keeper(&ancestor) {
            return Ok(true);
        }
        parent = ancestor.stat().map_or(0, |stat| stat.ppid);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_version_is_the_program_and_another_tool_is_not() {
        let host = tempfile::tempdir().unwrap();
        let at = |path: &str| host.path().join(path);
        fs::create_dir_all(at("etc/systemd/system")).unwrap();
        for (link, real) in [("php-fpm", "php-fpm8.2"), ("redis-server", "redis-check-rdb")] {
            fs::write(at(real), "").unwrap();
            symlink(real, at(link)).unwrap();
            let unit = format!("[Service]\nExecStart={}\n", at(link).display());
            fs::write(at(&format!("etc/systemd/system/{link}.service")), unit).unwrap();
        }
        let files = UnitFiles::below(host.path());
        let programs = Programs::default();
        let service = |called: &str| {
            let path = at(called);
            let real = fs::canonicalize(&path).unwrap();
            programs.service(&files, &real, &[path.as_os_str().as_bytes()]).map(str::to_owned)
        };
        for called in ["php-fpm", "php-fpm8.2"] {
            assert_eq!(service(called).as_deref(), Some("php-fpm.service"));
        }
        assert_eq!(service("redis-server").as_deref(), Some("redis-server.service"));
        assert_eq!(service("redis-check-rdb"), None);
    }
}
