//! One binary, several names: which plugin it is, by link, by first argument, and by no other way.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use support::check::binary;
use support::{Answer, Check, Need, Specimen, can, open_dir, plugins, unique};

fn link_into(dir: &Path) -> Answer {
    Check::program(binary()).arg("link").arg(dir).start().finish()
}

#[test]
fn the_first_argument_is_the_plugin() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    let spec = format!("{name}:1-1");
    Check::program(binary()).args(["check_proccount", &spec]).run().ok(&format!("{name} 1"));
}

#[test]
fn called_as_itself_by_whatever_name_it_has_lists_the_plugins() {
    for args in [&[][..], &["--help"], &["help"]] {
        let answer = Check::program(binary()).args(args).run_raw();
        answer.code(3).has("link");
        for plugin in plugins() {
            answer.has(&plugin);
        }
        assert!(answer.lines().iter().all(|line| line.chars().count() <= 80), "{answer}");
    }
    let version = Check::program(binary()).arg("--version").run_raw();
    version.code(3).line_count(1).has(env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_unknown_first_argument_is_unknown() {
    let answer = Check::program(binary()).args(["check_frob", "x"]).run();
    answer.code(3).line_count(1).has("UNKNOWN").has("check_frob");
    for plugin in plugins() {
        answer.has(&plugin);
    }
}

#[test]
fn a_link_is_its_plugin_in_any_directory() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::plugin("check_proccount").arg(&name).run().ok(&format!("{name} 1"));
}

/// The program is in the middle of an upgrade, or an admin kept the old one: neither is the plugin.
#[test]
fn a_name_that_only_resembles_a_plugins_is_unknown() {
    let names = [
        "check_proccount.old",
        "check_proccount.monitor.old",
        "check_proccount.exe",
        "check_proccount~",
        "check_proccoun",
        "check_proccounts",
        "Check_Proccount",
        "check_frob",
        "check_frob.monitor",
        ".monitor",
        "procwarden.monitor",
        "link",
    ];
    for name in names {
        let answer = Check::plugin(name).arg("kthreadd").run();
        let code = if name.ends_with(".monitor") { [1, 3] } else { [3, 3] };
        assert!(answer.code.is_some_and(|c| code.contains(&c)), "{name}\n{answer}");
        assert_eq!(answer.lines().len(), 1, "{name}\n{answer}");
        answer.has(name).has("check_proccount").has("check_selinux_domain");
        if !name.ends_with(".monitor") {
            answer.has("UNKNOWN");
        }
    }
}

/// A link name is bytes too, and is shown.
#[test]
fn an_odd_link_name_is_escaped() {
    for name in [b"check_\xff".as_slice(), b"check\n|x", b"check_\x1b[2J"] {
        Check::plugin(support::bytes(&[name])).run().code(3).line_count(1);
    }
}

#[test]
fn a_link_that_ends_in_monitor_is_the_plugin_under_mon() {
    let name = unique();
    let check = || Check::plugin("check_proccount.monitor").arg(&name);
    check().run().code(1);
    let _process = Specimen::called(&name).start();
    check().run().code(0).prints("");
}

#[test]
fn link_makes_a_link_for_every_plugin() {
    let dir = open_dir();
    link_into(dir.path()).code(0);
    for plugin in plugins() {
        let link = dir.path().join(&plugin);
        assert!(fs::symlink_metadata(&link).expect(&plugin).is_symlink(), "{plugin}");
        assert_eq!(link.canonicalize().expect(&plugin), binary().canonicalize().expect("binary"));
    }
    let name = unique();
    let _process = Specimen::called(&name).start();
    let path = dir.path().join("check_proccount");
    Check::program(path).arg(&name).run().ok(&format!("{name} 1"));
}

/// A package is installed into a root where nothing is mounted yet.
#[test]
fn link_needs_no_proc() {
    if !can(Need::MountNamespace) {
        return;
    }
    let dir = open_dir();
    let script = r#"mount -t tmpfs none /proc && exec "$0" link "$1""#;
    let inside = ["--mount", "sh", "-c", script];
    Check::program("unshare").args(inside).arg(binary()).arg(dir.path()).run_raw().code(0);
    let link = dir.path().join("check_proccount");
    assert_eq!(link.canonicalize().expect("a link"), binary().canonicalize().expect("binary"));
}

#[test]
fn links_that_are_there_already_are_fine() {
    let dir = open_dir();
    link_into(dir.path()).code(0);
    link_into(dir.path()).code(0);
    // So is one that gets there by a detour.
    let detour = dir.path().join("detour");
    symlink(binary(), &detour).expect("a link");
    fs::remove_file(dir.path().join("check_privdrop")).expect("its link");
    symlink("detour", dir.path().join("check_privdrop")).expect("a link");
    link_into(dir.path()).code(0);
}

#[test]
fn link_overwrites_nothing() {
    let dir = open_dir();
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).expect("a directory");
    let file = dir.path().join("check_proccount");
    fs::write(&file, "precious").expect("a file");
    link_into(dir.path()).code(3).complains("check_proccount");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "precious");

    let foreign = inner.join("check_privdrop");
    symlink("/bin/true", &foreign).expect("a link");
    link_into(&inner).code(3).complains("check_privdrop");
    assert_eq!(fs::read_link(&foreign).expect("the link"), Path::new("/bin/true"));

    let dangling = open_dir();
    let link = dangling.path().join("check_selinux_domain");
    symlink("/nowhere/at/all", &link).expect("a link");
    link_into(dangling.path()).code(3).complains("check_selinux_domain");
    assert_eq!(fs::read_link(&link).expect("the link"), Path::new("/nowhere/at/all"));
}

#[test]
fn drop_ins_have_links_of_their_own() {
    let dir = open_dir();
    let link = |option: &[&str]| {
        Check::program(binary()).arg("link").args(option).arg(dir.path()).run_raw()
    };
    link(&["--drop-in"]).code(0).has("check_procs").lacks("ps.monitor");
    link(&["--drop-in", "--mon"]).code(0).has("ps.monitor").has("selinux.monitor");
    link(&["--mon", "--drop-in"]).code(0).has("there already");
    let answer = Check::program(dir.path().join("check_procs")).args(["-c", "1:"]).run();
    assert!(answer.code(0).status().starts_with("PROCS OK: "), "{answer}");
}

/// As installed, where only one group may run the program itself.
#[test]
fn drop_ins_of_an_installed_program_lead_to_a_copy_that_all_may_run() {
    let (prefix, dir) = (open_dir(), open_dir());
    let install = |from: &Path, to: &str, mode: &str| {
        let to = prefix.path().join(to);
        let done = Command::new("install").args(["-D", "-m", mode]).args([from, &*to]).status();
        assert!(done.expect("install").success());
        to
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/drop-in");
    install(&script, "share/procwarden/drop-in", "755");
    let program = install(binary(), "bin/procwarden", "700");
    let copy = prefix.path().join("lib/procwarden/drop-in");

    let precious = dir.path().join("check_procs");
    fs::write(&precious, "precious").expect("write");
    let link =
        || Check::program(&program).args(["link", "--drop-in"]).arg(dir.path()).start().finish();
    link().code(3).complains("check_procs").complains("in the way");
    assert_eq!(fs::read_to_string(&precious).expect("the file"), "precious");
    assert!(!copy.exists(), "nothing was to be made");

    fs::remove_file(&precious).expect("remove");
    link().code(0).has("made ");
    assert_eq!(fs::read_link(&precious).expect("the link"), copy);
    assert_eq!(fs::metadata(&copy).expect("the copy").permissions().mode() & 0o7777, 0o755);
    let answer = Check::program(&precious).args(["-c", "1:"]).run();
    assert!(answer.code(0).status().starts_with("PROCS OK: "), "{answer}");
    link().code(0).has("there already");
}

#[test]
fn link_says_where_it_cannot() {
    link_into(Path::new("/nowhere/at/all")).code(3).complains("/nowhere/at/all");
    Check::program(binary()).arg("link").start().finish().code(3).complains("<DIR>");
    let help = Check::program(binary()).args(["link", "--help"]).run_raw();
    help.code(0).has("--drop-in").has("--mon");
}

/// `execve()` with no arguments at all is possible, and has been an attack.
#[test]
fn an_empty_argv_is_no_crash() {
    let name = unique();
    // SAFETY: fork() in a process with threads, hence only async-signal-safe calls in the child;
    // all it uses was made before.
    let status = unsafe {
        let path = std::ffi::CString::new(binary().to_str().expect("text")).expect("no NUL");
        let empty = [std::ptr::null::<libc::c_char>()];
        let child = libc::fork();
        if child == 0 {
            let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY);
            libc::dup2(null, 1);
            libc::dup2(null, 2);
            libc::execve(path.as_ptr(), empty.as_ptr(), empty.as_ptr());
            libc::_exit(99);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child, "{name}");
        status
    };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 3, "status {status:#x}");
}

#[test]
fn manual_pages_are_clean() {
    if !can(Need::Program("mandoc")) {
        return;
    }
    let pages = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/man")).expect("man");
    let pages = pages.map(|page| page.expect("a page").path());
    let pages: Vec<_> = pages.filter(|page| page.extension().is_some_and(|e| e != "md")).collect();
    assert!(pages.len() > 5, "{pages:?}");
    let lint = Command::new("mandoc").arg("-Tlint").args(pages).output().expect("mandoc");
    let said = String::from_utf8_lossy(&lint.stdout) + String::from_utf8_lossy(&lint.stderr);
    assert!(said.is_empty(), "{said}");
}

#[test]
fn short_help_fits_a_screen_and_long_help_has_the_grammar() {
    for plugin in plugins() {
        let short = Check::plugin(&plugin).arg("-h").run_raw();
        let lines = short.code(3).lines();
        assert!(lines.len() <= 24, "{} lines\n{short}", lines.len());
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{short}");
        let long = Check::plugin(&plugin).arg("--help").run_raw();
        long.code(3).has("Examples:\n").has(&format!("Manual pages: {plugin}(8)"));
        assert!(long.lines().iter().all(|line| line.chars().count() <= 80), "{long}");
    }
    let long = Check::plugin("check_proccount").arg("--help").run_raw();
    long.has("\n  SELECTOR  ").has("\n  name exe args ");
}

#[test]
fn the_help_of_commands_fits_a_screen() {
    for command in ["suggest", "explain", "link"] {
        let short = Command::new(env!("CARGO_BIN_EXE_procwarden")).args([command, "-h"]).output();
        let short = String::from_utf8(short.unwrap().stdout).unwrap();
        assert!(short.lines().count() <= 24, "{short}");
        assert!(short.lines().all(|line| line.chars().count() <= 80), "{short}");
    }
}
