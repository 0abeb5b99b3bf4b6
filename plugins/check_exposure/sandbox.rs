//! `sandbox`: a process of a service lacks what the service's files ask for. A drop-in was added without
//! a restart, or the daemon was started in another way.
//!
//! What is asked for is inherited and cannot be undone, so that children are judged like the main
//! process; all but `User=`, since a program that is setuid root runs as root, rightly.

use std::cell::RefCell;
use std::collections::BTreeMap;

use procwarden::host::unit_file::{Account, Step, UnitFile, UnitFiles};
use procwarden::host::{clock, names};
use procwarden::kernel::cgroup;
use procwarden::kernel::cmdline::{arguments, base_name};
use procwarden::kernel::file::File;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::text::escape;
use procwarden::text::list::listed;

use super::answer::{Answer, Flaw};
use super::inspector::Inspector;

/// A seccomp filter is in force (`SECCOMP_MODE_FILTER`, seccomp(2)).
const FILTERED: u64 = 2;

/// Longest unit name or path shown, in characters.
pub(super) const LONGEST: usize = 80;

/// The services of the host: what their files ask for, and what their processes have in common.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) files: UnitFiles,
    /// The mount that PID 1's `/` is.
    first_mount: Fact<Option<u64>>,
    /// Units of which a process was seen in a mount namespace of its own.
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

    /// Whether a process is in PID 1's mount namespace. It costs a look at each of its mounts, so that it
    /// is asked once for each unit and parent.
    fn is_in_first_namespace(&self, unit: &str, process: &mut Process<'_>) -> Fact<bool> {
        let parent = process.stat()?.ppid;
        let key = (unit.to_owned(), parent);
        // Main processes have the same parent, and may differ.
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
    let worse = runs_as_root(&unit, process)?;
    let is_swapped = worse.is_some();
    let lacks: Vec<_> = worse.into_iter().chain(lacks(services, &name, &unit, process)?).collect();
    if lacks.is_empty() {
        return Ok(Answer::Kept);
    }
    let shown = escape::bounded(name.as_bytes(), LONGEST);
    let (what, remedy) = (lacks.join("; for "), remedy(&shown, &unit, process)?);
    Ok(Answer::Broken(Flaw { text: format!("{shown} asks for {what}: {remedy}"), is_swapped }))
}

/// A file of the service may not be read.
pub(super) const UNREADABLE: Missing =
    Missing::Hidden(Hidden { file: File::UnitFiles, cause: Cause::Denied });

/// The service of the system manager that it belongs to. What is below a user's manager, or is that
/// manager itself, is systemd's own matter.
pub(super) fn service_of(process: &mut Process<'_>) -> Fact<Option<String>> {
    let unit = cgroup::unit(process.cgroup()?);
    let name = unit.and_then(|unit| std::str::from_utf8(unit).ok());
    let is_service = |name: &&str| name.ends_with(".service") && !name.starts_with("user@");
    Ok(name.filter(is_service).map(str::to_owned))
}

/// Whether nothing holds for this process: systemd's own that waits for a session to end (`PAMName=`), a
/// command with `+`, or what another such command of the service runs at this moment.
fn is_spared(unit: &UnitFile, process: &mut Process<'_>) -> Fact<bool> {
    if process.comm()?.as_bytes() == b"(sd-pam)" {
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

/// `User=alice, and it runs as root`: that is worse than what else it may lack.
fn runs_as_root(unit: &UnitFile, process: &mut Process<'_>) -> Fact<Option<String>> {
    let status = process.status()?;
    let has_no_new_privs = status.no_new_privs == Some(true);
    if status.uid.effective != 0 || !(has_no_new_privs || process.stat()?.ppid == 1) {
        return Ok(None);
    }
    Ok(other_user(unit).map(|user| format!("{user} and it runs as root")))
}

/// What else it lacks, each as `PrivateTmp=, and it sees the files of the host`.
fn lacks(
    services: &Services,
    name: &str,
    unit: &UnitFile,
    process: &mut Process<'_>,
) -> Fact<Vec<String>> {
    let asks = &unit.asks;
    let status = process.status()?;
    let mut lacks = Vec::new();
    if let Some(setting) = asks.no_new_privs.filter(|_| status.no_new_privs == Some(false)) {
        lacks.push(format!("{setting}=, and it may still gain privileges"));
    }
    if !asks.seccomp.is_empty() && status.seccomp.is_some_and(|mode| mode != FILTERED) {
        lacks.push(format!("{}, and no system call is filtered", named(&asks.seccomp)));
    }
    let extra = status.bounding.unwrap_or_default().intersection(asks.forbidden);
    // A new user namespace has all of them, for itself.
    if !extra.is_empty() && !process.is_in_own_user_namespace()? {
        let count = extra.to_string().split(", ").count();
        let shown = if count > 3 { format!("{count} capabilities") } else { extra.to_string() };
        lacks.push(format!("a smaller CapabilityBoundingSet=, and it can get {shown}"));
    }
    if !asks.mounts.is_empty() && services.is_in_first_namespace(name, process)? {
        lacks.push(format!("{}, and it sees the files of the host", named(&asks.mounts)));
    }
    Ok(lacks)
}

/// `PrivateTmp=, ProtectSystem= and 5 more`.
fn named(settings: &[&str]) -> String {
    let settings: Vec<_> = settings.iter().map(|setting| format!("{setting}=")).collect();
    listed(&settings, LONGEST)
}

/// `User=alice,`: a user other than root that all its processes should begin as.
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

/// `restart X, /etc/.../10.conf is newer than the process (systemctl daemon-reload first)`.
fn remedy(shown: &str, unit: &UnitFile, process: &mut Process<'_>) -> Fact<String> {
    let (file, changed) = &unit.changed;
    let start = clock::now() - process.age()?;
    Ok(if changed.as_secs_f64() > start {
        let file = escape::path(file);
        format!("restart {shown}, {file} is newer than the process (systemctl daemon-reload first)")
    } else {
        format!("restart {shown}, and see how it was started")
    })
}
