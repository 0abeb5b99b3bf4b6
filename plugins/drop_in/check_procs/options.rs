//! Parses the command line of `check_procs`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use procwarden::host::names;
use procwarden::nagios::range::Thresholds;
use procwarden::select::population::Containers;
use procwarden::select::selector::{Key, Selector, Subject};
use procwarden::text::ere;
use procwarden::text::error::Error;

use super::super::getopt::{Word, Words};
use super::super::shown;
use super::syntax::{Id, OPTIONS};
use super::{range, status};

/// The metrics of `-m`: the number of processes, or the key whose value is compared for each process.
pub(super) const METRICS: [(&str, Option<Key>); 5] = [
    ("PROCS", None),
    ("VSZ", Some(Key::Vsz)),
    ("RSS", Some(Key::Rss)),
    ("CPU", Some(Key::Cpu)),
    ("ELAPSED", Some(Key::Age)),
];

/// What to do instead of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    Help,
    Version,
    Error(Error),
}

impl From<Error> for Instead {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A parsed command line.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The metric of each process; `None` to count processes.
    pub(super) metric: Option<Key>,
    pub(super) thresholds: Thresholds,
    /// Both ranges as typed, for the performance data.
    pub(super) ranges: [String; 2],
    /// The filters in the original's words and in the order of the command line.
    pub(super) filters: Vec<String>,
    /// The filters as terms of a selector.
    pub(super) terms: Vec<Vec<u8>>,
    pub(super) kernel_threads: bool,
    pub(super) containers: Containers,
    pub(super) verbose: u8,
    /// A hint at what is probably a mistake. It is done anyway.
    pub(super) hint: Option<String>,
}

/// The options read so far. Those that select processes are kept until all are read.
#[derive(Default)]
struct Typed {
    ranges: [Option<String>; 2],
    metric: Option<Key>,
    status: Option<String>,
    ppid: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
    command: Option<OsString>,
    args: Option<OsString>,
    ereg: Option<String>,
    exclude: Option<OsString>,
    least: [Option<Vec<u8>>; 3],
    filters: Vec<String>,
    no_kthreads: bool,
    containers: Option<Containers>,
    verbose: u8,
    operands: Vec<OsString>,
}

/// The time limit without `-t`.
const LIMIT: Duration = Duration::from_secs(10);

/// The time limit of a command line, even if the rest is malformed.
pub(super) fn time_limit(arguments: &[OsString]) -> Duration {
    let arguments = without_to(arguments);
    let typed = Words::new(OPTIONS, &arguments).filter_map(|word| match word {
        Ok(Word::Option(Id::Timeout, seconds)) => limit(seconds.to_str()?).ok(),
        _ => None,
    });
    typed.last().unwrap_or(LIMIT)
}

/// Replaces `-to` by `-t` everywhere, as the original does.
fn without_to(arguments: &[OsString]) -> Vec<OsString> {
    let right = |word: &OsString| if word == "-to" { "-t".into() } else { word.clone() };
    arguments.iter().map(right).collect()
}

/// Parses a command line.
pub(super) fn read(arguments: &[OsString]) -> Result<Request, Instead> {
    let arguments = without_to(arguments);
    let mut typed = Typed::default();
    for word in Words::new(OPTIONS, &arguments) {
        match word.map_err(|error| Error::new(format!("{error}; --help lists all options")))? {
            Word::Operand(operand) => typed.operands.push(operand),
            Word::Option(Id::Help, _) => return Err(Instead::Help),
            Word::Option(Id::Version, _) => return Err(Instead::Version),
            Word::Option(id, value) => typed.take(id, value)?,
        }
    }
    typed.take_operands()?;
    Ok(typed.meant()?)
}

impl Typed {
    fn take(&mut self, id: Id, value: OsString) -> Result<(), Error> {
        match id {
            Id::Warning => self.ranges[0] = Some(text("-w", &value)?),
            Id::Critical => self.ranges[1] = Some(text("-c", &value)?),
            Id::Metric => self.metric = metric(&text("-m", &value)?)?,
            Id::Timeout => drop(limit(&text("-t", &value)?)?),
            Id::Verbose => self.verbose = self.verbose.saturating_add(1),
            Id::Status => self.take_status(&value)?,
            Id::Command | Id::Args | Id::Exclude => self.take_once(id, value)?,
            Id::Ereg => {
                let wrong = |why| format!("Could not compile regular expression - {why}");
                self.ereg = Some(ere::translated(value.as_bytes()).map_err(wrong)?);
                self.filters.push(format!("regex args '{}'", shown(value.as_bytes())));
            }
            Id::Ppid => {
                let number: u32 = number("-p", "a parent's process ID", &value)?;
                self.ppid = Some(format!("ppid={number}").into_bytes());
                self.filters.push(format!("PPID = {number}"));
            }
            Id::User => self.take_user(&text("-u", &value)?)?,
            Id::Vsz => self.take_size(0, "vsz", &value)?,
            Id::Rss => self.take_size(1, "rss", &value)?,
            Id::Pcpu => self.take_share(&value)?,
            Id::NoKthreads => self.no_kthreads = true,
            Id::Containers => self.containers = Some(containers(&text("--containers", &value)?)?),
            Id::Refused(why) => return Err(why.into()),
            Id::Traditional | Id::Help | Id::Version => {}
        }
        Ok(())
    }

    /// Takes an option that may occur once. (The original silently ignores later ones.)
    fn take_once(&mut self, id: Id, value: OsString) -> Result<(), Error> {
        let (option, words, place) = match id {
            Id::Command => ("-C", "command name", &mut self.command),
            Id::Args => ("-a", "args", &mut self.args),
            _ => ("-X", "exclude progs", &mut self.exclude),
        };
        if let Some(known) = place {
            return if *known == value { Ok(()) } else { Err(twice(option)) };
        }
        if value.is_empty() && id == Id::Command {
            return Err("-C names no command".into());
        }
        self.filters.push(format!("{words} '{}'", shown(value.as_bytes())));
        *place = Some(value);
        Ok(())
    }

    fn take_status(&mut self, value: &OsString) -> Result<(), Error> {
        let status = text("-s", value)?;
        if self.status.as_ref().is_some_and(|known| *known != status) {
            return Err(twice("-s"));
        }
        if self.status.is_none() {
            self.filters.push(format!("STATE = {}", shown(status.as_bytes())));
        }
        self.status = Some(status);
        Ok(())
    }

    fn take_user(&mut self, user: &str) -> Result<(), Error> {
        let silent = |_| "the name service does not answer".to_owned();
        let uid = if user.is_empty() { None } else { names::uid(user).map_err(silent)? };
        let uid = uid.ok_or_else(|| format!("there is no user '{}'", shown(user.as_bytes())))?;
        let is_number = user.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
        let (key, value) =
            if is_number { ("uid=", uid.to_string()) } else { ("user=", user.into()) };
        self.user = Some(term(key, value.as_bytes()));
        self.filters.push(format!("UID = {uid} ({})", shown(names::user(uid).as_bytes())));
        Ok(())
    }

    fn take_size(&mut self, at: usize, key: &str, value: &OsString) -> Result<(), Error> {
        let option = ["-z", "-r"][at];
        let least: i32 = number(option, "a whole number of KiB", value)?;
        self.least[at] = (least > 0).then(|| format!("{key}={least}k-").into_bytes());
        self.filters.push(format!("{} >= {least}", key.to_uppercase()));
        Ok(())
    }

    fn take_share(&mut self, value: &OsString) -> Result<(), Error> {
        let share: f64 = number("-P", "a percentage", value)?;
        if !share.is_finite() {
            let share = shown(value.as_bytes());
            return Err(format!("-P takes a percentage, not '{share}'").into());
        }
        // The original compares with the output of ps, cut to tenths. The subtraction allows for rounding
        // errors of floating point.
        let tenths = (share * 10.0 - 1e-6).ceil();
        self.least[2] = (tenths > 0.0).then(|| format!("cpu={}%-", tenths / 10.0).into_bytes());
        self.filters.push(format!("PCPU >= {share:.2}"));
        Ok(())
    }

    /// Takes the operands: WARN, CRIT and STATE, except those that an option gave.
    fn take_operands(&mut self) -> Result<(), Error> {
        let operands = std::mem::take(&mut self.operands);
        let mut operands = operands.into_iter();
        for at in 0..2 {
            if self.ranges[at].is_none() {
                self.ranges[at] = operands.next().map(|word| text("a range", &word)).transpose()?;
            }
        }
        if let Some(status) = operands.next() {
            if self.status.is_some() {
                return Err(superfluous(&status));
            }
            self.take_status(&status)?;
        }
        operands.next().map_or(Ok(()), |word| Err(superfluous(&word)))
    }

    fn meant(self) -> Result<Request, Error> {
        let terms = self.terms()?;
        let [warning, critical] = &self.ranges;
        let read = |option: &str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            range::parse(text).map_err(|why| format!("Range format incorrect: {option}: {why}"))
        };
        let thresholds =
            Thresholds { critical: read("-c", critical)?, warning: read("-w", warning)? };
        let is_given = warning.is_some() || critical.is_some();
        if is_given && thresholds == Thresholds::default() {
            return Err(
                "-w and -c are empty, so that nothing would ever alert; write a range, or \
                        neither of them"
                    .into(),
            );
        }
        let assigned = self.command.as_ref().filter(|name| name.as_bytes().starts_with(b"="));
        let hint = assigned.map(|name| {
            let name = shown(name.as_bytes());
            format!("-C {name} asks for the name '{name}'; write -C {}", &name[1..])
        });
        Ok(Request {
            metric: self.metric,
            thresholds,
            ranges: self.ranges.map(|range| {
                let range = range.unwrap_or_default();
                range.split_whitespace().collect()
            }),
            filters: self.filters,
            terms,
            kernel_threads: !self.no_kthreads,
            containers: self.containers.unwrap_or(Containers::Include),
            verbose: self.verbose,
            hint,
        })
    }

    /// The terms of a selector for the same processes.
    fn terms(&self) -> Result<Vec<Vec<u8>>, Error> {
        let mut terms = Vec::new();
        if let Some(name) = &self.command {
            terms.push(comm_term("comm=", name.as_bytes()));
        }
        // An empty text, from an unset macro of the scheduler, fits every command line.
        if let Some(part) = self.args.as_ref().filter(|part| !part.is_empty()) {
            terms.push(term("cmd~", ere::literal(part.as_bytes()).as_bytes()));
        }
        if let Some(expression) = self.ereg.as_ref().filter(|text| !text.is_empty()) {
            let key =
                if terms.iter().any(|term| term.starts_with(b"cmd")) { "and-cmd~" } else { "cmd~" };
            terms.push(term(key, expression.as_bytes()));
        }
        let names_programs = !terms.is_empty();
        let status = self.status.as_deref().unwrap_or_default();
        let states = status::terms(status)?;
        // The original counts zombies. We do so only in totals, because a dead daemon must not be OK.
        let wants_zombies = !names_programs || status.contains('Z');
        if wants_zombies && !states.iter().any(|term| term.starts_with("state=")) {
            terms.push(term("state=", status::STATES.as_bytes()));
        }
        terms.extend(states.iter().map(|state| term("", state.as_bytes())));
        let [vsz, rss, cpu] = &self.least;
        let others = [&self.user, &self.ppid, vsz, rss, cpu];
        terms.extend(others.into_iter().flatten().cloned());
        let excluded = self.exclude.as_ref().map(|names| names.as_bytes()).unwrap_or_default();
        let excluded = excluded.split(|&byte| byte == b',').filter(|name| !name.is_empty());
        terms.extend(excluded.map(|name| comm_term("not-comm=", name)));
        Ok(terms)
    }
}

/// A term `KEY=NAME`. If the grammar refuses that name as a likely typo, an expression for exactly that
/// name.
fn comm_term(key: &str, name: &[u8]) -> Vec<u8> {
    let exact = term(key, name);
    if Selector::parse(&exact, Subject::Program).is_ok() {
        return exact;
    }
    let expression = format!("^{}$", ere::literal(name));
    term(&key.replace('=', "~"), expression.as_bytes())
}

/// A term of the grammar. Commas in the value are doubled.
fn term(key: &str, value: &[u8]) -> Vec<u8> {
    let mut term = key.as_bytes().to_vec();
    for &byte in value {
        term.push(byte);
        if byte == b',' {
            term.push(byte);
        }
    }
    term
}

fn twice(option: &str) -> Error {
    format!("{option} is given twice, with different values").into()
}

fn superfluous(word: &OsString) -> Error {
    let word = shown(word.as_bytes());
    format!("'{word}' is one argument too many; --help lists all options").into()
}

fn text(option: &str, value: &OsString) -> Result<String, Error> {
    let wrong = || format!("{option}: '{}' is not UTF-8", shown(value.as_bytes()));
    value.to_str().map(str::to_owned).ok_or_else(|| wrong().into())
}

fn number<T: std::str::FromStr>(option: &str, what: &str, value: &OsString) -> Result<T, Error> {
    let parsed = value.to_str().and_then(|text| text.trim().parse().ok());
    let wrong = || format!("{option} wants {what}, not '{}'", shown(value.as_bytes()));
    parsed.ok_or_else(|| wrong().into())
}

fn metric(name: &str) -> Result<Option<Key>, Error> {
    let known = METRICS.iter().find(|(known, _)| *known == name);
    known.map(|&(_, metric)| metric).ok_or_else(|| {
        let (names, name) = (METRICS.map(|(name, _)| name).join(", "), shown(name.as_bytes()));
        format!("-m takes one of {names}, not '{name}'").into()
    })
}

fn limit(seconds: &str) -> Result<Duration, Error> {
    let limit = seconds.trim().parse().ok().filter(|seconds| (1..=86400).contains(seconds));
    let wrong = || format!("-t takes seconds from 1 to 86400, not '{}'", shown(seconds.as_bytes()));
    limit.map(Duration::from_secs).ok_or_else(|| wrong().into())
}

fn containers(what: &str) -> Result<Containers, Error> {
    match what {
        "include" => Ok(Containers::Include),
        "exclude" => Ok(Containers::Exclude),
        "only" => Ok(Containers::Only),
        _ => Err("--containers takes include, exclude or only".into()),
    }
}
