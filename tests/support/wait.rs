//! Waiting for a condition, never for a while.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far above what anything takes, even on a machine that is busy with other tests.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// Waits until `condition` holds, and fails after [`BOUND`].
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    until_some(what, || condition().then_some(()));
}

/// Waits until there is something, and hands it over.
#[track_caller]
pub(crate) fn until_some<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < BOUND, "gave up waiting until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until no thread of a process runs or wants to: a check that was started with `--recheck`
/// is then between two scans.
#[track_caller]
pub(crate) fn until_asleep(pid: u32) {
    until("every thread of the check sleeps", || {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the check ended too early");
        tasks.flatten().all(|task| {
            let stat = fs::read(task.path().join("stat")).unwrap_or_default();
            let after_name = stat.iter().rposition(|&b| b == b')').map_or(0, |at| at + 2);
            stat.get(after_name) == Some(&b'S')
        })
    });
}

/// A check that sleeps, whoever started it; killed in the end.
pub(crate) struct Sleeping(u32);

impl Sleeping {
    /// Waits until the check whose arguments hold `args~MARK` sleeps.
    #[track_caller]
    pub(crate) fn check(mark: &str) -> Self {
        let is_it = |dir: &Path| {
            let read = |file: &str| fs::read(dir.join(file)).unwrap_or_default();
            read("comm").starts_with(b"check_")
                && String::from_utf8_lossy(&read("cmdline")).contains(&format!("args~{mark}"))
        };
        let pid = until_some("the other check runs", || {
            let processes = fs::read_dir("/proc").expect("/proc").flatten();
            let check = processes.map(|entry| entry.path()).find(|dir| is_it(dir))?;
            check.file_name()?.to_str()?.parse().ok()
        });
        until_asleep(pid);
        Self(pid)
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        let pid = libc::pid_t::try_from(self.0).expect("a pid");
        // SAFETY: a signal to a process that sleeps for far longer than the test runs.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}

/// Seconds since a process started, by the kernel's own clock.
pub(crate) fn age(pid: u32) -> f64 {
    let stat = fs::read(format!("/proc/{pid}/stat")).expect("stat");
    let stat = String::from_utf8_lossy(&stat);
    let fields: Vec<&str> = stat[stat.rfind(')').expect("a name") + 2..].split(' ').collect();
    let start: f64 = fields[19].parse().expect("starttime");
    let uptime = fs::read_to_string("/proc/uptime").expect("uptime");
    let uptime: f64 = uptime.split(' ').next().expect("a number").parse().expect("uptime");
    // SAFETY: sysconf() only reads a constant of the system.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    uptime - start / f64::from(i32::try_from(ticks).expect("ticks"))
}
