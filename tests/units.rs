//! A unit's processes are found by its control group, which lists them, and wherever that might not
//! tell all, by a walk: the counts are the same. What `scanned` says with `-vv` tells which way it was.
//! A fault is always told by a walk; so what a listing leaves out would show as a false OK of `0-0`.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use support::{
    Answer, Check, Installed, NOBODY, Need, Process, Specimen, can, skipped, unique, unit_top,
    until,
};

/// Groups in version 1's hierarchy make the short way impassable for all.
static VERSION_1: Mutex<()> = Mutex::new(());

/// A control group that is removed with this; what is in it must have ended.
struct Group {
    path: PathBuf,
}

impl Group {
    fn below(parent: &Path, name: &str) -> Self {
        let path = parent.join(name);
        fs::create_dir(&path).unwrap();
        Self { path }
    }

    /// One of a unit that no other test has.
    fn unit(parent: &Path) -> Self {
        Self::below(parent, &format!("{}.service", unique()))
    }

    /// Its own name, which is the unit's.
    fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }

    fn group(&self, name: &str) -> Self {
        Self::below(&self.path, name)
    }

    fn set(&self, file: &str, text: &str) {
        fs::write(self.path.join(file), text).unwrap();
    }

    fn start(&self) -> Process {
        self.start_as(Specimen::called("member"))
    }

    fn start_as(&self, specimen: Specimen) -> Process {
        let join = format!("echo $$ >{}/cgroup.procs && exec \"$0\" \"$@\"", self.path.display());
        specimen.under(&["sh", "-c", &join]).start()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        until("the group is empty", || fs::remove_dir(&self.path).is_ok());
    }
}

/// The root of version 2's hierarchy, if groups can be made there, while version 1 has none.
fn top() -> Option<(PathBuf, MutexGuard<'static, ()>)> {
    let guard = VERSION_1.lock().unwrap_or_else(PoisonError::into_inner);
    can(Need::UnitGroups).then(|| (unit_top().unwrap(), guard))
}

/// How many processes were looked at to find that `unit` has that many.
#[track_caller]
fn looked_at_for(unit: &str, number: usize) -> usize {
    let answer = Check::count(["-vv", &format!("unit={unit}:{number}-{number}")]).run();
    looked_at(answer.code(0))
}

#[track_caller]
fn looked_at(answer: &Answer) -> usize {
    let line = answer.stdout().lines().find_map(|line| line.strip_prefix("scanned ")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

/// That the one process of `unit` is not left out after a shell's `before`, in a mount namespace of
/// its own.
#[track_caller]
fn is_found_after(before: &str, unit: &str) {
    is_found_in("/proc", before, unit);
}

#[track_caller]
fn is_found_in(root: &str, before: &str, unit: &str) {
    let plugin = Installed::link("check_proccount");
    let check = plugin.shell(&["--proc-root", root, &format!("unit={unit}:0-0")]);
    let command = format!("{before} {check}");
    let answer = Check::program("unshare").args(["-m", "sh", "-c", &command]).run();
    answer.critical_with(&format!("unit={unit} 1 (want 0-0)"));
}

#[test]
fn members_of_a_unit_and_no_others_are_looked_at() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let inner = slice.group(&format!("{name}-inner.slice"));
    let unit = inner.group(&format!("{name}@1.service"));
    let escaped = slice.group(&format!("_{name}.cpu.service"));
    let sibling = slice.group("sibling.service");
    let _members = [&unit, &unit].map(|group| group.start_as(Specimen::called(&name)));
    let _strangers = [&sibling, &escaped].map(|group| group.start_as(Specimen::called(&name)));
    assert_eq!(looked_at_for(unit.name(), 2), 2);
    assert_eq!(looked_at_for(&format!("{name}.cpu.service"), 1), 1);
    // By each kind of term, and beside a spec that needs the walk.
    Check::count([format!("unit~^{name}@:2-2")]).run().code(0);
    let unit = format!("unit={},user=root:2-2", unit.name());
    let answer = Check::count(["-vv", &unit, &format!("{name},label=all:4-4")]).run();
    assert!(looked_at(answer.code(0)) > 2 + 4, "{}", answer.stdout());
}

/// Between groups of its own, a unit's processes may move while they are listed.
#[test]
fn a_unit_that_has_groups_is_counted_by_a_walk() {
    let Some((top, _guard)) = top() else { return };
    let unit = Group::unit(&top);
    // systemd's for the commands that control a unit; a listing tends to leave such names out.
    let control = unit.group(".control");
    let [_main, moving] = [unit.start(), control.start()];
    assert!(looked_at_for(unit.name(), 2) > 2);
    let pid = moving.pid().to_string();
    let still = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while still.load(Ordering::Relaxed) {
                unit.set("cgroup.procs", &pid);
                control.set("cgroup.procs", &pid);
            }
        });
        let spec = format!("unit={}:1-1", unit.name());
        let runs: Vec<_> = (0..50).map(|_| Check::count([&spec]).run()).collect();
        still.store(false, Ordering::Relaxed);
        for answer in runs {
            answer.critical_with(&format!("unit={} 2 (want 1-1)", unit.name()));
        }
    });
}

#[test]
fn names_that_begin_with_a_dot_are_no_hiding_place() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!(".{name}.slice"));
    let unit = slice.group(&format!(".{name}.service"));
    let _process = unit.start();
    assert_eq!(looked_at_for(unit.name(), 1), 1);
}

#[test]
fn a_unit_that_has_no_group_has_no_process() {
    let Some((_top, _guard)) = top() else { return };
    assert_eq!(looked_at_for(&format!("{}.service", unique()), 0), 0);
}

#[test]
fn a_user_cannot_pose_as_a_unit() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let manager = Group::below(&top, &format!("{name}@4242.service"));
    let posing = manager.group(&format!("{name}.service"));
    let lair = Group::below(&top, &name);
    let hidden = lair.group(&format!("{name}.service"));
    let _processes = [posing.start(), hidden.start()];
    assert_eq!(looked_at_for(posing.name(), 0), 0);
    assert!(looked_at_for(manager.name(), 1) > 1);
}

#[test]
fn a_group_of_threads_does_not_hide_its_process() {
    let Some((top, _guard)) = top() else { return };
    let unit = Group::unit(&top);
    let threads = unit.group("threads");
    threads.set("cgroup.type", "threaded");
    let process = unit.start();
    threads.set("cgroup.threads", &process.pid().to_string());
    is_found_after("", unit.name());
}

#[test]
fn the_dead_are_not_counted_but_told_and_the_leaderless_are_counted() {
    let Some((top, _guard)) = top() else { return };
    let unit = Group::unit(&top);
    let _parent = unit.start_as(Specimen::called("parent").verb("zombie=member"));
    let _leaderless = unit.start_as(Specimen::called("member").verb("leaderless"));
    let name = unit.name();
    assert_eq!(looked_at_for(name, 2), 2);
    Check::count([format!("unit={name},state=Z:1-1")]).run().code(0);
    let answer = Check::count([format!("unit={name}:3-")]).run();
    answer.critical_with(&format!("unit={name} 2 (want 3-): 1 zombie"));
}

#[test]
fn a_group_that_may_not_be_read_is_walked_around() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let unit = Group::unit(&slice.path);
    let _process = unit.start();
    let as_nobody = || {
        let answer = Check::count([format!("unit={}:0-0", unit.name())]).by_user(NOBODY).run();
        answer.critical_with(&format!("unit={} 1 (want 0-0)", unit.name()));
    };
    as_nobody();
    let done = std::process::Command::new("chmod").arg("700").arg(&slice.path).status().unwrap();
    assert!(done.success());
    as_nobody();
}

/// What the mounts show may be less than there is.
#[test]
fn mounts_that_hide_groups_hide_no_process() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let unit = Group::unit(&slice.path);
    let other = Group::below(&top, &format!("{name}-other.slice"));
    let _process = unit.start();
    let [top, slice, group, other] =
        [&top, &slice.path, &unit.path, &other.path].map(|p| p.display());
    for mount in [
        format!("mount -t tmpfs none {slice}"),
        format!("mount --bind {other} {top}"),
        format!("mount -t tmpfs none {top}"),
        format!("mount --bind /dev/null {group}/cgroup.procs"),
    ] {
        is_found_after(&format!("{mount} &&"), unit.name());
    }
}

/// The kernel lists numbers of our own PID namespace, where a tree may show another's.
#[test]
fn numbers_of_another_namespace_are_not_taken_for_the_trees() {
    let Some((top, _guard)) = top() else { return };
    let unit = Group::unit(&top);
    let _process = unit.start();
    let host = support::open_dir();
    let host = host.path().display().to_string();
    let before = format!("mount --rbind /proc {host} && exec unshare --pid --fork --mount-proc");
    is_found_in(&host, &before, unit.name());
}

/// There, `/proc/PID/cgroup` leaves out the way to our own group.
#[test]
fn units_are_those_of_our_own_control_group_namespace() {
    let Some((top, _guard)) = top() else { return };
    let outer = Group::unit(&top);
    let inner = Group::unit(&outer.path);
    let _process = inner.start();
    let join = format!("echo $$ >{}/cgroup.procs && exec unshare -C", outer.path.display());
    is_found_after(&join, inner.name());
    // In the first namespace it is no unit's name.
    looked_at_for(inner.name(), 0);
}

#[test]
fn units_of_version_1_are_found_by_a_walk() {
    let Some((_, _guard)) = top() else { return };
    let named = Path::new("/sys/fs/cgroup/systemd");
    if !named.join("release_agent").exists() {
        skipped("no version 1 here, and the recorded tree of tests/selector.rs has it");
        return;
    }
    let unit = Group::unit(named);
    let _process = unit.start();
    assert!(looked_at_for(unit.name(), 1) > 1);
    // A mount of it that shows less.
    let leaf = Group::below(named, &unique());
    let other = named.with_file_name("freezer");
    for source in [leaf.path.as_path(), &other] {
        let mount = format!("mount --bind {} {}", source.display(), named.display());
        is_found_after(&format!("{mount} &&"), unit.name());
    }
}
