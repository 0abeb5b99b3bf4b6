//! `check_proccount`: is each of these daemons running, as the right user, the right number of
//! times?

use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use procwarden::error::Error;
use procwarden::headcount::Headcount;
use procwarden::options::{CommonOptions, SpecOptions};
use procwarden::population::Containers;
use procwarden::range::Thresholds;
use procwarden::report::Report;
use procwarden::runner::Plugin;
use procwarden::selector::{Selector, Subject};
use procwarden::spec::Spec;

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "check_proccount",
    title: "PROCCOUNT",
    command,
    run,
};

/// Check that daemons run, as whom, and how many of them
#[derive(Debug, Parser)]
#[command(name = "check_proccount", version, max_term_width = 80)]
struct Options {
    #[command(flatten)]
    specs: SpecOptions,

    #[command(flatten)]
    common: CommonOptions,
}

fn command() -> Command {
    let what = "What to count: NAME[,KEY=VALUE...][:[WARN:]CRIT], such as sshd,user=root:1-";
    Options::command().mut_arg("specs", |specs| specs.help(what))
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches).map_err(|e| Error::new(e.to_string()))?;
    let waits = options.common.waits(Duration::ZERO)?;
    let mut specs = options.specs.specs(Subject::Program)?;
    if specs.is_empty() {
        specs.push(all_processes(options.specs.thresholds.thresholds()));
    }
    let root = options.common.root()?;
    let population = options.common.population(Containers::Exclude);
    let verbose = options.common.verbose;
    let headcount = Headcount::take(&root, &population, &specs, waits, verbose > 0)?;
    Ok(headcount.report(PLUGIN.title, verbose))
}

/// Without a spec, the number of all processes is held against `-w` and `-c`.
fn all_processes(thresholds: Thresholds) -> Spec {
    Spec {
        selector: Selector::everything(),
        thresholds,
        label: "processes".into(),
    }
}
