//! What the plugin may not see. Blindness is UNKNOWN with its cause and cure, never "0 processes"
//! and never OK; but it is no excuse where the answer is plain without it.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::tree::Recorded;
use support::{
    Answer, Check, Installed, NOBODY, Need, Process, Specimen, Tree, can, fifo, open_dir, unique,
};

/// Starts as nobody before the exec, so that nobody may look into it.
fn nobodys(name: &str) -> Process {
    let setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    Specimen::called(name).under(&setpriv).start()
}

// ---- exe ----

#[test]
fn exe_of_roots_processes_is_unknown_to_others() {
    if !can(Need::Root) {
        return;
    }
    // Not by exe alone: there are machines whose pid 1 hides even from root.
    let name = unique();
    let process = Specimen::called(&name).start();
    let exe = format!("exe={}", process.exe().display());
    Check::count([format!("{name},{exe}:1-1")]).run().code(0);
    for spec in [format!("{name},{exe}:1-1"), format!("{exe}:1-1"), format!("{exe}:0-0")] {
        let answer = Check::count([&spec]).by_user(NOBODY).run();
        answer.unknown().has("CAP_SYS_PTRACE").has("exe");
    }
}

/// After some processes whose owner `status` told, it is expected to tell that of the next one as well.
#[test]
fn users_in_a_row_are_told_from_each_other() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let one_of =
        |user: u32| Specimen::called(&name).verb(format!("uid={user},{user},{user}")).start();
    let _processes: Vec<_> =
        [1, 2, 1, 0].into_iter().flat_map(|user| [user; 12]).map(one_of).collect();
    let specs = [("uid=1", 24), ("uid=2", 12), ("user=root", 12), ("uid=3", 0)];
    let specs = specs.map(|(term, number)| format!("{name},{term}:{number}-{number}"));
    Check::count(&specs).by_user(NOBODY).run().code(0);
    Check::count([format!("{name},each=user:12-24")]).by_user(NOBODY).run().code(0);
}

#[test]
fn a_hidden_exe_does_not_matter_where_the_answer_is_plain() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let root = Specimen::called(&name).start();
    let path = root.exe();
    let path = path.display();
    // False and unknown is false.
    let absent = format!("{},exe={path}", unique());
    let answer = Check::count([&absent]).by_user(NOBODY).run();
    answer.critical_with(&format!("{absent} 0 (want 1-)"));
    Check::count([format!("{name},user=nobody,exe={path}:0-0")]).by_user(NOBODY).run().code(0);
    // Whatever the number is, it is in the range.
    Check::count([format!("exe={path}:any")]).by_user(NOBODY).run().code(0);
    // One is certain, and more would be fine, or too many anyway.
    let mine = nobodys(&unique());
    let mine = mine.exe();
    let mine = mine.display();
    Check::count([format!("exe={mine}:1-")]).by_user(NOBODY).run().code(0);
    Check::count([format!("exe={mine}:0-0")]).by_user(NOBODY).run().code(2);
    Check::count([format!("exe={mine}:1-1")]).by_user(NOBODY).run().unknown();
}

#[test]
fn not_exe_is_as_unknown_as_exe() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    let spec = format!("{name},not-exe=/nowhere/at/all:1-1");
    Check::count([&spec]).run().code(0);
    Check::count([&spec]).by_user(NOBODY).run().unknown();
    Check::count([format!("{name},deleted=no:1-1")]).by_user(NOBODY).run().unknown();
}

/// `argv[0]` is the process's own word, but it is what a monitoring user can have.
#[test]
fn a_bare_path_takes_an_absolute_argv0_at_its_word() {
    if !can(Need::Root) || !can(Need::Alone) {
        return;
    }
    let process = Specimen::called(unique()).start();
    let path = process.exe();
    let path = path.display();
    let answer = Check::count(["-v".to_owned(), format!("{path}:1-1")]).by_user(NOBODY).run();
    answer.ok(&format!("{path} 1")).has("by its own claim");
    let elsewhere = format!("/nowhere{path}");
    Check::count([format!("{elsewhere}:0-0")]).by_user(NOBODY).run().code(0);
    Check::count([&elsewhere]).by_user(NOBODY).run().critical_with(&format!("{elsewhere} 0"));
}

#[test]
fn a_bare_path_is_unknown_where_only_comm_fits() {
    if !can(Need::Root) || !can(Need::Alone) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).verb(format!("title={name}: -D")).start();
    let path = process.exe();
    let spec = format!("{}:1-1", path.display());
    Check::count([&spec]).run().code(0);
    Check::count([&spec]).by_user(NOBODY).run().unknown().has("CAP_SYS_PTRACE");
}

/// Where the link can be read it decides, whatever the process claims.
#[test]
fn a_claim_does_not_count_against_the_link() {
    if !can(Need::Root) {
        return;
    }
    let claimed = format!("/usr/sbin/{}", unique());
    let _liar = Specimen::called("specimen").argv([&claimed]).start();
    Check::count([format!("{claimed}:0-0")]).run().code(0);
}

/// Who is root already needs no word to run as root.
#[test]
fn a_remedy_is_not_what_one_has() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let nobody = nobodys(&name);
    let plugin = Installed::link("check_proccount");
    let exe = format!("{name},exe={}:1-1", nobody.exe().display());
    let run = |drop: &str| {
        let setpriv = ["--bounding-set", drop, "--inh-caps", drop];
        Check::program("setpriv").args(setpriv).arg(plugin.path()).arg(&exe).run()
    };
    let answer = run("-sys_ptrace");
    answer.unknown().has("run with CAP_SYS_PTRACE");
    assert!(!answer.to_string().contains("as root"), "{answer}");
    let answer =
        Check::program("unshare").args(["-Ur".as_ref(), plugin.path().as_os_str()]).arg(&exe).run();
    answer.unknown().has("run the check outside of the user namespace");
}

// ---- names that the kernel cut ----

/// A name longer than `comm` keeps.
fn long_name() -> String {
    format!("{}_longer_than_15", unique())
}

/// As `systemd-userwork: waiting...`.
#[test]
fn a_long_name_is_that_before_a_title() {
    if !can(Need::Root) {
        return;
    }
    let name = long_name();
    for title in [format!("{name}: waiting..."), format!("{name} -D"), format!("-{name}")] {
        let _process = Specimen::called(&name).verb(format!("title={title}")).start();
        let spec = format!("{name}:1-1");
        Check::count([&spec]).run().ok(&format!("{name} 1"));
        Check::count([&spec]).by_user(NOBODY).run().ok(&format!("{name} 1"));
        let answer = Check::count(["-v", &*format!("{name},user=root:1-1")]).run();
        answer.has(&format!(" {name}, user root"));
    }
}

/// The executable confirms it, whatever else the arguments say; where it is hidden, nothing does.
#[test]
fn a_long_name_may_be_known_by_the_executable_alone() {
    if !can(Need::Root) {
        return;
    }
    let name = long_name();
    for title in ["idle".to_owned(), format!("{name}-2: idle")] {
        let _process = Specimen::called(&name).verb(format!("title={title}")).start();
        Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
        Check::count([format!("name~^{name}$,ppid={}:1-1", std::process::id())]).run().code(0);
        for range in ["0-0", "1-1"] {
            let answer = Check::count([format!("{name}:{range}")]).by_user(NOBODY).run();
            answer.unknown().has("exe may not be read");
        }
    }
}

// ---- hidepid ----

#[test]
fn root_sees_through_hidepid() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).verb("uid=65534,65534,65534").start();
    let spec = format!("{name}:1-1");
    Check::count([&spec]).with_proc("hidepid=2").run().ok(&format!("{name} 1"));
}

#[test]
fn hidepid_makes_others_processes_unknown() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    for options in ["hidepid=2", "hidepid=1", "hidepid=4"] {
        for range in ["1-", "0-0", "1-1"] {
            let spec = format!("{name}:{range}");
            let answer = Check::count([&spec]).with_proc(options).by_user(NOBODY).run();
            answer.unknown().has("hidepid");
        }
    }
}

#[test]
fn hidepid_does_not_matter_where_the_visible_is_enough() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _mine = nobodys(&name);
    let run = |range: &str| {
        let spec = format!("{name}:{range}");
        Check::count([spec]).with_proc("hidepid=2").by_user(NOBODY).run()
    };
    run("1-").ok(&format!("{name} 1 or more"));
    run("0-0").code(2);
    run("1-1").unknown().has("hidepid");
    run("2-").unknown().has("hidepid");
}

#[test]
fn the_group_of_the_mount_sees_through_hidepid() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    let spec = format!("{name}:1-1");
    let check = || Check::count([&spec]).with_proc("hidepid=2,gid=54321");
    check().by_member(NOBODY, 54321).run().ok(&format!("{name} 1"));
    check().by_user(NOBODY).run().unknown().has("54321");
}

/// The options are those of the mount that is read, not of /proc.
#[test]
fn hidepid_of_another_proc_is_noticed_there() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    let dir = open_dir();
    let root = dir.path().to_str().expect("text");
    let plugin = Installed::copy("check_proccount");
    let run = |mount: &str, proc_root: &str| {
        let line = plugin.shell(&["--proc-root", proc_root, &format!("{name}:1-1")]);
        let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
        let command = format!("mount -t proc {mount} proc {root} && exec {nobody} {line}");
        Check::program("unshare").args(["-m", "sh", "-c", &command]).run()
    };
    run("-o hidepid=2", root).unknown().has("hidepid");
    run("", root).ok(&format!("{name} 1"));
    run("-o hidepid=2", "/proc").ok(&format!("{name} 1"));
}

/// Without any spec the number of all processes is measured, and that is hidden too.
#[test]
fn hidepid_hides_the_number_of_all_processes() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    // The plugin itself does not count, so somebody of its user must be there.
    let _mine = nobodys(&unique());
    let check = |args: [&str; 2]| Check::count(args).with_proc("hidepid=2").by_user(NOBODY).run();
    check(["-c", "5000"]).unknown().has("hidepid");
    check(["-c", "1:"]).code(0);
}

// ---- refusals, file by file ----

/// strace makes the kernel answer as an enforcing SELinux does.
#[test]
fn a_process_that_a_policy_hides_makes_the_count_uncertain() {
    if !can(Need::Program("strace")) {
        return;
    }
    let name = unique();
    let _seen = Specimen::called(&name).start();
    let hidden = Specimen::called(&name).start();
    let plugin = Installed::link("check_proccount");
    let run = |range: &str| {
        Check::program("strace")
            .args(["-f", "-qq", "-o", "/dev/null"])
            .args(
                ["comm", "stat", "status", "cmdline"]
                    .map(|file| format!("-P/proc/{}/{file}", hidden.pid())),
            )
            .args(["-e", "inject=read,readv,pread64,preadv:error=EACCES"])
            .arg(plugin.path())
            .arg(format!("{name}:{range}"))
            .run()
    };
    run("1-1").unknown().has(&name);
    run("2-2").unknown();
    run("1-").code(0);
    run("0-0").code(2);
    run("3-").code(2);
}

#[test]
fn an_unreadable_recorded_process_is_hidden_not_absent() {
    if !can(Need::Root) {
        return;
    }
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "pwd")).add(&Recorded::new(101, "pwd"));
    for file in ["comm", "stat", "status", "cmdline"] {
        let file = tree.of(101).join(file);
        fs::set_permissions(file, PermissionsExt::from_mode(0o000)).expect("chmod");
    }
    let run = |spec: &str| Check::tree(&tree, [spec]).by_user(NOBODY).run();
    run("pwd:1-1").unknown();
    run("pwd:1-").code(0);
    run("pwd:0-0").code(2);
    run("other").unknown();
}

/// What `cp -r /proc` leaves of files that have no size to go by.
#[test]
fn an_empty_recorded_name_is_hidden_and_no_other_name() {
    let tree = Tree::new();
    tree.add(&Recorded::new(5, "sshd"));
    std::fs::write(tree.of(5).join("comm"), "").expect("comm");
    Check::tree(&tree, ["sshd:0-0"]).run().unknown().has("comm is not what a kernel writes");
}

/// What would pass for a fact, and says something else than the kernel did: a file that was cut, made
/// up, or edited.
#[test]
fn what_the_kernel_would_not_write_is_no_fact() {
    let tree = Tree::new();
    tree.add(&Recorded { uid: [33; 4], ..Recorded::new(5, "sshd") });
    let whole = |file: &str| fs::read_to_string(tree.of(5).join(file)).expect("the file");
    let (comm, stat, status) = (whole("comm"), whole("stat"), whole("status"));
    let (session, cgroup) = (" 1 5 5 0 -1 ", "0::/system.slice/ssh.service\n");
    let long = "x".repeat(1 << 20) + "\n";
    let late = stat.replace(" 5000000 ", " 10000100 ");
    let twice = status.clone() + "Gid:\t0\t0\t0\t0\n";
    for (file, text, spec) in [
        ("comm", "sshd", "sshd:0-0"),
        ("comm", &*long, "sshd:0-0"),
        ("stat", &*stat.replace(") S ", ") SSS "), "state=Z:0-0"),
        ("stat", &*stat.replace(session, " -1 5 5 0 -1 "), "ppid=0-:1-1"),
        ("stat", &*stat.replace(" 5000000 ", " -1 "), "age=1-:1-1"),
        ("stat", &*stat.replace(" 20480000 ", " -1 "), "vsz=-1k:0-0"),
        ("stat", &*late, "age=-5:0-0"),
        ("status", &*twice, "rgid=0:1-1"),
        ("status", &*status.replace("Uid:\t33", "Uid:\t33\t33"), "ruid=33:1-1"),
        ("cgroup", "garbage\n", "not-unit=ssh.service:1-1"),
        ("cgroup", "", "not-unit=ssh.service:1-1"),
        ("cgroup", &*cgroup.repeat(2), "unit=ssh.service:1-1"),
        ("attr/current", "\0", "not-domain=sshd_t:1-1"),
        ("attr/current", "", "not-domain=sshd_t:1-1"),
        ("attr/current", "system_u:system_r::s0\0", "not-domain=sshd_t:1-1"),
    ] {
        for (file, text) in [("comm", &comm), ("stat", &stat), ("status", &status)] {
            fs::write(tree.of(5).join(file), text).expect("the file");
        }
        fs::write(tree.of(5).join(file), text).expect("the file");
        let answer = Check::tree(&tree, ["--lsm", "selinux", spec]).run();
        answer.unknown().has(&format!("{file} is not what a kernel writes"));
    }
}

/// Perfdata takes the certain part: `U` would make Icinga reject all of it.
#[test]
fn an_uncertain_count_gives_its_certain_part_as_perfdata() {
    if !can(Need::Root) {
        return;
    }
    let process = Specimen::called(unique()).start();
    let spec = format!("exe={},label=it:1-1", process.exe().display());
    Check::count([spec]).by_user(NOBODY).run().unknown().perf("'it'=0;;1:1;0");
}

/// What is unknown takes second place, but is told.
/// Of two ranges, the one that the hidden process decides.
#[test]
fn the_range_in_doubt_is_the_one_that_is_named() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "java")).add(&Recorded::new(101, "java"));
    fs::remove_file(tree.of(101).join("status")).expect("its status");
    for (ranges, named) in [("1-1:0-100", "1-1"), ("3-3:2-", "2-")] {
        let answer = Check::tree(&tree, [format!("java,user=root:{ranges}")]).run();
        answer.code(3).has(&format!("java,user=root 1 to 2 (want {named}): status is missing"));
    }
}

#[test]
fn unknown_beside_critical_is_still_reported() {
    if !can(Need::Root) {
        return;
    }
    let process = Specimen::called(unique()).start();
    let absent = unique();
    let hidden = format!("exe={},label=hidden_one:1-1", process.exe().display());
    let answer = Check::count([&hidden, &absent]).by_user(NOBODY).run();
    answer.critical_with(&format!("{absent} 0 (want 1-)")).has("hidden_one");
}

/// Group 0 of a user namespace is not the group 0 that `hidepid` lets see.
#[test]
fn root_of_a_user_namespace_is_blind_to_hidden_processes() {
    if !can(Need::Root) || !can(Need::MountNamespace) || !can(Need::UserNamespace) {
        return;
    }
    let plugin = Installed::copy("check_proccount");
    for options in ["hidepid=2", "hidepid=4"] {
        let answer = Check::program("unshare")
            .args(["-Ur".as_ref(), plugin.path().as_os_str()])
            .args([format!("{}:0-0", unique())])
            .with_proc(options)
            .by_user(NOBODY)
            .run();
        answer.unknown().has("hidepid").has("run outside of the user namespace");
        assert!(!answer.to_string().contains("CAP_SYS_PTRACE"), "it has that\n{answer}");
    }
}

/// Whoever has no number in our user namespace shows as the overflow user, and may be anyone.
#[test]
fn users_without_a_number_here_are_hidden() {
    if !can(Need::Root) || !can(Need::UserNamespace) {
        return;
    }
    let process = Specimen::called(unique()).start();
    let plugin = Installed::copy("check_proccount");
    let name = process.exe();
    let name = name.file_name().and_then(|name| name.to_str()).expect("text");
    for spec in ["user=root:0-0", "user=nobody:1-1", "ruid=0:0-0", "gid=0:0-0"] {
        let answer = Check::program("unshare")
            .args(["-U".as_ref(), plugin.path().as_os_str()])
            .args([format!("{name},{spec}")])
            .by_user(NOBODY)
            .run();
        answer.unknown().has("user namespace");
    }
}

/// Its parent is there, but the listing does not show it.
#[test]
fn a_hidden_parent_is_not_another_parent() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let nobody = NOBODY.to_string();
    let _process = Specimen::called(&name)
        .verb(format!("gid={nobody},{nobody},{nobody}"))
        .verb(format!("uid={nobody},{nobody},{nobody}"))
        .start();
    let spec = format!("{name},not-parent=sshd,user={nobody}:1-1");
    let answer = Check::count([&spec]).with_proc("hidepid=2").by_user(NOBODY).run();
    answer.unknown();
}

/// Recorded by someone who could not read the links.
#[test]
fn a_tree_without_executables_hides_them() {
    let tree = Tree::new();
    tree.add(&Recorded { exe: None, ..Recorded::new(100, "pwd") });
    for spec in ["pwd,exe=/usr/sbin/pwd:0-0", "pwd,deleted=yes:0-0", "pwd,not-exe=/x:1-1"] {
        Check::tree(&tree, [spec]).run().unknown().has("exe is missing");
    }
}

// ---- mounts over single processes (T1564.013) ----

/// Runs a plugin where `what` is mounted over `where_to` of /proc.
#[track_caller]
fn with_cover(what: &str, where_to: &str, plugin: &str, args: &[&str]) -> Answer {
    let plugin = Installed::link(plugin);
    let command = format!("mount --bind {what} /proc/{where_to} && {}", plugin.shell(args));
    Check::program("unshare").args(["-m", "sh", "-c", &command]).run()
}

#[test]
fn a_process_under_an_empty_directory_is_hidden() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let (process, empty) = (Specimen::called(&name).start(), open_dir());
    let (empty, pid) = (empty.path().to_str().expect("text"), process.pid().to_string());
    let count = |spec: &str| with_cover(empty, &pid, "check_proccount", &["-t", "60", spec]);
    for range in ["0-0", "1-1", "1-"] {
        let answer = count(&format!("{name}:{range}"));
        answer.unknown().has("its directory has something mounted over it (pid ").has("findmnt");
        assert!(!answer.to_string().contains("--proc-root"), "{answer}");
    }
    let _seen = Specimen::called(&name).start();
    count(&format!("{name}:1-")).code(0);
    count(&format!("{name}:3-")).code(2);
}

/// It would be counted twice, and the covered one not at all.
#[test]
fn another_processs_directory_is_not_the_process() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let (name, decoy) = (unique(), unique());
    let verbs = ["groups=0", "gid=0,0,0", "uid=33,33,33"];
    let process = verbs.into_iter().fold(Specimen::called(&name), Specimen::verb).start();
    let double = Specimen::called(&decoy).start();
    let (what, pid) = (format!("/proc/{}", double.pid()), process.pid().to_string());
    let run = |plugin, args: &[&str]| with_cover(&what, &pid, plugin, args);
    for spec in [format!("{decoy}:1-1"), format!("{decoy},user=root:1-1"), format!("{name}:0-0")] {
        run("check_proccount", &["-t", "60", &spec]).unknown().has("mounted over it");
    }
    let exempt = format!("not-name~^({name}|{decoy})");
    for plugin in ["check_privdrop", "check_proccpu"] {
        let over: &[&str] =
            if plugin == "check_proccpu" { &["--over", "0.1s", "-c", "9999"] } else { &[] };
        let answer = run(plugin, &[&["-t", "60", "--exempt", &exempt], over].concat());
        answer.code(3).has("mounted over it").has(&format!("pid {pid}"));
    }
}

/// One file is enough to lie with.
#[test]
fn a_mount_over_one_file_covers_the_process() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).start();
    let spec = format!("{name}:0-0");
    let file = format!("{}/comm", process.pid());
    let answer = with_cover("/proc/1/comm", &file, "check_proccount", &["-t", "60", &spec]);
    answer.unknown().has("mounted over it");
}

/// Where no table of mounts tells, the number does.
#[test]
fn a_file_of_another_number_is_not_the_processs() {
    let tree = Tree::new();
    tree.add(&Recorded::new(5, "pwd")).add(&Recorded::new(6, "pwd"));
    for (file, spec) in [("stat", "pwd,state=S:2-2"), ("status", "pwd,ruid=0:2-2")] {
        Check::tree(&tree, [spec]).run().code(0);
        fs::copy(tree.of(6).join(file), tree.of(5).join(file)).expect("a copy");
        let answer = Check::tree(&tree, [spec]).run();
        answer.unknown().has(&format!("{file} is not what a kernel writes"));
    }
}

// ---- no /proc worth the name ----

#[test]
fn an_empty_proc_is_unknown() {
    let dir = open_dir();
    for args in [["pwd:1-"], ["pwd:0-0"], ["--critical=1:"]] {
        let answer =
            Check::count(["--proc-root".as_ref(), dir.path().as_os_str()]).args(args).run();
        answer.unknown().has(dir.path().to_str().expect("text"));
    }
}

#[test]
fn a_missing_proc_is_unknown() {
    for root in ["/nowhere/at/all", "/etc/passwd"] {
        Check::count(["--proc-root", root, "pwd:0-0"]).run().unknown().has(root);
    }
}

#[test]
fn a_read_that_hangs_ends_on_time() {
    let tree = Tree::new();
    for pid in [100, 101, 102] {
        tree.add(&Recorded::new(pid, "pwd"));
    }
    for (file, spec) in
        [("comm", "pwd:3-3"), ("stat", "pwd,state=S:3-3"), ("status", "pwd,rgid=0:3-3")]
    {
        let path = tree.of(101).join(file);
        let kept = fs::read(&path).expect("the file");
        fs::remove_file(&path).expect("the file");
        fifo(&path);
        let answer = Check::tree(&tree, ["-t", "20", spec]).run();
        answer.unknown().line_count(1).has(&format!("{file} does not answer (pid 101)"));
        answer.lacks("timed out");
        fs::remove_file(&path).expect("the fifo");
        fs::write(&path, kept).expect("the file");
        Check::tree(&tree, [spec]).run().code(0);
    }
}

#[test]
fn under_mon_a_timeout_is_a_failure_with_a_summary() {
    let tree = Tree::new();
    tree.add(&Recorded::new(100, "pwd"));
    let path = tree.of(100).join("comm");
    fs::remove_file(&path).expect("comm");
    fifo(&path);
    let answer = Check::tree(&tree, ["--mon", "-t", "1", "pwd:1-1"]).run();
    answer.code(1).line_count(1);
}
