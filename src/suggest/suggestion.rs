//! Puts a suggestion together from processes and units: the lines, and what is left out and why.

use std::collections::BTreeMap;

use super::census::{Census, Seen};
use super::daemon::Daemon;
use super::line::Line;
use super::units::Units;
use super::{impostors, kept, main_line, names, pools, table};
use crate::proc::root::{Pid, ProcRoot};
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number;

/// The reason for leaving out a name that [`names`] does not allow.
const UNNAMABLE: &str = "has a name that a spec can't hold";

/// Where we know the host's services from.
#[derive(Clone, Debug)]
pub enum Source {
    /// From systemd, or from its recorded output.
    Systemd(Units),
    /// Only from control groups, with the reason.
    Cgroups(String),
}

impl Source {
    /// Why `unit` is not a daemon that should always run; `None` if it is one.
    pub fn why_not(&self, unit: &str) -> Option<String> {
        kept::why_not(unit, self.units())
    }

    const fn units(&self) -> Option<&Units> {
        match self {
            Self::Systemd(units) => Some(units),
            Self::Cgroups(_) => None,
        }
    }
}

/// What is suggested, what is left out, and why.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// The lines of each daemon: first its own, then those for workers and helpers.
    pub(crate) daemons: Vec<Vec<Line>>,
    pub(crate) impostors: Vec<Line>,
    /// Units that should run but don't, with their state.
    pub(crate) missing: Vec<(String, String)>,
    /// Left-out units or processes by reason, each with its number of processes.
    pub(crate) left_out: BTreeMap<String, Vec<(String, usize)>>,
    /// The source in words: `systemd was asked`.
    pub(crate) asked: String,
    /// What could not be seen, and what would help.
    pub(crate) unseen: Vec<String>,
}

impl Suggestion {
    /// Makes a suggestion for the processes of `root`. Comments out daemons younger than `min_age` seconds,
    /// because one that keeps crashing is always young.
    ///
    /// # Errors
    /// If the processes can't be listed.
    pub fn of(root: &ProcRoot, source: &Source, min_age: f64) -> Result<Self, Error> {
        let census = Census::take(root)?;
        let mut suggestion = Self { unseen: unseen(root, &census), ..Self::default() };
        let units = source.units();
        suggestion.asked = asked(source, &census);
        if let Some(units) = units {
            let missing = kept::missing(units).into_iter();
            suggestion.missing = missing.map(|(unit, state)| (unit.to_owned(), state)).collect();
        }
        let daemons = if census.has_units() {
            suggestion.of_units(&census, units)
        } else {
            suggestion.of_table(&census)
        };
        suggestion.push(&daemons, &census, min_age);
        Ok(suggestion)
    }

    fn of_units<'c>(&mut self, census: &'c Census, units: Option<&Units>) -> Vec<Daemon<'c>> {
        let mut daemons = Vec::new();
        for (unit, count) in census.units() {
            if unit == "init.scope" {
                continue;
            }
            let is_plain = names::is_plain_unit(unit);
            let unnamable = || (!is_plain).then(|| UNNAMABLE.to_owned());
            if let Some(why) = kept::why_not(unit, units).or_else(unnamable) {
                self.leave_out(why, &shown(unit), count);
            } else {
                let known = units.and_then(|units| units.get(unit));
                daemons.extend(Daemon::of_unit(unit, census, known));
                let (supervised, others) = table::supervised(unit, census);
                daemons.extend(supervised);
                self.leave_out_each(&others);
            }
        }
        let (inside, outside) = (&census.contained, "outside of units");
        for (unit, count) in inside {
            let place = if unit.is_empty() { outside.to_owned() } else { shown(unit) };
            self.leave_out("in a container".into(), &place, *count);
        }
        for seen in census.all.iter().filter(|seen| seen.unit.is_none()) {
            self.leave_out("in no unit".into(), &names::shown(&seen.name), 1);
        }
        daemons
    }

    fn of_table<'c>(&mut self, census: &'c Census) -> Vec<Daemon<'c>> {
        let (daemons, others) = table::daemons(census);
        self.leave_out_each(&others);
        let contained = census.contained.values().sum();
        if contained > 0 {
            self.leave_out("in a container".into(), "processes", contained);
        }
        daemons
    }

    fn leave_out_each(&mut self, others: &[(&Seen, &str)]) {
        for (seen, why) in others {
            self.leave_out((*why).into(), &names::shown(&seen.name), 1);
        }
    }

    /// Records something left out. `what` must be escaped.
    fn leave_out(&mut self, why: String, what: &str, count: usize) {
        let of_reason = self.left_out.entry(why).or_default();
        match of_reason.iter_mut().find(|(known, _)| known == what) {
            Some((_, known)) => *known += count,
            None => of_reason.push((what.to_owned(), count)),
        }
    }

    fn push(&mut self, daemons: &[Daemon<'_>], census: &Census, min_age: f64) {
        let mut certain = Vec::new();
        for (daemon, line) in main_line::of_all(daemons) {
            let young = daemon.main.age < min_age;
            let mut lines = vec![line];
            lines.extend(pools::of(daemon, &lines[0], census));
            for line in &mut lines {
                line.subjects = main_line::subjects(daemon);
                if young {
                    let age = number::span(daemon.main.age);
                    *line = line.clone().doubted(format!(
                        "it has run for only {age}: ask again later, or with a lower --min-age"
                    ));
                }
            }
            if lines[0].doubt.is_none() {
                certain.push(daemon.clone());
            }
            self.daemons.push(lines);
        }
        let is_named = |daemon: &&Daemon<'_>| names::plain(&daemon.main.name).is_some();
        let needs_name = |daemon: &&Daemon<'_>| daemon.unit.is_none() || daemon.is_supervised;
        for daemon in daemons.iter().filter(needs_name).filter(|daemon| !is_named(daemon)) {
            let called = names::shown(&daemon.main.name);
            self.leave_out(UNNAMABLE.into(), &called, 1);
        }
        self.impostors = impostors::of_all(&certain, census);
    }

    /// All lines, commented out or not.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.daemons.iter().flatten().chain(&self.impostors)
    }

    /// Name and main process of each daemon that is not commented out and whose name can stand in a spec.
    pub(crate) fn mains(&self) -> impl Iterator<Item = (&str, Pid)> {
        let lines = self.daemons.iter().filter_map(|lines| lines.first());
        let is_named = |line: &&Line| line.doubt.is_none() && !line.selector.starts_with("unit=");
        let lines = lines.filter(is_named);
        lines.filter_map(|line| Some((line.subjects.first()?.as_str(), *line.pids.first()?)))
    }

    /// The specs that are not commented out.
    pub fn specs(&self) -> Vec<String> {
        self.lines().filter(|line| line.doubt.is_none()).map(Line::spec).collect()
    }

    /// `24 specs for 20 daemons; 3 lines are commented out, 5 units left out`
    pub fn summary(&self) -> String {
        let daemons = self.daemons.iter().filter(|lines| lines[0].doubt.is_none()).count();
        let doubtful = self.lines().filter(|line| line.doubt.is_some()).count();
        let left_out: usize = self.left_out.values().map(Vec::len).sum();
        let plural = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        let mut text = format!(
            "{} for {}; {} commented out, {left_out} left out",
            plural(self.specs().len(), "spec"),
            plural(daemons, "daemon"),
            plural(doubtful, "line"),
        );
        if !self.missing.is_empty() {
            let (missing, verb) = match self.missing.len() {
                1 => ("1 unit".to_owned(), "does"),
                count => (format!("{count} units"), "do"),
            };
            text.push_str(&format!("; {missing} should run and {verb} not"));
        }
        if !self.unseen.is_empty() {
            text.push_str("; not all processes could be seen");
        }
        text
    }
}

fn shown(unit: &str) -> String {
    escape::bounded(unit.as_bytes(), 80)
}

fn asked(source: &Source, census: &Census) -> String {
    match source {
        _ if !census.has_units() => {
            "no process here is in a unit, so PID 1's children were taken".into()
        }
        Source::Systemd(_) => "systemd was asked".into(),
        Source::Cgroups(why) => format!("only control groups were asked ({why})"),
    }
}

fn unseen(root: &ProcRoot, census: &Census) -> Vec<String> {
    root.blindness().into_iter().chain(census.unread.explained()).collect()
}
