//! A unit's processes are found by its control group, which lists them, and wherever that might not
//! tell all, by a walk: the counts are the same. What `scanned` says with `-vv` tells which way it was.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use support::{Answer, Check, Installed, NOBODY, Need, Process, Specimen, can, unique, until};

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

    fn group(&self, name: &str) -> Self {
        Self::below(&self.path, name)
    }

    fn set(&self, file: &str, text: &str) {
        fs::write(self.path.join(file), text).unwrap();
    }

    fn start(&self, name: &str, verb: Option<&str>) -> Process {
        let join = format!("echo $$ >{}/cgroup.procs && exec \"$0\" \"$@\"", self.path.display());
        let mut specimen = Specimen::called(name).under(&["sh", "-c", &join]);
        if let Some(verb) = verb {
            specimen = specimen.verb(verb);
        }
        specimen.start()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        until("the group is empty", || fs::remove_dir(&self.path).is_ok());
    }
}

/// The root of version 2's hierarchy, if the machine has it and version 1 has no unit.
fn top() -> Option<(PathBuf, MutexGuard<'static, ()>)> {
    let guard = VERSION_1.lock().unwrap_or_else(PoisonError::into_inner);
    let top = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].into_iter().map(PathBuf::from);
    let is_root = |top: &PathBuf| {
        top.join("cgroup.controllers").exists() && !top.join("cgroup.type").exists()
    };
    can(Need::UnitGroups).then(|| (top.clone().find(is_root).unwrap(), guard))
}

/// How many of `unit` there are, and how many processes were looked at for it.
#[track_caller]
fn found(unit: &str, number: usize) -> usize {
    let answer = Check::count(["-vv", &format!("unit={unit}:{number}-{number}")]).run();
    answer.code(0);
    looked_at(&answer)
}

#[track_caller]
fn looked_at(answer: &Answer) -> usize {
    let line = answer.stdout().lines().find_map(|line| line.strip_prefix("scanned ")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn members_of_a_unit_and_of_the_groups_in_it_and_no_others_are_looked_at() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let inner = slice.group(&format!("{name}-inner.slice"));
    let unit = inner.group(&format!("{name}@1.service"));
    let sub = unit.group("sub");
    let deep = sub.group("deep.scope");
    let sibling = slice.group("sibling.service");
    let _main = [unit.start(&name, None), sub.start(&name, None), deep.start(&name, None)];
    let _stranger = sibling.start(&name, None);
    let unit = format!("{name}@1.service");
    assert_eq!(found(&unit, 3), 3);
    // By each kind of term, and beside a spec that needs the walk.
    Check::count([format!("unit~^{name}@:3-3")]).run().code(0);
    let args = ["-vv", &format!("unit={unit},user=root:3-3"), &format!("{name},label=all:4-4")];
    let answer = Check::count(args).run();
    answer.code(0);
    assert!(looked_at(&answer) > 3 + 4, "{}", answer.stdout());
}

#[test]
fn a_unit_that_has_no_group_has_no_process() {
    let Some((_top, _guard)) = top() else { return };
    assert_eq!(found(&format!("{}.service", unique()), 0), 0);
}

#[test]
fn a_user_cannot_pose_as_a_unit() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let manager = Group::below(&top, &format!("{name}@4242.service"));
    let posing = manager.group(&format!("{name}.service"));
    let lair = Group::below(&top, &name);
    let hidden = lair.group(&format!("{name}.service"));
    let _processes = [posing.start(&name, None), hidden.start(&name, None)];
    assert_eq!(found(&format!("{name}.service"), 0), 0);
    assert_eq!(found(&format!("{name}@4242.service"), 1), 1);
}

#[test]
fn a_group_of_threads_does_not_hide_its_process() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let unit = Group::below(&top, &format!("{name}.service"));
    let threads = unit.group("threads");
    threads.set("cgroup.type", "threaded");
    let process = unit.start(&name, None);
    threads.set("cgroup.threads", &process.pid().to_string());
    assert_eq!(found(&format!("{name}.service"), 1), 1);
}

#[test]
fn the_dead_are_not_counted_and_the_leaderless_are() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let unit = Group::below(&top, &format!("{name}.service"));
    let _parent = unit.start("specimen", Some(&format!("zombie={name}")));
    let _leaderless = unit.start(&name, Some("leaderless"));
    assert_eq!(found(&format!("{name}.service"), 2), 2);
    Check::count([format!("unit={name}.service,state=Z:1-1")]).run().code(0);
}

#[test]
fn a_group_that_may_not_be_read_is_walked_around() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let unit = slice.group(&format!("{name}.service"));
    let _process = unit.start(&name, None);
    let as_nobody = || {
        let answer = Check::count(["-vv", &format!("unit={name}.service:1-1")]).by_user(NOBODY);
        looked_at(answer.run().code(0))
    };
    assert_eq!(as_nobody(), 1);
    let done = std::process::Command::new("chmod").arg("700").arg(&slice.path).status().unwrap();
    assert!(done.success());
    assert!(as_nobody() > 1);
}

/// What the mounts show may be less than there is.
#[test]
fn mounts_that_hide_groups_hide_no_process() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let slice = Group::below(&top, &format!("{name}.slice"));
    let unit = slice.group(&format!("{name}.service"));
    let other = Group::below(&top, "procwarden-other.slice");
    let _process = unit.start(&name, None);
    let plugin = Installed::link("check_proccount");
    let plugin = plugin.shell(&["-vv", &format!("unit={name}.service:1-1")]);
    let (top, slice, other) = (top.display(), slice.path.display(), other.path.display());
    for mount in [
        format!("mount -t tmpfs none {slice}"),
        format!("mount --bind {other} {top}"),
        format!("mount -t tmpfs none {top}"),
    ] {
        let command = format!("{mount} && {plugin}");
        let answer = Check::program("unshare").args(["-m", "sh", "-c", &command]).run();
        assert!(looked_at(answer.code(0)) > 1, "{mount}");
    }
}

/// The kernel lists numbers of our own PID namespace, where a tree may show another's.
#[test]
fn numbers_of_another_namespace_are_not_taken_for_the_trees() {
    let Some((top, _guard)) = top() else { return };
    let name = unique();
    let unit = Group::below(&top, &format!("{name}.service"));
    let _process = unit.start(&name, None);
    let host = support::open_dir();
    let host = host.path().display();
    let plugin = Installed::link("check_proccount");
    let plugin =
        plugin.shell(&["--proc-root", &host.to_string(), &format!("unit={name}.service:1-1")]);
    let command =
        format!("mount --rbind /proc {host} && exec unshare --pid --fork --mount-proc {plugin}");
    Check::program("unshare").args(["-m", "sh", "-c", &command]).run().code(0);
}

#[test]
fn units_of_version_1_are_found_by_a_walk() {
    let Some((_, _guard)) = top() else { return };
    let named = Path::new("/sys/fs/cgroup/systemd");
    if !named.join("cgroup.procs").exists() {
        println!("SKIPPED: no version 1 here, and the recorded tree of tests/selector.rs has it");
        return;
    }
    let name = unique();
    let unit = Group::below(named, &format!("{name}.service"));
    let _process = unit.start(&name, None);
    assert!(found(&format!("{name}.service"), 1) > 1);
}
