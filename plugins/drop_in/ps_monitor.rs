//! `ps.monitor` of mon: does each of these programs run, and how often?

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use procwarden::count::scan::{self, Tally, Target};
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::state::State;
use procwarden::plugin::runner::{DropIn, Output};
use procwarden::proc::process::{Process, shown_name};
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::select::population::{Containers, Population};
use procwarden::select::selector::{Selector, Subject};
use procwarden::text::error::Error;
use procwarden::text::list::one_line;

pub(super) const DROP_IN: DropIn =
    DropIn { name: "ps.monitor", limit: |_| LIMIT, run, failed, timed_out };

/// The original has no limit, and mon waits forever.
const LIMIT: Duration = Duration::from_secs(60);

/// Longest whole output, in bytes.
const LONGEST: usize = 4096;

/// Room reserved for the line that says how much did not fit.
const ROOM_FOR_REST: usize = 32;

/// `NAME:[MIN]-[MAX]`.
#[derive(Clone, Debug)]
struct Watched {
    name: String,
    selector: Selector,
    /// Both ends as typed; empty if missing.
    ends: [String; 2],
    thresholds: Thresholds,
}

fn run(arguments: &[OsString]) -> Result<Output, Error> {
    match arguments {
        [] => Ok(failed("nothing to watch; write NAME:MIN-MAX, such as cron:1-1")),
        [x, rest @ ..] if x == "-x" => {
            Ok(named(rest.first().and_then(|pid| pid.to_str()?.parse().ok())))
        }
        _ => match arguments.iter().map(Watched::parse).collect::<Result<Vec<_>, _>>() {
            Ok(watched) => check(&watched),
            Err(output) => Ok(output),
        },
    }
}

fn failed(why: &str) -> Output {
    Output { text: format!("{}\n", super::shown(why.as_bytes())), code: 1 }
}

fn timed_out(limit: Duration, doing: &str) -> Output {
    failed(&format!("timed out after {} s while {doing}", limit.as_secs()))
}

/// Answers `-x PID`: the name by which that process is found.
fn named(pid: Option<u32>) -> Output {
    let Some(pid) = pid else {
        return failed("-x takes the number of a process");
    };
    let name = ProcRoot::open(Path::new("/proc"))
        .ok()
        .and_then(|root| shown_name(&mut Process::new(&root, Pid(pid))).ok());
    match name {
        Some(name) => {
            Output { text: format!("PID:{pid} has name \"{}\"\n", super::shown(&name)), code: 0 }
        }
        None => failed(&format!("there is no process {pid}")),
    }
}

impl Watched {
    /// Parses an argument. The error is the whole output.
    fn parse(argument: &OsString) -> Result<Self, Output> {
        let argument = argument.as_bytes().trim_ascii();
        let shown = super::shown(argument);
        let wrong =
            |hint: &str| Output { text: format!("Can't parse \"{shown}\"\n{hint}\n"), code: 1 };
        let (name, range) = shown.rsplit_once(':').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            wrong(
                "write NAME:MIN-MAX. If it is a host: mon appends a group's hosts unless the monitor \
                 line ends in ;;",
            )
        })?;
        let (min, max) = range.split_once('-').ok_or_else(|| wrong("write NAME:MIN-MAX"))?;
        let end = |digits: &str| -> Result<Option<u32>, Output> {
            if digits.is_empty() {
                return Ok(None);
            }
            let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|_| is_number);
            number.map(Some).ok_or_else(|| wrong("MIN and MAX are whole numbers"))
        };
        let (least, most) = (end(min)?, end(max)?);
        if most.is_some_and(|most| most < least.unwrap_or(0)) {
            return Err(wrong(&format!("no number is {min} or more and {max} or less")));
        }
        if name.starts_with('{') && name.ends_with('}') {
            return Err(wrong("names in braces are not expanded; write each with its range"));
        }
        let range = match most {
            Some(most) => format!("{}:{most}", least.unwrap_or(0)),
            None => format!("{}:", least.unwrap_or(0)),
        };
        let critical = Some(Range::parse(&range).map_err(|why| wrong(&why.to_string()))?);
        let end = argument.iter().rposition(|&byte| byte == b':').unwrap_or(argument.len());
        let term = argument[..end]
            .iter()
            .flat_map(|&byte| [byte].repeat(if byte == b',' { 2 } else { 1 }));
        let term: Vec<u8> = b"name=".iter().copied().chain(term).collect();
        let selector = Selector::parse(&term, Subject::Program)
            .map_err(|_| wrong("this is no program's name"))?;
        Ok(Self {
            name: name.to_owned(),
            selector,
            ends: [min.to_owned(), max.to_owned()],
            thresholds: Thresholds { warning: None, critical },
        })
    }

    /// The line about a count that is too low or too high.
    fn line(&self, tally: &Tally) -> String {
        let Self { name, ends: [min, max], .. } = self;
        let count = tally.certain;
        let zombies = match tally.zombies {
            0 => String::new(),
            1 => ", and 1 zombie".into(),
            zombies => format!(", and {zombies} zombies"),
        };
        let is_low = min.parse().is_ok_and(|min: u64| count < min);
        let (sign, end) = if is_low { ('<', min) } else { ('>', max) };
        format!("{name}:{count} {sign} {end} ({min}-{max}){zombies}")
    }
}

/// A program whose number is wrong.
struct Failing<'w> {
    watched: &'w Watched,
    tally: Tally,
    /// Why its number is uncertain, if it is.
    obstacle: Option<String>,
}

impl Failing<'_> {
    fn summary(&self) -> String {
        let (name, count) = (&self.watched.name, self.tally.certain);
        if self.obstacle.is_some() { format!("{name}:? ") } else { format!("{name}:{count} ") }
    }

    fn line(&self) -> String {
        let (name, count) = (&self.watched.name, self.tally.certain);
        let known = || self.watched.line(&self.tally);
        let unknown = |why| format!("{name}: {count} or more; {why}");
        self.obstacle.as_ref().map_or_else(known, unknown)
    }
}

fn check(watched: &[Watched]) -> Result<Output, Error> {
    let root = ProcRoot::open(Path::new("/proc"))?;
    let population = Population::new(Containers::Include, true).without_namesakes();
    let all: Vec<&Watched> = watched.iter().collect();
    let mut failing = count(&root, &population, &all)?;
    if failing.iter().any(|failing| failing.tally.has_lost_some()) {
        // If a daemon was restarted meanwhile, a second count finds it.
        let again: Vec<&Watched> = failing.iter().map(|failing| failing.watched).collect();
        failing = count(&root, &population, &again)?;
    }
    if failing.is_empty() {
        return Ok(Output { text: String::new(), code: 0 });
    }
    let summary: String = failing.iter().map(Failing::summary).collect();
    let mut text = one_line(&summary, LONGEST / 2) + "\n";
    for (at, one) in failing.iter().enumerate() {
        let line = one.line();
        if text.len() + line.len() + ROOM_FOR_REST > LONGEST {
            text.push_str(&format!("and {} more\n", failing.len() - at));
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Output { text, code: 1 })
}

/// The programs whose number is wrong or unknown.
fn count<'w>(
    root: &ProcRoot,
    population: &Population,
    watched: &[&'w Watched],
) -> Result<Vec<Failing<'w>>, Error> {
    let targets: Vec<_> = watched.iter().map(|watched| Target::from(&watched.selector)).collect();
    let scan = scan::walk(root, population, &targets)?;
    let mut failing = Vec::new();
    for (at, (watched, tally)) in watched.iter().zip(&scan.tallies).enumerate() {
        let state = scan.state(at, &watched.thresholds);
        let blindness = scan.blindness.clone().or_else(|| tally.uncertain.explained());
        let obstacle = blindness.filter(|_| state == State::Unknown);
        if state != State::Ok {
            failing.push(Failing { watched, tally: tally.clone(), obstacle });
        }
    }
    Ok(failing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, [String; 2]), String> {
        let watched = Watched::parse(&text.into()).map_err(|output| output.text);
        watched.map(|watched| (watched.name, watched.ends))
    }

    #[test]
    fn an_argument_is_a_name_and_two_ends() {
        for (text, name, min, max) in [
            ("cron:1-1", "cron", "1", "1"),
            ("syslog-ng:1-", "syslog-ng", "1", ""),
            ("x:-0", "x", "", "0"),
            ("kworker/0:1:0-", "kworker/0:1", "0", ""),
            ("tmux: server:1-1", "tmux: server", "1", "1"),
            ("a,b:1-", "a,b", "1", ""),
            (" a:1-1 ", "a", "1", "1"),
        ] {
            assert_eq!(parse(text).unwrap(), (name.into(), [min.into(), max.into()]), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_argument_is_reported() {
        for (text, hint) in [
            ("localhost", "ends in ;;"),
            ("bash:1", "write NAME:MIN-MAX"),
            ("bash:1-x", "whole numbers"),
            ("x:2-1", "no number is 2 or more and 1 or less"),
            ("{a,b}:1-1", "not expanded"),
            (":1-1", "write NAME"),
            ("^cron$:1-1", "no program's name"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(&format!("Can't parse \"{text}\"\n")), "{error}");
            assert!(error.contains(hint), "{error}");
        }
    }
}
