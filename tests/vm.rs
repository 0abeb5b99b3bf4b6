//! The plugins on real kernels, with real security labels: SELinux under small policies, AppArmor,
//! neither; and a whole Debian with NRPE, under the reference policy and under our AppArmor profile. In qemu, by
//! emulation.
//!
//! The scripts in `vm/` fetch, build and boot; `vm/README.md` tells how. Each test here is one boot
//! with many checks, the shell scripts of `vm/cases/NAME/`, and what failed is in its output.
//! Without qemu or Debian's packages a test is skipped; where `CI` is set that is a failure.
//! `vm/install-needs.sh` installs what is lacking.
//!
//! - `PROCWARDEN_UNDER_TEST=FILE` takes another (static) binary than the one built here.
//! - `PROCWARDEN_VM_CACHE=DIR` keeps downloads and images there instead of in `target/vm-cache`.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "support/skip.rs"]
mod skip;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The exit status of a script that found something lacking on this machine.
const LACKING: i32 = 77;

#[test]
fn selinux_enforcing() {
    boot("selinux-enforcing");
}

#[test]
fn selinux_permissive() {
    boot("selinux-permissive");
}

#[test]
fn selinux_without_levels() {
    boot("selinux-nomls");
}

#[test]
fn selinux_without_policy() {
    boot("selinux-unloaded");
}

#[test]
fn apparmor() {
    boot("apparmor");
}

#[test]
fn no_system_that_labels() {
    boot("none");
}

#[test]
fn debian_with_the_reference_policy_and_nrpe() {
    run("debian/boot.sh", "debian/nrpe.sh");
}

#[test]
#[ignore = "two minutes; it is a step of a release"]
fn debian_with_our_apparmor_profile() {
    run("debian/boot.sh", "debian/apparmor.sh");
}

#[test]
fn every_case_has_its_test() {
    let me = std::fs::read_to_string(here().with_extension("rs")).unwrap();
    for entry in std::fs::read_dir(here().join("cases")).unwrap() {
        let case = entry.unwrap().file_name().into_string().unwrap();
        assert!(me.contains(&format!("boot({case:?});")), "no test boots {case}");
    }
}

#[track_caller]
fn boot(case: &str) {
    run("boot.sh", case);
}

/// Runs a script of `vm/` with a case and the plugins' binary.
#[track_caller]
fn run(name: &str, case: &str) {
    // What is lacking shows before the binary is built for nothing.
    if !finished(script("fetch.sh")) {
        return;
    }
    let mut command = script(name);
    command.current_dir(here()).arg(case).arg(static_binary());
    finished(command);
}

/// True if it succeeded, false if the machine lacks something; else the test has failed.
#[track_caller]
fn finished(mut command: Command) -> bool {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => {
            print!("{stdout}");
            true
        }
        Some(LACKING) => {
            skip::lacking(stderr.trim_end());
            false
        }
        _ => panic!("{command:?}: {}\n{stdout}{stderr}", output.status),
    }
}

/// The binary as released, but static: the small machine has no libraries.
fn static_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(other) = std::env::var_os("PROCWARDEN_UNDER_TEST") {
            return other.into();
        }
        let output = script("build-binary.sh").output().expect("a shell");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the static binary does not build:\n{stderr}");
        String::from_utf8(output.stdout).expect("a path").trim_end().into()
    })
}

/// A script of `vm/`, which keeps what it makes in the build directory.
fn script(name: &str) -> Command {
    let mut command = Command::new(here().join(name));
    if std::env::var_os("PROCWARDEN_VM_CACHE").is_none() {
        command.env("PROCWARDEN_VM_CACHE", target().join("vm-cache"));
    }
    command
}

/// The directory of the scripts.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vm")
}

/// The build directory that this test was built in.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in there")
}
