//! Specs that measure: `sum=`, `max=` and `min=` of their processes.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::fs;

use support::tree::{Recorded, TICKS, UPTIME};
use support::{Check, NOBODY, Need, Specimen, Tree, can, unique};

/// Two processes called `java`, recorded: 100 has 30 threads, 101 has 300.
fn two() -> Tree {
    let tree = Tree::new();
    for (pid, threads) in [(100, 30), (101, 300)] {
        tree.add(&Recorded { threads, ..Recorded::new(pid, "java") });
    }
    tree.add(&Recorded { threads: 5000, ..Recorded::new(102, "other") });
    tree
}

/// What the kernel says of itself, in bytes.
fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

#[test]
fn what_is_measured_is_held_against_the_range() {
    let tree = two();
    for (spec, code, text, perf) in [
        ("java,sum=threads:-330", 0, "java,sum=threads 330", "'java,sum:threads'=330;;330;0"),
        (
            "java,sum=threads:-100:-400",
            1,
            "java,sum=threads 330 (want 0-100): pid 101 (300, up 13h, user root), pid 100 (30, up \
             13h, user root)",
            "'java,sum:threads'=330;100;400;0",
        ),
        (
            "java,user=root,max=threads,label=jvm:-200",
            2,
            "jvm 300 (want 0-200): pid 101 (300, up 13h), pid 100 (30, up 13h)",
            "'jvm'=300;;200;0",
        ),
        (
            "java,min=threads:50-",
            2,
            "java,min=threads 30 (want 50-): pid 100 (30, up 13h, user root), pid 101 (300, up 13h, \
             user root)",
            "'java,min:threads'=30;;50:;0",
        ),
        (
            "name~^jav,max=age,user=root:-4h",
            2,
            "name~^jav,max=age,user=root 13h (want up to 4h): java (pid 100, 13h), java (pid 101, 13h)",
            "'name~^jav,max:age,user:root'=50000s;;14400;0",
        ),
        ("java,sum=vsz:any", 0, "java,sum=vsz 39.1 MiB", "'java,sum:vsz'=40960000B;;;0"),
        ("max=threads:-5000", 0, "max=threads 5000", "'max:threads'=5000;;5000;0"),
    ] {
        let answer = Check::tree(&tree, [spec]).run();
        let state = ["OK", "WARNING", "CRITICAL"][usize::try_from(code).unwrap()];
        answer.state(code, state, text).perf(perf);
    }
}

#[test]
fn where_none_runs_the_value_is_zero() {
    let tree = two();
    let answer = Check::tree(&tree, ["rsync,max=age:-4h"]).run();
    answer.ok("rsync,max=age none runs").perf("'rsync,max:age'=0s;;14400;0");
    let answer = Check::tree(&tree, ["rsync,min=age:5m-"]).run();
    answer.critical("rsync,min=age none runs (want at least 5m)");
    let answer = Check::tree(&tree, ["java,user=1234,max=threads:1-"]).run();
    answer.critical("java,user=1234,max=threads none runs (want 1-): 2 named java run as root");
}

#[test]
fn what_is_hidden_leaves_an_interval() {
    let tree = two();
    fs::remove_file(tree.of(101).join("stat")).unwrap();
    for (spec, code, value) in [
        ("java,sum=threads:-400", 3, "30 or more"),
        ("java,sum=threads:-20", 2, "30 or more"),
        ("java,max=threads:-400", 3, "30 or more"),
        ("java,max=threads:10-", 0, "30 or more"),
        ("java,min=threads:-40", 0, "0 to 30"),
        ("java,min=threads:10-", 3, "0 to 30"),
        ("java,min=threads:40-", 2, "0 to 30"),
    ] {
        let answer = Check::tree(&tree, [spec]).run();
        answer.code(code).has(value);
        if code == 3 {
            answer.has("stat is missing (pid 101)");
        }
    }
}

#[test]
fn real_processes_are_measured_as_the_kernel_does() {
    let name = unique();
    let small = Specimen::called(&name).verb("rss=16").start();
    let large = Specimen::called(&name).verb("rss=64").verb("threads=5").start();
    let (a, b) = (resident(small.pid()), resident(large.pid()));
    for (how, expected) in [("sum", a + b), ("max", b), ("min", a)] {
        let answer = Check::count([format!("{name},{how}=rss:any")]).run();
        let items = answer.items();
        let value: f64 = items[0].1.split('B').next().unwrap().parse().unwrap();
        assert!((value - expected).abs() < expected / 10.0, "{how} {value} {expected}");
    }
    let answer = Check::count([format!("{name},max=rss:-32M")]).run();
    answer.critical_with(&format!("{name},max=rss 6")).has(&format!("pid {} (6", large.pid()));
    Check::count([format!("{name},sum=threads:-7"), format!("{name},max=threads:6-")])
        .run()
        .code(0);
    let sum = format!("{name},sum=threads");
    Check::count([format!("{sum}:-6")]).run().critical_with(&format!("{sum} 7 (want 0-6): pid "));
}

/// What the kernel says of a process now, by key, in the units of measures.
fn by_the_kernel(pid: u32) -> Vec<(&'static str, f64)> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let (status, stat, uptime) = (read("status"), read("stat"), read("../uptime"));
    let size = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        1024.0 * line.trim().trim_end_matches(" kB").parse::<f64>().unwrap()
    };
    let fields: Vec<f64> = stat
        .rsplit(") ")
        .next()
        .unwrap()
        .split(' ')
        .map(|n| n.trim().parse().unwrap_or(0.0))
        .collect();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let age = uptime - fields[19] / 100.0;
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    let fds = number(fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count());
    let children = number(read(&format!("task/{pid}/children")).split_whitespace().count());
    vec![
        ("age", age),
        ("cpu", 100.0 * (fields[11] + fields[12]) / 100.0 / age),
        ("rss", size("VmRSS:")),
        ("anon", size("RssAnon:")),
        ("vsz", size("VmSize:")),
        ("threads", size("Threads:") / 1024.0),
        ("fds", fds),
        ("fdshare", fds),
        ("children", children),
    ]
}

/// Root and an ordinary user get the kernel's own numbers for every key that can be measured.
#[test]
fn every_measure_is_the_kernels_for_everyone() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let verbs = ["rss=16", "vsz=64", "threads=4", "maxfiles=100", "files=20", "zombie", "used=300"];
    let process = verbs.into_iter().fold(Specimen::called(&name), Specimen::verb).start();
    let keys: Vec<_> = by_the_kernel(process.pid()).iter().map(|(key, _)| *key).collect();
    let all = format!("a measure is of one of {}", keys.join(", "));
    Check::count(["java,sum=name:-8"]).run().code(3).has(&all);
    for user in [0, NOBODY] {
        let specs = keys.iter().map(|key| format!("{name},sum={key},label={key}:any"));
        let before = by_the_kernel(process.pid());
        let answer = Check::count(specs).by_user(user).run();
        let after = by_the_kernel(process.pid());
        let items = answer.code(0).items();
        for (((label, text), (key, before)), (_, after)) in items.iter().zip(before).zip(after) {
            let number = text.split(';').next().unwrap().trim_end_matches(['B', 's', '%']);
            let value: f64 = number.parse().unwrap();
            let (low, high) = (before.min(after), before.max(after));
            let slack = match key {
                // Whole seconds, and a hundredth of a short life.
                "age" => 1.0,
                "cpu" => 5.0,
                // The kernel adds up what each CPU has yet to hand in.
                "rss" | "anon" => 524_288.0,
                _ => 0.0,
            };
            assert_eq!(*label, key);
            assert!((low - slack..=high + slack).contains(&value), "{key} {low} {high}\n{answer}");
        }
    }
}

/// A process that may be meant, and one that is: 2 to 3 % is neither surely inside 2.3-2.7 nor outside.
#[test]
fn a_range_between_two_numbers_is_unknown() {
    let tree = Tree::new();
    for (pid, percent) in [(100, 2), (101, 3)] {
        let times = [UPTIME / 2 * TICKS * percent / 100, 0];
        tree.add(&Recorded { times, ..Recorded::new(pid, "java") });
    }
    fs::remove_file(tree.of(101).join("status")).unwrap();
    for (range, code) in [("2.3%-2.7%", 3), ("1%-4%", 0), ("4%-5%", 2), ("-2.5%", 3)] {
        let answer = Check::tree(&tree, [format!("java,user=root,max=cpu:{range}")]).run();
        answer.code(code).has("max=cpu 2% to 3%");
    }
}

/// Each reading of it differs a little, so the number stands in the line once.
#[test]
fn the_greatest_cpu_time_is_shown_once() {
    let tree = Tree::new();
    let times = [UPTIME / 2 * TICKS * 3 / 100, 0];
    tree.add(&Recorded { times, ..Recorded::new(100, "java") });
    let answer = Check::tree(&tree, ["java,max=cpu:-2%"]).run();
    answer.critical_with("java,max=cpu 3% (want up to 2%): pid 100 (up ");
}

/// `anon` is what the kernel finds when it walks the page tables, whatever else is shared.
#[test]
fn anon_is_memory_of_its_own() {
    let name = unique();
    let process = Specimen::called(&name).verb("rss=24").verb("shared=48").start();
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid())).unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap();
    let own: f64 = line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0;
    for user in [0, NOBODY] {
        let answer = Check::count([format!("{name},sum=anon:any")]).by_user(user).run();
        let value = answer.items()[0].1.split('B').next().unwrap().parse::<f64>().unwrap();
        assert!((value - own).abs() < 65536.0, "{value} {own}");
        Check::count([format!("{name},anon=-32M,rss=64M-:1-1")]).by_user(user).run().code(0);
    }
}

#[test]
fn a_measure_of_no_amount_is_an_error() {
    for (spec, part) in [
        (
            "java,sum=name:-8",
            "'name' is not an amount; a measure is of one of age, cpu, rss, anon, vsz",
        ),
        ("java,sum=rss", "a measure needs a range of its own; write java,sum=rss:-8G"),
        ("java,sum=rss:8G", "write -8G for at most 8G, or 8G- for at least"),
        ("java,max=rss:-4h", "'4h' is not a number of bytes"),
        ("java,max=age:-8G", "'8G' is not a number of seconds"),
        ("java,max=threads:-5%", "'5%' is not a whole number"),
        ("java,max=fdshare:-8G", "'8G' is not a percentage"),
    ] {
        Check::count(["-c", "1:", spec]).run().unknown().has(part);
    }
    let exempt = ["--exempt", "java,sum=rss:-8G"];
    Check::plugin("check_privdrop").args(exempt).run().code(3).has("in a spec");
}

#[test]
fn everyone_may_count_descriptors() {
    let name = unique();
    let process = Specimen::called(&name).verb("maxfiles=100").verb("files=70").start();
    let open = fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap().count();
    for user in [0, NOBODY] {
        let specs = [format!("{name},sum=fds:any"), format!("{name},max=fdshare:-70:-80")];
        let answer = Check::count(specs).by_user(user).run();
        let fds = format!("{name},sum=fds {open}");
        answer.warning(&format!(
            "{name},max=fdshare {open}% (want up to 70%): pid {pid} ({open}%, up {rest}; 1 of 2 OK",
            pid = process.pid(),
            rest = answer.status().split("%, up ").nth(1).unwrap().trim_end_matches("; 1 of 2 OK"),
        ));
        answer.perf(&format!("'{name},sum:fds'={open};;;0 '{name},max:fdshare'={open}%;70;80;0"));
        assert!(open > 70 && open < 80, "{fds}");
        Check::count([format!("{name},fds={open}-{open},fdshare=71-:1-1")])
            .by_user(user)
            .run()
            .code(0);
    }
}

#[test]
fn children_are_counted_without_theirs() {
    let name = unique();
    let parent = Specimen::called(&name).verb("zombie").verb("zombie").start();
    let _single = Specimen::called(&name).start();
    for user in [0, NOBODY] {
        let answer = Check::count([format!("{name},max=children:-1")]).by_user(user).run();
        answer
            .critical_with(&format!("{name},max=children 2 (want 0-1): pid {} (2, ", parent.pid()));
        Check::count([format!("{name},children=2-2:1-1")]).by_user(user).run().code(0);
    }
}

#[test]
fn a_process_is_found_by_its_pid() {
    let process = Specimen::called(unique()).start();
    Check::count([format!("pid={}:1-1", process.pid())]).run().code(0);
    Check::count([format!("pid={},name=pwd:1-1", process.pid())]).run().code(2);
}

#[test]
fn what_a_tree_lacks_is_hidden() {
    let tree = two();
    for (key, file) in [("fds", "fd"), ("fdshare", "limits"), ("children", "task")] {
        let answer = Check::tree(&tree, [format!("java,max={key}:-5")]).run();
        answer.code(3).has(" or more (want ").has(&format!("{file} is missing (pid 100"));
    }
    let limits = "Max open files            10                   20                   files     \n";
    for pid in [100, 101] {
        let fd = tree.of(pid).join("fd");
        fs::create_dir(&fd).unwrap();
        for number in 0..pid - 98 {
            fs::write(fd.join(number.to_string()), "").unwrap();
        }
        fs::write(tree.of(pid).join("limits"), limits).unwrap();
    }
    Check::tree(&tree, ["java,sum=fds:-5"]).run().ok("java,sum=fds 5");
    Check::tree(&tree, ["java,max=fdshare:-30"]).run().ok("java,max=fdshare 30%");
    fs::write(tree.of(100).join("limits"), "Max open files\n").unwrap();
    Check::tree(&tree, ["java,max=fdshare:-40"]).run().code(3).has("limits is not what a kernel");
}

// ---- groups ----

/// 100 to 104: two of alice's, one of bob's with 50 threads, one of root's, each in a unit.
fn grouped() -> Tree {
    let tree = Tree::new();
    for (pid, uid, threads, unit) in
        [(100, 4001, 30, "a"), (101, 4001, 25, "a"), (102, 4002, 50, "b"), (103, 0, 1, "b")]
    {
        let cgroup = format!("0::/system.slice/{unit}.service\n");
        tree.add(&Recorded {
            uid: [uid; 4],
            threads,
            cgroup,
            ppid: 100,
            ..Recorded::new(pid, "worker")
        });
    }
    tree
}

#[test]
fn each_group_is_held_against_the_range() {
    let tree = grouped();
    for (spec, code, text, perf) in [
        (
            "each=user,sum=threads:-60",
            0,
            "each=user,sum=threads 55 (the most of 3 users)",
            "'each:user,sum:threads'=55;;60;0 'each:user,sum:threads groups'=3;;;0",
        ),
        (
            "uid=1-,each=ruser,sum=threads,label=tasks:-20:-52",
            2,
            "tasks 55 (want 0-52): 4001 55, 4002 50",
            "'tasks'=55;20;52;0 'tasks groups'=2;;;0",
        ),
        (
            "uid=1-,each=ruser,sum=threads,label=tasks:-52",
            2,
            "tasks 55 (want 0-52): 4001 55, worker (pid 100, 30, up 13h, a.service), worker (pid 101, 25, \
             up 13h, a.service)",
            "'tasks'=55;;52;0 'tasks groups'=2;;;0",
        ),
        (
            "worker,each=unit,max=threads,label=most:-40",
            2,
            "most 50 (want 0-40): b.service 50, pid 102 (50, up 13h, b.service, user 4002), pid 103 (1, \
             up 13h, b.service, user root)",
            "'most'=50;;40;0 'most groups'=2;;;0",
        ),
        (
            "each=ppid,user=root:-1",
            0,
            "each=ppid,user=root 1",
            "'each:ppid,user:root'=1;;1;0 'each:ppid,user:root groups'=1;;;0",
        ),
        (
            "absent,each=user:-1",
            0,
            "absent,each=user none runs",
            "'absent,each:user'=0;;1;0 'absent,each:user groups'=0;;;0",
        ),
    ] {
        let answer = Check::tree(&tree, [spec]).run();
        let state = ["OK", "WARNING", "CRITICAL"][usize::try_from(code).unwrap()];
        answer.state(code, state, text).perf(perf);
    }
}

/// A parent that does not wait for its children is named.
#[test]
fn zombies_are_counted_by_parent() {
    let tree = Tree::new();
    tree.add(&Recorded::new(300, "worker"));
    for pid in 301..304 {
        tree.add(&Recorded { state: 'Z', ppid: 300, exe: None, ..Recorded::new(pid, "a") });
    }
    let answer = Check::tree(&tree, ["state=Z,each=ppid,label=zombies:-2"]).run();
    answer.critical("zombies 3 (want 0-2): worker (pid 300) 3");
}

/// A process whose group is hidden may be in any, or in one of its own.
#[test]
fn of_a_hidden_group_nothing_is_claimed() {
    let tree = grouped();
    fs::remove_file(tree.of(102).join("cgroup")).unwrap();
    for (spec, code, part) in [
        ("each=unit:-3", 0, "each=unit 2 to 3 (the most of "),
        ("each=unit:-2", 3, "each=unit 2 to 3 (want 0-2): cgroup is missing (pid 102)"),
        ("each=unit:-1", 2, "each=unit 2 to 3 (want 0-1): a.service 2 to 3"),
        ("each=unit,max=threads:-40", 3, "cgroup is missing (pid 102)"),
        ("each=unit,max=threads:-60", 0, "each=unit,max=threads 30 to 50"),
    ] {
        Check::tree(&tree, [spec]).run().code(code).has(part);
    }
    fs::remove_file(tree.of(100).join("stat")).unwrap();
    Check::tree(&tree, ["name=worker,each=user,sum=threads:-60"])
        .run()
        .code(3)
        .has("stat is missing");
}

#[test]
fn groups_gone_wrong() {
    for (spec, part) in [
        ("java,each=user:5-", "an empty group does not exist; write -MAX"),
        ("java,each=user:5", "write -5 for at most 5"),
        ("java,each=user", "a measure needs a range of its own; write java,each=user:-400"),
        ("java,each=rss:-5", "'rss' makes no groups; write each= with one of user, ruser, group"),
        ("java,each=user,each=unit:-5", "two each="),
        ("java,not-each=user:0-5", "groups are written each=KEY, in a spec"),
        ("java,each=user:-5:-8G", "'8G' is not a whole number"),
    ] {
        Check::count([spec]).run().code(3).has(part);
    }
}

#[test]
fn real_groups_are_those_of_the_kernel() {
    let name = unique();
    let _mine = Specimen::called(&name).verb("threads=5").start();
    let _other = Specimen::called(&name).verb("threads=2").verb("uid=4242,4242,4242").start();
    for user in [0, NOBODY] {
        let spec = format!("{name},each=ruser,sum=threads,label=tasks:-5");
        let answer = Check::count([spec]).by_user(user).run();
        answer.critical_with("tasks 6 (want 0-5): root 6, pid ").has("'tasks groups'=2");
        Check::count([format!("{name},each=user:-1")]).by_user(user).run().code(0);
        Check::count([format!("{name},each=name:-1")]).by_user(user).run().code(2);
    }
}
