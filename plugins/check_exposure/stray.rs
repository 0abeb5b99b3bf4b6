//! `stray`: a daemon runs outside of its service, because someone started it by hand. It has no sandbox,
//! perhaps another security domain and other limits, and may end with the session.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use procwarden::host::unit_file::{Step, UnitFile, UnitFiles, in_search_path};
use procwarden::host::{names, patience};
use procwarden::kernel::cmdline::{arguments, base_name, joined, program_name, untitled};
use procwarden::kernel::comm::Comm;
use procwarden::kernel::interpreter::{self, is_interpreter, is_shell};
use procwarden::proc::fact::{Fact, Missing, unless_gone};
use procwarden::proc::process::{Process, undeleted};
use procwarden::proc::root::Pid;
use procwarden::suggest::is_of_anybody;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;
use super::look::real_path;
use super::sandbox::Services;
use super::writable_code::is_of_the_system;

/// Programs of services that people and other programs run, too.
const TOOLS: [&str; 39] = [
    "agetty",
    "apt-get",
    "async_wrapper.py",
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

/// Daemons whose program people also run, to send mail.
const MAILERS: [&[u8]; 3] = [b"exim4", b"exim", b"sendmail"];

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
pub(crate) struct Programs {
    known: OnceCell<BTreeMap<PathBuf, Vec<Start>>>,
    /// Real paths of what processes say that they run. Many say the same.
    real_paths: RefCell<HashMap<Vec<u8>, Option<PathBuf>>>,
}

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
        self.known.get_or_init(|| programs(files))
    }

    /// A program that a service starts by this name, which the kernel may have cut.
    fn named(&self, files: &UnitFiles, comm: &Comm) -> Option<&Path> {
        let is_it =
            |start: &Start| start.name[..start.name.len().min(Comm::CUT)] == *comm.as_bytes();
        let known = self.get(files);
        let named = known.iter().find(|(_, starts)| starts.iter().any(is_it));
        let named = named.map(|(path, _)| path.as_path());
        named.or_else(|| Some(known.get_key_value(&self.resolved(comm.as_bytes()).ok()??)?.0))
    }

    /// As [`resolved`], but asks once for each path or name.
    fn resolved(&self, word: &[u8]) -> Fact<Option<PathBuf>> {
        if let Some(known) = self.real_paths.borrow().get(word) {
            return Ok(known.clone());
        }
        let found = resolved(word)?;
        self.real_paths.borrow_mut().insert(word.to_vec(), found.clone());
        Ok(found)
    }

    /// The service that starts this program by one of the names in `called`.
    fn service(&self, files: &UnitFiles, program: &Path, called: &[&[u8]]) -> Option<&str> {
        let starts = self.get(files).get(program)?;
        let is_called = |start: &&Start| {
            called.iter().any(|word| {
                base_name(word) == start.name
                    || is_version(&start.name, base_name(word))
                    || (!start.is_link
                        && self.resolved(word).is_ok_and(|path| path.as_deref() == Some(program)))
            })
        };
        // One that can be started as it is, rather than a template.
        let found = starts.iter().filter(is_called).min_by_key(|start| is_template(&start.service));
        found.map(|start| start.service.as_str())
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
        let stem = service.strip_suffix(".service").unwrap_or(&service);
        for (path, name) in main_programs(&unit, stem) {
            let is_link = path.file_name().is_some_and(|real| !is_version(real.as_bytes(), &name));
            let start = Start { name, is_link, service: startable(files, &service) };
            programs.entry(path).or_default().push(start);
        }
    }
    programs
}

/// Beside a template there may be a service that runs the same by a shell: mariadb.service.
fn startable(files: &UnitFiles, service: &str) -> String {
    let plain = service.replace("@.service", ".service");
    let is_there = is_template(service) && matches!(files.service(&plain), Ok(Some(_)));
    if is_there { plain } else { service.to_owned() }
}

fn is_template(service: &str) -> bool {
    service.ends_with("@.service")
}

/// Whether a program is the one of this name or a version of it: `php-fpm8.2` for `php-fpm`.
pub(super) fn is_version(real: &[u8], name: &[u8]) -> bool {
    let version = real.strip_prefix(name);
    version.is_some_and(|rest| rest.iter().all(|byte| b"0123456789.-".contains(byte)))
}

/// The real paths of a service's programs, with the names by which it starts them.
fn main_programs<'u>(
    unit: &'u UnitFile,
    stem: &'u str,
) -> impl Iterator<Item = (PathBuf, Vec<u8>)> + 'u {
    let starts = unit.asks.commands.iter().filter(|command| command.step == Step::Start);
    starts.filter_map(move |command| {
        let name = base_name(&command.program);
        if is_of_people(name) {
            return None;
        }
        let path = real_path(&command.path()?).ok()??;
        if is_script(&path) { behind_script(stem) } else { Some((path, name.to_vec())) }
    })
}

/// The daemon that a service starts by a script has the service's name: apache2 of apachectl, memcached.
fn behind_script(stem: &str) -> Option<(PathBuf, Vec<u8>)> {
    let path = resolved(stem.as_bytes()).ok()??;
    (!is_of_people(stem.as_bytes()) && !is_script(&path)).then(|| (path, stem.into()))
}

/// No process runs a script: it runs the interpreter (execve(2)).
fn is_script(path: &Path) -> bool {
    let is_it = |path: &Path| {
        let mut start = [0; 2];
        let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
        is_file
            && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
            && start == *b"#!"
    };
    patience::path(path, is_it) == Some(true)
}

/// Whether people run programs of this name, too.
fn is_of_people(name: &[u8]) -> bool {
    let is_it =
        |name: &str| is_of_anybody(name) || TOOLS.contains(&name) || CLIENTS.contains(&name);
    std::str::from_utf8(name).is_ok_and(is_it)
}

/// The real path of a program by its path or name.
fn resolved(word: &[u8]) -> Fact<Option<PathBuf>> {
    let path = Path::new(OsStr::from_bytes(word));
    let found = if path.is_absolute() {
        Some(path.to_owned())
    } else if word.is_empty() || word.contains(&b'/') {
        None
    } else {
        in_search_path(path)
    };
    found.map_or(Ok(None), |path| real_path(&path))
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
        return Ok(Answer::of(Some(of_no_service(&group))));
    }
    let Some(service) = own_service(inspector, services, process)? else {
        return listener(inspector, services, &group, process);
    };
    let instance = if is_template(service) { "an instance of " } else { "" };
    let service = escape::bounded(service.as_bytes(), LONGEST);
    Ok(Answer::of(Some(format!(
        "started by hand, outside of its service {service}: end it, and start {instance}{service} if that \
         does not run"
    ))))
}

/// Root leaves many a job in the background, which is root's own affair. One that the network can reach is a
/// daemon.
fn listener(
    inspector: &Inspector,
    services: &Services,
    group: &str,
    process: &mut Process<'_>,
) -> Fact<Answer> {
    let uid = process.status()?.uid.real;
    if uid != 0 || !is_left_by_a_session(group, process)? || is_tool(process)? {
        return Ok(Answer::Kept);
    }
    // A fork of a service's may outlive it: sshd's for a session.
    let exe = process.exe().ok().flatten().map(|exe| Path::new(OsStr::from_bytes(undeleted(exe))));
    let is_services =
        exe.is_some_and(|exe| inspector.programs.get(&services.files).contains_key(exe));
    if is_services || !process.listens_on_network()? {
        return Ok(Answer::Kept);
    }
    Ok(Answer::of(Some(format!("listens on the network, {}", of_no_service(group)))))
}

fn of_no_service(group: &str) -> String {
    format!(
        "started by hand, outside of any service ({group}): end it, and start its service if that does not \
         run"
    )
}

/// The service that the process belongs to, although it runs outside.
fn own_service<'i>(
    inspector: &'i Inspector,
    services: &Services,
    process: &mut Process<'_>,
) -> Fact<Option<&'i str>> {
    let (programs, files) = (&inspector.programs, &services.files);
    let (program, hidden) = match unless_gone(program(programs, process))? {
        Ok(program) => (program, None),
        // Most processes can be excluded by name.
        Err(hidden) => {
            let comm = process.comm()?;
            (programs.named(files, &comm).map(Path::to_owned), Some(hidden))
        }
    };
    let known = program.filter(|program| programs.get(files).contains_key(program));
    let Some(program) = known else { return Ok(None) };
    let cmdline = process.cmdline()?;
    if is_delivery(base_name(program.as_os_str().as_bytes()), cmdline) {
        return Ok(None);
    }
    let line = joined(cmdline);
    let Some(service) = programs.service(files, &program, &called(&line)) else { return Ok(None) };
    if comes_from_a_service(process)? {
        return Ok(None);
    }
    hidden.map_or(Ok(Some(service)), |hidden| Err(Missing::Hidden(hidden)))
}

/// Its control group, if that is not a service's: `session-3.scope`.
fn outside(process: &mut Process<'_>) -> Fact<Option<String>> {
    let unit = process.unit()?;
    let is_service = unit.is_some_and(|unit| unit.ends_with(b".service"));
    let shown = unit.map_or("no unit".into(), |unit| escape::bounded(unit, LONGEST));
    Ok((!is_service).then_some(shown))
}

/// Whether people run this program, too: a job that someone leaves in the background is no daemon. A daemon
/// may call itself `sleep`, so the executable decides, not the name. An interpreter is a tool unless it
/// runs a script.
fn is_tool(process: &mut Process<'_>) -> Fact<bool> {
    let comm = process.comm()?.as_bytes().to_vec();
    let first = untitled(arguments(process.cmdline()?).next().unwrap_or_default());
    let first = program_name(first).to_vec();
    let exe = match unless_gone(process.exe())? {
        Ok(Some(exe)) => undeleted(exe).to_vec(),
        // A zombie runs nothing.
        Ok(None) => return Ok(true),
        Err(hidden) => {
            let may_be = if is_interpreter(&first) {
                !runs_script(&first, process.cmdline()?)
            } else {
                is_of_people(&comm)
                    || is_of_people(&first)
                    || is_delivery(&first, process.cmdline()?)
            };
            // Root has no reason to choose a false name.
            let is_roots = process.status()?.uid.real == 0;
            return if may_be && !is_roots { Err(Missing::Hidden(hidden)) } else { Ok(may_be) };
        }
    };
    let name = base_name(&exe);
    if is_interpreter(name) {
        return Ok(is_of_the_system(&exe) && !runs_script(name, process.cmdline()?));
    }
    // A tool's file may have a longer name: nc.openbsd.
    let is_it = |called: &Vec<u8>| {
        is_of_people(called)
            && resolved(called)
                .is_ok_and(|path| path.is_some_and(|path| path.as_os_str().as_bytes() == exe))
    };
    let is_tools = is_of_people(name) || is_it(&comm) || is_it(&first);
    Ok(is_of_the_system(&exe) && (is_tools || is_delivery(name, process.cmdline()?)))
}

/// Whether it is mail that a person sent, on its way: the same program as the daemon, in the background.
fn is_delivery(program: &[u8], cmdline: &[u8]) -> bool {
    let is_daemons = |argument: &[u8]| argument.starts_with(b"-bd") || argument.starts_with(b"-q");
    MAILERS.contains(&program) && !arguments(cmdline).any(is_daemons)
}

/// Whether an interpreter runs a script, and is not interactive. A script that set a title is one. Scripts of
/// shells are jobs more often than daemons.
fn runs_script(interpreter: &[u8], cmdline: &[u8]) -> bool {
    if is_shell(interpreter) {
        return false;
    }
    if let Some(script) = interpreter::program(cmdline) {
        return !is_of_people(script.base_name());
    }
    !is_interpreter(program_name(arguments(cmdline).next().unwrap_or_default()))
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
fn program(programs: &Programs, process: &mut Process<'_>) -> Fact<Option<PathBuf>> {
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
    programs.resolved(claim)
}

/// The names by which it may have been started: the first word, or the words of a title. A listener's
/// title names the program again (`sshd: /usr/sbin/sshd -D`), or says what it is (`php-fpm: master process`,
/// `rspamd: main process`).
/// The title of a fork that outlives the daemon does neither (`sshd: alice [priv]`).
fn called(line: &[u8]) -> Vec<&[u8]> {
    let mut words = line.split(u8::is_ascii_whitespace);
    let first = words.next().unwrap_or_default();
    let Some(title) = first.strip_suffix(b":") else { return vec![first] };
    let words: Vec<_> = words.take(MOST_WORDS).collect();
    if matches!(words.as_slice(), [b"master" | b"main", b"process", ..]) {
        [&[title], &words[..]].concat()
    } else {
        words
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

    use procwarden::proc::root::ProcRoot;

    use super::*;

    #[test]
    fn a_script_of_an_interpreter_is_a_program_and_a_prompt_is_none() {
        let runs = |line: &str| {
            let cmdline = line.replace(' ', "\0") + "\0";
            runs_script(base_name(line.split(' ').next().unwrap().as_bytes()), cmdline.as_bytes())
        };
        for line in [
            "python3 /opt/app/server.py",
            "/usr/bin/python3.11 -u -m gunicorn app",
            "java -Xmx1g -jar /opt/app/a.jar",
            "node /opt/app/index.js",
            "perl -w daemon.pl",
            "ruby daemon.rb",
            "php8.2 artisan queue:work",
        ] {
            assert!(runs(line), "{line}");
        }
        for line in [
            "python3",
            "-python3",
            "python3 -c pass",
            "perl -ne print",
            "php -a",
            "node",
            "bash /opt/app/run.sh",
            "python3 /usr/bin/rsync",
        ] {
            assert!(!runs(line), "{line}");
        }
        assert!(runs_script(b"python3.11", b"gunicorn: master [app]\0"));
    }

    /// Anyone can give a program the name of a tool, and a process any name.
    #[test]
    fn only_the_systems_own_tools_and_interpreters_are_tools() {
        let answer = |exe: Option<&str>, line: &str| {
            let host = tempfile::tempdir().unwrap();
            let at = |path: &str| host.path().join(path);
            fs::create_dir(at("7")).unwrap();
            let status = "Name:\tx\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t2\t2\t2\t2\n\
                Gid:\t2\t2\t2\t2\n";
            fs::write(at("7/status"), status).unwrap();
            fs::write(at("7/comm"), "x\n").unwrap();
            fs::write(at("7/cmdline"), line.replace(' ', "\0") + "\0").unwrap();
            match exe {
                Some(exe) => symlink(exe, at("7/exe")).unwrap(),
                // No link.
                None => fs::write(at("7/exe"), "").unwrap(),
            }
            let root = ProcRoot::open(host.path()).unwrap();
            is_tool(&mut Process::new(&root, Pid(7)))
        };
        for (exe, line, is_it) in [
            ("/usr/bin/bash", "bash -c x", true),
            ("/home/x/bash", "bash -c x", false),
            ("/usr/bin/python3.11", "python3 -c x", true),
            ("/var/www/python3", "python3", false),
            ("/usr/bin/python3.11", "python3 /opt/x.py", false),
            ("/usr/bin/rsync", "rsync x", true),
            ("/var/www/rsync", "rsync x", false),
        ] {
            assert_eq!(answer(Some(exe), line), Ok(is_it), "{exe} {line}");
        }
        for line in ["bash -c x", "python3 -c x", "rsync x"] {
            assert!(matches!(answer(None, line), Err(Missing::Hidden(_))), "{line}");
        }
        for line in ["python3 /opt/x.py", "appd"] {
            assert_eq!(answer(None, line), Ok(false), "{line}");
        }
    }

    #[test]
    fn a_title_says_that_it_is_the_master() {
        let is_called = |line: &[u8], name: &[u8]| called(line).contains(&name);
        assert!(is_called(b"php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)", b"php-fpm"));
        assert!(is_called(b"nginx: master process /usr/sbin/nginx", b"/usr/sbin/nginx"));
        assert!(is_called(b"rspamd: main process", b"rspamd"));
        assert!(!is_called(b"rspamd: controller process (localhost:11334)", b"rspamd"));
        assert!(!is_called(b"sshd: master [priv]", b"sshd"));
        assert!(!is_called(b"php-fpm: pool www", b"php-fpm"));
    }

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
        fs::write(at("mariadbd"), "").unwrap();
        for (unit, start) in
            [("mariadb@", at("mariadbd").to_str().unwrap()), ("mariadb", "/bin/sh")]
        {
            let text = format!("[Service]\nExecStart={start}\n");
            fs::write(at(&format!("etc/systemd/system/{unit}.service")), text).unwrap();
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
        assert_eq!(service("mariadbd").as_deref(), Some("mariadb.service"));
    }
}
