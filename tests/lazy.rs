//! What a spec does not ask for is not read. strace sees every file that the plugin opens; the tree is
//! recorded, so that nothing but the spec decides.

mod support;

use std::collections::BTreeMap;
use std::fs;

use support::tree::Recorded;
use support::{Answer, Check, Installed, Need, Process, Specimen, Tree, can, open_dir, unique};

/// How many processes the tree holds; none is ever one that is looked for.
const MANY: u32 = 50;

/// Runs a check under strace and counts what it touched below each process's directory.
#[track_caller]
fn touched(specs: &[&str]) -> BTreeMap<String, u32> {
    let tree = Tree::new();
    for pid in 1000..1000 + MANY {
        tree.add(&Recorded::new(pid, format!("daemon-{pid}")));
    }
    let dir = open_dir();
    let log = dir.path().join("strace");
    let plugin = Installed::link("check_proccount");
    Check::program("strace")
        .args(["-f", "-qq", "-e", "trace=%file", "-o"])
        .arg(&log)
        .arg(plugin.path())
        .arg("--proc-root")
        .arg(tree.path())
        .args(specs)
        .run()
        .code(0);
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(&log).unwrap_or_default().lines() {
        // The path is relative to the tree, or not: PID/FILE" ends it in both cases.
        let path = line.split('"').nth(1).unwrap_or_default();
        let mut parts = path.rsplitn(3, '/');
        let (file, pid) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if pid.parse::<u32>().is_ok_and(|pid| (1000..1000 + MANY).contains(&pid)) {
            *counts.entry(file.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

fn only(file: &str) -> BTreeMap<String, u32> {
    BTreeMap::from([(file.to_owned(), MANY)])
}

#[test]
fn a_count_by_name_reads_one_short_file_a_process() {
    if !can(Need::Program("strace")) {
        return;
    }
    assert_eq!(touched(&["absent:0-0"]), only("comm"));
}

/// Not one file a spec: what is read is kept for the next.
#[test]
fn many_specs_read_it_once() {
    if !can(Need::Program("strace")) {
        return;
    }
    let specs = ["absent:0-0", "missing,user=root:0-0", "gone,args~x,rss=1G-:0-0"];
    assert_eq!(touched(&specs), only("comm"));
}

/// However the terms were typed, the cheap one comes first and turns all down.
#[test]
fn cheap_terms_are_tried_first() {
    if !can(Need::Program("strace")) {
        return;
    }
    for spec in
        ["args~x,rgid=0,age=1-,unit=x.service,name=absent:0-0", "exe~x,state=S,name=absent:0-0"]
    {
        assert_eq!(touched(&[spec]), only("comm"), "{spec}");
    }
}

#[test]
fn a_state_is_one_stat_a_process() {
    if !can(Need::Program("strace")) {
        return;
    }
    assert_eq!(touched(&["state=D:0-0"]), only("stat"));
}

#[test]
fn memory_is_one_statm_a_process() {
    if !can(Need::Program("strace")) {
        return;
    }
    assert_eq!(touched(&["rss=1G-:0-0"]), only("statm"));
}

/// What is measured is read of those alone that fit.
#[test]
fn a_measure_reads_only_what_fits() {
    if !can(Need::Program("strace")) {
        return;
    }
    let specs = ["absent,sum=anon:any", "absent,max=fds:any", "absent,each=unit,sum=threads:any"];
    assert_eq!(touched(&specs), only("comm"));
    assert_eq!(touched(&["sum=anon:any"]).get("statm"), Some(&MANY));
}

/// What covers single processes is listed in one table, which a host may fill with thousands of mounts.
#[test]
fn the_table_of_mounts_is_read_once() {
    if !can(Need::Root) || !can(Need::Program("strace")) {
        return;
    }
    let dir = open_dir();
    let log = dir.path().join("strace");
    let plugin = Installed::link("check_proccount");
    Check::program("strace")
        .args(["-f", "-qq", "-e", "trace=%file", "-o"])
        .arg(&log)
        .arg(plugin.path())
        .arg("absent:0-0")
        .run()
        .code(0);
    let log = fs::read_to_string(&log).unwrap_or_default();
    assert_eq!(log.matches("mountinfo").count(), 1, "{log}");
}

/// What a check touches of a process of root's: the paths below its directory.
fn touched_of(process: &Process, user: &str, plugin: &str, args: &[&str]) -> (Answer, Vec<String>) {
    let dir = open_dir();
    let log = dir.path().join("strace");
    let plugin = Installed::link(plugin);
    let answer = Check::program("strace")
        .args(["-f", "-qq", "-e", "trace=%file", "-u", user, "-o"])
        .arg(&log)
        .arg(plugin.path())
        .args(args)
        .run();
    let head = format!("\"{}/", process.pid());
    let log = fs::read_to_string(&log).unwrap_or_default();
    let paths = log.lines().filter_map(|line| line.split_once(&head)?.1.split('"').next());
    (answer, paths.map(str::to_owned).collect())
}

/// An ordinary user would be refused them, and is told so as if it had been tried.
#[test]
fn what_is_known_to_be_denied_is_not_tried() {
    if !can(Need::Root) || !can(Need::Program("strace")) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).start();
    let spec = format!("{name},exe=/usr/sbin/nosuch:0-0");
    let touched = |user: &str| touched_of(&process, user, "check_proccount", &[&spec]);
    let (answer, paths) = touched("nobody");
    answer.code(3).has("exe may not be read").has("CAP_SYS_PTRACE");
    assert!(paths.contains(&"comm".to_owned()), "{paths:?}");
    assert!(!paths.iter().any(|path| path == "exe" || path.starts_with("ns/")), "{paths:?}");
    let (answer, paths) = touched("root");
    assert!(paths.contains(&"exe".to_owned()), "{paths:?}");
    answer.code(0);
}

/// A pidfd shows that the only thread of another user's process lives, and where. Of several threads the first
/// may be dead, unless its arguments are there.
#[test]
fn status_is_not_read_where_a_pidfd_has_the_answer() {
    if !can(Need::Root) || !can(Need::Program("strace")) {
        return;
    }
    let name = unique();
    let one = Specimen::called(&name).start();
    let path = one.exe().display().to_string();
    let several = Specimen::called(&name).verb("threads=2").start();
    for (process, selector, reads_status) in
        [(&one, &name, false), (&one, &path, false), (&several, &name, true)]
    {
        let spec = format!("{selector}:1-");
        let (answer, paths) = touched_of(process, "nobody", "check_proccount", &[&spec]);
        answer.code(0);
        assert_eq!(paths.contains(&"status".to_owned()), reads_status, "{selector}: {paths:?}");
    }
    let path = several.exe().display().to_string();
    let (answer, paths) = touched_of(&several, "nobody", "check_proccount", &[&path]);
    answer.code(0);
    assert!(!paths.contains(&"status".to_owned()), "{paths:?}");
}

/// The owner of the directory tells that a process is root's.
#[test]
fn privileges_of_root_are_not_read() {
    if !can(Need::Root) || !can(Need::Program("strace")) {
        return;
    }
    let process = Specimen::called(unique()).start();
    let reads_status = |rules: &str| {
        let (_, paths) = touched_of(&process, "root", "check_privdrop", &["--rules", rules]);
        paths.contains(&"status".to_owned())
    };
    assert!(!reads_status("default"));
    assert!(reads_status("default,threads"));
}
