//! `sandbox`: a process of a service lacks the protection that the service's files ask for. Perhaps a
//! drop-in was added without a restart, or the daemon was started in another way.
//!
//! Protection is inherited and can't be undone, so children are judged like the main process. `User=` is
//! an exception: a setuid root program may run as root.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use procwarden::host::clock;
use procwarden::host::unit_file::{Asks, Command, Step, UnitFile, UnitFiles};
use procwarden::kernel::cmdline::{arguments, base_name};
use procwarden::kernel::file::File;
use procwarden::kernel::interpreter::{Program, program};
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing, unless_gone};
use procwarden::proc::process::{Place, Process};
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::text::escape;
use procwarden::text::list::listed;

use super::account;
use super::answer::{Answer, Flaw};
use super::inspector::Inspector;
use super::stray::{HIGHEST, is_session_keeper};

/// `SECCOMP_MODE_FILTER`: a seccomp filter is active (seccomp(2)).
const FILTERED: u64 = 2;

/// Longest unit name or path shown, in characters.
pub(super) const LONGEST: usize = 80;

/// The services of the host: what their files ask for, and cached facts about their processes.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) files: UnitFiles,
    /// The mount at PID 1's `/`.
    first_mount: Fact<Option<u64>>,
    /// PID 1's network namespace.
    first_network: OnceCell<Fact<u64>>,
    /// Whether the kernel itself can deny memory that is both written and executed.
    has_mdwe: bool,
    /// Whether processes are in PID 1's mount namespace, by unit and parent.
    apart: RefCell<BTreeMap<(String, u32), bool>>,
}

impl Services {
    pub(crate) fn new(root: &ProcRoot) -> Self {
        Self {
            files: UnitFiles::of_host(),
            first_mount: Process::new(root, Pid(1)).root_mount(),
            first_network: OnceCell::new(),
            has_mdwe: kernel_has_mdwe(),
            apart: RefCell::default(),
        }
    }

    /// Whether a process is in PID 1's mount namespace. It takes reading all its mounts, so we ask only
    /// once for each unit and parent.
    fn is_in_first_namespace(&self, unit: &str, process: &mut Process<'_>) -> Fact<bool> {
        let parent = process.parent()?.0;
        let key = (unit.to_owned(), parent);
        // Main processes have the same parent, but may differ.
        if let Some(&known) = self.apart.borrow().get(&key).filter(|_| parent != 1) {
            return Ok(known);
        }
        let is_in = process.root_mount()? == self.first_mount?;
        self.apart.borrow_mut().insert(key, is_in);
        Ok(is_in)
    }

    fn is_in_first_network(&self, process: &Process<'_>) -> Fact<bool> {
        let first = || Process::new(process.root(), Pid(1)).network();
        Ok(process.network()? == (*self.first_network.get_or_init(first))?)
    }

    /// The settings that ask for a seccomp filter. Since version 253 systemd makes none for
    /// `MemoryDenyWriteExecute=` if the kernel has `PR_SET_MDWE`, which /proc does not show.
    fn filters(&self, asks: &Asks) -> Vec<&'static str> {
        let mut all = asks.seccomp.clone();
        all.extend(asks.seccomp_or_mdwe.filter(|_| !self.has_mdwe));
        all
    }
}

/// Whether the kernel has `PR_SET_MDWE` (Linux 6.3, prctl(2)).
fn kernel_has_mdwe() -> bool {
    let none: libc::c_ulong = 0;
    // SAFETY: it takes no pointers, and changes nothing.
    unsafe { libc::prctl(libc::PR_GET_MDWE, none, none, none, none) >= 0 }
}

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let Some(services) = &inspector.services else { return Ok(Answer::NotAsked) };
    let Some(name) = service_of(process)? else { return Ok(Answer::NotAsked) };
    let unit = services.files.service(&name).map_err(|_| UNREADABLE)?;
    let Some(unit) = unit else { return Ok(Answer::NotAsked) };
    if is_spared(&unit, process)? {
        return Ok(Answer::NotAsked);
    }
    let mut lacks: Vec<_> = account::root(&unit, process)?.into_iter().collect();
    let is_swapped = !lacks.is_empty();
    let seen = unless_gone(add_lacks(&mut lacks, services, &name, &unit, process))?;
    if lacks.is_empty() {
        return seen.map(|()| Answer::Kept).map_err(Missing::Hidden);
    }
    // What we saw counts, even if the rest is hidden.
    let shown = escape::bounded(name.as_bytes(), LONGEST);
    let (what, remedy) = (lacks.join("; for "), remedy(&shown, &unit, process)?);
    Ok(Answer::Broken(Flaw { text: format!("{shown} asks for {what}: {remedy}"), is_swapped }))
}

/// We may not read a file of the service.
pub(super) const UNREADABLE: Missing =
    Missing::Hidden(Hidden { file: File::UnitFiles, cause: Cause::Denied });

/// The system service that it belongs to. `None` for a user's manager and everything below.
pub(super) fn service_of(process: &mut Process<'_>) -> Fact<Option<String>> {
    let name = process.unit()?.and_then(|unit| std::str::from_utf8(unit).ok());
    let is_service = |name: &&str| name.ends_with(".service") && !name.starts_with("user@");
    Ok(name.filter(is_service).map(str::to_owned))
}

/// Whether the settings don't apply to this process: systemd's helper for `PAMName=`, a command with
/// `+`, or any process of a service that such a command starts.
fn is_spared(unit: &UnitFile, process: &mut Process<'_>) -> Fact<bool> {
    if is_session_keeper(process)? {
        return Ok(true);
    }
    let commands = &unit.asks.commands;
    if commands.iter().any(|command| command.step == Step::Start && command.is_unrestricted) {
        return Ok(true);
    }
    runs(unit, process, |command| command.is_unrestricted)
}

/// Whether it comes from one of these commands of the service: a program or a script. If the service is
/// the same program, as with `ExecReload=+/usr/sbin/nginx -s reload`, we take it for the service. So we do
/// if the service is a script, and the command is its interpreter: `ExecStartPre=+/bin/sh -c ...`.
pub(super) fn runs(
    unit: &UnitFile,
    process: &mut Process<'_>,
    is_one: fn(&Command) -> bool,
) -> Fact<bool> {
    let all = || unit.asks.commands.iter();
    let starts = all().filter(|command| command.step == Step::Start && !is_one(command));
    let starts: Vec<_> = starts.map(|command| base_name(&command.program)).collect();
    let others = all().filter(|command| is_one(command)).map(|one| base_name(&one.program));
    let mut others = others.filter(|name| !starts.contains(name)).peekable();
    if others.peek().is_none() {
        return Ok(false);
    }
    let mut first = first(process)?;
    let line = first.cmdline()?;
    let own = arguments(line).next().map(base_name).unwrap_or_default();
    let script = program(line).map(Program::base_name);
    if script.is_some_and(|script| starts.contains(&script)) {
        return Ok(false);
    }
    Ok(others.any(|name| name == own || Some(name) == script))
}

/// Adds everything else it lacks, each as `PrivateTmp=, and it sees the files of the host`.
fn add_lacks(
    lacks: &mut Vec<String>,
    services: &Services,
    name: &str,
    unit: &UnitFile,
    process: &mut Process<'_>,
) -> Fact<()> {
    let asks = &unit.asks;
    let status = process.status()?;
    if let Some(setting) = asks.no_new_privs.filter(|_| status.no_new_privs == Some(false)) {
        lacks.push(format!("{setting}=, and it may still gain privileges"));
    }
    let filters = services.filters(asks);
    if !filters.is_empty() && status.seccomp.is_some_and(|mode| mode != FILTERED) {
        lacks.push(format!("{}, and no system call is filtered", named(&filters)));
    }
    lacks.extend(account::another(unit, process)?);
    let extra = status.bounding.unwrap_or_default().intersection(asks.forbidden);
    let is_apart =
        (!extra.is_empty() || asks.users.is_some()) && process.is_in_own_user_namespace()?;
    if let Some(setting) = asks.users.filter(|_| !is_apart) {
        lacks.push(format!("{setting}=, and it has the users of the host"));
    }
    // In a new user namespace it has all capabilities, but only there.
    if !extra.is_empty() && !is_apart {
        let count = extra.to_string().split(", ").count();
        let shown = if count > 3 { format!("{count} capabilities") } else { extra.to_string() };
        lacks.push(format!("a smaller CapabilityBoundingSet=, and it can get {shown}"));
    }
    if !asks.mounts.is_empty() && services.is_in_first_namespace(name, process)? {
        lacks.push(format!("{}, and it sees the files of the host", named(&asks.mounts)));
    }
    if let Some(setting) = network(asks) {
        if services.is_in_first_network(process)? {
            lacks.push(format!("{setting}=, and it has the network of the host"));
        }
    }
    Ok(())
}

/// The setting that asks for a network namespace. A path may lead to the host's own, which we take to be
/// ours.
fn network(asks: &Asks) -> Option<&'static str> {
    let ours = Place::here(b"/proc/self/ns/net");
    let is_other = |path: &&String| !Place::here(path.as_bytes()).is_same_file(&ours);
    let by_path = asks.network_path.as_ref().filter(is_other).map(|_| "NetworkNamespacePath");
    asks.network.or(by_path)
}

/// `PrivateTmp=, ProtectSystem= and 5 more`.
fn named(settings: &[&str]) -> String {
    let settings: Vec<_> = settings.iter().map(|setting| format!("{setting}=")).collect();
    listed(&settings, LONGEST)
}

/// `restart X, /etc/.../10.conf is newer than the process (systemctl daemon-reload first)`. If it is not
/// newer, or its age is hidden, someone may have restarted the service without a reload. The main process
/// decides: its children have what it has, however young they are.
fn remedy(shown: &str, unit: &UnitFile, process: &mut Process<'_>) -> Fact<String> {
    let (file, changed) = &unit.changed;
    let age = unless_gone(first(process).and_then(|mut first| first.age()))?;
    Ok(if age.is_ok_and(|age| changed.as_secs_f64() > clock::now() - age) {
        let file = escape::path(file);
        format!("restart {shown}, {file} is newer than the process (systemctl daemon-reload first)")
    } else {
        format!(
            "systemctl daemon-reload && systemctl restart {shown}; if that does not help, see how it is \
             started"
        )
    })
}

/// The process's first ancestor in its control group, or itself: what systemd started.
fn first<'r>(process: &mut Process<'r>) -> Fact<Process<'r>> {
    let group = process.cgroup()?.to_vec();
    let mut first = Process::new(process.root(), process.pid());
    for _ in 0..HIGHEST {
        let Pid(parent @ 2..) = first.parent()? else { break };
        let mut above = Process::new(process.root(), Pid(parent));
        // If it has ended, its children have another parent now.
        if !above.cgroup().is_ok_and(|above| *above == *group) {
            break;
        }
        first = above;
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use procwarden::rules::severities::Severities;
    use procwarden::select::population::Containers;

    use super::super::rules::Rules;
    use super::*;

    /// A host with one service and one process of it.
    struct Host(tempfile::TempDir);

    impl Host {
        fn new(settings: &str) -> Self {
            let host = Self(tempfile::tempdir().unwrap());
            let unit = format!("[Service]\nExecStart=/bin/appd\n{settings}\n");
            host.write("etc/systemd/system/app.service", &unit);
            host.write("proc/7/cgroup", "0::/system.slice/app.service\n");
            host.write("proc/7/comm", "appd\n");
            host.write("proc/7/cmdline", "/bin/appd\0");
            host.runs_as(0);
            host.begins_session(7);
            host
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn runs_as(&self, uid: u32) {
            let status = format!(
                "Name:\tappd\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n\
                 Gid:\t{uid}\t{uid}\t{uid}\t{uid}\nSeccomp:\t0\nNoNewPrivs:\t0\n"
            );
            self.write("proc/7/status", &status);
        }

        fn begins_session(&self, session: u32) {
            let stat = format!("7 (appd) S 1 {session} {session}{}\n", " 0".repeat(46));
            self.write("proc/7/stat", &stat);
        }

        fn ask(&self, has_mdwe: bool) -> Fact<Answer> {
            let root = ProcRoot::open(&self.0.path().join("proc")).unwrap();
            let on = Rules::SANDBOX;
            let severities = Severities { on, named: on, warnings: on, chosen: on };
            let mut inspector =
                Inspector::new(severities, Containers::Include, Duration::ZERO, &root);
            let mut services = Services::new(&root);
            services.files = UnitFiles::below(self.0.path());
            services.has_mdwe = has_mdwe;
            inspector.services = Some(services);
            ask(&inspector, &mut Process::new(&root, Pid(7)))
        }

        /// What it lacks; `None` if nothing.
        fn lack(&self) -> Option<String> {
            match self.ask(true).unwrap() {
                Answer::Broken(flaw) => Some(flaw.text.split(": systemctl").next()?.to_owned()),
                _ => None,
            }
        }
    }

    #[test]
    fn what_was_seen_counts_even_if_the_rest_is_hidden() {
        let answer = |settings: &str| Host::new(settings).ask(true);
        let Ok(Answer::Broken(flaw)) =
            answer("DynamicUser=yes\nNoNewPrivileges=yes\nPrivateTmp=yes")
        else {
            panic!("not seen")
        };
        let wanted = "app.service asks for DynamicUser=yes, and it runs as root; for NoNewPrivileges=, \
            and it may still gain privileges";
        assert!(flaw.is_swapped && flaw.text.starts_with(wanted), "{}", flaw.text);
        assert!(matches!(answer("PrivateTmp=yes"), Err(Missing::Hidden(_))));
        assert!(matches!(answer("PrivateNetwork=yes"), Err(Missing::Hidden(_))));
        assert!(matches!(answer("PrivateUsers=yes"), Err(Missing::Hidden(_))));
        assert_eq!(answer(""), Ok(Answer::Kept));
    }

    /// systemd's own keeps the session that it made, and has no sandbox. Anyone can take its name.
    #[test]
    fn only_systemds_own_session_keeper_is_spared() {
        let answer = |exe: &str| {
            let host = Host::new("NoNewPrivileges=yes");
            host.write("proc/7/comm", "(sd-pam)\n");
            symlink(exe, host.0.path().join("proc/7/exe")).unwrap();
            host.ask(true)
        };
        for exe in ["/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd-executor (deleted)"] {
            assert_eq!(answer(exe), Ok(Answer::NotAsked));
        }
        assert!(matches!(answer("/opt/app/appd"), Ok(Answer::Broken(_))));
    }

    /// A script, too, and what it starts. What may be the service itself is judged.
    #[test]
    fn what_is_asked_of_the_service_is_not_asked_of_its_free_commands() {
        for (settings, line, is_judged) in [
            ("ExecStartPre=+/opt/prepare", "/opt/prepare\0", false),
            ("ExecStartPre=+/opt/prepare", "/bin/sh\0/opt/prepare\0", false),
            ("ExecStartPre=+/opt/prepare", "/bin/appd\0", true),
            ("ExecStartPre=/opt/prepare", "/opt/prepare\0", true),
            ("ExecReload=+/bin/appd -s reload", "/bin/appd\0", true),
            ("ExecStartPre=+/bin/sh /opt/prepare", "/bin/sh\0/opt/prepare\0", false),
            ("ExecStartPre=+/bin/sh -c x", "/bin/sh\0-c\0x\0", false),
            ("ExecStartPre=+/bin/sh -c x", "/bin/sh\0/usr/bin/appd\0", true),
            ("ExecStart=+/bin/appd", "/bin/appd\0", false),
        ] {
            let host = Host::new(&format!("NoNewPrivileges=yes\n{settings}"));
            host.write("proc/7/cmdline", line);
            assert_eq!(host.lack().is_some(), is_judged, "{settings} {line:?}");
            // The same of a child of it.
            host.write("proc/7/stat", &format!("7 (appd) S 6 7 7{}\n", " 0".repeat(46)));
            let status = fs::read_to_string(host.0.path().join("proc/7/status")).unwrap();
            host.write("proc/7/status", &status.replace("PPid:\t1", "PPid:\t6"));
            host.write("proc/7/cmdline", "sleep\0");
            host.write("proc/6/cgroup", "0::/system.slice/app.service\n");
            host.write("proc/6/cmdline", line);
            host.write("proc/6/stat", &format!("6 (appd) S 1 6 6{}\n", " 0".repeat(46)));
            assert_eq!(host.lack().is_some(), is_judged, "a child: {settings} {line:?}");
        }
        for mark in ["+", "!"] {
            let host = Host::new(&format!("User=daemon\nExecStartPre={mark}/opt/prepare"));
            assert!(host.lack().is_some());
            host.write("proc/7/cmdline", "/bin/sh\0/opt/prepare\0");
            assert_eq!(host.lack(), None);
        }
    }

    /// Newer kernels need no filter for it.
    #[test]
    fn memory_is_denied_by_a_filter_where_the_kernel_can_not() {
        let host = Host::new("MemoryDenyWriteExecute=yes");
        assert_eq!(host.ask(true), Ok(Answer::Kept));
        let Ok(Answer::Broken(flaw)) = host.ask(false) else { panic!("not seen") };
        assert!(flaw.text.contains("for MemoryDenyWriteExecute=, and no system call is filtered"));
    }

    #[test]
    fn each_namespace_is_seen() {
        let host = Host::new("PrivateNetwork=yes\nPrivateUsers=yes");
        let whole = "0 0 4294967295\n";
        host.write("proc/1/net/dev", "");
        host.write("proc/7/net/dev", "");
        host.write("proc/1/uid_map", whole);
        host.write("proc/7/uid_map", "0 0 1\n");
        assert_eq!(host.lack(), None);
        host.write("proc/7/uid_map", whole);
        let (first, own) = ("proc/1/net/dev", "proc/7/net/dev");
        fs::remove_file(host.0.path().join(own)).unwrap();
        fs::hard_link(host.0.path().join(first), host.0.path().join(own)).unwrap();
        assert_eq!(
            host.lack().as_deref(),
            Some(
                "app.service asks for PrivateUsers=, and it has the users of the host; for \
                 PrivateNetwork=, and it has the network of the host"
            )
        );
    }

    #[test]
    fn the_main_process_runs_as_the_user_and_group_that_are_asked_for() {
        let lack = |settings: &str, uid: u32, session: u32| {
            let host = Host::new(settings);
            host.runs_as(uid);
            host.begins_session(session);
            let lack = host.lack()?;
            Some(lack.strip_prefix("app.service asks for ")?.to_owned())
        };
        let lack = |settings: &str, uid: u32| {
            // Root's rights, and another's, may be what a command of the service left behind.
            assert_eq!(lack(settings, uid, 6), None);
            let forking = format!("{settings}\nType=forking");
            let seen = lack(settings, uid, 7);
            assert_eq!(lack(&forking, uid, 6), seen);
            seen
        };
        let found = |text: &str| Some(text.to_owned());
        assert_eq!(lack("User=daemon", 0), found("User=daemon, and it runs as root"));
        let nosuch = "User=no-such, which does not exist, and it runs as root";
        assert_eq!(lack("User=no-such", 0), found(nosuch));
        assert_eq!(lack("User=root", 0), None);
        assert_eq!(lack("User=daemon", 1), None);
        assert_eq!(lack("User=daemon", 2), found("User=daemon, and it runs as bin"));
        assert_eq!(lack("User=1", 2), found("User=1, and it runs as bin"));
        assert_eq!(lack("User=daemon\nGroup=bin", 1), found("Group=bin, and its group is daemon"));
        assert_eq!(lack("User=daemon\nGroup=daemon", 1), None);
        // A daemon may have taken another's rights for a while.
        let host = Host::new("User=daemon");
        let status = fs::read_to_string(host.0.path().join("proc/7/status")).unwrap();
        host.write("proc/7/status", &status.replace("Uid:\t0\t0", "Uid:\t0\t2"));
        assert!(host.lack().is_some_and(|lack| lack.contains("it runs as root")));
        // It may change them itself.
        assert_eq!(lack("User=daemon\nAmbientCapabilities=CAP_SETUID", 2), None);
        assert_eq!(lack("Group=bin", 2), None);
        // Only systemd knows the number.
        let host = Host::new("User=daemon\nDynamicUser=yes");
        host.runs_as(2);
        assert!(!host.lack().is_some_and(|lack| lack.contains("it runs as")));
    }
}
