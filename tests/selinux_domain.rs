//! `check_selinux_domain` where no kernel with labels is needed: recorded trees, and this machine if
//! it has none. What kernels do stands in `vm.rs`.

mod support;

use support::tree::Recorded;
use support::{Answer, Check, Need, Tree, can};

/// `(pid, name, label)` of processes that started half a day ago.
fn tree(processes: &[(u32, &str, &str)]) -> Tree {
    let tree = Tree::new();
    for &(pid, name, label) in processes {
        let label = Some(label.as_bytes().to_vec());
        let process = Recorded::new(pid, name);
        tree.add(&Recorded { label, ..process });
    }
    tree
}

fn check(tree: &Tree, args: &[&str]) -> Answer {
    Check::plugin("check_selinux_domain").arg("--proc-root").arg(tree.path()).args(args).run()
}

fn selinux() -> Tree {
    tree(&[
        (1, "systemd", "system_u:system_r:init_t:s0\0"),
        (2, "kthreadd", "system_u:system_r:kernel_t:s0\0"),
        (70, "sshd", "system_u:system_r:sshd_t:s0-s0:c0.c1023\0"),
        (80, "food", "system_u:system_r:initrc_t:s0\0"),
        (81, "lost", "system_u:object_r:unlabeled_t:s0\0"),
    ])
}

fn apparmor() -> Tree {
    tree(&[
        (1, "systemd", "unconfined\n"),
        (70, "cupsd", "/usr/sbin/cupsd (enforce)\n"),
        (80, "food", "food (complain)\n"),
    ])
}

#[test]
fn the_usual_domains_are_those_of_the_system() {
    let answer = check(&selinux(), &["--lsm", "selinux"]);
    answer.code(2);
    assert_eq!(
        answer.first_line(),
        "SELINUX_DOMAIN is CRITICAL: initrc_t 1 (want 0-0): food (pid 80), unlabeled_t 1 (want \
         0-0): lost (pid 81); 2 of 4 OK|'init_t'=1;;1:1;0 'initrc_t'=1;;0;0 \
         'unconfined_service_t'=0;;0;0 'unlabeled_t'=1;;0;0"
    );
    check(&apparmor(), &["--lsm", "apparmor"]).prints(
        "SELINUX_DOMAIN is CRITICAL: mode=complain 1 (want 0-0): food (pid 80, food)\
         |'mode:complain'=1;;0;0\n\
         mode=complain: pid 80 food, user root, up 13h, label food (complain), exe /usr/sbin/food\n",
    );
    let answer = check(&selinux(), &[]);
    answer.code(3).has("--lsm").has("or write specs");
    answer.line_count(1);
    check(&selinux(), &["--lsm", "smack"]).code(3).has("write specs, such as");
}

#[test]
fn a_bare_word_is_a_domain_of_whatever_system_shows_in_the_labels() {
    let ok = |tree: &Tree, args: &[&str]| {
        check(tree, args).code(0);
    };
    for lsm in [&["--lsm", "selinux"][..], &[]] {
        let specs = ["sshd_t:1-1", "init_t,exe=/usr/sbin/systemd:1-1", "level=s0:4-4"];
        ok(&selinux(), &[lsm, &specs].concat());
    }
    for lsm in [&["--lsm", "apparmor"][..], &[]] {
        let specs = ["/usr/sbin/cupsd:1-1", "unconfined,mode=unconfined:1-1"];
        ok(&apparmor(), &[lsm, &specs].concat());
    }
    // Read as another system's, a label has other parts.
    ok(&apparmor(), &["--lsm", "smack", "food (complain):1-1", "food:0-0"]);
    check(&selinux(), &["--lsm", "tomoyo", "init_t"]).code(3).has("selinux, apparmor, smack");
}

#[test]
fn findings_name_the_unit_and_the_whole_label() {
    let tree = selinux();
    tree.add(&Recorded {
        label: Some(b"system_u:system_r:init_t:s0\0".to_vec()),
        cgroup: "0::/system.slice/foo.service\n".into(),
        uid: [65534; 4],
        ..Recorded::new(90, "food")
    });
    check(&tree, &["--lsm", "selinux", "init_t:1-1"])
        .code(2)
        .has("init_t 2 (want 1-1): ")
        .has("food (pid 90)")
        .has("pid 90 food, user nobody, up 13h, label system_u:system_r:init_t:s0, unit foo.service, exe");
}

#[test]
fn permissive_profiles_are_a_spec_of_their_own() {
    check(&apparmor(), &["--lsm", "apparmor", "--no-permissive-domains", "unconfined:1-1"])
        .code(2)
        .has("permissive domains 1 (want 0-0): food (pid 80, food); 1 of 2 OK|")
        .has("'permissive domains'=1;;0;0");
}

#[test]
fn every_domain_in_use_is_listed() {
    check(&selinux(), &["-v", "--lsm", "selinux", "init_t:1-1"])
        .has("5 domains in use: init_t 1, initrc_t 1, kernel_t 1, sshd_t 1, unlabeled_t 1\n");
}

#[test]
fn a_tree_without_labels_is_unknown() {
    let tree = Tree::new();
    tree.add(&Recorded::new(1, "init"));
    for args in [["init_t:1-1"], ["initrc_t:0-0"]] {
        check(&tree, &args).code(3).has("attr/current is missing");
    }
}

/// Half a context, or one where a domain belongs, is the label of no process.
#[test]
fn labels_that_selinux_never_writes_are_refused() {
    let run = |spec: &str| check(&selinux(), &["--lsm", "selinux", spec]);
    let whole = "system_u:system_r:unconfined_service_t:s0";
    run(&format!("{whole}:0-0")).code(3).line_count(1).has(&format!(
        "is not an SELinux domain; write domain=unconfined_service_t or context={whole}"
    ));
    run(&format!("not-domain={whole}:0-0")).code(3);
    run("domain~^system_u:system_r:0-0").code(3).has("not an SELinux domain");
    run("context=sshd_t:0-0")
        .code(3)
        .has("write domain=sshd_t, or context=system_u:system_r:sshd_t:s0");
    run("context=system_u:sshd_t:0-0").code(3).has("write USER:ROLE:TYPE or");
    run("domain~^ssh(?:d|_keygen)_t$:1-1").code(0);
    run("context~sshd_t:1-1").code(0);
    // A profile of AppArmor's may have colons.
    check(&apparmor(), &["--lsm", "apparmor", ":ns1:unconfined:0-0"]).code(0);
    let tree = selinux();
    let exempt = ["--lsm", "selinux", "--exempt", "not-domain=a:b:sshd_t:s0"];
    for (plugin, args) in [("check_proccpu", &["-c", "90"][..]), ("check_privdrop", &[])] {
        let check = Check::plugin(plugin).arg("--proc-root").arg(tree.path());
        check.args(exempt).args(args).run().code(3).has("not an SELinux domain");
    }
}

/// Beside right lines of a file the wrong label is an UNKNOWN of its own.
#[test]
fn a_wrong_label_in_a_file_does_not_silence_the_others() {
    let tree = selinux();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let run = |plugin: &str, option: &str, lines: &str, args: &[&str]| {
        std::fs::write(file.path(), lines).expect("lines");
        let check = Check::plugin(plugin).arg("--proc-root").arg(tree.path());
        let check =
            check.args(["--lsm", "selinux"]).args([option.as_ref(), file.path().as_os_str()]);
        check.args(args).run()
    };
    let wrong = "domain=a:b:sshd_t:s0";
    let place = format!("{}:2", file.path().display());
    let run_specs = |lines: &str| run("check_selinux_domain", "--specs-from", lines, &[]);
    let answer = run_specs(&format!("init_t:2-2\n{wrong}:0-0\n"));
    answer.code(2).has("init_t 1 (want 2-2)").has(&place).has("not an SELinux domain");
    let alone = run_specs(&format!("# wrong\n{wrong}:0-0\n"));
    alone.code(3).line_count(1).has(&place).has("not an SELinux domain").lacks("|");
    // What options ask for is judged all the same.
    let lines = format!("# wrong\n{wrong}:0-0\n");
    let unconfined = run("check_selinux_domain", "--specs-from", &lines, &["--no-unconfined"]);
    unconfined.has(&place).has("not an SELinux domain").has("; 1 of 2 OK|");
    for (plugin, args) in [("check_proccpu", &["-c", "90"][..]), ("check_privdrop", &[])] {
        let answer = run(plugin, "--exempt-from", &format!("atd\nnot-{wrong}\n"), args);
        answer.code(3).has(&place).has("not an SELinux domain").has("judged");
    }
}

/// One sentence, however many specs, and no process is looked at.
#[test]
fn where_nothing_labels_that_is_said_once() {
    if !can(Need::NoLabels) {
        return;
    }
    let run = |args: &[&str]| Check::plugin("check_selinux_domain").args(args).run();
    for args in [&["init_t:1-1", "initrc_t:0-0"][..], &["--enforcing", "name=init:any"]] {
        let answer = run(args);
        answer.code(3).line_count(1).has("is UNKNOWN: no active security system labels processes");
        assert_eq!(answer.stdout().matches("no active").count(), 1, "{answer}");
        run(&[args, &["--absent-ok"]].concat()).code(0);
    }
    run(&["init_t:1-1"]).perf("'init_t'=0;;1:1;0");
    run(&["--lsm", "selinux"]).code(3).has("SELinux is not active");
    // A slip is one on every host of a fleet.
    run(&["--lsm", "selinux", "--absent-ok", "sshd_t:0-0"]).code(0);
    let slip = run(&["--lsm", "selinux", "--absent-ok", "context=sshd_t:0-0"]);
    slip.code(3).has("write domain=sshd_t");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "frob=1\n").unwrap();
    let file = file.path().to_str().unwrap();
    let slip = run(&["--enforcing", "--absent-ok", "--specs-from", file]);
    slip.code(3).has("unknown key 'frob'");
    // The verdict on a recorded tree doesn't depend on this kernel, but its enforcement does.
    check(&selinux(), &["--lsm", "selinux", "init_t:1-1"]).code(0);
    check(&selinux(), &["--lsm", "selinux", "--enforcing", "init_t:1-1"])
        .code(3)
        .has("cannot tell whether this kernel enforces: SELinux is not active");
    Check::plugin("check_selinux_domain").args(["--mon", "init_t"]).run().code(1);
}

#[test]
fn usage_errors_come_before_any_look() {
    let run = |args: &[&str]| Check::plugin("check_selinux_domain").args(args).run();
    run(&["--absent-ok", "init_t:x-1"]).code(3).has("'x' is not a whole number");
    run(&["--absent-ok", "frob=1"]).code(3).has("unknown key 'frob'");
    Check::plugin("check_selinux_domain")
        .arg("--help")
        .run_raw()
        .code(3)
        .has("init_t:1-1 initrc_t:0-0 unconfined_service_t:0-0");
}
