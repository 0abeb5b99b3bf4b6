//! `User=` and `Group=`, for the rule `sandbox`: whether a service runs as someone else than its files say.
//!
//! Only the process that systemd started is judged. Those below it may start as others by a set-user-ID
//! program such as sudo.

use procwarden::host::names;
use procwarden::host::unit_file::{Account, Step, UnitFile};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::text::escape;

use super::sandbox::{LONGEST, runs};

/// `User=alice, and it runs as root`: worse than everything else it may lack.
pub(super) fn root(unit: &UnitFile, process: &mut Process<'_>) -> Fact<Option<String>> {
    let status = process.status()?;
    // Without new privileges, none can become root by a set-user-ID program.
    let counts = status.no_new_privs == Some(true) || is_main(unit, process)?;
    // A daemon of root's may take another user's rights for a while (seteuid(2)).
    let is_root = status.uid.effective == 0 || status.uid.real == 0;
    if !is_root || !counts {
        return Ok(None);
    }
    let Some(user) = user(unit) else { return Ok(None) };
    let is_roots = runs(unit, process, |command| command.keeps_root)?;
    Ok((!is_roots).then(|| format!("{user} and it runs as root")))
}

/// `User=alice, and it runs as bob`, or the same of its group. A set-user-ID program changes only the
/// effective user.
pub(super) fn another(unit: &UnitFile, process: &mut Process<'_>) -> Fact<Option<String>> {
    let (asks, status) = (&unit.asks, process.status()?);
    let Some(Account::Named(name)) = &asks.account else { return Ok(None) };
    let is_open = asks.is_user_open || user(unit).is_none();
    if is_open || status.uid.real == 0 || !is_main(unit, process)? {
        return Ok(None);
    }
    let (uid, gid) = (status.uid.real, status.gid.real);
    if names::uid(name).is_ok_and(|asked| asked.is_some_and(|asked| asked != uid)) {
        let actual = shown(&names::user(uid));
        return Ok(Some(format!("User={}, and it runs as {actual}", shown(name))));
    }
    let Some(name) = &asks.group else { return Ok(None) };
    if names::gid(name).is_ok_and(|asked| asked.is_some_and(|asked| asked != gid)) {
        let actual = shown(&names::group(gid));
        return Ok(Some(format!("Group={}, and its group is {actual}", shown(name))));
    }
    Ok(None)
}

/// Whether systemd started it. What a command of the service left behind is PID 1's child, too, but
/// systemd gives each command a session of its own (setsid(2)). If the first process is meant to end, any
/// child of PID 1 stands for it.
fn is_main(unit: &UnitFile, process: &mut Process<'_>) -> Fact<bool> {
    if process.parent()? != Pid(1) {
        return Ok(false);
    }
    let ends = unit.asks.is_forking || unit.asks.is_oneshot;
    Ok(ends || process.stat()?.session == process.pid().0)
}

/// `User=alice,`: the user as whom all its processes should start, if not root.
fn user(unit: &UnitFile) -> Option<String> {
    let mut starts = unit.asks.commands.iter().filter(|command| command.step == Step::Start);
    if starts.any(|command| command.keeps_root) {
        return None;
    }
    match unit.asks.account.as_ref()? {
        Account::Dynamic => Some("DynamicUser=yes,".into()),
        Account::Named(user) => match names::uid(user) {
            Ok(Some(0)) => None,
            Ok(None) => Some(format!("User={}, which does not exist,", shown(user))),
            // Another name of root's would be in /etc/passwd, which is asked first.
            Ok(Some(_)) | Err(_) => Some(format!("User={},", shown(user))),
        },
        Account::Unknown => None,
    }
}

fn shown(name: &str) -> String {
    escape::bounded(name.as_bytes(), LONGEST)
}
