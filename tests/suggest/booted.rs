//! This machine's own systemd, booted in namespaces with a few daemons: real units, sessions, jobs.

use std::path::Path;
use std::process::Command;

use super::super::support::check::binary;
use super::super::support::{Need, can, lacking};

/// What `host.sh` ends with where something is lacking.
const LACKING: i32 = 77;

#[test]
fn on_a_host_with_systemd_a_days_work_is_no_alarm_and_each_fault_is() {
    if !can(Need::Root) || !can(Need::UnitGroups) {
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suggest");
    let mut command = Command::new("timeout");
    command.arg("300").arg("bash").arg(here.join("host.sh")).arg(binary()).arg(here.join("day.sh"));
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if done.status.code() == Some(LACKING) {
        return lacking(&said);
    }
    assert!(done.status.success() && !said.contains("WRONG"), "{:?}\n{said}", done.status);
}
