//! What never answers: command lines of processes that hold their memory's lock, and a name service
//! that hangs. A verdict that is known is told all the same, and what is not known is told apart.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use support::check::binary;
use support::tree::Recorded;
use support::{
    Answer, Check, Installed, Need, Process, Specimen, Tree, between_scans, blocked, can, fifo,
    unique, until_asleep,
};

/// A user's number that nothing else on the machine has.
const STRANGER: u32 = 71_717;

/// So many processes of that name whose command line does not answer, if the machine can make them.
fn silent(name: &str, count: usize, uid: u32) -> Option<Process> {
    (can(Need::Root) && can(Need::Fuse)).then(|| blocked(name, count, uid))
}

/// A time limit that leaves a second of patience for each of three processes of a user, for one more that
/// is needed to see the first, and for a busy machine.
const LIMIT: [&str; 2] = ["-t", "40"];

fn count(args: &[&str]) -> Answer {
    let answer = Check::count(LIMIT).args(args).run();
    answer.lacks("timed out");
    answer
}

#[test]
fn a_count_that_needs_no_command_line_is_reported_with_its_offender() {
    let name = unique();
    let Some(silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&format!("{name},state=D:0-0")]);
    answer.critical_with(&format!("{name},state=D 1 (want 0-0)"));
    answer.has(&format!("pid {} {name}, user {STRANGER}", silent.only_child()));
}

#[test]
fn a_dead_daemon_is_reported_beside_a_spec_that_hangs() {
    let (name, dead) = (unique(), unique());
    let Some(silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&dead, &format!("{name},args~x")]);
    let pid = silent.only_child();
    answer.critical_with(&format!(
        "{dead} 0 (want 1-), {name},args~x 0 to 1 (want 1-): cmdline does not answer (pid {pid}); 0 of \
         2 OK"
    ));
}

/// Its file may be judged without it.
#[test]
fn a_writable_program_is_found_although_its_command_line_does_not_answer() {
    let Some(silent) = silent(&unique(), 1, 0) else { return };
    let exe = silent.exe();
    let dir = exe.parent().expect("a directory");
    fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).expect("its mode");
    let check = Check::plugin("check_exposure").args(LIMIT).args(["--rules", "writable-code"]);
    let check = check.args(["--exempt", &format!("not-pid={}", silent.only_child())]);
    check.run().code(2).has("everyone may write");
}

#[test]
fn what_others_satisfy_is_ok() {
    let (name, alive) = (unique(), unique());
    let Some(_silent) = silent(&name, 1, STRANGER) else { return };
    let _alive = Specimen::called(&alive).start();
    let spec = format!("args~{alive}");
    count(&[&format!("{spec}:1-")]).code(0).has(&format!("{spec} 1 to "));
    count(&[&format!("{spec}:0-0")]).code(2);
}

/// `ps`, which the original runs, would wait for ever.
#[test]
fn check_procs_the_drop_in_tells_what_is_known() {
    let (name, alive) = (unique(), unique());
    let Some(_silent) = silent(&name, 1, STRANGER) else { return };
    let _alive = Specimen::called(&alive).start();
    let check = |args: &[&str]| Check::plugin("check_procs").args(LIMIT).args(args).run();
    check(&["-c", "1:", "-a", &alive]).code(0);
    check(&["-c", "0", "-a", &alive]).code(2);
    let answer = check(&["-c", "1:", "-C", &name, "-a", "nosuch"]);
    answer.code(3).has("0 to 1 processes").has("does not answer");
}

#[test]
fn after_three_of_a_user_the_others_are_not_read_and_are_counted() {
    let name = unique();
    let Some(_silent) = silent(&name, 8, STRANGER) else { return };
    let answer = count(&[&format!("{name},args~x:0-0")]);
    answer
        .unknown()
        .has(&format!("{name},args~x 0 to 8 (want 0-0): cmdline does not answer (pid "));
    answer.has("and 7 more)");
}

#[test]
fn near_misses_are_reported_without_the_command_line() {
    let name = unique();
    let Some(_silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&format!("{name},user=root")]);
    answer
        .critical_with(&format!("{name},user=root 0 (want 1-): 1 named {name} runs as {STRANGER}"));
}

#[test]
fn a_process_whose_command_line_hangs_is_explained_without_it() {
    let name = unique();
    let Some(silent) = silent(&name, 1, STRANGER) else { return };
    let pid = silent.only_child().to_string();
    let answer = Check::program(binary()).args(["explain", &pid]).run_raw();
    answer.code(0).has("args       hidden: cmdline does not answer").has("counted    yes");
}

/// Any other file that hangs is treated alike: in a recorded tree it may be a pipe.
#[test]
fn a_file_that_does_not_answer_hides_one_process_only() {
    let tree = Tree::new();
    for pid in [100, 101, 102] {
        tree.add(&Recorded::new(pid, "pwd"));
    }
    let path = tree.of(101).join("comm");
    fs::remove_file(&path).expect("comm");
    fifo(&path);
    let answer = Check::tree(&tree, ["pwd:3-3"]).run();
    answer.unknown().has("pwd 2 to 3 (want 3-3): comm does not answer (pid 101)");
    Check::tree(&tree, ["pwd:2-"]).run().ok("pwd 2 to 3");
}

/// `stat` is first read for the words, and whoever reads it then waits to the end.
#[test]
fn a_verdict_that_is_known_is_reported_at_the_time_limit() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "pwd"));
    fs::remove_file(tree.of(100).join("stat")).expect("stat");
    fifo(&tree.of(100).join("stat"));
    let answer = Check::tree(&tree, ["-t", "5", "pwd:0-0", "pwd:1-1", "absent"]).run();
    answer.critical_with(
        "pwd 1 (want 0-0), absent 0 (want 1-); 1 of 3 OK; timed out after 5 s while reading stat of \
         process 100",
    );
    answer.perf("'pwd'=1;;0;0 'pwd_2'=1;;1:1;0 'absent'=0;;1:;0");
    let answer = Check::tree(&tree, ["-t", "5", "-v", "pwd:1-1"]).run();
    answer.ok("pwd 1").has("timed out after 5 s while reading stat of process 100");
}

/// What was OK stays so. What was to be looked at again is not known.
#[test]
fn a_second_look_that_hangs_leaves_what_was_decided() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "pwd"));
    let args = ["-t", "12", "--recheck", "2", "pwd:1-1", "absent"];
    let check = between_scans(Duration::from_secs(2), || Check::tree(&tree, args));
    fs::remove_file(tree.of(100).join("comm")).expect("comm");
    fifo(&tree.of(100).join("comm"));
    let answer = check.go_on();
    answer.unknown().perf("'pwd'=1;;1:1;0 'absent'=0;;1:;0");
    answer.has(
        "UNKNOWN: absent 0 (want 1-); 1 of 2 OK; timed out after 12 s while reading comm of process \
         100",
    );
}

// ---- a mount that never answers ----

/// Makes a mount whose file system never answers, a program of a user's run by root, and one of root's that
/// names a path on the mount; runs the check.
const DEAD_MOUNT: &str = r#"
cd "$1" && shift && mkdir dead users && cp /bin/sleep "users/$1" && chown 4000001 users || exit 9
exec 3<>/dev/fuse
options=fd=3,rootmode=40000,user_id=0,group_id=0,allow_other
mount -i -t fuse dead dead -o $options || exit 9
"$PWD/users/$1" 60 3<&- &
fault=$!
bash -c 'exec -a "$0" sleep 60' "$PWD/dead/appd" 3<&- &
claim=$!
# Both run what they were started for.
until [ "$(cat /proc/$fault/comm)" = "$1" ] && [ "$(cat /proc/$claim/comm)" = sleep ]; do sleep 0.1; done
shift
"$@" 3<&-
code=$?
kill $fault $claim
exit $code
"#;

#[test]
fn a_dead_mount_hides_what_names_it_and_nothing_else() {
    if !can(Need::Root) || !can(Need::MountNamespace) || !can(Need::Fuse) {
        return;
    }
    let name = unique();
    for user in [None, Some("65534")] {
        let dir = tempfile::tempdir_in("/opt").expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let plugin = Installed::link("check_exposure");
        let mut check = Check::program("unshare").args(["-m", "bash", "-c", DEAD_MOUNT, "bash"]);
        check = check.arg(dir.path()).arg(&name);
        if let Some(user) = user {
            check = check.args(["setpriv", "--reuid", user, "--clear-groups"]);
        }
        let exempt = format!("not-name={name}");
        let answer = check.arg(plugin.path()).args(LIMIT).args(["-v", "--exempt", &exempt]).run();
        answer.lacks("timed out").code(2).has(&format!("CRITICAL writable-code: {name}, pid "));
        if user.is_none() {
            answer.has("1 process not judged by writable-code: exe does not answer");
        }
    }
}

// ---- a name service that hangs ----

/// The plugin with a pipe in the place of the files that the name service reads.
fn without_names(plugin: &str, args: &[&str]) -> Answer {
    let plugin = Installed::link(plugin);
    let pipe = plugin.dir().join("pipe");
    fifo(&pipe);
    let script =
        "mount --bind \"$1\" /etc/group && mount --bind \"$1\" /etc/passwd && shift && exec \"$@\"";
    let check = Check::program("unshare").args(["-m", "sh", "-c", script, "sh"]);
    let answer = check.arg(&pipe).arg(plugin.path()).args(LIMIT).args(args).run();
    answer.lacks("timed out");
    answer
}

#[test]
fn without_names_texts_have_numbers() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let ids = format!("{STRANGER},{STRANGER},{STRANGER}");
    let process = Specimen::called(&name).verb("gid=0,0,0").verb(format!("uid={ids}")).start();
    let pid = process.pid();
    let answer = without_names("check_proccount", &[&format!("{name},uid={STRANGER}:0-0")]);
    answer.critical_with(&format!("{name},uid={STRANGER} 1 (want 0-0)"));
    answer.has(&format!("pid {pid} {name}, user {STRANGER}"));
    let answer = without_names("check_privdrop", &[]);
    answer.code(2).has(&format!("{name} (pid {pid}, user {STRANGER}, "));
}

#[test]
fn without_names_what_hangs_on_one_is_unknown() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let (name, dead) = (unique(), unique());
    let process = Specimen::called(&name).start();
    let why = format!("the name service does not answer (pid {})", process.pid());
    for spec in ["user=bin:0-0", "user~^b:0-0", "not-user~^b:0-0", "group=bin:0-0"] {
        let answer = without_names("check_proccount", &[&format!("{name},{spec}")]);
        answer.unknown().has(&format!("0 to 1 (want 0-0): {why}"));
    }
    let answer = without_names("check_proccount", &[&dead, &format!("{name},user=bin")]);
    answer.critical_with(&format!("{dead} 0 (want 1-), {name},user=bin 0 to 1 (want 1-): {why}"));
    let ids = format!("uid={STRANGER},{STRANGER},{STRANGER}");
    let _judged = Specimen::called(unique()).verb("groups=15").verb("gid=7,7,7").verb(ids).start();
    let answer = without_names("check_privdrop", &["--rules", "groups"]);
    answer
        .code(3)
        .has("PRIVDROP is UNKNOWN: cannot judge ")
        .has("the name service does not answer");
}

#[test]
fn the_offender_of_check_proccpu_is_reported_by_number() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).verb("burn=1").start();
    let exempt = format!("not-name={name}");
    let args = ["-c", "1", "--over", "1", "--min-age", "0", "--exempt", &exempt];
    let answer = without_names("check_proccpu", &args);
    answer.code(2).has(&format!("pid {} {name}, user 0, ", process.pid()));
}

/// A name that the kernel cut, which only the command line has whole.
#[test]
fn the_offender_of_check_proccpu_is_reported_without_its_command_line() {
    let name = "x".repeat(15);
    // A user of its own: the tests beside have silent processes, too, and all would be offenders.
    let user = STRANGER + 1;
    let Some(silent) = silent(&name, 1, user) else { return };
    // It uses no CPU time, so that its whole life is told: more than nothing is not wanted.
    let exempt = format!("not-uid={user}");
    let args = ["--lifetime-critical", "@0:100", "--over", "1", "--exempt", &exempt];
    let answer = Check::plugin("check_proccpu").args(LIMIT).args(args).run();
    answer.code(2).has(&format!("pid {} {name}, user {user}, ", silent.only_child()));
    answer.lacks("timed out");
}

#[test]
fn a_signal_during_a_wait_is_one_line_and_unknown() {
    let signals = [
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGALRM, "SIGALRM"),
    ];
    for (signal, name) in signals {
        for (args, code) in [(&["--recheck", "50"][..], 3), (&["--mon", "--recheck", "50"], 1)] {
            let check = Check::count(["-t", "60", &unique()]).args(args).start();
            until_asleep(check.pid());
            check.signal(signal);
            let answer = check.finish();
            answer.lawful().code(code).line_count(1);
            answer.has(&format!("ended by {name} while waiting between two scans"));
        }
    }
}
