//! `check_proccpu --since-last`: what one run leaves for the next, and everything that may have
//! become of it. Whatever it is, the check samples here instead, says so, and stays OK on a machine
//! that is well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod cpu;
mod support;

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use procwarden::plugin::state_file::fingerprint;

use cpu::{Meter, Of, check, idle_window, only, share};
use support::tree::{Recorded, TICKS, UPTIME};
use support::{Answer, Check, Need, Specimen, Tree, can, fifo, open_dir, unique, until};

/// A recorded machine on which nothing burns, and a place for the state.
struct World {
    tree: Tree,
    base: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let tree = Tree::new();
        tree.add(&Recorded::new(7, "idle")).add(&Recorded::new(8, "idle"));
        Self { tree, base: open_dir() }
    }

    /// The arguments of the check, always the same.
    fn args(&self, over: &str) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut args: Vec<String> =
            ["-t", "60", "-c", "50", "--since-last", "--over", over].map(str::to_owned).into();
        args.extend(["--proc-root".to_owned(), text(self.tree.path())]);
        args.extend(["--state-dir".to_owned(), text(self.base.path())]);
        args
    }

    fn check(&self) -> Check {
        check(self.args("0.1s"))
    }

    /// A run that finds everything well and nothing to complain about.
    #[track_caller]
    fn goes_by_the_last_check(&self) {
        let answer = self.check().run();
        answer.code(0).lacks("sampled here").lacks("cannot keep").line_count(1);
    }

    /// A run that can't go by what was kept, for a reason that it tells.
    #[track_caller]
    fn samples(&self, why: &str) -> Answer {
        let answer = self.check().run();
        answer.code(0).has(&format!("; sampled here: {why}"));
        answer
    }

    /// The directory of this user's.
    fn dir(&self) -> PathBuf {
        // SAFETY: geteuid() cannot fail and touches no memory.
        self.base.path().join(unsafe { libc::geteuid() }.to_string())
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(self.dir()).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The one file that is kept.
    #[track_caller]
    fn file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    /// Keeps a sample, and gives the place of it.
    fn kept(&self) -> PathBuf {
        self.samples("nothing was kept yet");
        self.file()
    }
}

/// A state file taken apart: the words of its first line, and the rest.
struct Kept {
    words: Vec<String>,
    payload: Vec<u8>,
}

impl Kept {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let end = end.expect("a whole first line");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        Self {
            words: head.split(' ').map(str::to_owned).collect(),
            payload: bytes[end + 1..].to_vec(),
        }
    }

    fn sum(&self) -> String {
        format!("{:016x}", fingerprint(&self.payload))
    }

    fn is_whole(&self) -> bool {
        self.words[4] == self.payload.len().to_string() && self.words[5] == self.sum()
    }

    /// Moves the moment of the sample, as if it had been taken earlier or later; by the machine's own
    /// clock not before it booted, and by the tree's all the way.
    fn shift(&mut self, seconds: i64) {
        for clock in self.payload[..16].chunks_exact_mut(8) {
            let nanos = u64::from_le_bytes(clock.try_into().unwrap());
            let moved = nanos.saturating_add_signed(seconds * 1_000_000_000);
            clock.copy_from_slice(&moved.to_le_bytes());
        }
        self.words[5] = self.sum();
    }

    fn write(&self, path: &Path) {
        let bytes = [self.words.join(" ").as_bytes(), b"\n", &self.payload].concat();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn the_first_run_samples_and_the_next_goes_by_it() {
    let world = World::new();
    let file = world.kept();
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&world.dir())), (0o600, 0o700));
    assert!(Kept::read(&file).is_whole());
    world.goes_by_the_last_check();
}

/// Told by the clock: a sampling run takes 20 s, this one does not.
#[test]
fn a_run_that_goes_by_the_last_does_not_wait() {
    let world = World::new();
    check(world.args("20s")).run().code(0);
    let mut kept = Kept::read(&world.file());
    kept.shift(-61);
    kept.write(&world.file());
    let start = cpu::now();
    let answer = check(world.args("20s")).run();
    assert!(cpu::now() - start < 20.0, "it waited\n{answer}");
    answer.code(0).lacks("sampled here");
    let seconds: f64 = idle_window(&answer).parse().unwrap();
    assert!((61.0..120.0).contains(&seconds), "{answer}");
}

#[test]
fn a_named_directory_that_is_not_there_is_no_place_to_begin() {
    let dir = open_dir();
    let absent = dir.path().join("absent");
    let args = ["-c", "50", "--since-last", "--state-dir", absent.to_str().unwrap()];
    check(args.map(str::to_owned).to_vec()).run().code(3).has("make this directory");
    assert!(!absent.exists());
}

#[test]
fn the_share_is_over_the_time_since_the_last_check() {
    let name = unique();
    let base = open_dir();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let args = ["-c", "0", "--since-last", "--over", "1s", "--state-dir"];
    let run = || only(&name, &args).arg(base.path()).run();
    run().has("sampled here");
    let meter = Meter::start(burner.pid(), Of::Itself);
    let start = cpu::now();
    run();
    until("some seconds have passed", || cpu::now() - start > 4.0);
    let answer = run();
    let (percent, seconds) = share(&answer, burner.pid());
    let (low, high) = meter.stop(seconds - 0.1);
    assert!((2.0..60.0).contains(&seconds), "{answer}");
    let agree = (low - 2.0..=high + 2.0).contains(&percent);
    assert!(agree, "{percent} of {low} to {high}\n{answer}");
}

/// Two runs one after the other: milliseconds are no window, a tick would be a spike.
#[test]
fn a_window_is_never_shorter_than_over() {
    let world = World::new();
    let run = || check(world.args("2s")).run();
    let start = cpu::now();
    run();
    let answer = run();
    assert!(cpu::now() - start >= 4.0, "it did not wait for the rest\n{answer}");
    let seconds: f64 = idle_window(&answer).parse().unwrap();
    assert!(seconds >= 2.0, "{answer}");
    answer.lacks("sampled here");
}

#[test]
fn a_pid_that_was_reused_since_is_another_process() {
    let world = World::new();
    let check = || world.check().args(["--min-age", "0"]);
    check().run().has("sampled here");
    let mut kept = Kept::read(&world.file());
    kept.shift(-61);
    kept.write(&world.file());
    // A second of CPU: little of a minute, and all of the life that has just begun.
    let mut other = Recorded::new(7, "other");
    other.start = UPTIME * TICKS;
    other.times = [TICKS, 0];
    world.tree.remove(7);
    world.tree.add(&other);
    check().run().code(2).has("of life").lacks("sampled here");
}

#[test]
fn a_reboot_in_between_is_no_alarm() {
    let world = World::new();
    let file = world.kept();
    let mut kept = Kept::read(&file);
    kept.words[3] = "00000000-0000-0000-0000-000000000000/1/1".into();
    kept.write(&file);
    world.samples("what was kept is from before the last boot");
    world.goes_by_the_last_check();
}

/// A start is told in ticks since boot. When that was by the wall clock changes with the clock.
#[test]
fn a_clock_that_was_set_in_between_is_no_matter() {
    let world = World::new();
    world.kept();
    let stat = world.tree.path().join("stat");
    let text = fs::read_to_string(&stat).unwrap();
    fs::write(&stat, text.replacen("btime 1700000000", "btime 1600000000", 1)).unwrap();
    world.goes_by_the_last_check();
}

#[test]
fn a_cpu_time_that_goes_back_is_no_share() {
    let world = World::new();
    let used = |ticks| {
        world.tree.remove(7);
        world.tree.add(&Recorded { times: [ticks, ticks], ..Recorded::new(7, "idle") });
    };
    used(TICKS * 1000);
    world.kept();
    used(TICKS * 999);
    let answer = world.check().run();
    answer.code(0).lacks("sampled here").lacks("=-").has("=0%");
}

#[test]
fn a_sample_too_old_or_from_the_future_does_not_count() {
    let world = World::new();
    let file = world.kept();
    for (seconds, why) in [(-901, "s old (--max-gap 900 s)"), (100, "is from the future")] {
        let mut kept = Kept::read(&file);
        kept.shift(seconds);
        kept.write(&file);
        world.check().run().code(0).has("sampled here: ").has(why);
        world.goes_by_the_last_check();
    }
    let mut kept = Kept::read(&file);
    kept.shift(-800);
    kept.write(&file);
    world.goes_by_the_last_check();
}

#[test]
fn what_is_not_what_we_wrote_is_not_believed() {
    let world = World::new();
    let file = world.kept();
    let whole = fs::read(&file).unwrap();
    let version = |at: usize, word: &str| {
        let mut kept = Kept::read(&file);
        kept.words[at] = word.into();
        [kept.words.join(" ").as_bytes(), b"\n", &kept.payload].concat()
    };
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 0x80;
    let other_version = version(1, "99");
    let other_format = version(2, "cpu-sample-99");
    // Well-formed to the last byte, but no sample.
    let mut odd = Kept::read(&file);
    odd.payload.truncate(20);
    odd.words[4] = "20".into();
    odd.words[5] = odd.sum();
    let odd = [odd.words.join(" ").as_bytes(), b"\n", &odd.payload].concat();
    let cases: [(&[u8], &str); 8] = [
        (b"", "is damaged"),
        (b"garbage\n\0\xff", "is damaged"),
        (&[b'x'; 5000], "is damaged"),
        (&whole[..whole.len() - 1], "is damaged"),
        (&flipped, "is damaged"),
        (&odd, "is damaged"),
        (&other_version, "is of another version"),
        (&other_format, "is of another version"),
    ];
    for (bytes, why) in cases {
        fs::write(&file, bytes).unwrap();
        world.samples(&format!("what was kept {why}"));
        world.goes_by_the_last_check();
    }
}

#[test]
fn a_huge_file_is_not_read() {
    let world = World::new();
    let file = world.kept();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(1 << 40).unwrap();
    world.samples("what was kept can't be used: it is too large");
    world.goes_by_the_last_check();
    assert!(fs::metadata(&file).unwrap().len() < 10_000);
}

#[test]
fn hostile_files_in_its_place_are_neither_read_nor_written() {
    let world = World::new();
    let file = world.kept();
    let secret = world.base.path().join("secret");
    fs::rename(&file, &secret).unwrap();
    let before = fs::read(&secret).unwrap();
    symlink(&secret, &file).unwrap();
    world.samples("what was kept can't be used: it is a symbolic link");
    assert_eq!(fs::read(&secret).unwrap(), before, "written through the link");
    world.goes_by_the_last_check();

    fs::remove_file(&file).unwrap();
    fifo(&file);
    world.samples("what was kept can't be used: it is no regular file");
    assert!(!fs::symlink_metadata(&file).unwrap().file_type().is_fifo());
    world.goes_by_the_last_check();

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    world.samples("what was kept can't be used: it is not this user's alone");
    world.goes_by_the_last_check();

    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    world.samples("what was kept can't be used: it is no regular file").has("cannot keep a sample");
    fs::remove_dir(&file).unwrap();
    world.samples("nothing was kept yet");
    world.goes_by_the_last_check();
}

#[test]
fn hostile_files_in_the_place_of_the_draft_are_not_followed() {
    let world = World::new();
    let file = world.kept();
    let draft =
        file.with_file_name(format!("{}.draft", file.file_name().unwrap().to_string_lossy()));
    let victim = world.base.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &draft).unwrap();
    world.goes_by_the_last_check();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    fifo(&draft);
    world.goes_by_the_last_check();
    fs::write(&draft, "what a killed run left").unwrap();
    world.goes_by_the_last_check();
    world.file();
    fs::create_dir(&draft).unwrap();
    world.check().run().code(0).has("cannot keep a sample for the next check");
}

#[test]
fn a_directory_that_is_not_ours_alone_is_not_used() {
    let world = World::new();
    let elsewhere = world.base.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(&elsewhere, world.dir()).unwrap();
    world.samples("there is no place to keep anything").has("cannot keep a sample");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    fs::remove_file(world.dir()).unwrap();
    fs::create_dir(world.dir()).unwrap();
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o777)).unwrap();
    world.samples("there is no place to keep anything").has("chmod 700");
    fs::remove_dir(world.dir()).unwrap();
    fs::write(world.dir(), "a file").unwrap();
    world.samples("there is no place to keep anything");
    if can(Need::Root) {
        fs::remove_file(world.dir()).unwrap();
        fs::create_dir(world.dir()).unwrap();
        fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(world.dir(), Some(support::NOBODY), None).unwrap();
        world.samples("there is no place to keep anything").has("it belongs to UID 65534");
    }
}

#[test]
fn each_set_of_options_and_each_user_has_a_window_of_its_own() {
    let world = World::new();
    world.kept();
    world.check().args(["-w", "40"]).run().has("sampled here");
    assert_eq!(world.files().len(), 2);
    // Told in more words it is the same check.
    world.check().args(["-vv"]).run().lacks("sampled here");
    world.check().args(["--mon"]).run();
    assert_eq!(world.files().len(), 2);
    if can(Need::Root) {
        fs::set_permissions(world.base.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        world.check().by_user(support::NOBODY).run().code(0).has("sampled here");
        let theirs = world.base.path().join(support::NOBODY.to_string());
        assert_eq!(fs::read_dir(theirs).unwrap().count(), 1);
    }
}

#[test]
fn the_place_comes_from_the_environment_unless_it_is_reported() {
    let world = World::new();
    let args = &world.args("0.1s")[..9];
    let (monitoring, xdg) = (open_dir(), open_dir());
    let told = || check(args).env("MP_STATE_PATH", monitoring.path());
    told().run().has("sampled here: nothing was kept yet");
    told().run().lacks("sampled here");
    assert_eq!(fs::read_dir(monitoring.path()).unwrap().count(), 1);
    if can(Need::Root) {
        fs::set_permissions(xdg.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let plain = || check(args).by_user(support::NOBODY).env("MP_STATE_PATH", "");
        let of_xdg = || plain().env("XDG_STATE_HOME", xdg.path());
        if Path::new("/var/lib/procwarden").exists() {
            return;
        }
        of_xdg().run().has("sampled here: nothing was kept yet");
        of_xdg().run().lacks("sampled here");
        assert!(xdg.path().join("procwarden/65534").is_dir());
        // A user without a home that exists, as monitoring agents have.
        let homeless = plain().env("HOME", "/nonexistent").run();
        homeless.code(0).has("sampled here: there is no place to keep anything");
    }
}

/// Runs the check under a shell that prepares the ground.
fn prepared(world: &World, prepare: &str) -> Answer {
    let script = format!("{prepare}\nexec \"$@\"");
    let binary = support::check::binary().to_str().unwrap();
    let shell = ["-c", &script, "sh", binary, "check_proccpu"];
    Check::program("/bin/sh").args(shell).args(world.args("0.1s")).run()
}

#[test]
fn a_limit_on_file_sizes_does_not_kill_the_check() {
    let world = World::new();
    let answer = prepared(&world, "ulimit -f 0");
    answer.code(0).has("cannot keep a sample for the next check").has("ulimit -f");
}

#[test]
fn a_disk_that_is_full_or_read_only_degrades_to_sampling() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let world = World::new();
    let base = world.base.path().display();
    let on = |prepare: &str| {
        let script =
            format!("mount -t tmpfs -o size=16k none {base} && {{ {prepare}; }} && exec \"$@\"");
        let binary = support::check::binary().to_str().unwrap();
        let unshare = ["-m", "sh", "-c", &script, "sh", binary, "check_proccpu"];
        let path = ["/usr/bin/unshare", "/bin/unshare"].into_iter().find(|p| Path::new(p).exists());
        Check::program(path.unwrap()).args(unshare).args(world.args("0.1s")).run()
    };
    on("true").code(0).has("nothing was kept yet").lacks("cannot keep");
    let fill = format!("dd if=/dev/zero of={base}/fill bs=4k count=9 2>/dev/null || true");
    let full = on(&fill);
    full.code(0).has("sampled here").has("cannot keep a sample").has("No space left");
    let read_only = on(&format!("mount -o remount,ro {base}"));
    read_only.code(0).has("sampled here").has("cannot keep a sample").has("Read-only");
}

/// Runs the check, and has strace kill it as it enters a system call for the nth time; whether it
/// was killed.
fn killed_at(world: &World, call: &str, nth: u32) -> bool {
    let status = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={call}"))
        .args(["-e", &format!("inject={call}:signal=KILL:when={nth}")])
        .arg(support::check::binary())
        .arg("check_proccpu")
        .args(world.args("0.1s"))
        .output()
        .unwrap()
        .status;
    assert!(matches!(status.code(), Some(0) | None), "strace {call}: {status}");
    status.code().is_none()
}

/// Killed at the first, the second, ... of each kind of call that touches a file: the kept file is
/// always whole, and the next run heals what is left.
#[test]
fn killed_between_any_two_writes_it_leaves_a_whole_file_or_none() {
    if !can(Need::Program("strace")) {
        return;
    }
    let world = World::new();
    let calls = "openat mkdirat fstat flock unlinkat read write renameat close";
    let mut deaths = std::collections::HashMap::new();
    for kept_before in [false, true] {
        for call in calls.split(' ') {
            for nth in 1.. {
                if !kept_before && world.dir().exists() {
                    fs::remove_dir_all(world.dir()).unwrap();
                }
                if !killed_at(&world, call, nth) {
                    break;
                }
                *deaths.entry(call).or_insert(0) += 1;
                let files = if world.dir().exists() { world.files() } else { Vec::new() };
                let (drafts, kept): (Vec<_>, Vec<_>) =
                    files.iter().partition(|file| file.extension().is_some());
                let context = format!("{call} {nth}: {files:?}");
                assert!(drafts.len() <= 1 && kept.len() <= 1, "{context}");
                assert!(!kept_before || kept.len() == 1, "lost at {context}");
                assert!(kept.iter().all(|file| Kept::read(file).is_whole()), "{context}");
            }
        }
    }
    for (call, least) in [("write", 4), ("renameat", 2), ("unlinkat", 2), ("openat", 20)] {
        assert!(deaths[call] >= least, "strace killed at {deaths:?}");
    }
    world.goes_by_the_last_check();
    assert!(world.file().extension().is_none(), "the draft is gone");
}

#[test]
fn eight_runs_at_once_do_not_disturb_each_other() {
    let world = World::new();
    for round in 0..4 {
        let running: Vec<_> = (0..8).map(|_| world.check().start()).collect();
        for run in running {
            let answer = run.finish();
            answer.lawful().code(0).lacks("damaged").lacks("cannot keep");
            if round > 0 {
                answer.lacks("sampled here");
            }
        }
        assert!(Kept::read(&world.file()).is_whole());
    }
}
