//! `check_proccpu`: does some process burn CPU that should not?

mod baseline;
mod crowd;
mod details;
mod per;
mod policy;
mod report;
mod sample;
mod scope;
mod share;
mod survey;
mod tally;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::host::login_defs;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::report::Report;
use procwarden::plugin::options::{
    CommonOptions, ExemptionOptions, ThresholdOptions, is_typed, refuse_idle,
};
use procwarden::plugin::runner::Plugin;
use procwarden::plugin::supervisor::publish;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::{self, Exemption, Exemptions};
use procwarden::select::selector::{Selector, Subject};
use procwarden::text::error::Error;
use procwarden::text::escape;
use procwarden::text::number::{self, Unit, duration, seconds};

use baseline::Baseline;
use per::Per;
use policy::Policy;
use scope::Scope;
use share::Measure;
use survey::Survey;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_proccpu", title: "PROCCPU", command: Options::command, run };

/// For `--help`.
const EXAMPLES: &str = "  \
  check_proccpu -w 80 -c 95
  check_proccpu -w 60 -c 90 --since-last --exempt-from /etc/procwarden/cpu
  check_proccpu -w 60 -c 90 --since-last --exempt-regular-users
  check_proccpu -c 90 --since-last --lifetime-warning 20
  check_proccpu -w 60 -c 90 --since-last --with-children --recheck 2";

/// Check that no process burns CPU when it should not
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own, as typed")]
#[derive(Clone, Debug, Parser)]
#[command(name = "check_proccpu", version, max_term_width = 80)]
#[command(
    after_help = "RANGE is in percent of one core: a process with four busy threads uses 400.",
    after_long_help = EXAMPLES
)]
struct Options {
    #[command(flatten)]
    thresholds: ThresholdOptions,

    /// WARNING by CPU time over the whole life
    ///
    /// This is all CPU time of a process divided by its age.
    #[arg(long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true,
          hide_short_help = true)]
    lifetime_warning: Option<Range>,

    /// CRITICAL by CPU time over the whole life
    ///
    /// This is all CPU time of a process divided by its age.
    #[arg(long, value_name = "RANGE", value_parser = Range::parse, allow_hyphen_values = true,
          hide_short_help = true)]
    lifetime_critical: Option<Range>,

    /// Sample for this long
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = window)]
    over: Duration,

    /// Measure since the last check; do not wait
    #[arg(long)]
    since_last: bool,

    /// Sample if the last check was longer ago than this
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration,
          hide_short_help = true)]
    max_gap: Duration,

    #[arg(
        long,
        value_name = "DIR",
        hide_short_help = true,
        help = "Where to keep what the next check needs [default: \
        $MP_STATE_PATH, else /var/lib/procwarden or XDG's state home]"
    )]
    state_dir: Option<PathBuf>,

    /// Add the time of children that ended
    ///
    /// That is the time of those that their parent has waited for.
    #[arg(long)]
    with_children: bool,

    /// RANGEs are in percent of the whole machine
    #[arg(long, hide_short_help = true)]
    of_machine: bool,

    /// Do not judge processes younger than this
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = min_age,
          hide_short_help = true)]
    min_age: f64,

    /// What to compare with RANGE
    ///
    /// This is each process, or what all of a name, user or unit use together.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Per::Process,
          hide_short_help = true)]
    per: Per,

    /// Judge only these, such as unit=app.service
    ///
    /// With several, a process is judged if it fits any of them.
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    only: Vec<OsString>,

    #[command(flatten)]
    exemptions: ExemptionOptions,

    /// Do not judge processes of regular users
    ///
    /// Their UIDs lie between UID_MIN and UID_MAX of /etc/login.defs.
    #[allow(clippy::doc_markdown, reason = "--help would show the backticks")]
    #[arg(long)]
    exempt_regular_users: bool,

    #[command(flatten)]
    common: CommonOptions,
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    refuse_idle(matches, &["max_gap", "state_dir"], "since_last")?;
    options.refuse_idle_of_groups(matches)?;
    let (window, lifetime) = options.limits()?;
    let waits = options.waits()?;
    let root = options.common.root();
    let scope = options.scope(root.as_ref().ok())?;
    let root = root?;
    let faults = scope.exemptions.faults().to_vec();
    let policy = Policy { window, lifetime, measure: options.measure(&root)?, per: options.per };
    let baseline = options.baseline()?.reading_units(scope.judges_whole_units());
    let report = |survey: &Survey<'_>| {
        let mut report = survey.report(PLUGIN.title, options.common.verbose);
        report.add_faults(&faults);
        report
    };
    let so_far = |survey: &Survey<'_>| publish(report(survey).unsettled());
    let mut survey = Survey::take(&root, policy, scope, baseline, waits, so_far)?;
    publish(report(&survey));
    survey.finish();
    Ok(report(&survey))
}

impl Options {
    /// The thresholds for a window and for a whole life.
    fn limits(&self) -> Result<(Thresholds, Thresholds), Error> {
        let (window, lifetime) = (self.thresholds.thresholds()?, self.lifetime()?);
        let nothing = Thresholds::default();
        if window == nothing && lifetime == nothing {
            return Err(Error::new(
                "without a threshold it would always be OK; give -w or -c in \
                 percent of one core (-w 80 -c 95), --lifetime-warning or --lifetime-critical",
            ));
        }
        Ok((window, lifetime))
    }

    /// Refuses what is about single processes while several are judged together.
    fn refuse_idle_of_groups(&self, matches: &ArgMatches) -> Result<(), Error> {
        let options = ["lifetime_warning", "lifetime_critical", "min_age"];
        let idle = options.into_iter().find(|id| is_typed(matches, id));
        idle.filter(|_| self.per != Per::Process).map_or(Ok(()), |id| {
            let (option, groups) = (id.replace('_', "-"), self.per.groups());
            Err(Error::new(format!(
                "--{option} is about the life of a process, which {groups} have not; leave out --per, or \
                 use another check for that"
            )))
        })
    }

    /// The waits before each recheck. Each measurement itself takes as long as the window.
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

    fn lifetime(&self) -> Result<Thresholds, Error> {
        let (warning, critical) = (self.lifetime_warning, self.lifetime_critical);
        let both = Thresholds { warning, critical }.that_can_alert();
        both.map_err(|error| error.at("--lifetime-warning or --lifetime-critical"))
    }

    fn scope(&self, root: Option<&ProcRoot>) -> Result<Scope, Error> {
        let read = |text: &OsString| {
            let place = format!("--only '{}'", escape::bounded(text.as_bytes(), 100));
            let selector = exemption::selector(text.as_bytes());
            let fit = |selector: Selector| selector.check_for(root).map(|()| selector);
            selector.and_then(fit).map_err(|error| error.at(place))
        };
        Ok(Scope {
            population: self.common.population(),
            only: self.only.iter().map(read).collect::<Result<_, _>>()?,
            exemptions: self.exemptions(root)?,
            per: self.per,
        })
    }

    fn exemptions(&self, root: Option<&ProcRoot>) -> Result<Exemptions, Error> {
        let mut all = self.exemptions.exemptions(root)?;
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

    fn baseline(&self) -> Result<Baseline, Error> {
        // Not created: a misspelt name would become a second directory, without the last sample.
        if let Some(dir) = self.state_dir.as_deref().filter(|dir| !dir.exists()) {
            let dir = escape::path(dir);
            let why = "it is not there; make this directory, or leave the option out";
            return Err(Error::new(why).at(format!("--state-dir {dir}")));
        }
        if !self.since_last {
            return Ok(Baseline::now(self.over));
        }
        // A check with other options keeps a sample of its own. These three options change nothing
        // that is measured: an admin who adds -v sees the same window as the service.
        let mut same = self.clone();
        same.common.verbose = 0;
        same.common.mon = false;
        same.common.timeout = Duration::ZERO;
        let identity = format!("{same:?}");
        let dir = self.state_dir.as_deref();
        Ok(Baseline::since_last(self.over, self.max_gap, dir, &identity))
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

/// The length of a window. The kernel counts CPU time in ticks of 10 ms.
fn window(text: &str) -> Result<Duration, Error> {
    let over = duration(text)?;
    if over < Duration::from_millis(100) {
        return Err(Error::new(format!(
            "'{text}' is below 0.1 s, too short to measure by ticks of 10 ms"
        )));
    }
    Ok(over)
}

/// Seconds; 0 is allowed.
fn min_age(text: &str) -> Result<f64, Error> {
    number::parse(text, Unit::Seconds)
}
