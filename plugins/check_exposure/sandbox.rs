//! `sandbox`: a process of a service lacks the protection that the service's files ask for. Perhaps a
//! drop-in was added without a restart, or the daemon was started in another way.
//!
//! Protection is inherited and can't be undone, so children are judged like the main process. `User=` is
//! an exception: a setuid root program may run as root.

use std::cell::RefCell;
use std::collections::BTreeMap;

use procwarden::host::unit_file::{Account, Step, UnitFile, UnitFiles};
use procwarden::host::{clock, names};
use procwarden::kernel::cgroup;
use procwarden::kernel::cmdline::{arguments, base_name};
use procwarden::kernel::file::File;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::text::escape;
use procwarden::text::list::listed;

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
    /// Whether processes are in PID 1's mount namespace, by unit and parent.
    apart: RefCell<BTreeMap<(String, u32), bool>>,
}

impl Services {
    pub(crate) fn new(root: &ProcRoot) -> Self {
        Self {
            files: UnitFiles::of_host(),
            first_mount: Process::new(root, Pid(1)).root_mount(),
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
}

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let Some(services) = &inspector.services else { return Ok(Answer::NotAsked) };
    let Some(name) = service_of(process)? else { return Ok(Answer::NotAsked) };
    let unit = services.files.service(&name).map_err(|_| UNREADABLE)?;
    let Some(unit) = unit else { return Ok(Answer::NotAsked) };
    if is_spared(&unit, process)? {
        return Ok(Answer::NotAsked);
    }
    let mut lacks: Vec<_> = runs_as_root(&unit, process)?.into_iter().collect();
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
    let unit = cgroup::unit(process.cgroup()?);
    let name = unit.and_then(|unit| std::str::from_utf8(unit).ok());
    let is_service = |name: &&str| name.ends_with(".service") && !name.starts_with("user@");
    Ok(name.filter(is_service).map(str::to_owned))
}

/// Whether the settings don't apply to this process: systemd's helper for `PAMName=`, a command with
/// `+`, or a process while such a command of the service runs.
fn is_spared(unit: &UnitFile, process: &mut Process<'_>) -> Fact<bool> {
    if is_session_keeper(process)? {
        return Ok(true);
    }
    let commands = &unit.asks.commands;
    if commands.iter().any(|command| command.step == Step::Start && command.is_unrestricted) {
        return Ok(true);
    }
    let mut free = commands.iter().filter(|command| command.is_unrestricted).peekable();
    if free.peek().is_none() {
        return Ok(false);
    }
    let own = arguments(process.cmdline()?).next().map(base_name).unwrap_or_default();
    Ok(free.any(|command| base_name(&command.program) == own))
}

/// `User=alice, and it runs as root`: worse than everything else it may lack.
fn runs_as_root(unit: &UnitFile, process: &mut Process<'_>) -> Fact<Option<String>> {
    let status = process.status()?;
    let has_no_new_privs = status.no_new_privs == Some(true);
    if status.uid.effective != 0 || !(has_no_new_privs || process.parent()? == Pid(1)) {
        return Ok(None);
    }
    Ok(other_user(unit).map(|user| format!("{user} and it runs as root")))
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
    if !asks.seccomp.is_empty() && status.seccomp.is_some_and(|mode| mode != FILTERED) {
        lacks.push(format!("{}, and no system call is filtered", named(&asks.seccomp)));
    }
    let extra = status.bounding.unwrap_or_default().intersection(asks.forbidden);
    // In a new user namespace it has all capabilities, but only there.
    if !extra.is_empty() && !process.is_in_own_user_namespace()? {
        let count = extra.to_string().split(", ").count();
        let shown = if count > 3 { format!("{count} capabilities") } else { extra.to_string() };
        lacks.push(format!("a smaller CapabilityBoundingSet=, and it can get {shown}"));
    }
    if !asks.mounts.is_empty() && services.is_in_first_namespace(name, process)? {
        lacks.push(format!("{}, and it sees the files of the host", named(&asks.mounts)));
    }
    Ok(())
}

/// `PrivateTmp=, ProtectSystem= and 5 more`.
fn named(settings: &[&str]) -> String {
    let settings: Vec<_> = settings.iter().map(|setting| format!("{setting}=")).collect();
    listed(&settings, LONGEST)
}

/// `User=alice,`: the user as whom all its processes should start, if not root.
fn other_user(unit: &UnitFile) -> Option<String> {
    let starts = unit.asks.commands.iter().filter(|command| command.step == Step::Start);
    if starts.clone().any(|command| command.keeps_root) {
        return None;
    }
    match unit.asks.account.as_ref()? {
        Account::Dynamic => Some("DynamicUser=yes,".into()),
        Account::Named(user) if names::uid(user).ok()?? != 0 => {
            Some(format!("User={},", escape::bounded(user.as_bytes(), LONGEST)))
        }
        _ => None,
    }
}

/// `restart X, /etc/.../10.conf is newer than the process (systemctl daemon-reload first)`. If it is not
/// newer, or its age is hidden, someone may have restarted the service without a reload. The main process
/// decides: its children have what it has, however young they are.
fn remedy(shown: &str, unit: &UnitFile, process: &mut Process<'_>) -> Fact<String> {
    let (file, changed) = &unit.changed;
    let age = unless_gone(oldest(process))?;
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

/// The age of the process's first ancestor in its control group.
fn oldest(process: &mut Process<'_>) -> Fact<f64> {
    let group = process.cgroup()?.to_vec();
    let mut age = process.age()?;
    let mut parent = process.parent()?;
    for _ in 0..HIGHEST {
        let mut above = Process::new(process.root(), parent);
        if parent.0 <= 1 || !above.cgroup().is_ok_and(|above| *above == *group) {
            break;
        }
        let (Ok(older), Ok(next)) = (above.age(), above.parent()) else { break };
        (age, parent) = (older, next);
    }
    Ok(age)
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

    /// The answer about a process without `mountinfo` and `uptime`, whose service asks for this.
    fn answer(settings: &str) -> Fact<Answer> {
        answer_about("appd", "/bin/appd", settings)
    }

    /// The same of a process of any name and executable.
    fn answer_about(name: &str, exe: &str, settings: &str) -> Fact<Answer> {
        let host = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = host.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let unit = format!("[Service]\nExecStart=/bin/appd\n{settings}\n");
        write("etc/systemd/system/app.service", &unit);
        write("proc/7/cgroup", "0::/system.slice/app.service\n");
        write("proc/7/comm", &format!("{name}\n"));
        symlink(exe, host.path().join("proc/7/exe")).unwrap();
        write("proc/7/cmdline", "/bin/appd\0");
        write("proc/7/stat", &format!("7 (appd) S 1{}\n", " 0".repeat(48)));
        let status = "Name:\tappd\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n\
            NoNewPrivs:\t0\n";
        write("proc/7/status", status);
        let root = ProcRoot::open(&host.path().join("proc")).unwrap();
        let on = Rules::SANDBOX;
        let severities = Severities { on, named: on, warnings: on, chosen: on };
        let mut inspector = Inspector::new(severities, Containers::Include, Duration::ZERO, &root);
        let mut services = Services::new(&root);
        services.files = UnitFiles::below(host.path());
        inspector.services = Some(services);
        ask(&inspector, &mut Process::new(&root, Pid(7)))
    }

    #[test]
    fn what_was_seen_counts_even_if_the_rest_is_hidden() {
        let Ok(Answer::Broken(flaw)) =
            answer("DynamicUser=yes\nNoNewPrivileges=yes\nPrivateTmp=yes")
        else {
            panic!("not seen")
        };
        let wanted = "app.service asks for DynamicUser=yes, and it runs as root; for NoNewPrivileges=, \
            and it may still gain privileges: systemctl daemon-reload && ";
        assert!(flaw.is_swapped && flaw.text.starts_with(wanted), "{}", flaw.text);
        assert!(matches!(answer("PrivateTmp=yes"), Err(Missing::Hidden(_))));
        assert_eq!(answer(""), Ok(Answer::Kept));
    }

    /// systemd's own keeps the session that it made, and has no sandbox. Anyone can take its name.
    #[test]
    fn only_systemds_own_session_keeper_is_spared() {
        let answer = |exe: &str| answer_about("(sd-pam)", exe, "NoNewPrivileges=yes");
        for exe in ["/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd-executor (deleted)"] {
            assert_eq!(answer(exe), Ok(Answer::NotAsked));
        }
        assert!(matches!(answer("/opt/app/appd"), Ok(Answer::Broken(_))));
    }
}
