//! Each key of the grammar, by a real process that fits and its nearest neighbour that does not;
//! and how terms combine. What this machine cannot be made to have stands in a recorded tree.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use support::tree::{Recorded, TICKS, UPTIME};
use support::{
    Check, Installed, NOBODY, Need, Process, Specimen, Tree, bytes, can, fifo, open_dir, unique,
    until, until_asleep, wait,
};

/// Each selector beside the number of processes it must find, whoever asks.
#[track_caller]
fn finds(table: &[(String, usize)]) {
    finds_as_ourselves(table);
    if can(Need::Root) {
        find(table, |check| check.by_user(NOBODY));
    }
}

/// The same where others may not look.
#[track_caller]
fn finds_as_ourselves(table: &[(String, usize)]) {
    find(table, |check| check);
}

#[track_caller]
fn find(table: &[(String, usize)], asking: impl Fn(Check) -> Check) {
    for (selector, want) in table {
        let answer = asking(Check::count([format!("{selector}:{want}-{want}")])).run();
        assert_eq!(answer.code, Some(0), "{selector} must find {want}\n{answer}");
    }
}

#[track_caller]
fn finds_in(tree: &Tree, table: &[(&str, usize)]) {
    for (selector, want) in table {
        let answer = Check::tree(tree, [format!("{selector}:{want}-{want}")]).run();
        assert_eq!(answer.code, Some(0), "{selector} must find {want}\n{answer}");
    }
}

// ---- what it is ----

#[test]
fn name() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    let _longer = Specimen::called(format!("{name}x")).start();
    let _upper = Specimen::called(name.to_uppercase()).start();
    finds(&[
        (name.clone(), 1),
        (format!("name={name}"), 1),
        (format!("name={name},name={name}x"), 2),
    ]);
    // An expression may fit the long name of any process whose name the kernel cut, as it did that of
    // other tests' threads, which their children have until they are what they shall be; so only of
    // these three command lines.
    let term = |term: &str| format!("{term},args~(?i)/{name}");
    finds(&[
        (term(&format!("name~^{name}$")), 1),
        (term(&format!("name~^{name}")), 2),
        (term(&format!("name~^{name},not-name={name}x")), 1),
        (term(&format!("name~^{name},not-name~x$")), 1),
        (term(&format!("name~(?i)^{name}$")), 2),
    ]);
}

#[test]
fn exe() {
    if !can(Need::Root) {
        return;
    }
    let (name, mark) = (unique(), unique());
    let process = Specimen::called(&name).start();
    let _liar = Specimen::called(&mark).argv([process.exe()]).verb(format!("name={name}")).start();
    let path = process.exe();
    let path = path.display();
    finds_as_ourselves(&[
        (format!("{path}"), 1),
        (format!("{name},exe={path}"), 1),
        (format!("{name},exe~/{name}$"), 1),
        (format!("{name},exe~/{mark}$"), 1),
        (format!("{name},exe~^{path}"), 1),
        (format!("{name},exe={path}x"), 0),
        (format!("{name},not-exe={path}"), 1),
    ]);
}

#[test]
fn args() {
    if !can(Need::Alone) {
        return;
    }
    let mark = unique();
    let _process = Specimen::called("specimen").argv(["daemon", "-c", &mark, "", "a b"]).start();
    finds(&[
        (format!("args~ {mark} "), 1),
        (format!("args~^daemon -c {mark}"), 1),
        (format!("args=daemon -c {mark}  a b"), 1),
        (format!("args=daemon -c {mark}"), 0),
        (format!("args~{mark}x"), 0),
        (format!("args~{mark},not-args~-c"), 0),
        (format!("args~{mark},not-args~-d"), 1),
    ]);
}

/// Arguments are bytes: a script of several lines, a path in Latin-1.
#[test]
fn a_dot_stands_for_any_sign_of_the_arguments() {
    if !can(Need::Alone) {
        return;
    }
    let mark = unique();
    let odd = bytes(&[mark.as_bytes(), b" caf\xe9\nnext"]);
    let argv = [OsStr::new("daemon"), &odd, OsStr::new("--serve")];
    let _process = Specimen::called("specimen").argv(argv).start();
    finds(&[
        (format!("args~^daemon {mark}.*--serve$"), 1),
        (format!("args~{mark} caf.\nnext"), 1),
        (format!("args~{mark} caf..next"), 1),
        (format!("args~{mark}.*--other"), 0),
    ]);
}

#[test]
fn a_comma_in_a_value_is_written_twice() {
    if !can(Need::Alone) {
        return;
    }
    let mark = unique();
    let _process = Specimen::called("specimen").argv(["daemon", &format!("{mark},xx")]).start();
    finds(&[
        (format!("args~{mark},,x"), 1),
        (format!("args~{mark},,x{{2,,3}}$"), 1),
        (format!("args~{mark},,x{{3,,4}}$"), 0),
        (format!("args=daemon {mark},,xx,state=SR"), 1),
    ]);
}

// ---- whose it is ----

/// Ids that all differ, so that no key can stand in for another: daemon is 1, nobody 65534.
#[test]
fn users_and_groups() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let start = |uid: &str, gid: &str| {
        let specimen = Specimen::called(&name).verb("groups=").verb(format!("gid={gid}"));
        specimen.verb(format!("uid={uid}")).start()
    };
    let _split = start("1,65534,0", "65534,1,0");
    let _root = start("0,0,0", "0,0,0");
    let term = |term: &str| format!("{name},{term}");
    finds(&[
        (term("user=nobody"), 1),
        (term("uid=65534"), 1),
        (term("user=daemon"), 0),
        (term("uid=1"), 0),
        (term("ruser=daemon"), 1),
        (term("ruid=1"), 1),
        (term("ruser=nobody"), 0),
        (term("ruid=65534"), 0),
        (term("group=daemon"), 1),
        (term("gid=1"), 1),
        (term("group=nogroup"), 0),
        (term("gid=65534"), 0),
        (term("rgroup=nogroup"), 1),
        (term("rgid=65534"), 1),
        (term("rgroup=daemon"), 0),
        (term("rgid=1"), 0),
        (term("user=root"), 1),
        (term("group=root"), 1),
        (term("user=65534"), 1),
        (term("group=1"), 1),
        (term("uid=1-"), 1),
        (term("uid=0-65533"), 1),
        (term("uid=-65534"), 2),
        (term("not-user=root"), 1),
        (term("user=root,user=nobody"), 2),
        (term("not-user=root,not-user=nobody"), 0),
        (term("user~^nob"), 1),
    ]);
}

/// A kernel without that entry in passwd still has the process.
#[test]
fn a_uid_without_a_name_is_a_uid() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).verb("uid=54321,54321,54321").start();
    finds(&[
        (format!("{name},user=54321"), 1),
        (format!("{name},uid=54321"), 1),
        (format!("{name},user=54322"), 0),
        (format!("{name},user=root"), 0),
    ]);
    let answer = Check::count([format!("{name},user=root")]).run();
    answer.code(2).has("54321");
}

/// The owner of a recorded file is whoever unpacked it.
#[test]
fn in_a_recorded_tree_the_ids_are_the_recorded_ones() {
    let tree = Tree::new();
    let ids =
        Recorded { uid: [1, 65534, 0, 0], gid: [65534, 1, 0, 0], ..Recorded::new(100, "pwd") };
    tree.add(&ids);
    finds_in(
        &tree,
        &[
            ("pwd,user=nobody", 1),
            ("pwd,uid=0", 0),
            ("pwd,ruid=1", 1),
            ("pwd,gid=1", 1),
            ("pwd,rgid=65534", 1),
            ("pwd,user=root", 0),
        ],
    );
}

// ---- whose child it is ----

#[test]
fn ppid_and_parent() {
    let (name, other) = (unique(), unique());
    let parent = Specimen::called(&other).verb("fork").verb(format!("name={name}")).start();
    let _orphan = Specimen::called(&name).start();
    let ours = std::process::id();
    finds(&[
        (format!("{name},ppid={}", parent.pid()), 1),
        (format!("{name},ppid={ours}"), 1),
        (format!("{name},ppid={}", u32::MAX / 2), 0),
        (format!("{name},not-ppid={ours}"), 1),
        (format!("{name},ppid=1-"), 2),
        (format!("{name},parent={other}"), 1),
        (format!("{name},parent={name}"), 0),
        (format!("{name},parent~^{other}$"), 1),
        (format!("{name},not-parent={other}"), 1),
    ]);
}

/// The kernel cuts a parent's name as it cuts any.
#[test]
fn a_parent_has_its_long_name() {
    let tree = Tree::new();
    tree.add(&Recorded::new(1, "systemd"));
    tree.add(&Recorded::new(10, "systemd-journald"));
    tree.add(&Recorded::new(20, "python3.11").argv(&["python3", "/usr/bin/app.py"]));
    for (pid, ppid) in [(11, 10), (21, 20)] {
        tree.add(&Recorded { ppid, ..Recorded::new(pid, "worker") });
    }
    finds_in(
        &tree,
        &[
            ("worker,parent=systemd-journald", 1),
            ("worker,parent=systemd-journal", 1),
            ("worker,parent=systemd-journalx", 0),
            ("worker,parent~journald$", 1),
            ("worker,not-parent=systemd-journald", 1),
            ("worker,parent=app.py", 1),
            ("worker,not-parent=app.py", 1),
        ],
    );
}

#[test]
fn leader() {
    if !can(Need::Program("setsid")) {
        return;
    }
    let name = unique();
    let _leader = Specimen::called(&name).under(&["setsid"]).start();
    let _member = Specimen::called(&name).start();
    finds(&[
        (name.clone(), 2),
        (format!("{name},leader=yes"), 1),
        (format!("{name},leader=no"), 1),
        (format!("{name},not-leader=yes"), 1),
    ]);
}

// ---- how it does ----

#[test]
fn state() {
    let name = unique();
    let asleep = Specimen::called(&name).start();
    let stopped = Specimen::called(&name).start();
    until_asleep(asleep.pid());
    stopped.signal(libc::SIGSTOP);
    until("it is stopped", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", stopped.pid())).expect("stat");
        stat.contains(") T ")
    });
    finds(&[
        (format!("{name},state=T"), 1),
        (format!("{name},state=S"), 1),
        (format!("{name},state=ST"), 2),
        (format!("{name},state=S,state=T"), 2),
        (format!("{name},state=DZ"), 0),
        (format!("{name},not-state=T"), 1),
        (format!("{name},state=t"), 0),
    ]);
}

#[test]
fn age() {
    let name = unique();
    let process = Specimen::called(&name).start();
    finds(&[
        (format!("{name},age=-1h"), 1),
        (format!("{name},age=1h-"), 0),
        (format!("{name},age=0-1d"), 1),
    ]);
    until("it is two seconds old", || wait::age(process.pid()) > 2.1);
    finds(&[(format!("{name},age=2-"), 1), (format!("{name},age=2s-1h"), 1)]);
}

/// lxcfs lays a file over /proc/uptime that begins with the container, and leaves starts as they are.
#[test]
fn age_does_not_hang_on_what_is_mounted_over_uptime() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).start();
    let young = tempfile::NamedTempFile::new().expect("a file");
    fs::write(young.path(), "5.00 5.00\n").expect("its text");
    until("it is a second old", || wait::age(process.pid()) > 1.1);
    let plugin = Installed::link("check_proccount");
    let check = plugin.shell(&[&format!("{name},age=1s-1h:1-1")]);
    let command = format!("mount --bind {} /proc/uptime && {check}", young.path().display());
    Check::program("unshare").args(["-m", "sh", "-c", &command]).run().code(0);
}

#[test]
fn age_to_the_second() {
    let tree = Tree::new();
    let since = |seconds: u64| (UPTIME - seconds) * TICKS;
    tree.add(&Recorded { start: since(90), ..Recorded::new(100, "pwd") });
    tree.add(&Recorded { start: since(7200), ..Recorded::new(101, "pwd") });
    finds_in(
        &tree,
        &[
            ("pwd,age=90-90", 1),
            ("pwd,age=89-91", 1),
            ("pwd,age=92-", 1),
            ("pwd,age=-89", 0),
            ("pwd,age=1m-2m", 1),
            ("pwd,age=2h-", 1),
            ("pwd,age=-2h", 2),
            ("pwd,age=3h-", 0),
            ("pwd,age=1d-", 0),
            ("pwd,not-age=2h-", 1),
        ],
    );
}

#[test]
fn cpu() {
    let name = unique();
    let burner = Specimen::called(&name).verb("burn=1").start();
    let sleeper = Specimen::called(&name).start();
    until("one has burned, one has slept", || {
        let ticks = |pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
            let fields: Vec<f64> =
                stat.split(' ').skip(13).take(2).map(|f| f.parse().expect("ticks")).collect();
            fields.iter().sum::<f64>() / 100.0
        };
        let share = |pid| ticks(pid) / wait::age(pid);
        share(burner.pid()) > 0.04 && share(sleeper.pid()) < 0.01
    });
    finds(&[
        (format!("{name},cpu=2-"), 1),
        (format!("{name},cpu=2%-"), 1),
        (format!("{name},cpu=-1"), 1),
        (format!("{name},cpu=0-"), 2),
    ]);
}

#[test]
fn cpu_to_the_percent() {
    let tree = Tree::new();
    let start = (UPTIME - 100) * TICKS;
    tree.add(&Recorded { start, times: [2000, 1000], ..Recorded::new(100, "pwd") });
    tree.add(&Recorded { start, times: [30_000, 0], ..Recorded::new(101, "pwd") });
    finds_in(
        &tree,
        &[
            ("pwd,cpu=30-30", 1),
            ("pwd,cpu=29-31", 1),
            ("pwd,cpu=31-", 1),
            ("pwd,cpu=300-", 1),
            ("pwd,cpu=301-", 0),
            ("pwd,cpu=-29", 0),
            ("pwd,cpu=30%-300%", 2),
        ],
    );
}

#[test]
fn rss_and_vsz() {
    let name = unique();
    let _used = Specimen::called(&name).verb("rss=32").start();
    let _mapped = Specimen::called(&name).verb("vsz=2048").start();
    finds(&[
        (format!("{name},rss=32M-"), 1),
        (format!("{name},rss=32M-64M"), 1),
        (format!("{name},rss=64M-"), 0),
        (format!("{name},rss=-30M"), 1),
        (format!("{name},rss=1k-"), 2),
        (format!("{name},rss=33554432-"), 1),
        (format!("{name},vsz=2G-"), 1),
        (format!("{name},vsz=-1G"), 1),
        (format!("{name},vsz=4G-"), 0),
    ]);
}

/// Field 24 of `stat` lacks what each CPU has yet to hand in.
#[test]
fn rss_is_that_of_statm() {
    let tree = Tree::new();
    tree.add(&Recorded { rss: 4_000, ..Recorded::new(5, "pwd") });
    finds_in(&tree, &[("pwd,rss=4000k-4000k", 1)]);
    let statm = tree.of(5).join("statm");
    std::fs::write(&statm, "5000 2000 1 1 0 1 0\n").expect("statm");
    finds_in(&tree, &[("pwd,rss=8000k-8000k", 1), ("pwd,rss=4000k-4000k", 0)]);
    std::fs::write(&statm, "5000 -1 1 1 0 1 0\n").expect("statm");
    let answer = Check::tree(&tree, ["pwd,rss=1G-:0-0"]).run();
    answer.unknown().has("statm is not what a kernel writes");
    std::fs::remove_file(&statm).expect("statm");
    let answer = Check::tree(&tree, ["pwd,rss=1G-:0-0"]).run();
    answer.unknown().has("statm is missing (pid 5); the tree under --proc-root lacks it");
}

#[test]
fn threads() {
    let name = unique();
    let _one = Specimen::called(&name).start();
    let _four = Specimen::called(&name).verb("threads=3").start();
    finds(&[
        (format!("{name},threads=1"), 1),
        (format!("{name},threads=4-4"), 1),
        (format!("{name},threads=3-3"), 0),
        (format!("{name},threads=2-"), 1),
        (format!("{name},threads=-3"), 1),
    ]);
}

// ---- where it belongs ----

#[test]
fn unit() {
    let tree = Tree::new();
    let paths = [
        "0::/system.slice/ssh.service\n",
        "0::/system.slice/system-getty.slice/getty@tty1.service\n",
        "12:pids:/x\n1:name=systemd:/system.slice/cron.service\n0::/\n",
        "0::/user.slice/user-1000.slice/session-3.scope\n",
        "0::/\n",
        "0::/system.slice/nginx.service/workers\n",
        "0::/system.slice/php8.2-fpm.service\n",
    ];
    for (pid, path) in (100..).zip(paths) {
        tree.add(&Recorded { cgroup: path.to_owned(), ..Recorded::new(pid, "pwd") });
    }
    finds_in(
        &tree,
        &[
            ("pwd,unit=ssh.service", 1),
            ("pwd,unit=getty@tty1.service", 1),
            ("pwd,unit=cron.service", 1),
            ("pwd,unit=session-3.scope", 1),
            ("pwd,unit=nginx.service", 1),
            ("pwd,unit=sh.service", 0),
            ("pwd,unit~^getty@", 1),
            ("pwd,not-unit=ssh.service", 6),
            ("pwd,unit=ssh", 1),
            ("pwd,unit=php8.2-fpm", 1),
            ("pwd,unit=session-3", 0),
        ],
    );
}

/// A spec made for systemd finds nothing where there is none, and the sysadmin should not look for a
/// daemon then.
#[test]
fn a_host_without_units_is_reported() {
    let tree = Tree::new();
    tree.add(&Recorded::new(1, "init"));
    tree.add(&Recorded::new(10, "sshd"));
    let note = "no process here is in a unit";
    for spec in ["unit=ssh", "sshd,unit=ssh", "sshd,unit~^ssh"] {
        Check::tree(&tree, [spec]).run().critical_with(&format!("{spec} 0 (want 1-): {note}"));
    }
    for spec in ["nginx", "sshd,not-unit=none:2-"] {
        Check::tree(&tree, [spec]).run().code(2).lacks(note);
    }
    tree.add(&Recorded { cgroup: "0::/init.scope\n".to_owned(), ..Recorded::new(2, "init") });
    for spec in ["unit=ssh", "sshd,unit=ssh"] {
        Check::tree(&tree, [spec]).run().code(2).lacks(note);
    }
}

/// A group of control of the kernel's own, if it lets us make one.
#[test]
fn unit_of_a_real_process() {
    if !can(Need::Root) {
        return;
    }
    let (name, unit) = (unique(), unique());
    let parents = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
    let process = Specimen::called(&name).start();
    // In each hierarchy that systemd would use, as systemd itself does.
    let groups: Vec<PathBuf> = parents
        .iter()
        .map(|parent| PathBuf::from(parent).join(format!("{unit}.service")))
        .filter(|group| group.with_file_name("cgroup.procs").exists())
        .filter(|group| fs::create_dir(group).is_ok())
        .collect();
    let joined = !groups.is_empty()
        && groups
            .iter()
            .all(|group| fs::write(group.join("cgroup.procs"), process.pid().to_string()).is_ok());
    let answers = [(format!("{unit}.service"), 0), ("other.service".to_owned(), 2)]
        .map(|(unit, code)| (Check::count([format!("{name},unit={unit}:1-1")]).run(), code));
    drop(process);
    for group in groups {
        until("the group is empty", || fs::remove_dir(&group).is_ok());
    }
    // A recorded tree has the same, so no machine must let us.
    if !joined {
        support::skipped("no cgroup can be made here");
        return;
    }
    for (answer, code) in answers {
        answer.code(code);
    }
}

#[test]
fn context_and_domain() {
    let tree = Tree::new();
    let labels: [&[u8]; 4] = [
        b"system_u:system_r:sshd_t:s0-s0:c0.c1023\0",
        b"system_u:system_r:init_t\0",
        b"system_u:system_r:sshd_net_t:s0\0",
        b"system_u:object_r:unlabeled_t:s0\0",
    ];
    for (pid, label) in (100..).zip(labels) {
        tree.add(&Recorded { label: Some(label.to_vec()), ..Recorded::new(pid, "pwd") });
    }
    let run = |spec: &str| Check::tree(&tree, [spec]).run();
    for (spec, want) in [
        ("pwd,domain=sshd_t", 1),
        ("pwd,domain=init_t", 1),
        ("pwd,domain=sshd", 0),
        ("pwd,domain~^sshd", 2),
        ("pwd,not-domain=init_t", 3),
        ("pwd,context=system_u:system_r:sshd_t:s0-s0:c0.c1023", 1),
        ("pwd,context=system_u:system_r:init_t", 1),
        ("pwd,context~:s0$", 2),
    ] {
        let answer = run(&format!("{spec}:{want}-{want}"));
        assert_eq!(answer.code, Some(0), "{spec} must find {want}\n{answer}");
    }
}

#[test]
fn domain_and_mode_of_apparmor() {
    let tree = Tree::new();
    let labels: [&[u8]; 6] = [
        b"unconfined\n",
        b"/usr/sbin/named (enforce)\n",
        b"/usr/sbin/named (complain)\n",
        b"a//child (enforce)\n",
        b"my profile (kill)\n",
        b"a//&b (mixed)\n",
    ];
    for (pid, label) in (100..).zip(labels) {
        tree.add(&Recorded { label: Some(label.to_vec()), ..Recorded::new(pid, "pwd") });
    }
    let run = |spec: &str| Check::tree(&tree, [spec]).run();
    for (spec, want) in [
        ("pwd,domain=/usr/sbin/named", 2),
        ("pwd,domain=unconfined", 1),
        ("pwd,domain=a//child", 1),
        ("pwd,domain=my profile", 1),
        ("pwd,mode=enforce", 2),
        ("pwd,mode=complain", 1),
        ("pwd,mode=unconfined", 1),
        ("pwd,domain=/usr/sbin/named,mode=enforce", 1),
        ("pwd,not-mode=enforce,not-mode=unconfined", 3),
    ] {
        let answer = run(&format!("{spec}:{want}-{want}"));
        assert_eq!(answer.code, Some(0), "{spec} must find {want}\n{answer}");
    }
}

/// A profile of AppArmor's may have colons, and look like a context.
#[test]
fn lsm_names_the_system_whose_labels_a_tree_holds() {
    let tree = Tree::new();
    let label = b"a:b:sshd_t:c (enforce)\n";
    tree.add(&Recorded { label: Some(label.to_vec()), ..Recorded::new(100, "pwd") });
    let run = |spec: &str| Check::tree(&tree, ["--lsm", "apparmor", spec]).run().code;
    assert_eq!(run("pwd,domain=a:b:sshd_t:c,mode=enforce:1-1"), Some(0));
    assert_eq!(run("pwd,domain=sshd_t:0-0"), Some(0));
    let stacked = b"unconfined//&:ns1:unconfined\n";
    tree.add(&Recorded { label: Some(stacked.to_vec()), ..Recorded::new(101, "stacked") });
    assert_eq!(run("stacked,domain~^unconfined//&:1-1"), Some(0));
}

/// Where there is no such system, there is nothing that could be told.
#[test]
fn labels_without_a_system_of_labels_are_unknown() {
    if !can(Need::NoLabels) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    for spec in ["domain=sshd_t:0-0", "context~sshd:0-0", "mode=enforce:0-0", "not-domain=x:1-1"] {
        Check::count([format!("{name},{spec}")]).run().unknown();
    }
}

// ---- pid files ----

/// Whether one of two daemons is the one in the file, and what else is said.
#[track_caller]
fn by_pid_file(name: &str, file: &Path, code: i32, part: &str) {
    for user in [0, NOBODY] {
        let spec = format!("{name},pidfile={},label=it:1-1", file.display());
        let answer = Check::count([spec]).by_user(user).run();
        answer.code(code).has(part).lacks("root:");
    }
}

#[test]
fn a_pid_file_picks_one_of_twins() {
    if !can(Need::Root) {
        return;
    }
    let (name, dir) = (unique(), open_dir());
    let (daemon, _twin) = (Specimen::called(&name).start(), Specimen::called(&name).start());
    let file = dir.path().join("x.pid");
    by_pid_file(&name, &file, 2, &format!("it 0 (want 1-1): {} is missing", file.display()));
    fs::write(&file, format!("{}\n", daemon.pid())).unwrap();
    by_pid_file(&name, &file, 0, "it 1");
    let rest = format!("{name},not-pidfile={},label=strays:1-1", file.display());
    Check::count([rest]).run().ok("strays 1");
    let other = unique();
    let _other = Specimen::called(&other).start();
    by_pid_file(&other, &file, 2, "1 named ");
    // Its user's own file will do, too.
    let user = Specimen::called(&other).verb("uid=4242,4242,4242").start();
    fs::write(&file, format!("{}", user.pid())).unwrap();
    std::os::unix::fs::chown(&file, Some(4242), Some(4242)).unwrap();
    by_pid_file(&other, &file, 0, "it 1");
    by_pid_file(&name, &file, 2, "it 0 (want 1-1): 2 named ");
}

#[test]
fn a_stale_pid_file_picks_none() {
    if !can(Need::Root) {
        return;
    }
    let (name, dir) = (unique(), open_dir());
    let daemon = Specimen::called(&name).start();
    let file = dir.path().join("x.pid");
    fs::write(&file, format!("{}", daemon.pid())).unwrap();
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(230);
    fs::File::options().write(true).open(&file).unwrap().set_modified(before).unwrap();
    by_pid_file(&name, &file, 2, "x.pid is stale: its number is a process's that started 3m later");
    let ended = Specimen::called(&name).start();
    fs::write(&file, format!("{}", ended.pid())).unwrap();
    drop(ended);
    by_pid_file(&name, &file, 2, "x.pid is stale: its process has ended");
}

/// Whoever may write the file says what it says; nothing of it is shown, and no link is followed.
#[test]
fn hostile_pid_files_are_unknown() {
    if !can(Need::Root) {
        return;
    }
    let (name, dir) = (unique(), open_dir());
    let daemon = Specimen::called(&name).start();
    let file = dir.path().join("x.pid");
    let unknown = |part: &str| {
        by_pid_file(&name, &file, 3, &format!("it 0 to 1 (want 1-1): {part}"));
        if file.is_dir() { fs::remove_dir(&file) } else { fs::remove_file(&file) }.unwrap();
    };
    let write = |text: &str, mode: u32| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    };
    std::os::unix::fs::symlink("/etc/shadow", &file).unwrap();
    unknown("the pid file is a symbolic link");
    fifo(&file);
    unknown("the pid file is no regular file");
    fs::create_dir(&file).unwrap();
    unknown("the pid file is no regular file");
    write(&"1".repeat(33), 0o644);
    unknown("the pid file is too long for one");
    for text in ["", "root:x:0", "-1", "0", "1 2", "99999999999"] {
        write(text, 0o644);
        unknown("the pid file holds no number of a process");
    }
    for mode in [0o664, 0o646] {
        write(&daemon.pid().to_string(), mode);
        unknown("users other than its owner may write the pid file");
    }
    write(&daemon.pid().to_string(), 0o644);
    std::os::unix::fs::chown(&file, Some(4242), None).unwrap();
    unknown("the pid file belongs neither to root nor to the process's user");
    write(&daemon.pid().to_string(), 0o600);
    let spec = format!("{name},pidfile={},label=it:1-1", file.display());
    let answer = Check::count([spec]).by_user(NOBODY).run();
    answer.code(3).has("reading the pid file failed: Permission denied").has("run as root");
}

#[test]
fn a_pid_file_needs_company_and_our_own_tree() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "sshd"));
    let spec = "sshd,pidfile=/run/sshd.pid";
    Check::tree(&tree, [spec]).run().code(3).has("leave pidfile= out");
    for (spec, part) in [
        ("pidfile=/run/sshd.pid", "pidfile= needs another term"),
        ("sshd,pidfile=run/sshd.pid", "write pidfile=/PATH"),
        ("sshd,pidfile~sshd", "'pidfile~' compares no text"),
    ] {
        Check::count([spec]).run().code(3).has(part);
    }
}

// ---- how terms combine ----

#[test]
fn terms_are_anded_repeated_ones_ored_and_repeated_nots_neither() {
    let tree = Tree::new();
    let ids = [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 65534)];
    for (pid, (name, uid)) in (100..).zip(ids) {
        tree.add(&Recorded { uid: [uid; 4], ..Recorded::new(pid, name) });
    }
    finds_in(
        &tree,
        &[
            ("a,user=root", 1),
            ("a,name=b", 5),
            ("name=a,name=b,user=root,user=daemon", 4),
            ("b,not-user=root", 2),
            ("b,not-user=root,not-user=daemon", 1),
            ("not-name=a", 3),
            ("not-name=a,not-name=b", 0),
            ("b,uid=0-1", 2),
            ("b,uid=0,uid=65534", 2),
            ("user=root", 2),
        ],
    );
}

/// Sanity of the whole: the specimens of this very test, all keys at once.
#[test]
fn many_terms_at_once() {
    let name = unique();
    let two: Vec<Process> = (0..2).map(|_| Specimen::called(&name).start()).collect();
    let ours = std::process::id();
    let selector = format!(
        "{name},ppid={ours},state=SR,threads=1,age=-1h,rss=1k-1G,vsz=1k-,args~/{name}$,not-user=daemon,\
         not-name=sshd,label=all of it"
    );
    finds(&[(selector, two.len())]);
}
