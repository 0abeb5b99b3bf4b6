//! Renders the result as the original does.

use procwarden::count::scan::Scan;
use procwarden::count::value::shown_command;
use procwarden::nagios::state::State;
use procwarden::plugin::runner::Output;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::select::selector::Key;
use procwarden::text::list::{listed, one_line};

use super::super::shown;
use super::options::{METRICS, Request};
use super::{in_units_of_ps, same};

/// Longest whole output, in bytes. Nagios loses the end of a longer one.
const LONGEST: usize = 4096;

/// Longest list of filters, and of names, in bytes.
const LONGEST_LIST: usize = 1000;

/// Introduces the call of `check_proccount`.
const SAME: &str = "the same as: ";

/// Most lines about processes. That is more than fit in the output.
pub(super) const MOST_LINES: usize = 100;

/// The result of a check.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) state: State,
    pub(super) scan: Scan,
    /// With a metric, the number of processes outside of the warning range, and of the critical one.
    pub(super) warning: u64,
    pub(super) critical: u64,
    /// The names of these.
    pub(super) names: Vec<String>,
    /// A line for each process that was counted.
    pub(super) matched: Vec<String>,
    /// Why the number is uncertain, if it is.
    pub(super) obstacle: Option<String>,
}

impl Found {
    pub(super) fn of(scan: Scan) -> Self {
        let obstacle = scan.blindness.clone().or_else(|| scan.tallies[0].uncertain.explained());
        let (state, warning, critical) = (State::Unknown, 0, 0);
        Self { state, scan, warning, critical, names: Vec::new(), matched: Vec::new(), obstacle }
    }
}

/// The status line, and details below it.
pub(super) fn output(request: &Request, found: &Found) -> Output {
    let mut text = status_line(request, found) + "\n";
    for line in details(request, found) {
        let line = one_line(&line, LONGEST_LIST);
        if text.len() + line.len() + 1 > LONGEST {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    let code = match found.state {
        State::Ok => 0,
        State::Warning => 1,
        State::Critical => 2,
        State::Unknown => 3,
    };
    Output { text, code }
}

fn status_line(request: &Request, found: &Found) -> String {
    let name = METRICS.iter().find(|(_, metric)| *metric == request.metric);
    let name = name.map_or("PROCS", |(name, _)| name);
    let mut line = format!("{name} {}: ", found.state);
    let Found { warning, critical, .. } = found;
    match (found.state, request.metric) {
        (State::Warning, Some(_)) => line.push_str(&format!("{warning} warn out of ")),
        (State::Critical, Some(_)) => {
            line.push_str(&format!("{critical} crit, {warning} warn out of "));
        }
        _ => {}
    }
    line.push_str(&number(found));
    if !request.filters.is_empty() {
        line.push_str(&format!(" with {}", listed(&request.filters, LONGEST_LIST)));
    }
    if !found.names.is_empty() {
        line.push_str(&format!(" [{}]", listed(&found.names, LONGEST_LIST)));
    }
    if let Some(obstacle) = found.obstacle.as_ref().filter(|_| found.state == State::Unknown) {
        line.push_str(&format!("; {}", one_line(obstacle, LONGEST_LIST)));
    }
    line + &perfdata(request, found)
}

/// `1 process`, `2 processes`, or `2 to 5 processes` if some are hidden.
fn number(found: &Found) -> String {
    let certain = found.scan.tallies[0].certain;
    let uncertain = found.scan.tallies[0].uncertain.count();
    match (found.state, &found.scan.blindness) {
        (State::Unknown, Some(_)) => format!("{certain} or more processes"),
        (State::Unknown, None) if uncertain > 0 => {
            format!("{certain} to {} processes", certain + uncertain)
        }
        _ if certain == 1 => "1 process".into(),
        _ => format!("{certain} processes"),
    }
}

fn perfdata(request: &Request, found: &Found) -> String {
    let Found { warning, critical, .. } = found;
    let certain = found.scan.tallies[0].certain;
    let [warning_range, critical_range] = &request.ranges;
    match request.metric {
        None => format!(" | procs={certain};{warning_range};{critical_range};0;"),
        Some(_) => {
            format!(" | procs={certain};;;0; procs_warn={warning};;;0; procs_crit={critical};;;0;")
        }
    }
}

fn details(request: &Request, found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    match found.scan.tallies[0].zombies {
        0 => {}
        1 => lines.push("1 zombie not counted".into()),
        zombies => lines.push(format!("{zombies} zombies not counted")),
    }
    lines.extend(request.hint.clone());
    if request.verbose > 0 {
        lines.extend(in_our_words(request));
    }
    lines.extend(found.matched.iter().cloned());
    lines
}

/// The call of `check_proccount`, or why there is none.
fn in_our_words(request: &Request) -> Vec<String> {
    match same::as_call(request, LONGEST_LIST - SAME.len()) {
        Ok(call) if call.contains(same::BAR) => vec![
            format!("{SAME}{call}"),
            format!("in a file write a vertical bar for {}, which no plugin may print", same::BAR),
        ],
        Ok(call) => vec![format!("{SAME}{call}")],
        Err(why) => vec![format!("no call of check_proccount comes to the same state: {why}")],
    }
}

/// A process as the original shows it; `None` if it has ended.
pub(super) fn matched(process: &mut Process<'_>) -> Option<String> {
    let mut line = || -> Fact<String> {
        let (uid, pid) = (process.owner()?.uid, process.pid());
        let (vsz, rss) = (in_units_of_ps(Key::Vsz, process)?, in_units_of_ps(Key::Rss, process)?);
        let (ppid, age) = (process.stat()?.ppid, process.age()?.floor());
        let (cpu, stat) = (process.lifetime_cpu()?, process.ps_stat()?);
        let name = shown(process.comm()?.as_bytes());
        let command = shown(&shown_command(process)?);
        Ok(format!(
            "Matched: uid={uid} vsz={vsz} rss={rss} pid={pid} ppid={ppid} pcpu={cpu:.2} stat={stat} \
             etime={age} prog={name} args={}",
            one_line(&command, 200)
        ))
    };
    line().ok()
}
