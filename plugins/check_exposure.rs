//! `check_exposure`: does a configuration error leave some process open to attack?
//!
//! `check_privdrop` is about credentials. This check is about what a process runs, with which arguments,
//! and whether it has the protection that its service asks for. Each rule has a module of its own.

mod account;
mod answer;
mod fileless;
mod group_holders;
mod inspector;
mod interpreted;
mod last;
mod likeness;
mod loader_env;
mod look;
mod open_args;
mod open_socket;
mod outdated;
mod privileged_container;
mod rules;
mod sandbox;
mod secret_args;
mod stray;
mod traced;
mod umask;
mod who;
mod writable_code;

use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use procwarden::nagios::report::Report;
use procwarden::plugin::options::CommonOptions;
use procwarden::plugin::rule_options::RuleOptions;
use procwarden::plugin::rule_report;
use procwarden::plugin::runner::Plugin;
use procwarden::rules::exemption::RuleExemption;
use procwarden::rules::survey::Survey;
use procwarden::select::lines::Listed;
use procwarden::select::population::{Containers, Population};
use procwarden::text::error::Error;
use procwarden::text::number;

use inspector::Inspector;
use rules::Rules;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_exposure", title: "EXPOSURE", command, run };

/// How long replaced code may run.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Programs that break a rule by design, on any host that has them.
const BUILT_IN: [&str; 3] = [
    "fileless:name~^runc:, # starts containers from a copy of itself in memory",
    "fileless:lxc-attach # runs from a copy of itself in memory, so that no container can change it",
    "fileless:args~^[^ ]+ -xe /tmp/jenkins[0-9]+\\.sh$,user~^jenkins$ # the script of a job, which Jenkins puts there",
];

/// For `--help`.
const EXAMPLES: &str = "  \
  check_exposure
  check_exposure --recheck 3
  check_exposure --exempt-from /etc/procwarden/exposure
  check_exposure --rules all
  check_exposure --rules default,outdated --grace 7d";

/// Check that no configuration error exposes a process
#[derive(Debug, Parser)]
#[command(name = "check_exposure", version, max_term_width = 80, after_long_help = EXAMPLES)]
struct Options {
    #[command(flatten)]
    rules: RuleOptions<Rules>,

    /// How long replaced code may run
    ///
    /// This is for the rule outdated. The default is 1d.
    #[arg(long, value_name = "TIME", value_parser = number::long_duration)]
    grace: Option<Duration>,

    #[command(flatten)]
    common: CommonOptions,
}

fn command() -> Command {
    // Their paths and users are not the host's.
    let command = Options::command().mut_arg("containers", |arg| arg.default_value("exclude"));
    RuleOptions::<Rules>::described(command)
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let severities = options.rules.severities()?;
    if options.grace.is_some() {
        options.rules.refuse_unless_on("--grace", Rules::OUTDATED)?;
    }
    let root = options.common.root();
    let Listed { items: mut exemptions, faults } = options.rules.exemptions(root.as_ref().ok())?;
    let root = root?;
    exemptions.extend(RuleExemption::built_in(&BUILT_IN));
    let containers = options.common.containers;
    // Includes containers, because some rules are about them. The inspector excludes them for the others.
    let population = Population::new(Containers::Include, true);
    let grace = options.grace.unwrap_or(DAY);
    let inspector = Inspector::new(severities, containers, grace, &root);
    let survey = Survey::take(&root, &population, inspector, exemptions)?;
    let shown = (PLUGIN.title, options.common.verbose);
    Ok(rule_report::settled(survey, &root, waits, &faults, shown))
}
