//! What the tests of `check_proccpu` are written in: checks that judge one process alone, however
//! busy the machine is with others, and a meter that says what the process itself used meanwhile.

#![allow(dead_code, reason = "every test file uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use regex::Regex;

use crate::support::{Answer, Check, Tree};

/// `check_proccpu` with these arguments.
pub(crate) fn check(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Check {
    Check::plugin("check_proccpu").args(args)
}

/// `check_proccpu` that judges only what has this name.
pub(crate) fn only(name: &str, args: &[&str]) -> Check {
    check(["-t", "60", "--only", &format!("name={name}")]).args(args)
}

/// `check_proccpu` on a recorded tree; no shorter window can be had.
pub(crate) fn recorded(tree: &Tree, args: &[&str]) -> Check {
    let root = ["--proc-root".as_ref(), tree.path().as_os_str()];
    check(root).args(["-t", "60", "--over", "0.1s"]).args(args)
}

/// The percentage that a detail line gives to a process, and the seconds it is over.
#[track_caller]
pub(crate) fn share(answer: &Answer, pid: u32) -> (f64, f64) {
    let mark = format!(": pid {pid} ");
    let line = answer.lines().into_iter().skip(1).find(|line| line.contains(&mark));
    let line = line.unwrap_or_else(|| panic!("no line about {pid}\n{answer}"));
    let (measure, _) = line.split_once(&mark).unwrap();
    let measure = measure.rsplit(": ").next().unwrap();
    let (percent, rest) = measure.split_once('%').unwrap();
    let seconds = rest.split(' ').find_map(|word| word.parse().ok());
    (percent.parse().unwrap(), seconds.unwrap())
}

/// The window in which nothing happened, in seconds as told: a busy machine makes it longer than it
/// was asked for.
#[track_caller]
pub(crate) fn idle_window(answer: &Answer) -> &str {
    let told = Regex::new(r"\b0\.0% over ([0-9.]+) s").unwrap().captures(answer.stdout());
    told.unwrap_or_else(|| panic!("no window\n{answer}")).get(1).unwrap().as_str()
}

/// A little less than the window that a line tells, which is rounded.
pub(crate) fn at_least(seconds: f64) -> f64 {
    seconds - if seconds < 10.0 { 0.05 } else { 0.5 }
}

/// The value of a perfdata item, without its unit.
#[track_caller]
pub(crate) fn value(answer: &Answer, label: &str) -> f64 {
    let items = answer.items();
    let item = items.iter().find(|(name, _)| *name == label);
    let (_, text) = item.unwrap_or_else(|| panic!("no {label}\n{answer}"));
    let number = text.split([';', '%']).next().unwrap();
    number.parse().unwrap()
}

/// What is metered.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    /// `CLOCK_PROCESS_CPUTIME_ID` of the process, all its threads.
    Itself,
    /// The same and `cutime` and `cstime`: the children that it has waited for.
    Family,
}

/// Reads a process's own clock all the time, to know what it used in any window.
pub(crate) struct Meter {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(f64, f64)>>,
}

impl Meter {
    pub(crate) fn start(pid: u32, of: Of) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        // Before the window begins, however late the thread does.
        let mut log: Vec<_> = used(pid, of).map(|cpu| (now(), cpu)).into_iter().collect();
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                log.extend(used(pid, of).map(|cpu| (now(), cpu)));
                std::thread::sleep(Duration::from_millis(4));
            }
            log.extend(used(pid, of).map(|cpu| (now(), cpu)));
            log
        });
        Self { stop, thread }
    }

    /// The lowest and the highest percentage that any window of this many seconds may have had,
    /// which began and ended while the meter ran. Where the meter itself got no CPU for a while,
    /// they lie further apart.
    pub(crate) fn stop(self, seconds: f64) -> (f64, f64) {
        self.stop.store(true, Ordering::Relaxed);
        let log = self.thread.join().expect("the meter");
        let mut bounds = (f64::MAX, f64::MIN);
        // A window begins between two readings, and ends between two others.
        for pair in log.windows(2) {
            let [(early, most), (late, least)] = [pair[0], pair[1]];
            let after = log.iter().find(|(at, _)| *at >= late + seconds);
            let before = log.iter().rfind(|(at, _)| *at <= early + seconds);
            let (Some(after), Some(before)) = (after, before) else {
                break;
            };
            let percent = |from: f64, to: f64| 100.0 * (to - from).max(0.0) / seconds;
            bounds = (bounds.0.min(percent(least, before.1)), bounds.1.max(percent(most, after.1)));
        }
        assert!(bounds.0 <= bounds.1, "the meter ran for less than {seconds} s");
        bounds
    }
}

/// Seconds of the monotonic clock.
pub(crate) fn now() -> f64 {
    read(libc::CLOCK_MONOTONIC).expect("the clock")
}

/// Seconds of CPU time so far, while the process lives.
pub(crate) fn used(pid: u32, of: Of) -> Option<f64> {
    let mut clock = 0;
    let id = libc::pid_t::try_from(pid).expect("a pid");
    // SAFETY: the pointer is to a clock id that outlives the call.
    if unsafe { libc::clock_getcpuclockid(id, &raw mut clock) } != 0 {
        return None;
    }
    let own = read(clock)?;
    match of {
        Of::Itself => Some(own),
        Of::Family => Some(own + waited_for(pid)?),
    }
}

fn read(clock: libc::clockid_t) -> Option<f64> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the pointer is to room for the answer, which is read only if it was written.
    let time = unsafe {
        if libc::clock_gettime(clock, time.as_mut_ptr()) != 0 {
            return None;
        }
        time.assume_init()
    };
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

fn waited_for(pid: u32) -> Option<f64> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / 100.0)
}
