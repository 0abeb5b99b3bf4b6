//! Processes as they really are: ending, dead, renamed, replaced, without a leader. None of them may
//! be lost, counted twice, or break the report.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use support::tree::Recorded;
use support::{
    Check, Installed, NOBODY, Need, Process, Specimen, Tree, bytes, can, copy_executable, open_dir,
    quoted, unique, until, write_script,
};

/// A name of exactly so many bytes.
fn name_of(length: usize) -> String {
    let mut name = unique();
    while name.len() < length {
        name.push('x');
    }
    name
}

// ---- ending under us ----

/// strace stops the plugin as it has opened the file and not yet read it.
#[test]
fn a_process_that_ends_between_open_and_read_is_left_out() {
    if !can(Need::Program("strace")) {
        return;
    }
    let name = unique();
    let _stays = Specimen::called(&name).start();
    let ends = Specimen::called(&name).start();
    let (dir, comm) = (open_dir(), format!("{}/comm", ends.pid()));
    let trace = dir.path().join("trace");
    let plugin = Installed::link("check_proccount");
    let running = Check::program("strace")
        // -D: the plugin, not strace, is our child.
        .args(["-D", "-f", "-qq", "-o"])
        .arg(&trace)
        // As the plugin names it, below /proc.
        .args(["-P", &comm, "-e", "inject=openat:signal=SIGSTOP:when=1"])
        .arg(plugin.path())
        .args(["-t", "60", &format!("{name}:1-1")])
        .start();
    until("the plugin has it open", || {
        fs::read_to_string(&trace).is_ok_and(|trace| trace.contains("stopped by SIGSTOP"))
    });
    let comm = PathBuf::from(format!("/proc/{comm}"));
    let files = fs::read_dir(format!("/proc/{}/fd", running.pid())).expect("the plugin runs");
    let mut links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    assert!(links.any(|link| link == comm), "it is not open");
    drop(ends);
    running.go_on().ok(&format!("{name} 1"));
}

/// Not one of a series of scans may stumble over what comes and goes meanwhile.
#[test]
fn coming_and_going_processes_disturb_nothing() {
    let (name, churn) = (unique(), unique());
    let _one = Specimen::called(&name).start();
    let _churn: Vec<Process> =
        (0..2).map(|_| Specimen::called(&churn).verb("forkloop=0").start()).collect();
    for _ in 0..25 {
        let specs = [format!("{name}:1-1"), format!("{churn},state=RSDZ:2-")];
        let answer = Check::count(specs).run();
        answer.code(0).has(&format!("PROCCOUNT is OK: {name} 1, "));
    }
}

// ---- names ----

#[test]
fn a_name_of_exactly_15_bytes_is_matched_whole() {
    let name = name_of(15);
    let _whole = Specimen::called(&name).start();
    let _shorter = Specimen::called(&name[..14]).start();
    Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
}

/// Both have the same `comm`, which the kernel cut.
#[test]
fn names_of_more_than_15_bytes_are_told_apart() {
    let stem = name_of(15);
    let (alpha, beta) = (format!("{stem}-alpha"), format!("{stem}-beta"));
    let _alpha = Specimen::called(&alpha).start();
    let _beta = Specimen::called(&beta).start();
    let _other = Specimen::called(&beta).start();
    let specs = [format!("{alpha}:1-1"), format!("{beta}:2-2")];
    Check::count(specs).run().ok(&format!("{alpha} 1, {beta} 2"));
    let gamma = format!("{stem}-gamma");
    Check::count([&gamma]).run().critical_with(&format!("{gamma} 0 (want 1-)"));
}

/// A daemon with a title of its own has no `argv[0]` left to confirm a long name, only its exe.
#[test]
fn a_long_name_is_confirmed_by_exe_where_the_title_was_overwritten() {
    if !can(Need::Root) {
        return;
    }
    let long = format!("{}-daemon", name_of(15));
    let _titled = Specimen::called(&long).verb("title=hello: idle").start();
    Check::count([format!("{long}:1-1")]).run().ok(&format!("{long} 1"));
    let blind = Check::count([format!("{long}:1-1")]).by_user(NOBODY).run();
    blind.unknown().has(&long).has("CAP_SYS_PTRACE");
}

/// Each is found by its very bytes, and nothing of it gets out as it is; [`support::Answer::lawful`]
/// looks at every line.
#[test]
fn hostile_names_are_matched_and_never_printed_raw() {
    let hostile: [(&str, &[u8]); 8] = [
        ("parenthesis", b")"),
        ("parentheses that mimic stat", b") Z 1"),
        ("space", b" a b"),
        ("newline", b"\nOK:"),
        ("pipe sign", b"|a=1"),
        ("escape sequence", b"\x1b[2J"),
        ("invalid UTF-8", b"\xff\xfe"),
        ("quote and comma", b"',x"),
    ];
    for (what, tail) in hostile {
        // The kernel cuts at 15 bytes, and a shorter stem leaves room for the tail.
        let stem = unique();
        let stem = &stem[..stem.len().min(15 - tail.len())];
        let name = bytes(&[stem.as_bytes(), tail]);
        let process =
            Specimen::called("specimen").verb(bytes(&[b"name=", name.as_bytes()])).start();
        // The parent makes it unique where the stem was cut.
        let mine = format!("ppid={}", std::process::id());
        let spec =
            bytes(&[b"name=", quoted(&name).as_bytes(), b",", mine.as_bytes(), b",state=SR:1-1"]);
        let answer = Check::count([OsStr::new("-vvv"), &spec]).run();
        assert_eq!(answer.code, Some(0), "{what}\n{answer}");
        answer.has(&process.pid().to_string());
        let missing =
            bytes(&[b"name=", quoted(&name).as_bytes(), b",", mine.as_bytes(), b",state=T"]);
        let answer = Check::count([OsStr::new("-vvv"), &missing]).run();
        assert_eq!(answer.code, Some(2), "{what}\n{answer}");
    }
}

#[test]
fn a_command_line_that_is_no_text_is_still_searched() {
    if !can(Need::Alone) {
        return;
    }
    let mark = unique();
    let argv = [b"\xff\xfe\n|".as_slice(), b"", mark.as_bytes()].map(OsStr::from_bytes);
    let _odd = Specimen::called("specimen").argv(argv).start();
    let answer = Check::count(["-vv".to_owned(), format!("args~{mark}:1-1")]).run();
    answer.code(0);
}

/// Postgres, nginx and sshd pad their title with NULs: no spaces in the joined arguments.
#[test]
fn an_overwritten_title_ends_where_its_text_ends() {
    if !can(Need::Alone) {
        return;
    }
    let title = format!("{}: idle", unique());
    let _titled = Specimen::called("specimen").verb(format!("title={title}")).start();
    Check::count([format!("args~^{title}$:1-1")]).run().code(0);
    Check::count([format!("args={title}:1-1")]).run().code(0);
}

// ---- dead, half dead ----

#[test]
fn a_zombie_does_not_run() {
    let name = unique();
    let _parent = Specimen::called("specimen").verb(format!("zombie={name}")).start();
    let answer = Check::count([&name]).run();
    answer.critical_with(&format!("{name} 0 (want 1-)")).has("1 zombie");
    Check::count([format!("{name}:0-0")]).run().ok(&format!("{name} 0"));
    // Whether it lives is told by other files where nobody asks for its container.
    Check::count(["--containers", "include", &format!("{name}:0-0")]).run().code(0);
    if can(Need::Root) {
        for spec in [format!("{name}:1-"), format!("user=root,name={name}:1-")] {
            Check::count([spec]).by_user(NOBODY).run().code(2).has("1 zombie");
        }
    }
}

#[test]
fn a_zombie_counts_where_it_is_asked_for() {
    let name = unique();
    let _parent = Specimen::called("specimen").verb(format!("zombie={name}")).start();
    let _alive = Specimen::called(&name).start();
    let zombies = format!("{name},state=Z");
    Check::count([format!("{zombies}:1-1")]).run().ok(&format!("{zombies} 1"));
    Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
}

/// `stat` says `Z`, but threads live on, and serve.
#[test]
fn a_process_whose_leader_exited_is_alive() {
    let name = unique();
    let _leaderless = Specimen::called(&name).verb("leaderless").start();
    Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
    Check::count(["--containers", "include", &format!("{name}:1-1")]).run().code(0);
    if can(Need::Root) {
        Check::count([format!("{name}:1-1")]).by_user(NOBODY).run().ok(&format!("{name} 1"));
    }
}

/// What the first thread took along when it ended, another one still shows.
#[test]
fn a_process_whose_leader_exited_has_its_executable_its_arguments_and_its_memory() {
    let long = name_of(20);
    let leaderless = Specimen::called(&long).argv([&*long, "--serve"]).verb("leaderless").start();
    let path = leaderless.exe();
    let shown = path.display();
    // The name comes first, so that other executables that may not be read are no matter.
    for selector in [
        format!("{shown},name={long}"),
        format!("{long},exe={shown}"),
        format!("{long},args~ --serve$"),
        format!("{long},rss=1k-,vsz=1k-,state=SRD,deleted=no"),
    ] {
        Check::count([format!("{selector}:1-1")]).run().code(0);
    }
    fs::remove_file(&path).expect("removed");
    Check::count([format!("{long},deleted=yes:1-1")]).run().code(0);
}

/// Held up by a tracer here; a thread that waits for a disk in the state `D` looks the same but for
/// the signal, which it has yet to take.
#[test]
fn a_killed_process_that_cannot_finish_dying_does_not_run() {
    let name = unique();
    let _tracer = Specimen::called("specimen").verb(format!("undead={name}")).start();
    for containers in ["exclude", "include"] {
        let answer = Check::count(["--containers", containers, &format!("{name}:1-")]).run();
        answer.critical_with(&format!("{name} 0 (want 1-)")).has("1 zombie");
    }
    Check::count([format!("{name}:0-0")]).run().code(0);
    Check::count([format!("{name},state=Z:1-1")]).run().code(0);
    if can(Need::Root) {
        for containers in ["exclude", "include"] {
            let answer = Check::count(["--containers", containers, &format!("{name}:1-")]);
            answer.by_user(NOBODY).run().code(2).has("1 zombie");
        }
    }
}

#[test]
fn a_dead_leaders_process_lives_as_long_as_a_thread_that_was_not_killed() {
    let tree = Tree::new();
    let leader = Recorded { state: 'Z', threads: 3, exe: None, ..Recorded::new(50, "db") };
    tree.add(&leader);
    let running = || Check::tree(&tree, ["db:1-"]).run();
    running().code(3).has("task is missing (pid 50)");
    let thread = |pid, state| {
        tree.add_thread(50, &Recorded { pid, state, ..leader.clone() });
        tree.of(50).join(format!("task/{pid}/stat"))
    };
    thread(50, 'Z');
    let stat = thread(51, 'D');
    let waiting = fs::read_to_string(&stat).expect("stat");
    let killed = waiting.replacen(" 1 1 0 0 0 0 ", " 1 1 0 0 0 256 ", 1);
    fs::write(&stat, killed).expect("stat");
    running().critical_with("db 0 (want 1-)").has("1 zombie");
    fs::write(thread(52, 'S'), "hello\n").expect("stat");
    running().code(3).has("stat is not what a kernel writes (pid 50)");
    thread(52, 'S');
    running().code(0);
    fs::write(&stat, waiting).expect("stat");
    running().code(0);
}

#[test]
fn a_stopped_process_is_there() {
    let name = unique();
    let process = Specimen::called(&name).start();
    process.signal(libc::SIGSTOP);
    until("it is stopped", || {
        fs::read_to_string(format!("/proc/{}/stat", process.pid()))
            .is_ok_and(|stat| stat.contains(") T "))
    });
    Check::count([format!("{name}:1-1")]).run().ok(&format!("{name} 1"));
    Check::count([format!("{name},state=T:1-1")]).run().code(0);
    Check::count([format!("{name},state=SR:1-1")]).run().code(2);
}

// ---- replaced on disk ----

#[test]
fn a_daemon_whose_executable_was_upgraded_is_still_that_daemon() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let old = Specimen::called(&name).start();
    let path = old.exe();
    let shown = path.display();
    for (deleted, running) in [("no", 1), ("yes", 0)] {
        let spec = format!("{name},deleted={deleted}:{running}-{running}");
        Check::count([spec]).run().code(0);
    }

    let upgrade = path.with_extension("new");
    copy_executable(&path, &upgrade);
    fs::rename(&upgrade, &path).expect("the upgrade");
    for selector in
        [format!("{shown}"), format!("{name},exe={shown}"), format!("{name},deleted=yes")]
    {
        Check::count([format!("{selector}:1-1")]).run().code(0);
    }
    let new = Specimen::called(&name).start_from(&path);
    Check::count([format!("{shown}:2-2")]).run().ok(&format!("{shown} 2"));
    Check::count([format!("{name},deleted=yes:1-1")]).run().code(0);
    drop(new);
    let outdated = |fate: &str| {
        let spec = format!("{name},deleted=yes,label=outdated:0-0");
        let pid = old.pid();
        Check::count([spec])
            .run()
            .critical_with(&format!("outdated 1 (want 0-0): pid {pid} (its file {fate}"));
    };
    outdated("replaced ");

    fs::remove_file(&path).expect("removed");
    outdated("removed, up ");
    Check::count([format!("{shown}:1-1")]).run().ok(&format!("{shown} 1"));
}

#[test]
fn a_path_is_resolved_through_links() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).start();
    let dir = open_dir();
    let (file, way) = (dir.path().join("alias"), dir.path().join("way"));
    std::os::unix::fs::symlink(process.exe(), &file).expect("a link");
    std::os::unix::fs::symlink(process.exe().parent().expect("a directory"), &way).expect("a link");
    let through = way.join(process.exe().file_name().expect("a name"));
    for path in [file, through] {
        let path = path.display();
        Check::count([format!("{path}:1-1")]).run().ok(&format!("{path} 1"));
        Check::count([format!("{name},exe={path}:1-1")]).run().code(0);
    }
}

/// runc runs from one, which no upgrade has replaced: it never was on disk.
#[test]
fn a_memfd_was_never_deleted() {
    let name = unique();
    // SAFETY: the name ends in NUL. Without MFD_CLOEXEC the descriptor is the child's, too.
    let memfd = unsafe { libc::memfd_create(c"specimen".as_ptr(), 0) };
    assert!(memfd >= 0, "memfd_create");
    let path = format!("/proc/self/fd/{memfd}");
    fs::write(&path, fs::read(support::specimen::specimen()).expect("specimen")).expect("a memfd");
    let _process =
        support::Process::start(Command::new(&path).env("SPECIMEN", format!("name={name}")));
    // SAFETY: nobody else knows it.
    unsafe { libc::close(memfd) };
    for term in ["deleted=no", "not-deleted=yes", "exe~^/memfd:specimen"] {
        Check::count([format!("{name},{term}:1-1")]).run().code(0);
    }
    Check::count([format!("{name},deleted=yes:0-0")]).run().code(0);
    let tree = Tree::new();
    for (pid, exe) in [(5, "/memfd:runc (deleted)"), (6, "/usr/bin/runc (deleted)")] {
        tree.add(&Recorded { exe: Some(exe.into()), ..Recorded::new(pid, "runc") });
    }
    Check::tree(&tree, ["runc,deleted=yes:1-1"]).run().code(0);
}

#[test]
fn a_deleted_file_that_is_called_like_a_memfd_was_on_disk() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let file = PathBuf::from(format!("/memfd:{name}"));
    support::copy_executable(support::specimen::specimen(), &file);
    let _process = Specimen::called("unused").verb(format!("name={name}")).start_from(&file);
    fs::remove_file(&file).expect("removed");
    Check::count([format!("{name},deleted=yes:1-1")]).run().code(0);
}

/// The kernel's suffix is not proof: a file may be called so.
#[test]
fn a_file_whose_name_ends_like_a_deleted_one_is_another_file() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let verb = format!("name={name}");
    let process = Specimen::called(format!("{name} (deleted)")).verb(verb).start();
    let path = process.exe();
    let path = path.to_str().expect("text").trim_end_matches(" (deleted)");
    Check::count([format!("{name},exe={path} (deleted):1-1")]).run().code(0);
    Check::count([format!("{name},deleted=no:1-1")]).run().code(0);
    Check::count([format!("{name},exe={path}:0-0")]).run().code(0);
}

// ---- the kernel's own ----

/// An empty command line does not make a kernel thread.
#[test]
fn a_process_without_a_command_line_is_no_kernel_thread() {
    let tree = Tree::new();
    let bare = Recorded { cmdline: Vec::new(), ..Recorded::new(100, "pwd") };
    tree.add(&bare).add(&Recorded::kernel_thread(101, "pwd"));
    Check::tree(&tree, ["pwd:2-2"]).run().ok("pwd 2");
    Check::tree(&tree, ["-k", "pwd:1-1"]).run().ok("pwd 1");
}

// ---- interpreters ----

/// Each row: the executable's name, its arguments, and whether `name` fits; NAME is replaced.
#[test]
fn an_interpreter_is_called_by_what_it_runs() {
    let table: [(&str, &[&str], &str, bool); 22] = [
        ("perl", &["/opt/NAME.pl", "-x"], "NAME.pl", true),
        ("perl", &["-w", "-T", "/opt/NAME.pl"], "NAME.pl", true),
        ("perl", &["-e", "sleep 9", "NAME.pl"], "NAME.pl", false),
        ("python3", &["-m", "NAME"], "NAME", true),
        ("python3", &["-u", "-m", "NAME", "x"], "NAME", true),
        ("python3.11", &["-W", "ignore", "/opt/NAME.py"], "NAME.py", true),
        ("python3", &["/opt/other.py", "/opt/NAME.py"], "NAME.py", false),
        ("python3", &["-c", "pass", "NAME.py"], "NAME.py", false),
        ("ruby", &["/opt/NAME.rb"], "NAME.rb", true),
        ("php", &["/opt/NAME.php"], "NAME.php", true),
        ("node", &["--inspect", "NAME.js"], "NAME.js", true),
        ("lua5.4", &["/opt/NAME.lua"], "NAME.lua", true),
        ("sh", &["/opt/NAME"], "NAME", true),
        ("bash", &["-e", "/opt/NAME.sh"], "NAME.sh", true),
        ("dash", &["-c", "NAME.sh"], "NAME.sh", false),
        ("java", &["-jar", "/opt/NAME.jar", "x"], "NAME.jar", true),
        ("java", &["-Xmx1g", "-jar", "/opt/NAME.jar"], "NAME.jar", true),
        ("java", &["-cp", "/opt/a:/opt/b", "NAME", "x"], "NAME", true),
        ("java", &["-cp", "/opt/NAME.jar", "Other"], "NAME.jar", false),
        ("java", &["-jar", "/opt/other.jar", "NAME.jar"], "NAME.jar", false),
        ("tail", &["/opt/NAME.pl"], "NAME.pl", false),
        ("perl", &["/opt/NAME.pl"], "NAME", false),
    ];
    for (file, args, name, fits) in table {
        let mark = unique();
        let argv: Vec<String> = std::iter::once(file)
            .chain(args.iter().copied())
            .map(|arg| arg.replace("NAME", &mark))
            .collect();
        let _process = Specimen::called(file).argv(&argv).start();
        let name = name.replace("NAME", &mark);
        let want = usize::from(fits);
        let answer = Check::count([format!("{name}:{want}-{want}")]).run();
        assert_eq!(answer.code, Some(0), "{argv:?} and {name}\n{answer}");
        // It keeps its interpreter's name beside.
        Check::count([format!("{file},args~{mark}:1-1")]).run().code(0);
    }
}

#[test]
fn real_scripts_are_called_by_their_names() {
    let dir = open_dir();
    let (perl, shell, module) = (unique(), unique(), unique());
    let perl_path = dir.path().join(format!("{perl}.pl"));
    fs::write(&perl_path, "$| = 1; print \"up\\n\"; sleep 1000;").expect("a script");
    let shell_path = dir.path().join(&shell);
    write_script(&shell_path, "#!/bin/sh\necho up\nread line\n");
    let code = "import time\nprint('up', flush=True)\ntime.sleep(1000)\n";
    fs::write(dir.path().join(format!("{module}.py")), code).expect("a module");

    let _shell = Process::start(&mut Command::new(&shell_path));
    Check::count([format!("{shell}:1-1")]).run().code(0);
    if can(Need::Program("perl")) {
        let _perl = Process::start(Command::new("perl").arg("-w").arg(&perl_path));
        Check::count([format!("{perl}.pl:1-1")]).run().code(0);
    }
    if can(Need::Program("python3")) {
        let mut python = Command::new("python3");
        let _python = Process::start(python.args(["-m", &module]).current_dir(dir.path()));
        Check::count([format!("{module}:1-1")]).run().code(0);
    }
}
