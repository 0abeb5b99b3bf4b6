//! `check_procs` of the Monitoring Plugins: how many processes there are, or how large, busy or old.

mod options;
mod range;
mod same;
mod status;
mod syntax;
mod words;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use procwarden::count::each;
use procwarden::count::scan;
use procwarden::nagios::state::State;
use procwarden::plugin::runner::{DropIn, Output};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::population::Population;
use procwarden::select::selector::{Key, Selector, Subject, quantity};
use procwarden::text::error::Error;

use options::{Instead, Request};
use words::Found;

pub(super) const DROP_IN: DropIn =
    DropIn { name: "check_procs", limit: options::time_limit, run, failed, timed_out };

fn run(arguments: &[OsString]) -> Result<Output, Error> {
    let told = |text: &str| Output { text: text.into(), code: 3 };
    match options::read(arguments) {
        Ok(request) => check(&request),
        Err(Instead::Help) => Ok(told(include_str!("check_procs/help.txt"))),
        Err(Instead::Version) => {
            Ok(told(concat!("check_procs (procwarden ", env!("CARGO_PKG_VERSION"), ")\n")))
        }
        Err(Instead::Error(error)) => Ok(failed(&error.to_string())),
    }
}

fn failed(why: &str) -> Output {
    Output { text: format!("PROCS UNKNOWN: {}\n", super::shown(why.as_bytes())), code: 3 }
}

/// The same text and state as the original.
fn timed_out(limit: Duration, _: &str) -> Output {
    let text = format!("CRITICAL - Plugin timed out after {} seconds\n", limit.as_secs());
    Output { text, code: 2 }
}

fn check(request: &Request) -> Result<Output, Error> {
    let root = ProcRoot::open(Path::new("/proc"))?;
    let population =
        Population::new(request.containers, request.kernel_threads).without_namesakes();
    let selector = Selector::parse(&request.terms.join(&b','), Subject::Program)?;
    let look = || match request.metric {
        None => count(request, &root, &population, &selector),
        Some(metric) => measure(request, metric, &root, &population, &selector),
    };
    let mut found = look()?;
    // If a daemon was restarted meanwhile, a second count finds it.
    if found.state != State::Ok && found.scan.tallies[0].has_lost_some() {
        let again = look()?;
        if again.state <= found.state {
            found = again;
        }
    }
    Ok(words::output(request, &found))
}

fn count(
    request: &Request,
    root: &ProcRoot,
    population: &Population,
    selector: &Selector,
) -> Result<Found, Error> {
    let mut matched = Vec::new();
    let scan = scan::each(root, population, selector, |process| {
        note(request, process, &mut matched);
    })?;
    let state = scan.state(0, &request.thresholds);
    Ok(Found { state, matched, ..Found::of(scan) })
}

fn measure(
    request: &Request,
    metric: Key,
    root: &ProcRoot,
    population: &Population,
    selector: &Selector,
) -> Result<Found, Error> {
    let (mut matched, mut names) = (Vec::new(), Vec::new());
    let value = |process: &mut Process<'_>| in_units_of_ps(metric, process);
    let measured =
        each::compare(root, population, selector, &request.thresholds, value, |process, state| {
            note(request, process, &mut matched);
            if request.verbose > 0 && matches!(state, State::Warning | State::Critical) {
                names.extend(process.comm().map(|comm| super::shown(comm.as_bytes())));
            }
        })?;
    let state = measured.state(&request.thresholds);
    let (warning, critical) = (measured.warning, measured.critical);
    let hidden = measured.hidden.explained();
    let found = Found::of(measured.scan);
    let obstacle = found.obstacle.or(hidden);
    Ok(Found { state, warning, critical, names, matched, obstacle, ..found })
}

/// A metric of a process in the units of ps: memory in KiB, CPU cut to tenths.
fn in_units_of_ps(metric: Key, process: &mut Process<'_>) -> Fact<f64> {
    let value = quantity(metric, process)?;
    Ok(match metric {
        Key::Vsz | Key::Rss => (value / 1024.0).floor(),
        Key::Cpu => (value * 10.0).floor() / 10.0,
        _ => value,
    })
}

/// Adds a line about a counted process, if the options ask for such lines.
fn note(request: &Request, process: &mut Process<'_>, lines: &mut Vec<String>) {
    if request.verbose > 1 && lines.len() < words::MOST_LINES {
        lines.extend(words::matched(process));
    }
}
