//! Recorded hosts of a few processes each, made for one rule.

use std::fs;
use std::process::{Command, Output};

use super::super::support::check::{Check, binary};
use super::super::support::tree::{Recorded, TICKS, Tree, UPTIME};

/// systemd and journald, beside which anything may run.
fn host_with_systemd() -> Tree {
    let tree = Tree::new();
    tree.add(&Recorded { ppid: 0, ..in_unit(1, "systemd", "/init.scope") });
    tree
}

fn in_unit(pid: u32, comm: &str, group: &str) -> Recorded {
    Recorded { cgroup: format!("0::{group}\n"), ..Recorded::new(pid, comm) }
}

fn in_service(pid: u32, comm: &str, service: &str) -> Recorded {
    in_unit(pid, comm, &format!("/system.slice/{service}.service"))
}

fn run(tree: &Tree, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(["suggest", "--proc-root"]).arg(tree.path()).args(args).output().unwrap()
}

fn suggest(tree: &Tree, args: &[&str]) -> String {
    let done = run(tree, args);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// The same with what systemd says.
fn suggest_with(tree: &Tree, units: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), units).unwrap();
    suggest(tree, &["--units-from", file.path().to_str().unwrap()])
}

/// The specs without their comments, those against other users left out.
fn specs(text: &str) -> Vec<&str> {
    let specs = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let specs = specs.map(|line| line.split("  # ").next().unwrap());
    specs.filter(|spec| !spec.ends_with(":0-0")).collect()
}

fn unit(id: &str, more: &str) -> String {
    format!(
        "Id={id}.service\nType=simple\nActiveState=active\nSubState=running\n\
         WantedBy=multi-user.target\n{more}\n"
    )
}

#[test]
fn what_a_process_calls_itself_stays_in_comments() {
    let tree = host_with_systemd();
    let evil = "e\nv:0-0 # x";
    tree.add(&in_service(10, "good", "good"));
    for (pid, name) in [(11, evil), (12, "a,b"), (13, "x=y"), (14, "-rf"), (15, "\u{202e}z")] {
        tree.add(&in_service(pid, name, &format!("unit{pid}")));
    }
    tree.add(&in_unit(20, "not\nthere", "/"));
    tree.add(&Recorded {
        cmdline: b"/bin/sh\0/opt/\n,user=x\0".to_vec(),
        ..in_service(16, "sh", "unit16")
    });
    let text = suggest(&tree, &[]);
    assert_eq!(
        specs(&text),
        [
            "good,user=root,not-parent=good,label=good:1-1",
            "unit=unit11.service,user=root,label=unit11:1-",
            "unit=unit12.service,user=root,label=unit12:1-",
            "unit=unit13.service,user=root,label=unit13:1-",
            "unit=unit14.service,user=root,label=unit14:1-",
            "unit=unit15.service,user=root,label=unit15:1-",
            "unit=unit16.service,user=root,label=unit16:1-",
        ]
    );
    assert!(text.contains("# unit11.service; it is called 'e\\nv:0-0 # x'\n"), "{text}");
    assert!(text.contains("\n#   in no unit: 'not\\nthere'\n"), "{text}");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &text).unwrap();
    Check::tree(&tree, ["--specs-from".as_ref(), file.path().as_os_str()]).run().code(0);
}

#[test]
fn daemons_of_one_name_are_told_apart_by_their_units() {
    let tree = host_with_systemd();
    tree.add(&in_service(10, "inst", "inst@a")).add(&in_service(11, "inst", "inst@b"));
    tree.add(&in_service(12, "rsync", "rsync"));
    let users = Recorded { uid: [33; 4], ..in_service(13, "two", "two-www") };
    tree.add(&in_service(14, "two", "two")).add(&users);
    assert_eq!(
        specs(&suggest(&tree, &[])),
        [
            "inst,user=root,unit=inst@a.service,not-parent=inst,label=inst@a:1-1",
            "inst,user=root,unit=inst@b.service,not-parent=inst,label=inst@b:1-1",
            "rsync,user=root,unit=rsync.service,not-parent=rsync,label=rsync:1-1",
            "two,user=www-data,not-parent=two,label=two-www:1-1",
            "two,user=root,not-parent=two,label=two:1-1",
        ]
    );
}

#[test]
fn a_user_that_systemd_made_up_is_any_of_them() {
    let tree = host_with_systemd();
    tree.add(&Recorded { uid: [63000; 4], ..in_service(10, "dyn", "dyn") });
    let text = suggest(&tree, &[]);
    assert_eq!(specs(&text), ["dyn,uid=61184-65519,not-parent=dyn,label=dyn:1-1"]);
    assert!(
        text.contains("\ndyn,not-uid=61184-65519,not-parent=dyn,label=dyn as another user:0-0")
    );
}

/// The user of its workers has no business to start another.
#[test]
fn a_second_daemon_of_the_workers_user_is_found() {
    let tree = host_with_systemd();
    let proxy = |process| Recorded { uid: [33; 4], ..process };
    tree.add(&in_service(10, "squid", "squid"));
    tree.add(&proxy(Recorded { ppid: 10, ..in_service(11, "squid", "squid") }));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), suggest(&tree, &[])).unwrap();
    let check = || Check::tree(&tree, ["--specs-from".as_ref(), file.path().as_os_str()]).run();
    check().code(0);
    tree.add(&proxy(in_unit(20, "squid", "/user.slice/user-0.slice/session-1.scope")));
    check().code(2).has("squid as another user 1 (want 0-0)");
}

#[test]
fn workers_count_if_they_came_with_their_daemon_or_with_a_reload() {
    let old = UPTIME * TICKS / 2;
    for (starts, active) in [
        ([old + 100, old + 200], true),
        // A reload long ago.
        ([old + 90_000, old + 90_100], true),
        // One at a time, as load wanted.
        ([old + 90_000, old + 95_000], false),
        // A moment's load just now.
        ([UPTIME * TICKS - 6_000, UPTIME * TICKS - 6_000], false),
    ] {
        let tree = host_with_systemd();
        tree.add(&in_service(10, "web", "web"));
        for (pid, start) in [11, 12].into_iter().zip(starts) {
            tree.add(&Recorded { ppid: 10, start, uid: [33; 4], ..in_service(pid, "web", "web") });
        }
        let text = suggest(&tree, &[]);
        let line = "web,user=www-data,parent=web,label=web workers:1-  # 2 now";
        let expected =
            if active { format!("\n{line}\n") } else { format!("\n#{line}; they started later") };
        assert!(text.contains(&expected), "{starts:?}\n{text}");
    }
}

#[test]
fn what_systemd_says_decides_and_what_is_left_out_is_reported() {
    let tree = host_with_systemd();
    for (pid, name) in [(10, "good"), (11, "job"), (12, "polkitd"), (13, "hand"), (14, "run-x")] {
        tree.add(&in_service(pid, name, name));
    }
    tree.add(&in_unit(15, "bash", "/user.slice/user-0.slice/session-1.scope"));
    tree.add(&Recorded {
        nspid: vec![16, 1],
        ..in_unit(16, "nginx", "/system.slice/docker-ab.scope")
    });
    tree.add(&in_service(17, "logrotate", "logrotate"));
    let units = [
        unit("good", "MainPID=10\n"),
        unit("job", "").replace("simple", "oneshot"),
        unit("polkitd", "").replace("simple", "dbus").replace("WantedBy=multi-user.target", ""),
        unit("hand", "UnitFileState=disabled\n").replace("WantedBy=multi-user.target", ""),
        unit("run-x", "Transient=yes\n"),
        unit("logrotate", "TriggeredBy=logrotate.timer\n").replace("simple", "oneshot"),
        unit("dead", "").replace("=active", "=failed").replace("=running", "=failed"),
    ];
    let text = suggest_with(&tree, &units.join("\n"));
    assert_eq!(specs(&text), ["good,user=root,not-parent=good,label=good:1-1"]);
    let end = &text[text.find("\n# Should run").unwrap()..];
    assert_eq!(
        end,
        "\n# Should run but does not, and so is not in this file:\n\
         #   dead.service: failed\n\
         \n# Left out, and why:\n\
         #   a job (oneshot): job.service\n\
         #   a job of logrotate.timer: logrotate.service\n\
         #   a login: session-1.scope\n\
         #   in a container: docker-ab.scope\n\
         #   no boot starts it: hand.service\n\
         #   starts on demand (D-Bus): polkitd.service\n\
         #   transient: run-x.service\n"
    );
}

#[test]
fn the_young_are_commented_out() {
    let tree = host_with_systemd();
    let start = UPTIME * TICKS - 2_000;
    tree.add(&Recorded { start, ..in_service(10, "loops", "loops") });
    let text = suggest(&tree, &[]);
    assert_eq!(specs(&text), [""; 0]);
    assert!(text.contains("\n#loops,user=root,not-parent=loops,label=loops:1-1  # loops.service; it has run for only 20s: ask again later, or with a lower --min-age\n"));
    assert!(!specs(&suggest(&tree, &["--min-age", "20s"])).is_empty());
}

#[test]
fn forks_that_outlive_their_daemon_are_left_out() {
    let tree = host_with_systemd();
    let titled = |pid, comm, service, title: &str| {
        let cmdline = [title.as_bytes(), b"\0"].concat();
        Recorded { cmdline, ..in_service(pid, comm, service) }
    };
    tree.add(&titled(9, "sshd", "ssh", "sshd: alice [priv]"));
    tree.add(&titled(10, "sshd", "ssh", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"));
    tree.add(&titled(11, "cron", "cron", "/usr/sbin/CRON -f"));
    tree.add(&titled(12, "cron", "cron", "/usr/sbin/cron -f"));
    tree.add(&titled(13, "atd", "atd", "/usr/sbin/atd -f"));
    tree.add(&titled(14, "exim4", "exim4", "/usr/sbin/exim4 -bd -q30m"));
    tree.add(&titled(15, "keeper", "keeper", "/usr/sbin/keeper"));
    let text = suggest_with(
        &tree,
        &["ssh", "cron", "atd", "exim4"]
            .map(|id| unit(id, ""))
            .join("\n")
            .replace("Id=atd", "KillMode=process\nId=atd")
            .replace("exim4.service", "exim4.service\nMainPID=14"),
    );
    assert_eq!(
        specs(&text),
        [
            "atd,user=root,not-parent=atd,leader=yes,label=atd:1-1",
            "cron,user=root,not-parent=cron,args~cron,label=cron:1-1",
            "exim4,user=root,not-parent=exim4,args~exim4 -bd,leader=yes,label=exim4:1-1",
            "sshd,user=root,not-parent=sshd,args~listener,label=sshd:1-1",
        ]
    );
    assert!(text.contains("#   systemd does not know it: keeper.service\n"), "{text}");
}

#[test]
fn without_systemd_the_children_of_an_init_are_taken() {
    let tree = Tree::new();
    tree.add(&Recorded { ppid: 0, ..Recorded::new(1, "init") });
    tree.add(&Recorded::new(10, "sshd")).add(&Recorded::new(11, "agetty"));
    tree.add(&Recorded { uid: [1000; 4], ..Recorded::new(12, "game") });
    tree.add(&Recorded { ppid: 10, ..Recorded::new(13, "bash") });
    tree.add(&Recorded::new(14, "runsvdir"))
        .add(&Recorded { ppid: 14, ..Recorded::new(15, "runsv") });
    tree.add(&Recorded { ppid: 15, ..Recorded::new(16, "dnscache") });
    tree.add(&Recorded::new(17, "twin")).add(&Recorded::new(18, "twin"));
    let text = suggest(&tree, &[]);
    assert!(
        text.contains("; no process here is in a unit, so PID 1's children were taken.\n"),
        "{text}"
    );
    assert_eq!(
        specs(&text),
        [
            "sshd,user=root,not-parent=sshd,args~^/usr/sbin/sshd,label=sshd:1-1",
            "dnscache,user=root,not-parent=dnscache,label=dnscache:1-1",
            "twin,user=root,not-parent=twin,label=twin:2-2",
        ]
    );
    assert!(text.contains("\n#game,user=") && text.contains("; a person's process\n"), "{text}");
    assert!(
        text.contains("\n#   no daemon: agetty\n#   starts others: runsvdir, runsv\n"),
        "{text}"
    );
}

#[test]
fn what_a_supervisor_keeps_in_a_unit_is_a_daemon() {
    let tree = host_with_systemd();
    tree.add(&in_service(10, "supervisord", "supervisor"));
    let below = |ppid, pid, comm| Recorded { ppid, ..in_service(pid, comm, "supervisor") };
    let worker = |pid, comm| Recorded { uid: [33; 4], ..below(10, pid, comm) };
    tree.add(&worker(11, "queue")).add(&worker(12, "queue")).add(&below(10, 13, "alpha"));
    tree.add(&below(12, 14, "queue")).add(&below(10, 15, "bash")).add(&below(10, 16, "o,dd"));
    tree.add(&in_service(20, "alpha", "alpha"));
    tree.add(&in_service(30, "runsvdir", "runit"));
    let runit = |ppid, pid, comm| Recorded { ppid, ..in_service(pid, comm, "runit") };
    tree.add(&runit(30, 31, "runsv")).add(&runit(31, 32, "dnscache")).add(&runit(31, 33, "svlogd"));
    let text = suggest(&tree, &[]);
    assert_eq!(
        specs(&text),
        [
            "alpha,user=root,unit=alpha.service,not-parent=alpha,label=alpha:1-1",
            "runsvdir,user=root,not-parent=runsvdir,label=runit:1-1",
            "dnscache,user=root,not-parent=dnscache,label=dnscache:1-1",
            "supervisord,user=root,not-parent=supervisord,label=supervisord:1-1",
            "queue,user=www-data,not-parent=queue,label=queue:2-2",
            "alpha,user=root,unit=supervisor.service,not-parent=alpha,label=alpha of supervisor:1-1",
        ]
    );
    for part in ["interpreter without a script: bash\n", "can't hold: 'o,dd'\n", "helper"] {
        assert_eq!(text.contains(part), part != "helper", "{part}\n{text}");
    }
}

#[test]
fn in_a_container_pid_1_is_the_daemon() {
    let tree = Tree::new();
    tree.add(&Recorded { ppid: 0, ..Recorded::new(1, "nginx") });
    tree.add(&Recorded { uid: [33; 4], ..Recorded::new(10, "nginx") });
    tree.add(&Recorded { ppid: 0, ..Recorded::new(11, "bash") });
    tree.add(&Recorded::new(12, "beside"));
    let text = suggest(&tree, &[]);
    assert_eq!(
        specs(&text),
        [
            "nginx,user=root,not-parent=nginx,label=nginx:1-1",
            "nginx,user=www-data,parent=nginx,label=nginx workers:1-",
            "beside,user=root,not-parent=beside,label=beside:1-1",
        ]
    );
    assert!(!text.contains("helper"), "{text}");
}

#[test]
fn a_comparison_finds_what_is_missing_and_what_is_dead() {
    let tree = host_with_systemd();
    tree.add(&in_service(10, "kept", "kept")).add(&in_service(11, "fresh", "fresh"));
    tree.add(&in_service(12, "never", "never"));
    let units = tempfile::NamedTempFile::new().unwrap();
    let dead = unit("dead", "").replace("=active", "=failed").replace("=running", "=failed");
    let known = ["kept", "fresh", "never"].map(|id| unit(id, "")).join("\n");
    fs::write(units.path(), format!("{known}\n{dead}")).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let compare = |text: &str| {
        fs::write(file.path(), text).unwrap();
        let done = run(&tree, &["--units-from", units.path().to_str().unwrap(), "--compare", path]);
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, text) = compare("#-never # by design\nkept:1-\nfresh:1-\nstate=Z:0-0\n");
    assert_eq!(code, Some(0), "{text}");
    let (_, text) = compare("#-never\n#-kept\n#-fresh\n");
    assert!(
        text.ends_with(" holds no spec, and 'procwarden suggest' has none to add yet\n"),
        "{text}"
    );
    for remark in ["#- never", "# -never", "#--never", "#-nev"] {
        let (_, text) = compare(&format!("{remark}\nkept:1-\nfresh:1-\n"));
        assert!(text.contains("\n  + never,"), "{remark}\n{text}");
    }
    let (code, text) = compare(
        "#-never # by design\nkept:1-\ndead:1- # of dead.service\ngone,user=nosuchuser:1-\nKept:1-\n\
         fresh:0-0\nfrob=1\n",
    );
    assert_eq!(code, Some(1), "{text}");
    let line = "fresh,user=root,not-parent=fresh,label=fresh:1-1  # fresh.service";
    assert_eq!(
        text,
        format!(
            "Daemons that no line covers:\n  + {line}\n\
             Lines that find nothing:\n  \
             - line 4: gone,user=nosuchuser:1-: there is no user 'nosuchuser'; write a user's name or number\n  \
             - line 5: Kept:1-: perhaps kept (1 process)\n\
             Lines that find nothing, and should stay:\n  \
             ! line 3: dead:1-: dead.service should run: failed\n  \
             ! line 7: frob=1: unknown key 'frob'; {}\n\
             \nAs a diff, for: patch {path}\n\n\
             --- {path}\n+++ {path}\n@@ -1,7 +1,6 @@\n #-never # by design\n kept:1-\n \
             dead:1- # of dead.service\n-gone,user=nosuchuser:1-\n-Kept:1-\n+{line}\n fresh:0-0\n frob=1\n",
            &text[text.find("keys are").unwrap()..text.find("\n\nAs a diff").unwrap()],
        )
    );
}
