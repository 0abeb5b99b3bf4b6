//! `check_selinux_domain`: does each security domain hold the processes it should, and no others?

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::error::Error;
use procwarden::headcount::Headcount;
use procwarden::options::{CommonOptions, ThresholdOptions};
use procwarden::population::Containers;
use procwarden::range::State;
use procwarden::report::{Finding, Report};
use procwarden::runner::Plugin;
use procwarden::selector::Subject;
use procwarden::spec::{self, Spec};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "check_selinux_domain",
    title: "SELINUX_DOMAIN",
    command: Options::command,
    run,
};

/// One process belongs in `init_t`, none where a daemon lands whose policy is missing.
const DEFAULT_SPECS: [&str; 3] = ["init_t:1-1", "initrc_t:0-0", "unconfined_service_t:0-0"];

/// Check that security domains hold the right processes
#[derive(Debug, Parser)]
#[command(name = "check_selinux_domain", version, max_term_width = 80)]
struct Options {
    /// What to count: DOMAIN[,KEY=VALUE...][:[WARN:]CRIT]; without any, `init_t:1-1 initrc_t:0-0
    /// unconfined_service_t:0-0`
    #[arg(value_name = "SPEC")]
    specs: Vec<OsString>,

    /// The same, for command definitions that pass options
    #[arg(long = "spec", value_name = "SPEC", allow_hyphen_values = true)]
    more_specs: Vec<OsString>,

    /// Read specs from a file, one a line; # begins a comment
    #[arg(long, value_name = "FILE")]
    specs_from: Vec<PathBuf>,

    /// CRITICAL unless SELinux enforces its policy
    #[arg(long)]
    enforcing: bool,

    #[command(flatten)]
    thresholds: ThresholdOptions,

    #[command(flatten)]
    common: CommonOptions,
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches).map_err(|e| Error::new(e.to_string()))?;
    let waits = options.common.waits(Duration::ZERO)?;
    let specs = options.specs()?;
    let root = options.common.root()?;
    let population = options.common.population(Containers::Include);
    let verbose = options.common.verbose;
    let headcount = Headcount::take(&root, &population, &specs, waits, verbose > 0)?;
    let mut report = headcount.report(PLUGIN.title, verbose);
    if options.enforcing {
        report.findings.extend(not_enforcing());
    }
    Ok(report)
}

impl Options {
    fn specs(&self) -> Result<Vec<Spec>, Error> {
        let fallback = self.thresholds.thresholds();
        let typed = self
            .specs
            .iter()
            .chain(&self.more_specs)
            .map(|spec| spec.as_bytes());
        let mut specs = typed
            .map(|spec| Spec::parse(spec, Subject::Domain, fallback))
            .collect::<Result<Vec<_>, _>>()?;
        for file in &self.specs_from {
            specs.extend(spec::specs_of(file, Subject::Domain, fallback)?);
        }
        if specs.is_empty() {
            let defaults = DEFAULT_SPECS.iter().map(|spec| spec.as_bytes());
            specs = defaults
                .map(|spec| Spec::parse(spec, Subject::Domain, fallback))
                .collect::<Result<_, _>>()?;
        }
        Ok(specs)
    }
}

/// What is wrong with the kernel's enforcement, if anything is.
fn not_enforcing() -> Option<Finding> {
    let (state, text) = match std::fs::read("/sys/fs/selinux/enforce") {
        Ok(flag) if flag.starts_with(b"1") => return None,
        Ok(_) => (State::Critical, "SELinux is permissive".to_owned()),
        Err(error) => (
            State::Unknown,
            format!("cannot tell whether SELinux enforces: /sys/fs/selinux/enforce: {error}"),
        ),
    };
    Some(Finding { state, text })
}
