//! This very machine, and a container without an init.

use std::fs;
use std::process::Command;

use super::super::support::check::{Check, binary};
use super::super::support::{Need, can, write_script};

#[test]
fn on_this_machine_something_sensible_is_printed() {
    let done = Command::new(binary()).arg("suggest").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(done.stderr.is_empty(), "nobody watches\n{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.starts_with("# What should run on "), "{text}");
    // Every line can be read, whatever runs here. What runs may change meanwhile.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{text}user=root:any\n")).unwrap();
    let answer = Check::count(["--specs-from".as_ref(), file.path().as_os_str()]).run();
    assert!(answer.code != Some(3), "{answer}\n{text}");
}

#[test]
fn in_a_container_without_an_init_its_own_processes_are_suggested() {
    if !can(Need::Root) || !can(Need::PidNamespace) {
        return;
    }
    // Suggested once it is no shell any more, and a tick of the clock old.
    let script = "sleep 60 & until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done; sleep 0.05; \
                  exec \"$0\" suggest --min-age 0.001s";
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

/// A stand-in for systemctl says how it was called.
#[test]
fn systemctl_is_asked_with_clean_hands() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (stand_in, said) = (dir.path().join("systemctl"), dir.path().join("said"));
    let script = format!(
        "#!/bin/sh\nexec >{}\necho $0 $*\ncat /proc/$$/environ | tr '\\0' ' '; echo\n\
         readlink /proc/$$/fd/0\ngrep -E 'Cap(Eff|Prm|Bnd)' /proc/$$/status\n",
        said.display()
    );
    write_script(&stand_in, &script);
    let set_up = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system \
                  && mount --bind \"$1\" /usr/bin/systemctl && EVIL=1 exec \"$0\" suggest";
    let done = Command::new("unshare")
        .args(["--mount", "sh", "-c", set_up])
        .args([binary(), &stand_in])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "what prints no unit is as good as silent: {done:?}");
    let said = fs::read_to_string(said).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[0].starts_with("/usr/bin/systemctl show --all --no-pager --property Id,"),
        "{said}"
    );
    assert!(lines[0].ends_with(" *.service *.target"), "{said}");
    assert_eq!(lines[1..3], ["LC_ALL=C ", "/dev/null"], "{said}");
    for set in &lines[3..] {
        let mask = u64::from_str_radix(set.split_once('\t').unwrap().1, 16).unwrap();
        assert_eq!(mask >> 19 & 1, 0, "CAP_SYS_PTRACE is in {set}");
    }
    assert_eq!(lines.len(), 6, "{said}");
}
