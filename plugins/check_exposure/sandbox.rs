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
    let Some((what, is_swapped)) = lack(services, &name, &unit, process)? else {
        return Ok(Answer::Kept);
    };
    let shown = escape::bounded(name.as_bytes(), LONGEST);
    let remedy = remedy(&shown, &unit, process)?;
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

/// The first thing that it lacks, the worst first, and whether that is worse than a WARNING.
fn lack(
    services: &Services,
    name: &str,
    unit: &UnitFile,
    process: &mut Process<'_>,
) -> Fact<Option<(String, bool)>> {
    let asks = &unit.asks;
    let status = process.status()?;
    let has_no_new_privs = status.no_new_privs == Some(true);
    if status.uid.effective == 0 && (has_no_new_privs || process.stat()?.ppid == 1) {
        if let Some(user) = other_user(unit) {
            return Ok(Some((format!("{user} and it runs as root"), true)));
        }
    }
    if let Some(setting) = asks.no_new_privs.filter(|_| status.no_new_privs == Some(false)) {
        return Ok(Some((format!("{setting}=, and it may still gain privileges"), false)));
    }
    if let Some(setting) = asks.seccomp.filter(|_| status.seccomp.is_some_and(|it| it != FILTERED))
    {
        return Ok(Some((format!("{setting}=, and no system call is filtered"), false)));
    }
    let extra = status.bounding.unwrap_or_default().intersection(asks.forbidden);
    // A new user namespace has all of them, for itself.
    if !extra.is_empty() && !process.is_in_own_user_namespace()? {
        let count = extra.to_string().split(", ").count();
        let shown = if count > 3 { format!("{count} capabilities") } else { extra.to_string() };
        let what = format!("a smaller CapabilityBoundingSet=, and it can get {shown}");
        return Ok(Some((what, false)));
    }
    if let Some(setting) = asks.mounts {
        if services.is_in_first_namespace(name, process)? {
            return Ok(Some((format!("{setting}=, and it sees the files of the host"), false)));
        }
    }
    Ok(None)
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
