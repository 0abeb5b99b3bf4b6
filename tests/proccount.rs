//! `check_proccount` as a whole: ranges, thresholds, files of specs, labels, containers, several specs.

mod support;

use std::fs;

use support::tree::{Recorded, TICKS, UPTIME};
use support::{Check, NOBODY, Need, Process, Specimen, Tree, can, open_dir, unique};

fn several(name: &str, n: usize) -> Vec<Process> {
    (0..n).map(|_| Specimen::called(name).start()).collect()
}

/// Three processes called `pwd`, recorded, up for 3, 2 and 1 minutes.
fn three() -> Tree {
    let tree = Tree::new();
    for pid in 100..103 {
        let start = (UPTIME - 60 * u64::from(103 - pid)) * TICKS;
        tree.add(&Recorded { start, ..Recorded::new(pid, "pwd") });
    }
    tree
}

/// Who these are, the youngest first.
const THREE: &str =
    "pid 102 (up 1m, user root), pid 101 (up 2m, user root), pid 100 (up 3m, user root)";

// ---- ranges ----

#[test]
fn whoever_names_a_process_expects_it_to_run() {
    let name = unique();
    let answer = Check::count([&name]).run();
    answer.critical_with(&format!("{name} 0 (want 1-)")).perf(&format!("'{name}'=0;;1:;0"));
    let _process = Specimen::called(&name).start();
    let answer = Check::count([&name]).run();
    answer.ok(&format!("{name} 1")).perf(&format!("'{name}'=1;;1:;0")).line_count(1);
}

#[test]
fn every_form_of_range_has_its_edges() {
    let name = unique();
    let _three = several(&name, 3);
    let table = [
        ("3", 0),
        ("2", 2),
        ("4", 2),
        ("3-", 0),
        ("4-", 2),
        ("any", 0),
        ("0-3", 0),
        ("0-2", 2),
        ("3-3", 0),
        ("2-4", 0),
        ("1-2", 2),
        ("4-9", 2),
        ("0-0", 2),
        ("1-3:1-9", 0),
        ("1-2:1-3", 1),
        ("4-:3-", 1),
        ("1-1:1-2", 2),
        ("3:0-", 0),
        ("0-2:0-5", 1),
        ("0-2:any", 1),
        // Nothing, or nothing that is OK, is left to alert.
        ("0-", 3),
        ("-3", 3),
        ("1:2", 3),
    ];
    for (range, code) in table {
        let answer = Check::count([format!("{name}:{range}")]).run();
        assert_eq!(answer.code, Some(code), "{range}\n{answer}");
    }
}

#[test]
fn with_two_ranges_the_first_is_the_warning() {
    let tree = three();
    let answer = Check::tree(&tree, ["pwd:1-2:1-5"]).run();
    answer.warning(&format!("pwd 3 (want 1-2): {THREE}")).perf("'pwd'=3;1:2;1:5;0");
    let answer = Check::tree(&tree, ["pwd:1-1:1-2"]).run();
    answer.critical(&format!("pwd 3 (want 1-2): {THREE}")).perf("'pwd'=3;1:1;1:2;0");
    Check::tree(&tree, ["pwd:1-3:1-5"]).run().ok("pwd 3").perf("'pwd'=3;1:3;1:5;0");
}

#[test]
fn the_range_comes_after_the_last_colon_followed_by_one() {
    let stem = unique();
    let name = format!("{stem}: s");
    let _process = Specimen::called("specimen").verb(format!("name={name}")).start();
    Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
    Check::count([&name]).run().ok(&format!("{name} 1"));
    Check::count([format!("name={name}:0-0")]).run().code(2);
    Check::count([format!("{stem}:0-0")]).run().code(0);
}

#[test]
fn w_and_c_serve_the_specs_without_a_range() {
    let tree = three();
    let run = |args: &[&str]| Check::tree(&tree, args).run();
    run(&["-w", "1:2", "-c", "1:5", "pwd"]).code(1).perf("'pwd'=3;1:2;1:5;0");
    run(&["-c", "1:2", "pwd"]).code(2).perf("'pwd'=3;;1:2;0");
    run(&["-w", "1:2", "pwd"]).code(1);
    let two = run(&["-c", "1:", "pwd:1-3", "pwd,label=b"]);
    two.ok("pwd 3, b 3").perf("'pwd'=3;;1:3;0 'b'=3;;1:;0");
    run(&["-c", "2", "pwd"]).code(2);
    run(&["-c", "3", "pwd"]).code(0);
    run(&["-c", "~:2", "pwd"]).code(2);
    run(&["-c", "@1:3", "pwd"]).code(2);
    run(&["-c", "@4:9", "pwd"]).code(0);
    run(&["--warning", "1:2", "--critical", "1:5", "pwd"]).code(1);
}

#[test]
fn without_a_spec_all_processes_are_measured() {
    let tree = three();
    tree.add(&Recorded::kernel_thread(50, "kworker/0:0"));
    let run = |args: &[&str]| Check::tree(&tree, args).run();
    run(&["-c", "4:4"]).ok("processes 4").perf("'processes'=4;;4:4;0");
    run(&["-k", "-c", "3:3"]).ok("processes 3").perf("'processes'=3;;3:3;0");
    run(&["-c", "5:"]).critical_with("processes 4");
    run(&["-w", "5:"]).code(1);
    // A check of nothing would be OK for ever.
    run(&[]).unknown().has("nothing to check");
    let live = Check::count(["-c", "1:"]).run();
    assert!(live.status().starts_with("PROCCOUNT is OK: processes "), "{live}");
    live.code(0);
}

#[test]
fn a_dead_process_is_not_one_of_all() {
    let tree = three();
    tree.add(&Recorded { state: 'Z', ..Recorded::new(200, "dead") });
    Check::tree(&tree, ["-c", "3:3"]).run().ok("processes 3");
}

// ---- where specs come from ----

#[test]
fn specs_come_from_arguments_options_and_files() {
    let tree = Tree::new();
    for (pid, name) in [(100, "one"), (101, "two"), (102, "three"), (103, "four")] {
        tree.add(&Recorded::new(pid, name));
    }
    let dir = open_dir();
    let path = dir.path().join("specs");
    fs::write(
        &path,
        "# what must run\n\n  three:1-1  \n\tfour\n# no newline at the end\nabsent:0-0",
    )
    .expect("the file");
    let args = ["one", "--spec", "two:1-1", "--specs-from", path.to_str().expect("text")];
    let answer = Check::tree(&tree, args).run();
    answer.code(0);
    for part in ["one 1", "two 1", "three 1", "four 1", "absent 0"] {
        answer.has(part);
    }
    assert_eq!(answer.items().len(), 5, "{answer}");
    Check::tree(&tree, ["--spec", "one", "--spec", "two"]).run().ok("one 1, two 1");
}

// ---- labels ----

#[test]
fn a_label_stands_in_for_the_selector() {
    let tree = three();
    let answer = Check::tree(&tree, ["pwd,user=root,label=the daemon:1-3"]).run();
    answer.ok("the daemon 3").perf("'the daemon'=3;;1:3;0");
    let answer = Check::tree(&tree, ["pwd,label=the daemon:1-2"]).run();
    answer.critical_with("the daemon 3 (want 1-2)");
}

#[test]
fn a_selectors_own_label_has_no_signs_that_perfdata_cannot_hold() {
    let tree = three();
    let answer = Check::tree(&tree, ["pwd,user=root", "args~a|b='c':0-0"]).run();
    answer.code(0);
    let items = answer.items();
    assert_eq!(items.len(), 2, "{answer}");
    assert!(items.iter().all(|(label, _)| !label.contains(['=', '\'', '|'])), "{answer}");
}

#[test]
fn labels_are_unique() {
    let tree = three();
    let specs = ["pwd", "pwd", "pwd:3-3", "pwd,label=pwd", "pwd,uid=0", "x,label=pwd 2:0-0"];
    let answer = Check::tree(&tree, specs).run();
    answer.code(0);
    let mut labels: Vec<_> = answer.items().iter().map(|(label, _)| *label).collect();
    labels.sort_unstable();
    let all = labels.len();
    labels.dedup();
    assert_eq!((all, labels.len()), (6, 6), "{answer}");
}

// ---- containers ----

#[test]
fn a_process_in_a_container_does_not_stand_in_for_the_hosts() {
    if !can(Need::PidNamespace) {
        return;
    }
    let name = unique();
    let unshare = ["unshare", "--pid", "--fork", "--kill-child"];
    let inside = Specimen::called(&name).under(&unshare).start();
    let run = |args: &[&str], range: &str| {
        let spec = format!("{name}:{range}");
        Check::count(args).arg(spec).run()
    };
    run(&[], "1-")
        .critical_with(&format!("{name} 0 (want 1-)"))
        .has("1 more in containers (--containers include)")
        .has("(in a container; --containers include counts it)");
    run(&[], "0-0").ok(&format!("{name} 0"));
    run(&["--containers", "exclude"], "0-0").ok(&format!("{name} 0"));
    run(&["--containers", "include"], "1-1").ok(&format!("{name} 1"));
    run(&["--containers", "only"], "1-1").ok(&format!("{name} 1"));

    let outside = Specimen::called(&name).start();
    run(&[], "1-1").ok(&format!("{name} 1"));
    run(&["--containers", "include"], "2-2").ok(&format!("{name} 2"));
    run(&["--containers", "only"], "1-1").ok(&format!("{name} 1"));
    if can(Need::Root) {
        for selector in [name.clone(), format!("user=root,name={name}")] {
            let spec = format!("{selector}:1-1");
            Check::count([spec]).by_user(NOBODY).run().ok(&format!("{selector} 1"));
        }
        // Each has a copy of its own.
        for (path, number) in [(outside.exe(), 1), (inside.exe(), 0)] {
            let spec = format!("{}:{number}-{number}", path.display());
            Check::count([spec]).by_user(NOBODY).run().code(0);
        }
    }
}

#[test]
fn the_key_container_asks_where_a_process_lives() {
    if !can(Need::PidNamespace) {
        return;
    }
    let name = unique();
    let unshare = ["unshare", "--pid", "--fork", "--kill-child"];
    let _inside = Specimen::called(&name).under(&unshare).start();
    let _outside = [Specimen::called(&name).start(), Specimen::called(&name).start()];
    let run = |spec: String| Check::count(["--containers", "include", &spec]).run().code;
    assert_eq!(run(format!("{name},container=yes:1-1")), Some(0));
    assert_eq!(run(format!("{name},container=no:2-2")), Some(0));
    assert_eq!(run(format!("{name},not-container=yes:2-2")), Some(0));
    // Whoever asks for it in so many words is not refused by the default.
    Check::count([format!("{name},container=yes:1-1")]).run().code(0);
}

/// Inside a container its own processes are the host's.
#[test]
fn inside_a_container_its_own_processes_count() {
    if !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let specimen = Specimen::called(&name).start();
    let plugin = support::Installed::link("check_proccount");
    let command = format!(
        "exec 3< <(SPECIMEN=wait {}); read up <&3; {}; exit $?",
        specimen.exe().display(),
        plugin.shell(&[&format!("{name}:1-1")])
    );
    Check::program("unshare")
        .args(["--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", &command])
        .run()
        .ok(&format!("{name} 1"));
}

// ---- several specs ----

/// The example that came with the order.
#[test]
fn many_specs_make_one_line() {
    let tree = Tree::new();
    tree.add(&Recorded::new(1, "systemd"));
    let names = ["tor", "master", "auditd", "cron", "rsyslogd", "dbus-daemon", "sshd", "watchdog"];
    for (pid, name) in (100..).zip(names) {
        let mut process = Recorded::new(pid, name);
        if name == "master" {
            process = process.argv(&["/usr/lib/postfix/sbin/master", "-w"]);
            process.exe = Some("/usr/lib/postfix/sbin/master".into());
        }
        if name == "sshd" {
            process = process.argv(&[LISTENER]);
        }
        tree.add(&process);
    }
    let specs = [
        "tor:1-1",
        "/usr/lib/postfix/sbin/master:1-1",
        "auditd:1-1",
        "cron:1-5",
        "rsyslogd:1-1",
        "dbus-daemon:1-",
        "sshd,user=root,not-parent=sshd,args~listener,label=sshd:1-1",
        "watchdog:1-2",
    ];
    let answer = Check::tree(&tree, specs).run();
    answer
        .line_count(1)
        .ok("tor 1, /usr/lib/postfix/sbin/master 1, auditd 1, cron 1, rsyslogd 1, dbus-daemon 1, \
         sshd 1, watchdog 1");
    tree.remove(100);
    tree.remove(107);
    let answer = Check::tree(&tree, specs).run();
    answer.critical("tor 0 (want 1-1), watchdog 0 (want 1-2); 6 of 8 OK");
    let start = "'tor'=0;;1:1;0 '/usr/lib/postfix/sbin/master'=1;;1:1;0 'auditd'=1;;1:1;0 \
                 'cron'=1;;1:5;0 'rsyslogd'=1;;1:1;0 'dbus-daemon'=1;;1:;0 ";
    assert!(answer.perfdata().starts_with(start), "{answer}");
    assert!(answer.perfdata().ends_with(" 'watchdog'=0;;1:2;0"), "{answer}");
}

/// What sshd calls itself while it waits for clients (OpenSSH 9.2).
const LISTENER: &str = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups";

/// Sessions keep root and become children of PID 1 when sshd ends; so do forks of cron that wait for
/// a job. Neither may pass for the daemon in the list that we ship.
#[test]
fn the_shipped_list_tells_daemons_from_what_outlives_them() {
    let tree = Tree::new();
    tree.add(&Recorded::new(1, "systemd"));
    tree.add(&Recorded::new(10, "nrpe"));
    tree.add(&Recorded::new(20, "sshd").argv(&[LISTENER]));
    tree.add(&Recorded::new(30, "cron").argv(&["/usr/sbin/cron", "-f"]));
    for (pid, name, title) in [(21, "sshd", "sshd: alice [priv]"), (31, "cron", "/usr/sbin/CRON")] {
        let mut process = Recorded::new(pid, name).argv(&[title, "-f"]);
        process.ppid = pid / 10 * 10;
        tree.add(&process);
        process.pid += 1;
        process.ppid = 1;
        tree.add(&process);
    }
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/nrpe/daemons");
    Check::tree(&tree, ["--specs-from", list]).run().ok("sshd 1, cron 1, nrpe 1");
    tree.remove(20);
    tree.remove(30);
    let answer = Check::tree(&tree, ["--specs-from", list]).run();
    answer.critical_with("sshd 0 (want 1-1)").has("cron 0 (want 1-1)");
}

#[test]
fn the_worst_comes_first() {
    let tree = three();
    let answer = Check::tree(&tree, ["pwd,label=warned:1-2:1-5", "absent"]).run();
    answer.critical(&format!("absent 0 (want 1-), warned 3 (want 1-2): {THREE}; 0 of 2 OK"));
    let answer = Check::tree(&tree, ["pwd,label=warned:1-2:1-5", "pwd"]).run();
    answer.warning(&format!("warned 3 (want 1-2): {THREE}; 1 of 2 OK"));
}

// ---- who it is, where there are too many ----

#[test]
fn of_twins_the_youngest_is_named_first() {
    let tree = Tree::new();
    let cgroup = "0::/system.slice/cron.service\n".into();
    tree.add(&Recorded { cgroup, ..Recorded::new(812, "cron") });
    tree.add(&Recorded::new(300, "bash"));
    let cgroup = "0::/user.slice/user-0.slice/session-3.scope\n".into();
    let start = (UPTIME - 40) * TICKS;
    tree.add(&Recorded { cgroup, start, ppid: 300, ..Recorded::new(4711, "cron") });
    Check::tree(&tree, ["cron:1-1"]).run().critical(
        "cron 2 (want 1-1): pid 4711 (up 40s, session-3.scope, child of bash, user root), pid 812 \
         (up 13h, cron.service, user root)",
    );
    Check::tree(&tree, ["user=root,rss=1M-,args~cron,label=fat:0-0"]).run().critical(
        "fat 2 (want 0-0): cron (pid 4711, rss 3.9 MiB, up 40s, session-3.scope, child of bash), cron \
         (pid 812, rss 3.9 MiB, up 13h, cron.service)",
    );
}

#[test]
fn of_many_names_the_most_frequent_come_first() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "sshd")).add(&Recorded::new(900, "backup"));
    for pid in 901..905 {
        tree.add(&Recorded { ppid: 900, ..Recorded::new(pid, "sleep") });
    }
    let answer = Check::tree(&tree, ["-c", "5"]).run();
    answer.critical(
        "processes 6 (want 0-5): 4 sleep (children of backup, pid 900), 1 backup, 1 sshd",
    );
}

#[test]
fn zombies_are_reported_by_who_left_them() {
    let tree = Tree::new();
    tree.add(&Recorded::new(300, "worker"));
    for (pid, name) in [(301, "a"), (302, "b"), (303, "b")] {
        let cmdline = Vec::new();
        tree.add(&Recorded {
            state: 'Z',
            ppid: 300,
            cmdline,
            exe: None,
            ..Recorded::new(pid, name)
        });
    }
    let answer = Check::tree(&tree, ["state=Z,label=zombies:0-0"]).run();
    answer.critical("zombies 3 (want 0-0): 3 left by worker (pid 300)");
}

// ---- near misses ----

#[test]
fn a_near_miss_tells_what_it_runs_as() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name)
        .verb("groups=")
        .verb("gid=65534,65534,65534")
        .verb("uid=65534,65534,65534")
        .start();
    let answer = Check::count([format!("{name},user=root")]).run();
    answer.critical_with(&format!("{name},user=root 0 (want 1-)"));
    answer.has(&format!("1 named {name}")).has("nobody");
    Check::count([format!("{name},user=nobody:1-1")]).run().code(0);
}

#[test]
fn verbose_shows_what_matched_and_what_did_not() {
    let name = unique();
    let process = Specimen::called(&name).start();
    let pid = process.pid().to_string();
    let spec = format!("{name}:1-1");
    Check::count([&spec]).run().line_count(1);
    for flag in ["-v", "-vv", "-vvv"] {
        Check::count([flag, &spec]).run().ok(&format!("{name} 1")).has(&pid);
    }
    let near = format!("{name},state=T");
    let answer = Check::count(["-vvv", &near]).run();
    answer.critical_with(&near).has(&pid).has("state");
}
