//! The options that several plugins share, and what they mean.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;

use crate::host::security::{Choice, SYSTEMS, System};
use crate::nagios::range::{Range, Thresholds};
use crate::proc::root::ProcRoot;
use crate::select::exemption::Exemptions;
use crate::select::lines::Listed;
use crate::select::population::{Containers, Population};
use crate::select::ranges::as_range;
use crate::select::selector::Subject;
use crate::select::spec::Spec;
use crate::select::spec_files;
use crate::text::error::Error;
use crate::text::escape;
use crate::text::number::{duration, seconds};

/// As typed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of every plugin")]
pub struct CommonOptions {
    /// Give up after this long
    ///
    /// Whatever hangs, the check then ends with what it knows.
    #[arg(short, long, value_name = "SECONDS", default_value = "10", value_parser = duration)]
    pub timeout: Duration,

    /// Increase verbosity (up to -vvv)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Report as mon's monitors do: exit 0 or 1, summary first, nothing when all is well
    #[arg(long, hide_short_help = true)]
    pub mon: bool,

    /// Report only what is still wrong after this
    ///
    /// If something is wrong, the check looks again after DELAY. Otherwise it does not wait.
    #[arg(long, value_name = "DELAY", value_parser = duration)]
    pub recheck: Option<Duration>,

    /// How many times to look again
    #[arg(long, value_name = "N", default_value = "1", hide_short_help = true,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub rechecks: u16,

    /// How to treat processes inside containers (nested PID namespaces)
    // A plugin with another default sets it in its command.
    #[arg(long, value_name = "WHAT", default_value = "include", hide_short_help = true)]
    pub containers: Containers,

    /// Ignore kernel threads
    #[arg(short = 'k', long, hide_short_help = true)]
    pub no_kthreads: bool,

    /// The tree of processes: another mount of /proc, or a recorded copy
    #[arg(long, value_name = "DIR", default_value = "/proc", hide_short_help = true)]
    pub proc_root: PathBuf,

    /// Security system whose labels to read; a recorded copy does not show which
    #[arg(long, value_name = "SYSTEM", default_value = "auto", value_parser = security_systems(),
          hide_short_help = true)]
    pub lsm: Choice,
}

impl CommonOptions {
    /// Opens the tree of `--proc-root`.
    ///
    /// # Errors
    /// As [`ProcRoot::open`].
    pub fn root(&self) -> Result<ProcRoot, Error> {
        Ok(ProcRoot::open(&self.proc_root)?.labelled_by(self.lsm))
    }

    /// The processes that the check is about.
    pub fn population(&self) -> Population {
        Population::new(self.containers, !self.no_kthreads)
    }

    /// Without `--recheck`, moves specs that need a recheck to the faults.
    pub fn refuse_lasting(&self, specs: &mut Listed<Spec>) {
        let looks_again = self.recheck.is_some_and(|delay| !delay.is_zero());
        if looks_again || !specs.items.iter().any(|spec| spec.lasting) {
            return;
        }
        let items = std::mem::take(&mut specs.items).into_iter();
        let (wrong, right): (Vec<Spec>, Vec<Spec>) = items.partition(|spec| spec.lasting);
        specs.items = right;
        specs.faults.extend(wrong.iter().map(|spec| {
            Error::new(format!(
                "spec '{}': lasting=yes needs a second look; add --recheck 20 --timeout 30",
                escape::shortened(&spec.label, 100)
            ))
        }));
    }

    /// The waits before each recheck; none without `--recheck`. `busy` is the time that each check takes.
    ///
    /// # Errors
    /// If the waits and checks together leave no time to report.
    pub fn waits(&self, busy: Duration) -> Result<impl Iterator<Item = Duration> + use<>, Error> {
        let delay = self.recheck.unwrap_or_default();
        let times = if self.recheck.is_some() { self.rechecks } else { 0 };
        let sum = (delay + busy) * u32::from(times) + busy;
        if times > 0 && sum >= self.timeout {
            let busy =
                if busy.is_zero() { String::new() } else { format!(" + {} s", seconds(busy)) };
            return Err(Error::new(format!(
                "--recheck {} s{busy}, times {times}, takes {} s, which does not fit in --timeout {} s; \
                 raise --timeout or wait less",
                seconds(delay),
                seconds(sum),
                seconds(self.timeout),
            )));
        }
        Ok(std::iter::repeat_n(delay, usize::from(times)))
    }
}

/// `-w` and `-c`, for a plugin that judges one number.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ThresholdOptions {
    /// WARNING outside of this Nagios range
    #[arg(short, long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true)]
    pub warning: Option<Range>,

    /// CRITICAL outside of this Nagios range
    #[arg(short, long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true)]
    pub critical: Option<Range>,
}

impl ThresholdOptions {
    /// Both ranges.
    ///
    /// # Errors
    /// If they were given, but no measure would alert.
    pub fn thresholds(self) -> Result<Thresholds, Error> {
        let both = Thresholds { warning: self.warning, critical: self.critical };
        both.that_can_alert().map_err(|error| error.at("-w or -c"))
    }
}

/// The specs of a plugin that counts, and the default ranges.
#[derive(Clone, Debug, clap::Args)]
pub struct SpecOptions {
    /// What to count: a selector and its range
    #[arg(value_name = "SPEC")]
    pub specs: Vec<OsString>,

    /// Another SPEC, for command definitions that pass options
    #[arg(long = "spec", value_name = "SPEC", allow_hyphen_values = true, hide_short_help = true)]
    pub more_specs: Vec<OsString>,

    /// Read specs from a file
    ///
    /// It has one spec a line, and # begins a comment. In a directory, each file that ends in .specs is
    /// read.
    #[arg(long, value_name = "FILE")]
    pub specs_from: Vec<PathBuf>,

    /// The ranges of specs that have none of their own.
    #[command(flatten)]
    pub thresholds: ThresholdOptions,
}

impl SpecOptions {
    /// The specs for processes of `root`, from arguments, options and then files. A bare first term means
    /// `subject`. Without a tree it still reports specs that are malformed.
    ///
    /// # Errors
    /// The first malformed spec on the command line, an unusable file, or `-w` and `-c` that no spec
    /// uses. Everything else becomes a fault in the list.
    pub fn specs(&self, subject: Subject, root: Option<&ProcRoot>) -> Result<Listed<Spec>, Error> {
        let fallback = self.thresholds.thresholds()?;
        let parse = |text: &[u8]| Spec::parse(text, subject, fallback)?.fit_for(root);
        let typed: Vec<_> = self.specs.iter().chain(&self.more_specs).collect();
        let mut specs = Listed::default();
        for (at, spec) in typed.iter().enumerate() {
            refuse_range(spec, at.checked_sub(1).map(|before| typed[before]))?;
            specs.add_typed(parse(spec.as_bytes()))?;
        }
        // A file may be shared by services with other ranges.
        if !specs.items.is_empty() && self.specs_from.is_empty() {
            self.refuse_idle_ranges(&specs.items)?;
        }
        for file in &self.specs_from {
            let mut of_file = Listed::default();
            spec_files::add(&mut of_file, file, &parse)?;
            specs.items.extend(of_file.items.into_iter().map(|placed| placed.spec));
            specs.faults.append(&mut of_file.faults);
        }
        Ok(specs)
    }

    /// Refuses `-w` and `-c` if each of these specs has a range of its own.
    ///
    /// # Errors
    /// What to write.
    pub fn refuse_idle_ranges(&self, specs: &[Spec]) -> Result<(), Error> {
        let are_typed = self.thresholds.warning.or(self.thresholds.critical).is_some();
        if !are_typed || !specs.iter().all(|spec| spec.has_own_ranges) {
            return Ok(());
        }
        Err(Error::new(
            "-w and -c are for a SPEC without a range, and there is none; leave them out, or write both \
             ranges into the SPEC: sshd:2-:1-",
        ))
    }
}

/// Refuses a range that is an argument of its own: `cron 1:1`.
fn refuse_range(spec: &OsStr, before: Option<&OsString>) -> Result<(), Error> {
    let range = spec.to_str().and_then(as_range);
    let (Some(range), Some(before)) = (range, before) else { return Ok(()) };
    let right = escape::bounded(&[before.as_bytes(), b":", range.as_bytes()].concat(), 100);
    let shown = escape::text(spec.as_bytes());
    let is_number = spec.as_bytes().iter().all(u8::is_ascii_digit);
    let named =
        if is_number { format!(", or name={shown} if that is a name") } else { String::new() };
    Err(Error::new(format!("nothing is named {shown}; perhaps {right}{named}")))
}

/// The exemptions of a plugin that judges processes, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ExemptionOptions {
    /// Do not judge these, such as xz,user=backup
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    pub exempt: Vec<OsString>,

    /// Read such selectors from a file
    ///
    /// It has one selector a line. What follows " # " is the reason.
    #[arg(long, value_name = "FILE")]
    pub exempt_from: Vec<PathBuf>,
}

impl ExemptionOptions {
    /// Parses them, for processes of `root`.
    ///
    /// # Errors
    /// A selector on the command line that is wrong, or an unusable file.
    pub fn exemptions(&self, root: Option<&ProcRoot>) -> Result<Exemptions, Error> {
        Exemptions::parse(&self.exempt, &self.exempt_from, root)
    }
}

/// The values of `--lsm`.
fn security_systems() -> impl TypedValueParser<Value = Choice> {
    let names = std::iter::once("auto").chain(SYSTEMS.iter().map(|system| system.name()));
    PossibleValuesParser::new(names.collect::<Vec<_>>())
        .map(|name| System::named(&name).map_or(Choice::Auto, Choice::Only))
}

/// The values of `--containers`.
impl clap::ValueEnum for Containers {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Exclude, Self::Include, Self::Only]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Exclude => PossibleValue::new("exclude").help("Leave them out"),
            Self::Include => PossibleValue::new("include").help("Count them like all others"),
            Self::Only => PossibleValue::new("only").help("Count only them"),
        })
    }
}

/// Whether an option was typed. Its id is clap's: `max_gap` for `--max-gap`.
pub fn is_typed(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// Refuses options that do nothing without `needed`, if that was not typed.
///
/// # Errors
/// What to write.
pub fn refuse_idle(matches: &ArgMatches, options: &[&str], needed: &str) -> Result<(), Error> {
    let idle = options.iter().find(|id| is_typed(matches, id) && !is_typed(matches, needed));
    idle.map_or(Ok(()), |id| {
        let (option, needed) = (id.replace('_', "-"), needed.replace('_', "-"));
        let why = format!(
            "--{option} does nothing without --{needed}; add that, or leave --{option} out"
        );
        Err(Error::new(why))
    })
}

/// For `from_arg_matches` on matches that clap has already validated.
impl From<clap::Error> for Error {
    fn from(error: clap::Error) -> Self {
        Self::new(error.to_string())
    }
}
