//! What a spec that nothing fits perhaps should be: something that runs has nearly its name.

mod support;

use std::process::Command;

use support::tree::Recorded;
use support::{Check, NOBODY, Need, Process, Specimen, Tree, can, open_dir, unique, write_script};

/// What a spec that lacks its one process is told.
#[track_caller]
fn told(spec: &str, perhaps: &str) {
    let answer = Check::count([spec]).run();
    answer.critical_with(&format!("{spec} 0 (want 1-): {perhaps}"));
}

#[test]
fn a_name_in_other_letters() {
    let name = unique();
    let _processes = [Specimen::called(&name).start(), Specimen::called(&name).start()];
    let upper = name.to_uppercase();
    told(&upper, &format!("perhaps {name} (2 processes)"));
    told(&format!("{upper},state=SR"), &format!("perhaps {name} (2 processes)"));
    // It is no neighbour of what it does not fit but for the name.
    let answer = Check::count([format!("{upper},state=T")]).run();
    answer.critical(&format!("{upper},state=T 0 (want 1-)"));
    // Nor is it one where nothing is missing.
    Check::count(["-v".to_owned(), format!("{upper}:0-0")]).run().code(0).lacks("perhaps");
}

#[test]
fn a_long_name_in_other_letters() {
    let name = format!("{}-A-LONG-NAME", unique());
    let _process = Specimen::called(&name).start();
    told(&name.to_lowercase(), &format!("perhaps {name} (1 process)"));
}

/// Two units, of which one is nearer.
#[test]
fn a_unit_of_almost_that_name() {
    let tree = Tree::new();
    let units = ["ssh.service", "sshfs.service", "postgresql@15-main.service", "a.timer"];
    for (unit, pid) in units.into_iter().zip(50..) {
        let cgroup = format!("0::/system.slice/{unit}\n");
        tree.add(&Recorded { cgroup, ..Recorded::new(pid, "daemon") });
    }
    for (wrong, right) in [
        ("ssh.servic", "ssh.service"),
        ("sshd", "ssh.service"),
        ("sshfs.servic", "sshfs.service"),
        ("ssh.services", "ssh.service"),
        ("postgresql", "postgresql@15-main.service"),
    ] {
        let answer = Check::tree(&tree, [format!("unit={wrong}")]).run();
        answer.critical(&format!("unit={wrong} 0 (want 1-): perhaps unit={right} (1 process)"));
    }
    let answer = Check::tree(&tree, ["unit=nginx"]).run();
    answer.critical("unit=nginx 0 (want 1-)");
}

#[test]
fn a_script_for_the_interpreter_that_runs_it() {
    let dir = open_dir();
    let name = unique();
    let path = dir.path().join(&name);
    write_script(&path, "#!/bin/sh\necho up\nread line\n");
    let _script = Process::start(&mut Command::new(&path));
    told(&format!("sh,args~{name}"), &format!("perhaps {name} (1 process)"));
}

#[test]
fn a_title_for_the_name() {
    let title = format!("{}: master", unique());
    let _titled = Specimen::called("specimen").verb(format!("title={title} [app]")).start();
    told(&title, &format!("perhaps args~^{title} (1 process)"));
}

#[test]
fn an_expression_that_is_no_text() {
    let (name, mark) = (unique(), unique());
    let path = format!("/opt/{mark}+9,(x)");
    let _process = Specimen::called(&name).argv(["specimen", &path, "end"]).start();
    let spec = format!("{name},args~/opt/{mark}+9");
    let right = format!("args~/opt/{mark}[+]9");
    told(
        &spec,
        &format!("perhaps {right} (1 process), 1 named {name} has args specimen {path} end"),
    );
    let spec = format!("args~/opt/{mark}+9,,(x) end$");
    let right_whole = format!("{right},,[(]x[)] end$");
    if can(Need::Alone) {
        told(&spec, &format!("perhaps {right_whole} (1 process)"));
        Check::count([format!("{right_whole}:1-1")]).run().code(0);
    }
}

#[test]
fn an_ordinary_user_is_reported_too() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    let upper = name.to_uppercase();
    let answer = Check::count([&upper]).by_user(NOBODY).run();
    answer.critical_with(&format!("{upper} 0 (want 1-): perhaps {name} (1 process)"));
}

// ---- no near misses ----

/// An nginx as it runs: a master of root's, which forks workers of another user.
fn nginx(workers: u32) -> Tree {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "nginx"));
    for pid in 101..101 + workers {
        tree.add(&Recorded { ppid: 100, uid: [33; 4], ..Recorded::new(pid, "nginx") });
    }
    tree
}

#[test]
fn a_masters_workers_and_a_workers_master_are_no_near_misses() {
    let tree = nginx(2);
    let answer = Check::tree(&tree, ["nginx,uid=33:4-"]).run();
    answer.critical("nginx,uid=33 2 (want 4-)");
    let answer = Check::tree(&tree, ["nginx,uid=0:2-"]).run();
    answer.critical("nginx,uid=0 1 (want 2-)");
    // One that belongs to none of them is.
    tree.add(&Recorded { uid: [0; 4], ..Recorded::new(200, "nginx") });
    let answer = Check::tree(&tree, ["nginx,uid=33:4-"]).run();
    answer.critical("nginx,uid=33 2 (want 4-): 1 named nginx runs as 0 (pid 200)");
    // Without workers the master is all there is.
    let answer = Check::tree(&nginx(0), ["nginx,uid=33:4-"]).run();
    answer.critical("nginx,uid=33 0 (want 4-): 1 named nginx runs as 0 (pid 100)");
}
