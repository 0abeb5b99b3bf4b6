//! `check_proccount`: is each of these daemons running, as the right user, the right number of
//! times?

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::error::Error;
use procwarden::escape;
use procwarden::headcount::Headcount;
use procwarden::options::{CommonOptions, ThresholdOptions};
use procwarden::population::Containers;
use procwarden::range::Thresholds;
use procwarden::report::Report;
use procwarden::runner::Plugin;
use procwarden::selector::{Selector, Subject};
use procwarden::spec::{self, Spec};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "check_proccount",
    title: "PROCCOUNT",
    command: Options::command,
    run,
};

/// Check that daemons run, as whom, and how many of them
#[derive(Debug, Parser)]
#[command(name = "check_proccount", version, max_term_width = 80)]
struct Options {
    /// What to count: NAME[,KEY=VALUE...][:[WARN:]CRIT], such as sshd,user=root:1-
    #[arg(value_name = "SPEC")]
    specs: Vec<OsString>,

    /// The same, for command definitions that pass options
    #[arg(long = "spec", value_name = "SPEC", allow_hyphen_values = true)]
    more_specs: Vec<OsString>,

    /// Read specs from a file, one a line; # begins a comment
    #[arg(long, value_name = "FILE")]
    specs_from: Vec<PathBuf>,

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
    let population = options.common.population(Containers::Exclude);
    let verbose = options.common.verbose;
    let headcount = Headcount::take(&root, &population, &specs, waits, verbose > 0)?;
    let mut report = headcount.report(PLUGIN.title, verbose);
    let hint = options.hint_at_hosts(&report);
    report.details.splice(0..0, hint);
    Ok(report)
}

impl Options {
    /// mon appends the hosts of the group to a monitor's arguments, unless its line ends in `;;`.
    /// They come last, have no range, and no process is called so.
    fn hint_at_hosts(&self, report: &Report) -> Option<String> {
        let is_missing = |name: &str| {
            let text = format!("{name} 0 (want 1-)");
            !name.contains([':', ',', '=', '~', '/'])
                && report
                    .findings
                    .iter()
                    .any(|finding| finding.text.starts_with(&text))
        };
        let last = self.specs.last()?.to_str().filter(|_| self.common.mon)?;
        is_missing(last).then(|| {
            format!(
                "is '{}' a host? mon appends its group's hosts to the monitor line unless that ends \
                 in ;;",
                escape::bounded(last.as_bytes(), 80)
            )
        })
    }

    /// The specs in the order of arguments, options, files; without any, the number of all
    /// processes is held against `-w` and `-c`.
    fn specs(&self) -> Result<Vec<Spec>, Error> {
        let fallback = self.thresholds.thresholds();
        let typed = self.specs.iter().chain(&self.more_specs);
        let typed = typed.map(|spec| Spec::parse(spec.as_bytes(), Subject::Program, fallback));
        let mut specs: Vec<Spec> = typed.collect::<Result<_, _>>()?;
        for file in &self.specs_from {
            specs.extend(spec::specs_of(file, Subject::Program, fallback)?);
        }
        if specs.is_empty() {
            specs.push(all_processes(fallback));
        }
        Ok(specs)
    }
}

fn all_processes(thresholds: Thresholds) -> Spec {
    Spec {
        selector: Selector::everything(),
        thresholds,
        label: "processes".into(),
    }
}
