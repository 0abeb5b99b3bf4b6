//! The report's form: bounds, escaping, perfdata, and what mon gets.
//! [`support::Answer::lawful`] adds what holds for every report of every test.

mod support;

use support::check::binary;
use support::tree::Recorded;
use support::{Check, Specimen, Tree, unique};

fn one() -> Tree {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "pwd"));
    tree
}

// ---- bounds ----

#[test]
fn a_hundred_failing_specs_fit_and_are_counted() {
    let specs: Vec<String> = (0..100).map(|n| format!("absent-daemon-{n}")).collect();
    let answer = Check::tree(&one(), &specs).run();
    answer.critical_with("absent-daemon-0 0 (want 1-), absent-daemon-1 0 (want 1-)");
    answer.has("more").has("0 of 100 OK");
    assert_eq!(answer.items().len(), 100, "{answer}");
}

/// Not even the perfdata fits: it is cut between two items, never within one.
#[test]
fn a_thousand_specs_stay_within_4096_bytes() {
    let specs: Vec<String> = (0..1000).map(|n| format!("absent-daemon-{n}:1-1")).collect();
    let answer = Check::tree(&one(), &specs).run();
    answer.critical_with("absent-daemon-0 0 (want 1-1)").has("0 of 1000 OK");
    assert!(answer.items().iter().all(|(_, value)| *value == "0;;1:1;0"), "{answer}");
    let answer = Check::tree(&one(), ["-vvv", "--mon"]).args(&specs).run();
    answer.code(1);
}

#[test]
fn a_thousand_processes_stay_within_4096_bytes() {
    let tree = Tree::new();
    for pid in 1000..2000 {
        let long = "x".repeat(300);
        tree.add(&Recorded::new(pid, "pwd").argv(&["/usr/sbin/pwd", &long]));
    }
    for flag in ["-v", "-vv", "-vvv"] {
        Check::tree(&tree, [flag, "pwd:1-1"])
            .run()
            .critical_with("pwd 1000 (want 1-1)")
            .has("more");
        Check::tree(&tree, [flag, "pwd,state=T"]).run().critical_with("pwd,state=T 0 (want 1-)");
        Check::tree(&tree, [flag, "--mon", "pwd:1-1"]).run().code(1).has("more");
    }
    Check::tree(&tree, ["pwd:1000-1000"]).run().ok("pwd 1000");
}

#[test]
fn a_spec_of_a_thousand_bytes_does_not_burst_the_line() {
    let spec = format!("absent,args~{}", "y".repeat(3000));
    Check::tree(&one(), [&spec]).run().code(2);
    let wide = format!("absent,args~{}", "é€".repeat(1000));
    Check::tree(&one(), [&wide, "pwd"]).run().code(2);
    let label = format!("absent,label={}", "é".repeat(2000));
    Check::tree(&one(), [&label]).run().code(2);
}

// ---- escaping ----

#[test]
fn what_a_label_holds_is_escaped() {
    let tree = one();
    for label in
        ["a|b", "a\nb", "a'b", "a=b", "a\x1b[31mb", "a\tb", "a\u{85}\u{9b}31m", "a\u{202e}b"]
    {
        let answer = Check::tree(&tree, [format!("absent,label={label}"), "pwd".to_owned()]).run();
        answer.code(2);
        let items = answer.items();
        assert_eq!(items.len(), 2, "{answer}");
        assert!(!items[0].0.contains(['=', '\'', '|']), "{answer}");
    }
}

#[test]
fn what_a_process_is_called_is_escaped_in_details() {
    let name = unique();
    let argv = ["/sbin/x", "a\nPROCCOUNT is OK: x|'x'=1", "\x1b]0;t\x07", "\u{9b}2J"];
    let _process = Specimen::called(&name).argv(argv).start();
    for flag in ["-v", "-vv", "-vvv"] {
        Check::count([flag, &format!("{name}:1-1")]).run().code(0);
        Check::count([flag, &format!("{name}:2-2")]).run().code(2);
        Check::count([flag, "--mon", &format!("{name}:2-2")]).run().code(1);
    }
}

/// Names of a hostile kind, right where near misses are told on the first line.
#[test]
fn what_a_near_miss_is_called_is_escaped() {
    let tree = Tree::new();
    let names = [b"pwd\n|x".as_slice(), b"pwd\x1b[2J", b"pwd\xff", b"pwd'=\""];
    for (pid, name) in (100..).zip(names) {
        let name = support::bytes(&[name]);
        tree.add(&Recorded { uid: [1; 4], ..Recorded::new(pid, name) });
    }
    for flag in [None, Some("-v"), Some("-vvv")] {
        Check::tree(&tree, flag).args(["name~^pwd,user=root"]).run().code(2);
    }
}

// ---- perfdata ----

#[test]
fn every_spec_has_its_perfdata_in_every_state() {
    let tree = one();
    let specs = ["pwd", "absent", "pwd,label=warned:2-:1-"];
    let answer = Check::tree(&tree, specs).run();
    answer.code(2).perf("'pwd'=1;;1:;0 'absent'=0;;1:;0 'warned'=1;2:;1:;0");
}

#[test]
fn labels_do_not_change_with_the_state() {
    let tree = one();
    let specs = ["pwd", "pwd", "pwd,user=root"];
    let labels = |tree: &Tree| -> Vec<String> {
        let answer = Check::tree(tree, specs).run();
        answer.items().iter().map(|(label, _)| (*label).to_owned()).collect()
    };
    tree.add(&Recorded::new(101, "other"));
    let before = labels(&tree);
    tree.remove(100);
    assert_eq!(before, labels(&tree));
}

// ---- mon ----

#[test]
fn mon_gets_nothing_when_all_is_well() {
    let tree = one();
    Check::tree(&tree, ["--mon", "pwd"]).run().code(0).prints("");
    Check::tree(&tree, ["--mon", "-vvv", "pwd"]).run().code(0).prints("");
}

/// The summary is for a pager: the failing specs in few words, and no perfdata.
#[test]
fn mon_gets_a_summary_of_what_fails() {
    let tree = one();
    let answer = Check::tree(&tree, ["--mon", "tor:1-1", "pwd", "watchdog"]).run();
    answer.code(1).lacks("|").lacks("'tor'=");
    let summary = answer.first_line();
    assert!(summary.contains("tor") && summary.contains("watchdog"), "{answer}");
    assert!(!summary.contains("pwd"), "{answer}");
}

#[test]
fn mon_fails_whatever_the_problem() {
    let tree = one();
    for spec in ["pwd:2-:1-", "pwd:2-", "frob=1"] {
        let answer = Check::tree(&tree, ["--mon", spec]).run();
        answer.code(1).lacks("|");
        assert!(!answer.stdout().is_empty(), "{answer}");
    }
    Check::count(["--mon", "--proc-root", "/nowhere/at/all", "pwd"]).run().code(1).line_count(1);
}

// ---- secrets ----

/// Selectors read the command line as it is. Nothing prints it so.
#[test]
fn no_printer_shows_a_secret() {
    let tree = Tree::new();
    let argv = ["/usr/sbin/feeder", "--db-password", "hunter2", "redis://bob:hunter2@host/0"];
    let shown = "/usr/sbin/feeder --db-password *** redis://bob:***@host/0";
    let feeder = Recorded {
        cgroup: "0::/system.slice/feeder.service\n".into(),
        label: Some(b"system_u:system_r:feeder_t:s0\0".to_vec()),
        uid: [33; 4],
        ..Recorded::new(100, "feeder").argv(&argv)
    };
    tree.add(&feeder).add(&Recorded { pid: 101, nspid: vec![101], ..feeder });
    let run = |check: Check, args: &[&str]| {
        let answer = check.arg("--proc-root").arg(tree.path()).args(args).start().finish();
        answer.lacks("hunter2");
        answer
    };
    let plugin = |name: &str, args: &[&str]| run(Check::plugin(name), args);
    let program = |word: &str, args: &[&str]| run(Check::program(binary()).arg(word), args);
    // The selector matches the secret itself: two wrong processes in the details.
    let spec = "label=feeder,args~hunter.:1-1";
    plugin("check_proccount", &[spec]).code(2).has(shown);
    plugin("check_proccount", &["-v", "feeder:any"]).code(0).has(shown);
    plugin("check_proccount", &["-vvv", "feeder,args~none"]).code(2).has(shown);
    plugin("check_proccount", &["-vvv", "feeder,cmd~none"]).code(2).has(shown);
    plugin("check_selinux_domain", &["--lsm", "selinux", "feeder_t:1-1"]).code(2).has("feeder");
    plugin("check_privdrop", &["-v"]).code(2).has("feeder");
    program("explain", &["100"]).has(shown);
    program("explain", &["feeder,args~none"]).has(shown);
    program("explain", &["feeder:1-1"]).has(shown);
    program("suggest", &["--min-age", "1s"]);
}
