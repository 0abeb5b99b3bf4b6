//! `selinux.monitor` of mon: is SELinux enforcing, and is no process left in `initrc_t`?

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use procwarden::count::scan;
use procwarden::host::security::{Choice, Enforcement, System};
use procwarden::plugin::runner::{DropIn, Output};
use procwarden::proc::describe;
use procwarden::proc::root::ProcRoot;
use procwarden::select::population::{Containers, Population};
use procwarden::select::selector::{Selector, Subject};
use procwarden::text::error::Error;

pub(super) const DROP_IN: DropIn =
    DropIn { name: "selinux.monitor", limit: |_| LIMIT, run, failed, timed_out };

/// The original has no limit, and mon waits forever.
const LIMIT: Duration = Duration::from_secs(60);

/// Most processes that are described.
const MOST_LINES: usize = 10;

fn failed(why: &str) -> Output {
    Output { text: format!("{}\n", super::shown(why.as_bytes())), code: 1 }
}

fn timed_out(limit: Duration, doing: &str) -> Output {
    failed(&format!("timed out after {} s while {doing}", limit.as_secs()))
}

/// Ignores the arguments: mon appends hosts.
fn run(_: &[OsString]) -> Result<Output, Error> {
    let selinux = System::named("selinux").ok_or_else(|| Error::new("no SELinux is known"))?;
    let root = ProcRoot::open(Path::new("/proc"))?.labelled_by(Choice::Only(selinux));
    let labelling = root.labelling();
    if labelling.system().is_none() {
        let why = labelling
            .absence()
            .ok_or_else(|| Error::new("cannot tell whether SELinux is active"))?;
        return Ok(Output { text: format!("In permissive mode\n{why}\n"), code: 1 });
    }
    let selector = Selector::parse(b"domain=initrc_t", Subject::Domain)?;
    let population = Population::new(Containers::Include, true);
    let mut lines = Vec::new();
    let mut more = 0;
    let scan = scan::each(&root, &population, &selector, |process| {
        if lines.len() < MOST_LINES {
            lines.push(describe::labelled(process));
        } else {
            more += 1;
        }
    })?;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let mode = match selinux.enforcement() {
        Enforcement::Full => None,
        Enforcement::Lacking(how) => Some(how),
        Enforcement::Unknown(why) => {
            return Ok(Output { text: [vec![why], lines].concat().join("\n") + "\n", code: 1 });
        }
    };
    let hidden = scan.blindness.clone().or_else(|| scan.tallies[0].uncertain.explained());
    let first = match (lines.is_empty(), &mode) {
        (false, None) => "Processes in initrc_t",
        (false, Some(_)) => "In permissive mode and processes in initrc_t",
        (true, Some(_)) => "In permissive mode",
        (true, None) => match hidden {
            None => return Ok(Output { text: String::new(), code: 0 }),
            Some(hidden) => {
                return Ok(failed(&format!(
                    "cannot tell whether there are processes in initrc_t: {hidden}"
                )));
            }
        },
    };
    lines.insert(0, first.into());
    lines.extend(hidden);
    Ok(Output { text: lines.join("\n") + "\n", code: 1 })
}
