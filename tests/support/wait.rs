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
    let mut sleep = Sleep::of(pid);
    until("every thread of the check sleeps", || {
        assert!(!sleep.is_over(), "the check ended too early");
        sleep.is_sound()
    });
}

/// Tells a process whose threads all sleep from one whose threads take turns.
pub(crate) struct Sleep {
    pid: u32,
    /// How often each thread had gone to sleep at the last look.
    before: Vec<String>,
}

impl Sleep {
    pub(crate) const fn of(pid: u32) -> Self {
        Self { pid, before: Vec::new() }
    }

    /// True if each thread sleeps, and did not wake since the last look. One look reads the threads one
    /// after the other, and each may be asleep just when it is read.
    pub(crate) fn is_sound(&mut self) -> bool {
        let of_sleep = |line: &&str| line.starts_with("State:") || line.contains("ctxt_switches:");
        let threads = self.threads().into_iter();
        let now: Vec<String> =
            threads.map(|status| status.lines().filter(of_sleep).collect()).collect();
        let is_sound = now == self.before && now.iter().all(|it| it.starts_with("State:\tS"));
        self.before = now;
        is_sound && !self.before.is_empty()
    }

    /// True if the process has ended, whether or not anyone has waited for it.
    pub(crate) fn is_over(&self) -> bool {
        self.threads().iter().all(|status| status.contains("\nState:\tZ"))
    }

    /// True if it was stopped by a signal.
    pub(crate) fn is_stopped(&self) -> bool {
        self.threads().iter().all(|status| status.contains("\nState:\tT"))
    }

    /// The `status` of each thread.
    fn threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten();
        let read = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).ok();
        tasks.flatten().filter_map(read).collect()
    }
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
