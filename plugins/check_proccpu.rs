//! `check_proccpu`: is some process burning CPU that has no business doing so?

mod clock;
mod details;
mod judge;
mod past;
mod rounds;
mod sample;
mod share;
mod survey;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::host::login_defs;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::report::Report;
use procwarden::plugin::options::{CommonOptions, ExemptionOptions, ThresholdOptions};
use procwarden::plugin::runner::Plugin;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::{Exemption, Exemptions};
use procwarden::select::population::Containers;
use procwarden::select::selector::{Selector, Subject};
use procwarden::text::error::Error;
use procwarden::text::number::{self, Unit};
use procwarden::text::number::{duration, seconds};

use clock::Clock;
use judge::{Judge, Limits};
use past::{Past, Wish};
use rounds::Rounds;
use share::Measure;
use survey::Surveyor;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_proccpu", title: "PROCCPU", command: Options::command, run };

/// Check that no process burns CPU when it should not
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own, as typed")]
#[derive(Clone, Debug, Parser)]
#[command(name = "check_proccpu", version, max_term_width = 80)]
#[command(
    after_help = "RANGE is in percent of one core: a process with four busy threads uses 400."
)]
struct Options {
    #[command(flatten)]
    thresholds: ThresholdOptions,

    /// WARNING by CPU time over the whole life of a process
    #[arg(long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true)]
    lifetime_warning: Option<Range>,

    /// CRITICAL by CPU time over the whole life of a process
    #[arg(long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true)]
    lifetime_critical: Option<Range>,

    /// Sample for this long
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = window)]
    over: Duration,

    /// Measure since the last check instead, without waiting
    #[arg(long)]
    since_last: bool,

    /// Sample if the last check was longer ago than this
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    max_gap: Duration,

    #[arg(
        long,
        value_name = "DIR",
        help = "Where to keep what the next check needs [default: \
        $MP_STATE_PATH, else /var/lib/procwarden or XDG's state home]"
    )]
    state_dir: Option<PathBuf>,

    /// Add the time of children that ended and were waited for
    #[arg(long)]
    with_children: bool,

    /// RANGEs are in percent of the whole machine
    #[arg(long)]
    of_machine: bool,

    /// Do not judge processes younger than this
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = min_age)]
    min_age: f64,

    #[command(flatten)]
    exemptions: ExemptionOptions,

    /// Do not judge processes of regular users, as /etc/login.defs defines them
    #[arg(long)]
    exempt_regular_users: bool,

    #[command(flatten)]
    common: CommonOptions,
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let limits = options.limits()?;
    let waits = options.waits()?;
    let exemptions = options.exemptions()?;
    let root = options.common.root()?;
    let judge = Judge { limits, measure: options.measure(&root)? };
    let surveyor = Surveyor {
        root: &root,
        population: options.common.population(Containers::Include),
        clock: Clock::of(&root)?,
    };
    let past = Past::new(options.over, options.wish());
    let rounds = Rounds::run(&surveyor, judge, exemptions, past, waits)?;
    Ok(rounds.report(PLUGIN.title, options.common.verbose))
}

impl Options {
    fn limits(&self) -> Result<Limits, Error> {
        let limits = Limits {
            window: self.thresholds.thresholds(),
            lifetime: Thresholds {
                warning: self.lifetime_warning,
                critical: self.lifetime_critical,
            },
        };
        let nothing = Thresholds::default();
        if limits.window == nothing && limits.lifetime == nothing {
            return Err(Error::new(
                "nothing to hold a share against, and so it would always be OK; give -w or -c in \
                 percent of one core (-w 80 -c 95), --lifetime-warning or --lifetime-critical",
            ));
        }
        Ok(limits)
    }

    /// The waits before looking again. Each look takes a window, and the first may have to.
    fn waits(&self) -> Result<impl Iterator<Item = Duration> + use<>, Error> {
        if self.over >= self.common.timeout {
            return Err(Error::new(format!(
                "--over {} s does not fit in --timeout {} s; raise --timeout or sample for less",
                seconds(self.over),
                seconds(self.common.timeout)
            )));
        }
        self.common.waits(self.over)
    }

    fn exemptions(&self) -> Result<Exemptions, Error> {
        let mut all = self.exemptions.exemptions()?;
        if self.exempt_regular_users {
            let (min, max) = login_defs::regular_uids();
            let selector = Selector::parse(format!("uid={min}-{max}").as_bytes(), Subject::Program)
                .map_err(|error| error.at("UID_MIN and UID_MAX of /etc/login.defs"))?;
            all.push(Exemption::new(selector, "regular users"));
        }
        Ok(all)
    }

    fn measure(&self, root: &ProcRoot) -> Result<Measure, Error> {
        let cores = self.of_machine.then(|| cores(root)).transpose()?;
        Ok(Measure { with_children: self.with_children, min_age: self.min_age, cores })
    }

    fn wish(&self) -> Option<Wish> {
        // How it is told makes no other check of it: by hand with -v one sees the service's window.
        let mut same = self.clone();
        same.common.verbose = 0;
        same.common.mon = false;
        same.common.timeout = Duration::ZERO;
        self.since_last.then(|| Wish {
            base: self.state_dir.clone(),
            identity: format!("{same:?}"),
            max_gap: self.max_gap,
        })
    }
}

/// The number of cores that are online, as the tree's `stat` lists them.
fn cores(root: &ProcRoot) -> Result<f64, Error> {
    let text = std::fs::read_to_string(root.path().join("stat")).unwrap_or_default();
    let is_core = |line: &&str| {
        let number = line.strip_prefix("cpu").unwrap_or_default();
        number.starts_with(|c: char| c.is_ascii_digit())
    };
    let count = u32::try_from(text.lines().filter(is_core).count()).unwrap_or_default();
    if count == 0 {
        let path = root.shown_path();
        return Err(Error::new(format!(
            "--of-machine: cannot read the number of cores from {path}/stat"
        )));
    }
    Ok(count.into())
}

/// A window's length. The kernel tells CPU time in ticks of 10 ms.
fn window(text: &str) -> Result<Duration, String> {
    let over = duration(text)?;
    if over < Duration::from_millis(100) {
        return Err(format!("'{text}' is below 0.1 s, too short to measure by ticks of 10 ms"));
    }
    Ok(over)
}

/// Seconds, possibly none.
fn min_age(text: &str) -> Result<f64, String> {
    number::parse(text, Unit::Seconds)
}
