//! How long to wait for what may never answer, and how to do without it.
//!
//! A process that holds its memory's lock blocks every read of its `/proc/PID/cmdline`, a name
//! service may hang, and so may a path on a network's file system. Nothing can wake a thread that is
//! blocked there. So a careful check asks each of these questions on a separate thread, and after some
//! time goes on without the answer.
//!
//! A thread for each question would slow down a scan. So the first scan asks directly, and starts
//! again with care only if it gets stuck. Later reads are careful from the start.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use crate::host::progress::{self, Stage};
use crate::kernel::file::File;

/// The longest wait for one answer.
const LONGEST: Duration = Duration::from_secs(1);

/// Stack of a thread that asks: the C library's name service needs most of it.
const STACK: usize = 256 * 1024;

/// If this many processes of a user do not answer, that user's other processes are not asked.
const MOST_SILENT: usize = 3;

/// When the check has to end.
static END: Mutex<Option<Instant>> = Mutex::new(None);

/// What we ask with care: a bit for each file of a process, and what else.
static CAREFUL: AtomicU32 = AtomicU32::new(0);
static CAREFUL_ELSE: AtomicU32 = AtomicU32::new(0);
const NAMES: u32 = 1;
const PATHS: u32 = 2;
const _: () = assert!(File::ALL.len() <= 32, "each file has a bit");

/// Whether the name service failed to answer. It isn't asked again.
static NAMES_ARE_SILENT: AtomicBool = AtomicBool::new(false);

/// The processes whose file did not answer, by file and user.
static SILENT: Mutex<BTreeMap<(u8, u32), Vec<u32>>> = Mutex::new(BTreeMap::new());

/// The paths that did not answer.
static SILENT_PATHS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Sets when the check has to end, and returns that moment.
pub(crate) fn ends_in(limit: Duration) -> Instant {
    let end = Instant::now() + limit;
    *END.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    end
}

/// The time left until then, if it was set.
pub(crate) fn time_left() -> Option<Duration> {
    let end = *END.lock().unwrap_or_else(PoisonError::into_inner);
    end.map(|end| end.saturating_duration_since(Instant::now()))
}

/// How long to wait for one answer: a second, but no more than a tenth of the time that is left.
pub(crate) fn patience() -> Duration {
    time_left().map_or(LONGEST, |left| LONGEST.min(left / 10))
}

/// From now on asks with care for what is known to block.
pub fn begin_with_care() {
    CAREFUL_ELSE.fetch_or(NAMES | PATHS, Relaxed);
    CAREFUL.fetch_or(bit(File::Cmdline), Relaxed);
}

/// From now on also asks with care for what the check is stuck in. `false` if that can't be asked
/// with care, or already is.
pub(crate) fn avoid(stuck: Stage) -> bool {
    let (careful, culprit) = match stuck {
        Stage::AskingNames => (&CAREFUL_ELSE, NAMES),
        Stage::LookingAtFiles => (&CAREFUL_ELSE, PATHS),
        Stage::Reading(file) => (&CAREFUL, bit(file)),
        _ => return false,
    };
    let is_new = careful.fetch_or(culprit, Relaxed) & culprit == 0;
    if is_new {
        CAREFUL_ELSE.fetch_or(NAMES, Relaxed);
        CAREFUL.fetch_or(bit(File::Cmdline), Relaxed);
    }
    is_new
}

/// Sleeps between two scans. Afterwards we ask once more for what did not answer, and with care:
/// there is time to wait for it, but none to begin again.
pub fn rest(time: Duration) {
    progress::enter(Stage::Waiting);
    thread::sleep(time);
    begin_with_care();
    SILENT.lock().unwrap_or_else(PoisonError::into_inner).clear();
    silent_paths().clear();
}

const fn bit(file: File) -> u32 {
    1 << file as u8
}

/// Whether this file is read with care.
pub(crate) fn is_careful_with(file: File) -> bool {
    CAREFUL.load(Relaxed) & bit(file) != 0
}

/// Asks the name service; `None` if it does not answer, or did not before.
pub(super) fn names<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    if CAREFUL_ELSE.load(Relaxed) & NAMES == 0 {
        return Some(ask());
    }
    if NAMES_ARE_SILENT.load(Relaxed) {
        return None;
    }
    let answer = bounded(ask);
    NAMES_ARE_SILENT.store(answer.is_none(), Relaxed);
    answer
}

/// Reads a file of process `pid`, which is user `uid`'s; `None` if it does not answer, did not
/// before, or is one of many of that user's.
pub(crate) fn file<T: Send + 'static>(
    file: File,
    (pid, uid): (u32, u32),
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let silent = || SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = (file as u8, uid);
    let is_hopeless = |pids: &Vec<u32>| pids.len() >= MOST_SILENT || pids.contains(&pid);
    if silent().get(&place).is_some_and(is_hopeless) {
        return None;
    }
    let answer = bounded(read);
    if answer.is_none() {
        silent().entry(place).or_default().push(pid);
    }
    answer
}

/// Looks at a path that someone else chose; `None` if a dead mount on the way does not answer. Then nothing
/// that lies behind is looked at, and each dead mount costs our patience once. `look` must not record
/// [`progress`].
pub fn path<T: Send + 'static>(
    path: &Path,
    look: impl FnOnce(&Path) -> T + Send + 'static,
) -> Option<T> {
    progress::enter(Stage::LookingAtFiles);
    if CAREFUL_ELSE.load(Relaxed) & PATHS == 0 {
        return Some(look(path));
    }
    if silent_paths().iter().any(|silent| path.starts_with(silent)) {
        return None;
    }
    // How many directories above it have answered.
    let answered = Arc::new(AtomicUsize::new(0));
    let (whole, count) = (path.to_owned(), answered.clone());
    let answer = bounded(move || {
        let mut above: Vec<_> = whole.ancestors().skip(1).collect();
        while let Some(directory) = above.pop() {
            let _ = fs::metadata(directory);
            count.fetch_add(1, Relaxed);
        }
        look(&whole)
    });
    if answer.is_none() {
        let behind = path.ancestors().count() - 1 - answered.load(Relaxed);
        silent_paths().extend(path.ancestors().nth(behind).map(Path::to_owned));
    }
    answer
}

fn silent_paths() -> MutexGuard<'static, Vec<PathBuf>> {
    SILENT_PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` on another thread. Returns `None` if that takes longer than our patience, and leaves
/// the thread behind. If the kernel gives us no thread, we do the work ourselves.
fn bounded<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(work: W) -> Option<T> {
    let (task, tasks) = sync_channel::<W>(1);
    let (answer, answers) = sync_channel(1);
    let thread = move || {
        if let Ok(work) = tasks.recv() {
            // If it comes too late, nobody is listening any more.
            let _ = answer.send(work());
        }
    };
    if Builder::new().stack_size(STACK).spawn(thread).is_err() {
        return Some(work());
    }
    task.send(work).ok()?;
    // Wait in two halves: if the whole machine stood still, that uses up the first one only.
    let half = patience() / 2;
    match answers.recv_timeout(half) {
        Err(RecvTimeoutError::Timeout) => answers.recv_timeout(half).ok(),
        answer => answer.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_left_behind() {
        let begun = Instant::now();
        assert_eq!(bounded(|| thread::sleep(Duration::from_secs(60))), None);
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(bounded(|| 7), Some(7));
    }

    #[test]
    fn after_three_of_a_user_the_others_are_not_asked() {
        let stuck = || thread::sleep(Duration::from_secs(60));
        let ask = |pid, uid| file(File::Threads, (pid, uid), stuck).is_some();
        assert_eq!([1, 2, 3].map(|pid| ask(pid, 70_001)), [false; 3]);
        assert_eq!(file(File::Threads, (4, 70_001), || 7), None);
        assert_eq!(file(File::Threads, (4, 70_002), || 7), Some(7));
        assert_eq!(file(File::Comm, (4, 70_001), || 7), Some(7));
    }
}
