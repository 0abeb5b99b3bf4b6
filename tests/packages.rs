//! The ways to install Procwarden, each tried for real: the Debian package, the RPM, `make install`.
//!
//! Packages are built as the Makefile builds them, and installed on a scratch copy of this machine
//! (`packages/scratch.sh`), so that dpkg and rpm run the maintainer scripts as they do anywhere, and
//! nothing of it stays. `make packagers` builds the two tools that Debian lacks.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(clippy::print_stdout, reason = "what a script said is shown if its test fails")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use support::{Need, can, lacking, plugins};

#[test]
fn debian_package_comes_and_goes() {
    if can(Need::Root) && can(Need::Program("dpkg")) {
        comes_and_goes("deb");
    }
}

#[test]
fn rpm_comes_and_goes() {
    if can(Need::Root) && can(Need::Program("rpm")) {
        comes_and_goes("rpm");
    }
}

#[test]
fn drop_ins_come_and_go() {
    let originals = [
        "/usr/lib/nagios/plugins/check_procs",
        "/usr/lib/mon/mon-local.d/ps.monitor",
        "/usr/lib/mon/mon-local.d/selinux.monitor",
    ];
    let programs = originals.into_iter().chain(["dpkg-divert", "setcap"]);
    if can(Need::Root) && can(Need::MountNamespace) && programs.map(Need::Program).all(can) {
        let script = repository().join("tests/packages/drop-in.sh");
        print!("{}", in_scratch(Command::new(script).arg(support::check::binary())));
    }
}

#[test]
fn lintian_has_no_errors_and_no_warnings() {
    if !can(Need::Program("lintian")) {
        return;
    }
    let Some(packages) = packages() else { return };
    let mut lintian = Command::new("lintian");
    succeeds(lintian.args(["--fail-on", "error,warning"]).arg(packages.join("newer.deb")));
}

#[test]
fn make_install_comes_and_goes() {
    if !can(Need::Program("make")) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (root, target) = (place.path().join("root"), place.path().join("target"));
    // The binary is not what is tested here.
    fs::create_dir_all(target.join("release")).unwrap();
    fs::copy(support::check::binary(), target.join("release/procwarden")).unwrap();
    let make = |goal: &str| {
        let mut make = make();
        make.args([goal, "PREFIX=/opt/pw"]).arg(format!("DESTDIR={}", root.display()));
        let done = make.arg(format!("TARGET={}", target.display())).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stderr).unwrap()
    };

    make("install");
    for plugin in plugins() {
        for link in [
            format!("opt/pw/lib/nagios/plugins/{plugin}"),
            format!("opt/pw/lib/mon/mon-local.d/{plugin}.monitor"),
        ] {
            let aim = fs::read_link(root.join(&link)).unwrap();
            let aim = root.join(aim.strip_prefix("/").unwrap());
            assert!(aim.is_file(), "{link} leads to {}", aim.display());
        }
        let page = root.join(format!("opt/pw/share/man/man8/{plugin}.8"));
        assert!(page.is_file(), "{}", page.display());
    }
    let help = Command::new(root.join("opt/pw/bin/procwarden")).arg("--help").output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("check_proccount"));
    let nrpe = root.join("etc/nagios/nrpe.d/procwarden.cfg");
    let commands = fs::read_to_string(&nrpe).unwrap();
    assert!(commands.contains("=/opt/pw/lib/nagios/plugins/check_proccount"), "{commands}");

    fs::write(&nrpe, "# edited\n").unwrap();
    assert_eq!(make("install"), "");
    assert_eq!(fs::read_to_string(&nrpe).unwrap(), "# edited\n");
    fs::write(&nrpe, "command[x]=/usr/lib/nagios/plugins/check_proccount x\n").unwrap();
    assert!(make("install").contains("does not call the plugins in /opt/pw/lib/nagios/plugins"));

    make("uninstall");
    let kept = ["nagios-plugins/config/procwarden.cfg", "nagios/nrpe.d/procwarden.cfg"];
    let kept = kept.map(|file| root.join("etc").join(file)).into_iter().collect::<BTreeSet<_>>();
    let mut left = BTreeSet::new();
    files(&root, &mut left);
    assert_eq!(left, kept, "left behind, or taken along");
}

/// Installs, upgrades, runs and removes a package of one kind.
fn comes_and_goes(kind: &str) {
    if !can(Need::MountNamespace) || !can(Need::Program("getcap")) {
        return;
    }
    let Some(packages) = packages() else { return };
    let script = repository().join("packaging/test-package.sh");
    let packages = ["older", "newer"].map(|name| packages.join(name).with_extension(kind));
    print!("{}", in_scratch(Command::new(script).args(packages)));
}

/// Each way that the README shows, as it stands there.
#[test]
fn the_readmes_ways_to_install_work() {
    if !can(Need::Root) || !can(Need::MountNamespace) || packages().is_none() {
        return;
    }
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let section = readme.split("\n## Install it\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let ways = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let ways = ways.collect::<Vec<_>>();
    assert_eq!(ways.len(), 3, "{ways:?}");
    let mut said = String::new();
    for way in ways {
        // A Debian has no dnf, and rpm finds no libc there.
        let way = way.replace("dnf install", "rpm --force-debian --nodeps --install");
        let check = "for dir in /usr/lib /usr/lib64 /usr/local/lib; do \
             ! [ -e $dir/nagios/plugins/check_privdrop ] || found=$dir; done; \
             $found/nagios/plugins/check_proccount user=root:1-";
        said = in_scratch(Command::new("sh").args(["-exc", &format!("{way}\n{check}")]));
    }
    let next = "\ninstalled; next: /usr/bin/procwarden suggest -o /etc/procwarden/daemons\n";
    assert!(said.is_empty() || said.contains(next), "make install ends with: {said}");
}

/// Runs a command in the repository, on a scratch copy of this machine.
#[track_caller]
fn in_scratch(command: &Command) -> String {
    let mut scratch = Command::new(repository().join("tests/packages/scratch.sh"));
    scratch.arg(repository()).arg(command.get_program()).args(command.get_args());
    let output = released(&mut scratch).output().unwrap();
    if output.status.code() == Some(77) {
        lacking("overlayfs");
        return String::new();
    }
    succeeded(&scratch, &output);
    String::from_utf8(output.stdout).unwrap()
}

/// A directory with the packages of this tree, and with the same under an older number: what an
/// upgrade has to get right is in the scripts of both.
#[track_caller]
fn packages() -> Option<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let bin = target().join("packagers/bin");
    if !["cargo-deb", "cargo-generate-rpm"].iter().all(|tool| bin.join(tool).exists()) {
        lacking("cargo-deb and cargo-generate-rpm (run `make packagers`)");
        return None;
    }
    Some(BUILT.get_or_init(|| build(&bin)))
}

fn build(bin: &Path) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir(&dir).unwrap();
    succeeds(released(make().args(["deb", "rpm"])));
    let version = env!("CARGO_PKG_VERSION");
    take(&target().join("debian"), &format!("procwarden_{version}-1_"), &dir.join("newer.deb"));
    take(
        &target().join("generate-rpm"),
        &format!("procwarden-{version}-1."),
        &dir.join("newer.rpm"),
    );
    let tool = |name: &str| Command::new(bin.join(name));
    succeeds(released(
        tool("cargo-deb")
            .args(["--no-build", "--deb-version", "0.0.1-1", "--output"])
            .arg(dir.join("older.deb")),
    ));
    succeeds(released(
        tool("cargo-generate-rpm")
            .args(["--set-metadata", "version = '0.0.1'", "--output"])
            .arg(dir.join("older.rpm")),
    ));
    dir
}

/// A command whose cargo builds here, and what is released, whatever CI spares itself elsewhere.
fn released(command: &mut Command) -> &mut Command {
    let command = command.env("CARGO_TARGET_DIR", target()).current_dir(repository());
    for setting in ["LTO", "CODEGEN_UNITS", "OPT_LEVEL"] {
        command.env_remove(format!("CARGO_PROFILE_RELEASE_{setting}"));
    }
    command
}

/// Moves the one file in `from` whose name begins so.
#[track_caller]
fn take(from: &Path, prefix: &str, to: &Path) {
    let entries = fs::read_dir(from).unwrap().flatten();
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    let found = entries.map(|entry| entry.path()).filter(named).collect::<Vec<_>>();
    let [file] = &found[..] else { panic!("{}: {prefix}*: {found:?}", from.display()) };
    fs::rename(file, to).unwrap();
}

fn make() -> Command {
    let mut make = Command::new("make");
    make.current_dir(repository());
    make
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    succeeded(command, &output);
}

#[track_caller]
fn succeeded(command: &Command, output: &Output) {
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
}

/// All that is no directory.
fn files(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), found);
        } else {
            found.insert(entry.path());
        }
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The build directory that this test was built in.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}
