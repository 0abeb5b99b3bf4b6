//! This very machine, and a container without an init.

use std::fs;
use std::process::Command;

use super::super::support::check::{Check, binary};
use super::super::support::{Need, can};

#[test]
fn on_this_machine_something_sensible_is_printed() {
    let done = Command::new(binary()).arg("suggest").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(done.stderr.is_empty(), "nobody watches\n{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.starts_with("# What should run on "), "{text}");
    // Every line can be read, whatever runs here. What runs may change meanwhile.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{text}user=root:0-\n")).unwrap();
    let answer = Check::count(["--specs-from".as_ref(), file.path().as_os_str()]).run();
    assert!(answer.code != Some(3), "{answer}\n{text}");
}

#[test]
fn in_a_container_without_an_init_its_own_processes_are_suggested() {
    if !can(Need::Root) || !can(Need::PidNamespace) {
        return;
    }
    let script = "sleep 60 & exec \"$0\" suggest --min-age 0.001s";
    let done = Command::new("unshare")
        .args(["--pid", "--fork", "--mount", "--mount-proc", "sh", "-c", script])
        .arg(binary())
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(0), "{text}");
    assert!(
        text.contains("; no process here is in a unit, so PID 1's children were taken.\n"),
        "{text}"
    );
    assert!(
        text.contains("\nsleep,user=root,not-parent=sleep,label=sleep:1-1  # pid 2\n"),
        "{text}"
    );
}
