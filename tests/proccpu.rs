//! `check_proccpu` on real processes that burn, in all the ways there are, and on recorded ones
//! where every tick matters.
//!
//! No test counts on free cores: what the check says of a process is compared with what the
//! process's own clock said in the same window, and thresholds are chosen so that a busy machine
//! can't turn them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod cpu;
mod support;

use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use regex::Regex;

use cpu::{Meter, Of, at_least, check, idle_window, only, recorded, share, value};
use support::tree::{Recorded, TICKS, UPTIME};
use support::{
    Answer, Check, Need, Process, Specimen, Tree, between_scans, can, unique, until, wait,
};

/// Points of percent between the check and the process's own clock.
const TOLERANCE: f64 = 2.0;

/// Runs a check of three seconds over one process, and compares.
#[track_caller]
fn agrees(process: &Process, pid: u32, name: &str, of: Of, args: &[&str]) -> Answer {
    let meter = Meter::start(pid, of);
    let answer = only(name, &["-c", "0", "--over", "3s", "-v"]).args(args).run();
    let (percent, seconds) = share(&answer, pid);
    assert!(seconds >= 3.0, "the window\n{answer}");
    let (low, high) = meter.stop(at_least(seconds));
    assert!(
        (low - TOLERANCE..=high + TOLERANCE).contains(&percent),
        "{percent} % is not within {low:.1} to {high:.1} % by the clock of {}\n{answer}",
        process.pid()
    );
    answer
}

#[test]
fn one_busy_thread_is_found() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let answer = agrees(&burner, burner.pid(), &name, Of::Itself, &[]);
    answer.code(2).has(&format!("pid {} {name}, user ", burner.pid()));
    assert!(value(&answer, "highest") > 0.0, "{answer}");
    assert_eq!(value(&answer, "judged").to_string(), "1", "{answer}");
}

#[test]
fn four_threads_of_one_process_add_up() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=4").start();
    agrees(&burner, burner.pid(), &name, Of::Itself, &[]).code(2);
}

#[test]
fn threads_that_outlive_their_leader_are_still_that_process() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=4").verb("leaderless").start();
    agrees(&burner, burner.pid(), &name, Of::Itself, &[]).code(2);
}

#[test]
fn a_busy_process_at_nice_19_is_found() {
    let name = unique();
    let burner = Specimen::called(&name).verb("nice=19").verb("burn=1").start();
    agrees(&burner, burner.pid(), &name, Of::Itself, &[]).code(2);
}

#[test]
fn a_loop_that_forks_shows_at_its_parent_only_with_its_children() {
    let name = unique();
    let parent = Specimen::called(&name).verb("forkloop=50").start();
    let with = ["--with-children", "--min-age", "1"];
    let family = agrees(&parent, parent.pid(), &name, Of::Family, &with);
    let (with, _) = share(&family, parent.pid());
    let alone = agrees(&parent, parent.pid(), &name, Of::Itself, &[]);
    let (without, _) = share(&alone, parent.pid());
    // More than the forks cost, and more than nothing on a machine that hardly gets round to it.
    assert!(with > 2.0 * without + 0.5, "{with} and {without}\n{alone}");
}

/// It burns for 200 ms of CPU time and sleeps as long: never above 50 %, and above half a percent
/// even on a machine that hardly gets round to it.
#[test]
fn a_duty_cycle_is_below_or_above_by_design() {
    let name = unique();
    let pulse = Specimen::called(&name).verb("pulse=200,200").start();
    let answer = agrees(&pulse, pulse.pid(), &name, Of::Itself, &[]);
    let (percent, _) = share(&answer, pulse.pid());
    assert!((0.5..60.0).contains(&percent), "{answer}");
    only(&name, &["-w", "60", "-c", "60"]).run().code(0);
    only(&name, &["-w", "0.5", "-c", "60"]).run().code(1);
    only(&name, &["-c", "0.5"]).run().code(2);
}

#[test]
fn one_that_ends_within_the_window_is_no_alarm() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let check = || only(&name, &["-c", "0", "--over", "3s"]);
    let running = between_scans(Duration::from_secs(3), check);
    drop(burner);
    running.go_on().code(0).has("no process to judge");
}

#[test]
fn one_born_within_the_window_is_measured_from_its_birth() {
    let name = unique();
    let check = || only(&name, &["-c", "1", "--over", "3s"]);
    let running = between_scans(Duration::from_secs(3), check);
    let start = cpu::now();
    let burner = Specimen::called(&name).verb("burn=1").start();
    // Old enough to be judged.
    until("it is a second old", || wait::age(burner.pid()) > 1.1);
    let answer = running.go_on();
    let (used, lived) = (cpu::used(burner.pid(), Of::Itself).unwrap(), cpu::now() - start);
    answer.code(2).has("of life");
    let (percent, seconds) = share(&answer, burner.pid());
    assert!(seconds <= lived + 0.1, "{seconds} of {lived}\n{answer}");
    // What it used until the check ended, and no more.
    let most = 100.0 * used / seconds;
    assert!(percent <= most + TOLERANCE, "{percent} of {most}\n{answer}");
}

#[test]
fn the_newly_born_are_not_judged() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let young = only(&name, &["-c", "0", "--lifetime-critical", "0", "--min-age", "1h"]);
    let answer = young.args(["--over", "1s", "-vv"]).run();
    answer.code(0).has("no process to judge").has("1 younger than 3600 s");
    drop(burner);
}

#[test]
fn a_zombie_is_not_judged() {
    let name = unique();
    let parent = Specimen::called(unique()).verb(format!("zombie={name}")).start();
    let answer = only(&name, &["-c", "0", "--over", "0.5s", "--min-age", "0"]).run();
    answer.code(0).has("0 judged");
    drop(parent);
}

#[test]
fn the_check_does_not_judge_itself() {
    if !can(Need::Alone) {
        return;
    }
    // Its own command line holds this name, as does that of the shell around it.
    let others = format!("not-args~{}", unique());
    let args = ["-c", "0", "--over", "0.2s", "--min-age", "0", "--exempt", &others];
    check(args).run().code(0).has("0 judged");
    let shell = format!("\"$@\"; exit $? # {others}");
    let binary = support::check::binary().to_str().unwrap();
    Check::program("/bin/sh")
        .args(["-c", &shell, "sh", binary, "check_proccpu"])
        .args(args)
        .run()
        .code(0)
        .has("0 judged");
}

/// A compressor as people use it: on their own account, on a stream.
#[test]
fn xz_of_a_regular_user_is_exempt_if_so_wished() {
    if !can(Need::Root) || !can(Need::Program("xz")) || !can(Need::Program("setpriv")) {
        return;
    }
    let uid = (20_000 + std::process::id() % 30_000).to_string();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &uid, "--regid", &uid, "--clear-groups", "--"]);
    command.args(["sh", "-c", "echo up; exec xz -9 -T1 -c </dev/zero >/dev/null"]);
    let xz = Process::start(&mut command);
    until("it is xz", || {
        std::fs::read(format!("/proc/{}/comm", xz.pid())).is_ok_and(|comm| comm == b"xz\n")
    });
    let others = format!("not-uid={uid}");
    let base = ["-t", "60", "-c", "0.2", "-v", "--exempt", &others];
    let judged = check(base).run();
    judged.code(2).has(&format!("pid {} xz, user {uid}", xz.pid()));
    judged.has("xz -9 -T1 -c");
    let exempt = check(base).arg("--exempt-regular-users").run();
    exempt.code(0).has("no process to judge");
    exempt.has(&format!(": pid {} xz", xz.pid())).has("(regular users)");
    check(base).args(["--exempt", "xz"]).run().code(0);
    check(base).args(["--exempt", "xz,user=root"]).run().code(2);
}

#[test]
fn a_daemon_that_is_driven_to_work_is_found_and_an_idle_one_is_not() {
    if !can(Need::Program("redis-server")) || !can(Need::Program("redis-benchmark")) {
        return;
    }
    let dir = support::open_dir();
    let socket = dir.path().join("redis.sock");
    let socket = socket.to_str().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo up; exec redis-server \"$@\" >/dev/null", "sh"]);
    command.args(["--port", "0", "--save", "", "--unixsocket", socket]);
    let redis = Process::start(command.current_dir(dir.path()));
    until("redis listens", || UnixStream::connect(socket).is_ok());
    let server = format!("not-ppid={}", std::process::id());
    let judge_it = ["--exempt", &server, "--exempt", "not-name=redis-server", "-t", "60", "-v"];
    let idle = check(judge_it).args(["-c", "30", "--over", "2s"]).run();
    idle.code(0).has(&format!("pid {} redis-server", redis.pid()));
    let mut client = Command::new("redis-benchmark")
        .args(["-s", socket, "-q", "-l", "-P", "16", "-t", "set,get"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = cpu::used(redis.pid(), Of::Itself).unwrap();
    until("the client drives it", || {
        cpu::used(redis.pid(), Of::Itself).is_some_and(|cpu| cpu > begin + 0.2)
    });
    let meter = Meter::start(redis.pid(), Of::Itself);
    let busy = check(judge_it).args(["-c", "0.5"]).run();
    client.kill().unwrap();
    client.wait().unwrap();
    busy.code(2);
    let (percent, seconds) = share(&busy, redis.pid());
    let (low, high) = meter.stop(at_least(seconds));
    let agree = (low - TOLERANCE..=high + TOLERANCE).contains(&percent);
    assert!(agree, "{percent} of {low} to {high}\n{busy}");
}

/// A process that used half a core for all its life, half of [`UPTIME`].
fn half_busy(pid: u32, name: &str) -> Recorded {
    let mut process = Recorded::new(pid, name);
    process.times = [UPTIME * TICKS / 8, UPTIME * TICKS / 8];
    process
}

#[test]
fn a_life_is_judged_from_the_same_scans() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "loop")).add(&Recorded::new(8, "idle"));
    let answer =
        recorded(&tree, &["-c", "90", "--lifetime-warning", "40", "--lifetime-critical", "60"])
            .run();
    let window = idle_window(&answer);
    answer.code(1).prints(&format!(
        "PROCCPU is WARNING: pid 7 loop, user root: 50.0% over its life (want 0-40); 1 over; 2 judged, \
         0 exempt|'highest'=0%;;90;0 'highest_lifetime'=50%;40;60;0 'over_warning'=1;;;0 \
         'over_critical'=0;;;0 'judged'=2;;;0 'exempt'=0;;;0\n\
         0.0% over {window} s, 50.0% over its life: pid 7 loop, user root, up 13h: /usr/sbin/loop\n",
    ));
    recorded(&tree, &["--lifetime-critical", "50"]).run().code(0);
    recorded(&tree, &["--lifetime-critical", "49.9"]).run().code(2);
}

/// It would be too young to be judged, for ever.
#[test]
fn a_start_in_the_future_is_unknown() {
    let tree = Tree::new();
    tree.add(&Recorded { start: UPTIME * TICKS + 1, ..half_busy(7, "loop") });
    let answer = recorded(&tree, &["--lifetime-critical", "40"]).run();
    answer.code(3).has("pid 7 can't be measured: stat is not what a kernel writes");
}

#[test]
fn a_life_with_children_counts_those_waited_for() {
    let tree = Tree::new();
    tree.add(&Recorded::new(7, "make"));
    let stat = tree.of(7).join("stat");
    let text = std::fs::read_to_string(&stat).unwrap();
    let waited = format!(" 0 0 {} 0 20 0 1 ", UPTIME * TICKS / 4);
    std::fs::write(&stat, text.replacen(" 0 0 0 0 20 0 1 ", &waited, 1)).unwrap();
    recorded(&tree, &["--lifetime-critical", "40"]).run().code(0);
    recorded(&tree, &["--lifetime-critical", "40", "--with-children"]).run().code(2).has("50.0%");
}

#[test]
fn a_share_of_the_machine_is_of_all_its_cores() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "loop"));
    let args = ["--of-machine", "--lifetime-critical", "12"];
    recorded(&tree, &args).run().code(3).has("cannot read the number of cores");
    let cores = "cpu0 1 2 3\ncpu1 1 2 3\ncpu2 1 2 3\ncpu3 1 2 3\n";
    std::fs::write(tree.path().join("stat"), format!("cpu 1 2 3\n{cores}intr 1\n")).unwrap();
    recorded(&tree, &args).run().code(2).has("12.5% of the machine over its life");
    recorded(&tree, &["--of-machine", "--lifetime-critical", "13"]).run().code(0);
}

#[test]
fn kernel_threads_and_containers_count_unless_left_out() {
    let tree = Tree::new();
    let mut kworker = Recorded::kernel_thread(7, "kworker/0:1");
    kworker.times = half_busy(7, "").times;
    let mut contained = half_busy(8, "inside");
    contained.nspid = vec![8, 1];
    tree.add(&kworker).add(&contained);
    let limit = ["--lifetime-critical", "40"];
    let all = recorded(&tree, &limit).run();
    all.code(2).has("pid 7 kworker/0:1").has("pid 8 inside").has("2 over");
    let user = recorded(&tree, &limit).arg("-k").run();
    user.code(2).has("1 over").lacks("kworker");
    let host = recorded(&tree, &limit).args(["--containers", "exclude"]).run();
    host.code(2).has("1 over").lacks("inside");
    recorded(&tree, &limit).args(["-k", "--containers", "exclude"]).run().code(0);
}

#[test]
fn exemptions_have_reasons_and_tell_when_they_rot() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "xz")).add(&half_busy(8, "ffmpeg")).add(&half_busy(9, "loop"));
    let file = support::open_dir();
    let file = file.path().join("exempt");
    std::fs::write(&file, "# quiet\nxz # rotates | logs\ngone # was here once\n").unwrap();
    let file = file.to_str().unwrap();
    let args = ["--lifetime-critical", "40", "--exempt", "ffmpeg", "--exempt-from", file];
    let answer = recorded(&tree, &args).run();
    answer.code(2).has("1 over; 1 judged, 2 exempt").has("pid 9 loop").lacks("rotates");
    let verbose = recorded(&tree, &args).arg("-v").run();
    verbose.has("exemption gone (was here once) matched nothing");
    verbose.has("xz (rotates \\x7c logs) matched 1 process");
    verbose.has("exemption ffmpeg matched 1 process");
    std::fs::write(file, "xz\nfrob=1 # no\n").unwrap();
    recorded(&tree, &args)
        .run()
        .code(2)
        .has(&format!("{file}:2: exemption 'frob=1 # no': unknown key"));
    // Even if no line is right.
    std::fs::write(file, "frob=1\n").unwrap();
    recorded(&tree, &args)
        .run()
        .code(2)
        .has("2 over")
        .has(&format!("\n{file}:1: exemption 'frob=1': unknown key"));
    recorded(&tree, &["-c", "1", "--exempt-from", "/nonexistent"]).run().code(3).has("cannot read");
}

/// Kept sample, first window: A burns. Then the wait: A stops, B begins. Neither was over in both.
#[test]
fn two_that_take_turns_are_not_sustained_and_one_that_goes_on_is() {
    let name = unique();
    let state = support::open_dir();
    let args = ["-c", "0", "--since-last", "--over", "1s", "--recheck", "3", "--state-dir"];
    let run = || only(&name, &args).arg(state.path());
    let a = Specimen::called(&name).verb("burn=1").start();
    let b = Specimen::called(&name).verb("burn=1").start();
    let stop = |process: &Process| {
        process.signal(libc::SIGSTOP);
        let sleep = wait::Sleep::of(process.pid());
        until("each of its threads has stopped", || sleep.is_stopped());
    };
    stop(&a);
    stop(&b);
    run().run().code(0);
    let burn = |process: &Process| {
        let used = || cpu::used(process.pid(), Of::Itself).unwrap();
        let (from, start) = (used(), cpu::now());
        process.signal(libc::SIGCONT);
        until("it has burned within the window", || {
            cpu::now() - start > 1.1 && used() - from > 0.05
        });
    };
    let turns = between_scans(Duration::from_secs(3), || {
        burn(&a);
        stop(&a);
        run()
    });
    b.signal(libc::SIGCONT);
    let turns = turns.go_on();
    turns.code(0).has(&format!("pid {} {name}", a.pid())).has("settled to 0.0%");
    burn(&a);
    let sustained = run().run();
    sustained.code(2).has("in each of 2 windows").has(&format!("pid {} ", a.pid()));
}

#[test]
fn without_a_problem_there_is_no_second_window() {
    let tree = Tree::new();
    tree.add(&Recorded::new(7, "idle"));
    let start = cpu::now();
    recorded(&tree, &["-c", "50", "--recheck", "40"]).run().code(0);
    assert!(cpu::now() - start < 40.0, "it waited");
}

#[test]
fn a_pid_in_other_hands_is_another_process() {
    let tree = Tree::new();
    tree.add(&Recorded::new(7, "old"));
    let root = ["--proc-root".as_ref(), tree.path().as_os_str()];
    let args = ["-t", "60", "-c", "90", "--over", "3s", "--min-age", "0"];
    let running = between_scans(Duration::from_secs(3), || check(root).args(args));
    // A second of CPU: a third of the window, and all of the life that began in it.
    let mut after = Recorded::new(7, "new");
    after.start = UPTIME * TICKS;
    after.times = [TICKS, 0];
    let other = Tree::new();
    other.add(&after);
    std::fs::rename(other.of(7).join("stat"), tree.of(7).join("stat")).unwrap();
    running.go_on().code(2).has("of life");
}

#[test]
fn what_may_not_be_read_is_unknown_with_the_cause() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let as_nobody = |args: &[&str]| check(args).by_user(support::NOBODY);
    let args = ["-c", "90000", "--over", "0.2s"];
    as_nobody(&args).run().code(0);
    let invisible = as_nobody(&args).with_proc("hidepid=2").run();
    invisible.code(3).has("hidepid=").has("CAP_SYS_PTRACE");
    let denied = as_nobody(&args).with_proc("hidepid=1").run();
    denied.code(3).has("can't be measured: stat may not be read").has("hidepid");
    check(args).with_proc("hidepid=2").run().code(0);
}

#[test]
fn an_exemption_that_hangs_on_a_hidden_fact_is_unknown_only_if_it_matters() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let exe = format!("exe={}", burner.exe().display());
    let others = format!("not-name={name}");
    let run = |limit: &str| {
        let args = ["--exempt", &others, "--exempt", &exe, "--over", "2s", "-t", "60", "-c", limit];
        check(args).by_user(support::NOBODY).run()
    };
    run("0.1")
        .code(3)
        .has("hidden whether it is to be judged: exe may not be read")
        .has("CAP_SYS_PTRACE");
    run("90000").code(0);
    let as_root = ["--exempt", &others, "--exempt", &exe, "--over", "0.5s", "-c", "0.1"];
    check(as_root).run().code(0);
}

#[test]
fn only_what_is_asked_for_is_judged() {
    let tree = Tree::new();
    let cgroup = "0::/system.slice/app.service\n".to_owned();
    tree.add(&half_busy(7, "xz"))
        .add(&Recorded { cgroup, ..half_busy(8, "worker") })
        .add(&Recorded { uid: [33; 4], ..half_busy(9, "perl") });
    let judged = |only: &[&str]| {
        let args = only.iter().flat_map(|selector| ["--only", selector]);
        recorded(&tree, &["--lifetime-critical", "40"]).args(args).run()
    };
    judged(&[]).code(2).has("3 over; 3 judged");
    let unit = judged(&["unit=app.service"]);
    unit.code(2).has("is CRITICAL: pid 8 worker, user root, app.service: 50.0%").has("; 1 judged");
    judged(&["user=www-data", "xz"]).code(2).has("pid 7 xz").has("pid 9 perl").has("2 judged");
    judged(&["sleep", "user=daemon"])
        .code(0)
        .has("no process to judge fits --only sleep or user=daemon");
    let exempt = ["--only", "xz", "--exempt", "xz", "--lifetime-critical", "40"];
    recorded(&tree, &exempt).run().code(0).has("0 judged, 1 exempt");
}

#[test]
fn what_hides_whether_only_is_about_a_process_is_unknown_if_it_matters() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let (exe, user) = (burner.exe(), support::NOBODY);
    let run = |terms: &str, limit: &str| {
        let only = format!("exe={}{terms}", exe.display());
        let args = ["--only", &only, "--over", "2s", "-t", "60", "-c", limit];
        (check(args).by_user(user).run(), check(args).run())
    };
    let this = format!(",name={name}");
    let (nobodys, roots) = run(&this, "0.1");
    nobodys.code(3).has("hidden whether it is to be judged: exe may not be read");
    roots.code(2).has("; 1 judged, 0 exempt");
    // It is certain that this process is not meant, whatever its executable.
    let (nobodys, roots) = run(",name=nosuch", "0.1");
    nobodys.code(0).has("; 0 judged");
    roots.code(0).has("; 0 judged");
    run(&this, "90000").0.code(0);
    // In a group of others it is their sum that is unknown.
    let only = ["--only", &format!("name={name}"), "--exempt", &format!("exe={}", exe.display())];
    let group = |limit: &str| {
        let args = ["--per", "user", "--over", "1s", "-t", "60", "-c", limit];
        check(args).args(only).by_user(user).run()
    };
    let unknown = group("0.1");
    unknown.code(3).has("UNKNOWN: user root: 0.0% to ").has("exe may not be read");
    group("90000").code(0);
}

/// Each is below the limit by design, and what they use together is what their clocks say.
#[test]
fn eight_burners_of_a_quarter_are_seen_together() {
    let name = unique();
    let burner = || Specimen::called(&name).verb("pulse=50,150").start();
    let burners: Vec<_> = (0..8).map(|_| burner()).collect();
    only(&name, &["-c", "60", "--per", "process"]).run().code(0);
    let window = Regex::new(r"% over ([0-9.]+) s").unwrap();
    for (per, shown) in [("name", format!("all {name}")), ("user", "user root".into())] {
        let meters = burners.iter().map(|burner| Meter::start(burner.pid(), Of::Itself));
        let meters: Vec<_> = meters.collect();
        let answer = only(&name, &["-c", "0", "--per", per]).run();
        answer
            .code(2)
            .has(&format!("CRITICAL: {shown}: "))
            .has(" + 5 more; 1 over; 8 judged in 1 ");
        let percent = value(&answer, "highest");
        let found = window.captures(answer.first_line()).unwrap();
        let seconds = at_least(found[1].parse().unwrap());
        let bounds = meters.into_iter().map(|meter| meter.stop(seconds));
        let (low, high) = bounds.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let tolerance = 4.0 * TOLERANCE;
        assert!(
            (low - tolerance..=high + tolerance).contains(&percent),
            "{percent} % is not within {low:.1} to {high:.1} %\n{answer}"
        );
        assert_eq!(answer.lines().len(), 1 + 5, "the largest\n{answer}");
    }
    let again =
        only(&name, &["-c", "0", "--per", "name", "--over", "1s", "--recheck", "0.1"]).run();
    again.code(2).has(" in each of 2 windows: pid ");
}

/// The kernel counts them for the unit. With an exemption of processes it is their sum again.
#[test]
fn a_units_share_has_what_nobody_waited_for() {
    let Some(top) = support::unit_top().filter(|_| can(Need::UnitGroups)) else { return };
    let unit = format!("{}.service", unique());
    let group = top.join(&unit);
    std::fs::create_dir(&group).unwrap();
    let join =
        format!("echo $$ >{}/cgroup.procs && trap '' CHLD && exec \"$0\" \"$@\"", group.display());
    let name = unique();
    let parent = Specimen::called(&name).verb("forkloop=50").under(&["sh", "-c", &join]).start();
    let only = format!("unit={unit}");
    let state = support::open_dir();
    let state = state.path().to_str().unwrap().to_owned();
    let args = ["-t", "60", "-c", "0", "--per", "unit", "--only", &only, "--over", "2s", "-vv"];
    let run = |more: &[&str]| check(args).args(more).run();
    let kept = ["--since-last", "--state-dir", &state];
    let own = run(&["--exempt", "name=nosuch"]);
    own.has("the time of units is that of their processes");
    run(&kept).has("the kernel counted the time of units");
    let counted = run(&kept);
    counted.code(2).lacks("sampled here").has("the kernel counted the time of units");
    counted.has(&format!("CRITICAL: {unit}: ")).has(": processes that have ended ").has(" + pid ");
    drop(parent);
    until("the group is empty", || std::fs::remove_dir(&group).is_ok());
    let (own, counted) = (value(&own, "highest"), value(&counted, "highest"));
    assert!(counted > own + 0.5, "{counted} % by the kernel, {own} % by processes");
}

/// Kept samples of a machine on which some processes have used much since.
struct Since {
    tree: Tree,
    state: tempfile::TempDir,
}

impl Since {
    const MUCH: u64 = 100_000;

    fn new() -> Self {
        Self { tree: Tree::new(), state: support::open_dir() }
    }

    fn run(&self, args: &[&str]) -> Answer {
        let state =
            ["--since-last".as_ref(), "--state-dir".as_ref(), self.state.path().as_os_str()];
        recorded(&self.tree, args).args(state).run()
    }

    /// What the check says when these processes have used [`MUCH`](Self::MUCH) times so much since the
    /// last one.
    fn after(&self, processes: &[(u64, Recorded)], args: &[&str]) -> Answer {
        for (_, process) in processes {
            self.set(0, process);
        }
        self.run(args);
        for (times, process) in processes {
            self.set(*times, process);
        }
        self.run(args)
    }

    /// Has a process used so much.
    fn set(&self, times: u64, process: &Recorded) {
        let _ = std::fs::remove_dir_all(self.tree.of(process.pid));
        self.tree.add(&Recorded { times: [times * Self::MUCH, 0], ..process.clone() });
    }
}

/// Without its numbers, which hang on when it was looked at.
fn numberless(answer: &Answer) -> String {
    let percent = Regex::new(r"[0-9.]+%").unwrap();
    let time = Regex::new(r"over [0-9.]+ s").unwrap();
    let text = percent.replace_all(answer.stdout(), "N%");
    time.replace_all(&text, "over N s").into_owned()
}

#[test]
fn a_group_is_reported_with_its_largest_members() {
    let since = Since::new();
    let process = |pid, name: &str, uid: u32, unit: &str| Recorded {
        uid: [uid; 4],
        cgroup: format!("0::/system.slice{unit}\n"),
        ..Recorded::new(pid, name)
    };
    let processes = [
        (90, process(7, "xz", 0, "/a.service")),
        (60, process(8, "gzip", 33, "/a.service")),
        (40, process(9, "xz", 33, "/b.service")),
        (20, process(10, "cat", 33, "")),
        (10, process(11, "cat", 33, "")),
        (0, process(12, "idle", 1, "/c.service")),
    ];
    let told =
        |per: &str| numberless(since.after(&processes, &["-c", "100000", "--per", per]).code(2));
    assert_eq!(
        told("user"),
        "PROCCPU is CRITICAL: user www-data: N% over N s (want 0-100000): pid 8 gzip N% + pid 9 xz N% + \
         pid 10 cat N% + 1 more, user root: N% over N s (want 0-100000): pid 7 xz N%; 2 over; 6 judged \
         in 3 users, 0 exempt|'highest'=N%;;100000;0 'over_warning'=2;;;0 'over_critical'=2;;;0 \
         'groups'=3;;;0 'judged'=6;;;0 'exempt'=0;;;0\n\
         user www-data: N% over N s: pid 8 gzip, user www-data, up 13h: /usr/sbin/gzip\n\
         user www-data: N% over N s: pid 9 xz, user www-data, up 13h: /usr/sbin/xz\n\
         user www-data: N% over N s: pid 10 cat, user www-data, up 13h: /usr/sbin/cat\n\
         user www-data: N% over N s: pid 11 cat, user www-data, up 13h: /usr/sbin/cat\n\
         user root: N% over N s: pid 7 xz, user root, up 13h: /usr/sbin/xz\n"
    );
    let names = told("name");
    assert!(names.contains("CRITICAL: all xz: N% over N s (want 0-100000): pid 7 xz N% + pid 9"));
    let units = told("unit");
    assert!(
        units.contains("CRITICAL: a.service: N% over N s (want 0-100000): pid 7 xz N% + pid 8")
    );
    assert!(
        units.contains(", outside of units: N% over N s (want 0-100000): pid 10 cat N% + pid 11")
    );
    assert!(told("process").contains("CRITICAL: pid 7 xz, user root, a.service: N% over N s"));
    // A group that did nothing is not among the busiest.
    let args = ["-v", "-c", "9999999999", "--per", "unit", "--only", "not-name=cat"];
    since.after(&processes, &args).code(0).has("busiest: ").has(": b.service").lacks("c.service");
    // An exempt process is no part of a group, and a group without any other is none.
    let args = ["-c", "100000", "--per", "unit", "--exempt", "name~^(xz|gzip)$"];
    let answer = since.after(&processes, &args);
    answer.code(2).has("CRITICAL: outside of units: ").has("1 over; 3 judged in 2 units, 3 exempt");
    let args = ["-w", "100000:", "-c", "1:", "--per", "user", "--only", "user=daemon"];
    since.after(&processes, &args).code(2).has("even the busiest: 0.0% over ").has("(want 1-)");
    let well = since.after(&processes, &["-c", "9999999999", "--per", "user"]);
    let labels: Vec<_> =
        well.code(0).items().iter().map(|(label, _)| (*label).to_owned()).collect();
    let expected = "highest over_warning over_critical groups judged exempt";
    assert_eq!(labels.join(" "), expected);
    assert!(numberless(&well).contains(
        "OK: highest N% over N s: user www-data: pid 8 gzip N% + pid 9 xz N% + pid 10 cat N% + 1 more; \
         6 judged in 3 users, 0 exempt|"
    ));
}

/// The second window finds them idle, as what is recorded stands still.
#[test]
fn a_group_that_settles_is_reported() {
    let since = Since::new();
    let busy = [(10, Recorded::new(7, "xz")), (10, Recorded::new(8, "xz"))];
    let answer = since.after(&busy, &["-c", "100000", "--per", "name", "--recheck", "0.1"]);
    let text = numberless(answer.code(0));
    assert!(
        text.contains("OK: all xz N% over N s, settled to N% over N s after 0.1 s; "),
        "{text}"
    );
}

#[test]
fn a_process_whose_group_is_hidden_may_belong_to_any() {
    let since = Since::new();
    let unit = |pid, name: &str| Recorded {
        cgroup: format!("0::/system.slice/{name}.service\n"),
        ..Recorded::new(pid, name)
    };
    let (mut a, mut hidden) = (0, 0);
    let mut after = |more_of_a: u64, more_hidden: u64, limit: &str| {
        (a, hidden) = (a + more_of_a, hidden + more_hidden);
        since.set(a, &unit(7, "a"));
        since.set(hidden, &unit(8, "b"));
        since.set(0, &unit(9, "c"));
        std::fs::remove_file(since.tree.of(8).join("cgroup")).unwrap();
        since.run(&["-c", limit, "--per", "unit"])
    };
    after(0, 0, "0").code(0);
    let answer = after(0, 4, "0");
    answer.code(3).has("UNKNOWN: processes whose unit is hidden: 0.0% to ");
    answer
        .has(", but it is hidden what belongs to it: cgroup is missing")
        .lacks("c.service: 0.0% to");
    after(4, 0, "0").code(2).has("CRITICAL: a.service: ").lacks("hidden");
    after(4, 4, "9999999999").code(0);
}

#[test]
fn an_offender_is_named_with_its_unit_or_parent() {
    let tree = Tree::new();
    let child =
        |cgroup: &str| Recorded { ppid: 7, cgroup: format!("0::{cgroup}\n"), ..half_busy(8, "xz") };
    let line = |cgroup: &str| {
        tree.remove(8);
        tree.add(&child(cgroup));
        recorded(&tree, &["--lifetime-critical", "40"]).run()
    };
    tree.add(&Recorded::new(7, "backup.sh")).add(&child("/"));
    line("/system.slice/backup.service").has("pid 8 xz, user root, backup.service: 50.0% over its");
    line("/user.slice/session-3.scope")
        .has("pid 8 xz, user root, session-3.scope, child of backup.sh: 50.0% over its");
    line("/").has("CRITICAL: pid 8 xz, user root, child of backup.sh: 50.0% over its life");
}

#[test]
fn a_machine_full_of_offenders_fits_in_its_bounds() {
    let tree = Tree::new();
    for pid in 1..=600 {
        let mut process = half_busy(pid, "evil|\n\u{1b}[31m%%");
        process.cmdline = vec![b'|'; 5000];
        tree.add(&process);
    }
    let answer = recorded(&tree, &["--lifetime-critical", "10", "-vvv"]).run();
    answer.code(2).has(" more; 600 over; 600 judged, 0 exempt").has("\nand 58").has("evil\\x7c\\n");
    assert_eq!(value(&answer, "over_critical").to_string(), "600", "{answer}");
}

#[test]
fn labels_are_the_same_in_every_state() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "loop"));
    let labels = |limit: &str| {
        let answer = recorded(&tree, &["--lifetime-critical", limit, "-w", "1", "-c", "2"]).run();
        answer.items().iter().map(|(label, _)| (*label).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(labels("10"), labels("90"));
    let expected = "highest highest_lifetime over_warning over_critical judged exempt";
    assert_eq!(labels("10").join(" "), expected);
}

#[test]
fn even_the_busiest_may_be_too_idle() {
    let tree = Tree::new();
    tree.add(&Recorded::new(7, "solver"));
    let answer = recorded(&tree, &["-w", "10:"]).run();
    let window = idle_window(&answer);
    answer.code(1).has(&format!("even the busiest: 0.0% over {window} s (want 10-)"));
    assert_eq!(value(&answer, "over_warning").to_string(), "0", "{answer}");
}

#[test]
fn mon_gets_the_offenders_or_nothing() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "loop"));
    recorded(&tree, &["--mon", "--lifetime-critical", "90"]).run().code(0).prints("");
    let answer = recorded(&tree, &["--mon", "--lifetime-critical", "40"]).run();
    let window = idle_window(&answer);
    answer.code(1).prints(&format!(
        "pid 7 loop, user root: 50.0% over its life (want 0-40); 1 over; 1 judged, 0 exempt\n\
         0.0% over {window} s, 50.0% over its life: pid 7 loop, user root, up 13h: /usr/sbin/loop\n",
    ));
}

#[test]
fn usage_errors_say_what_would_be_right() {
    for (args, part) in [
        (&[][..], "give -w or -c in percent of one core"),
        (&["-c", "nan"], "write a Nagios range"),
        (&["-c", "90", "--over", "20"], "--over 20 s does not fit in --timeout 10 s"),
        (&["-c", "90", "--over", "0.01"], "below 0.1 s"),
        (&["-c", "90", "--over", "3s", "--recheck", "5"], "takes 11 s, which does not fit"),
        (&["-c", "90", "--exempt", "frob=1"], "exemption 'frob=1': unknown key"),
        (&["-c", "90", "--per", "frob"], "[possible values: process, name, user, unit]"),
        (
            &["-c", "90", "--per", "user", "--lifetime-critical", "20"],
            "is about the life of a process, which users have not; leave out --per",
        ),
        (&["-c", "90", "--only", "frob=1"], "--only 'frob=1': unknown key"),
        (
            &["-c", "90", "--only", "xz:1-"],
            "--only 'xz:1-': it counts nothing, and so has no range",
        ),
        (&["-c", "90", "--only", "user=nosuchuser"], "--only 'user=nosuchuser': there is no user"),
        // A range that no other test's process is outside of: the others are judged all the same.
        (&["-c", "100000", "--exempt", "user=nosuchuser"], "there is no user"),
        (&["-c", "90", "--min-age", "x"], "not a number of seconds"),
        (&["-c", "90", "extra"], "extra"),
    ] {
        check(args).run().code(3).has(part).line_count(1);
    }
}

/// The manual's example of this name, as it stands there.
fn whitelist(name: &str) -> tempfile::NamedTempFile {
    let man = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let read = |file: &str| std::fs::read_to_string(man.join(file)).unwrap_or_default();
    let manual = read("check_proccpu.md") + &read("check_proccpu.prose.md");
    let head = format!("```\n# /etc/procwarden/{name}\n");
    let (_, rest) = manual.split_once(&head).expect("the example");
    let (lines, _) = rest.split_once("```").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    file
}

#[test]
fn the_manuals_whitelists_do_what_it_says() {
    let tree = Tree::new();
    let child = |pid, name: &str, ppid| Recorded { ppid, ..half_busy(pid, name) };
    tree.add(&Recorded::new(1, "init"))
        .add(&Recorded::new(5, "logrotate"))
        .add(&child(6, "xz", 5))
        .add(&child(7, "xz", 1))
        .add(&child(8, "dpkg", 1))
        .add(&child(9, "updatedb.plocate", 1));
    let with = |name: &str| {
        let file = whitelist(name);
        let args = ["--lifetime-critical", "40", "-v", "--exempt-from"];
        recorded(&tree, &args).arg(file.path()).run()
    };
    let server = with("cpu on a server");
    server.code(2).has("2 over; 3 judged, 3 exempt").has("pid 7 xz").has("pid 9 updatedb");
    server.has("mariadbd (has a check of its own) matched nothing");
    let workstation = with("cpu on a workstation");
    workstation.code(2).has("2 over; 4 judged, 2 exempt").has("pid 6 xz").has("pid 7 xz");
    workstation.has("updatedb.plocate (the nightly index of file names) matched 1 process");
}

#[test]
fn each_window_counts_anew_what_an_exemption_matched() {
    let tree = Tree::new();
    tree.add(&half_busy(7, "loop")).add(&half_busy(8, "ffmpeg"));
    let args = ["--lifetime-critical", "40", "--recheck", "0.1", "--exempt", "ffmpeg", "-v"];
    let answer = recorded(&tree, &args).run();
    answer.code(2).has("in each of 2 windows").has("exemption ffmpeg matched 1 process");
}

/// One short read a process and look, whatever names are exempt.
#[test]
fn a_whitelist_of_names_costs_no_further_read() {
    if !can(Need::Program("strace")) {
        return;
    }
    let tree = Tree::new();
    for pid in 1..=9 {
        tree.add(&Recorded::new(pid, "daemon"));
    }
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat", "-o"]).arg(trace.path());
    strace.arg(support::check::binary()).arg("check_proccpu");
    strace.args([
        "-c",
        "50",
        "--over",
        "0.1s",
        "--exempt",
        "xz",
        "--exempt",
        "dpkg",
        "--proc-root",
    ]);
    assert!(strace.arg(tree.path()).output().unwrap().status.success());
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let opened = |file: &str| trace.matches(file).count();
    // Twice each, and once more the busiest, which the status line names.
    assert!((18..=20).contains(&opened("/stat\"")), "{trace}");
    assert!(opened("/comm\"") <= 1, "{trace}");
}

#[test]
fn the_worst_comes_first() {
    let tree = Tree::new();
    let busy = |pid, eighths| {
        let mut process = half_busy(pid, "loop");
        process.times = [0, eighths * UPTIME * TICKS / 16];
        process
    };
    tree.add(&busy(7, 5)).add(&busy(8, 6)).add(&busy(9, 4)).add(&busy(10, 7));
    let args = ["--lifetime-warning", "40", "--lifetime-critical", "70"];
    let answer = recorded(&tree, &args).run();
    answer.code(2).has(
        "pid 10 loop, user root: 87.5% over its life (want 0-70), pid 8 loop, user root: 75.0% over its \
         life (want 0-70), pid 7 loop, user root: 62.5% over its life (want 0-40), pid 9 loop",
    );
    assert_eq!(value(&answer, "over_warning").to_string(), "4", "{answer}");
    assert_eq!(value(&answer, "over_critical").to_string(), "2", "{answer}");
}
