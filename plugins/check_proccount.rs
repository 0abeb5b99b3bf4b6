//! `check_proccount`: is each of these daemons running, as the right user, and how many of them?

use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use procwarden::count::headcount::Headcount;
use procwarden::nagios::range::Thresholds;
use procwarden::nagios::report::Report;
use procwarden::plugin::options::{CommonOptions, SpecOptions};
use procwarden::plugin::runner::Plugin;
use procwarden::plugin::supervisor::publish;
use procwarden::select::selector::{Selector, Subject};
use procwarden::select::spec::Spec;
use procwarden::text::error::Error;
use procwarden::text::escape;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_proccount", title: "PROCCOUNT", command, run };

/// Check that daemons run, as whom, and how many of them
#[derive(Debug, Parser)]
#[command(name = "check_proccount", version, max_term_width = 80)]
struct Options {
    #[command(flatten)]
    specs: SpecOptions,

    #[command(flatten)]
    common: CommonOptions,
}

/// For `--help`.
const EXAMPLES: &str = "  \
  check_proccount --specs-from /etc/procwarden/daemons --recheck 5
  check_proccount sshd,user=root,not-parent=sshd,args~listener:1-1
  check_proccount /usr/lib/postfix/sbin/master:1-1 unit=cron.service:1-
  check_proccount nginx,user=www-data:4-:2- state=Z,label=zombies:0-20
  check_proccount java,sum=rss:-6G:-8G each=unit,sum=anon:-4G
  check_proccount sshd,pidfile=/run/sshd.pid:1-1
  check_proccount state=D,lasting=yes:0-0 --recheck 20 -t 30";

/// For `-h`, too.
const BEYOND_COUNTS: &str = "\
A SPEC can also measure (java,sum=rss:-8G), judge each group by itself
(each=unit,sum=anon:-4G), read a pid file (sshd,pidfile=/run/sshd.pid), or find
processes that are stuck (state=D,lasting=yes:0-0 --recheck 20 -t 30).";

fn command() -> Command {
    let what = "What to count, such as nginx,user=root:1-1";
    let how = "What to count: NAME[,KEY=VALUE...][:[WARN:]CRIT], such as nginx,user=root:1-1";
    Options::command()
        .mut_arg("specs", |specs| specs.help(what).long_help(how))
        .mut_arg("containers", |containers| containers.default_value("exclude"))
        .after_help(BEYOND_COUNTS)
        .after_long_help(EXAMPLES)
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let root = options.common.root();
    let mut specs = options.specs.specs(Subject::Program, root.as_ref().ok())?;
    options.common.refuse_lasting(&mut specs);
    if specs.items.is_empty() {
        if !specs.faults.is_empty() {
            return Ok(Report::of_faults(PLUGIN.title, &specs.faults));
        }
        specs.items.push(all_processes(options.specs.thresholds.thresholds()?)?);
    }
    let root = root?;
    let population = options.common.population();
    let verbose = options.common.verbose;
    let report = |headcount: &Headcount<'_>| {
        let mut report = headcount.report(PLUGIN.title, verbose);
        report.details.splice(0..0, hint_at_hosts(&options, headcount));
        report
    };
    let mut headcount =
        Headcount::take(&root, &population, &specs.items)?.with_faults(&specs.faults);
    headcount.settle(waits, |so_far| publish(report(so_far).unsettled()))?;
    headcount.look(verbose > 0, |settled| publish(report(settled)))?;
    Ok(report(&headcount))
}

/// The spec of a check without specs: all processes, compared with `-w` and `-c`. Without those there is
/// nothing to check, which must not be OK: perhaps a scheduler's variable is unset.
fn all_processes(thresholds: Thresholds) -> Result<Spec, Error> {
    if thresholds == Thresholds::default() {
        return Err(Error::new(
            "nothing to check; write a SPEC such as sshd:1-, or -w and -c for the number of all \
             processes",
        ));
    }
    let (selector, label) = (Selector::everything(), "processes".into());
    Ok(Spec {
        selector,
        measure: None,
        each: None,
        lasting: false,
        thresholds,
        has_own_ranges: false,
        label,
    })
}

/// A hint for `--mon`, if the last spec may be a host. mon appends a group's hosts to a monitor's
/// arguments unless its line ends in `;;`. Such a spec is a plain name that no process has.
fn hint_at_hosts(options: &Options, headcount: &Headcount<'_>) -> Option<String> {
    let at = options.specs.specs.len().checked_sub(1).filter(|_| options.common.mon)?;
    let last = options.specs.specs[at].to_str()?;
    if last.contains([':', ',', '=', '~', '/']) || !headcount.lacks(at) {
        return None;
    }
    let host = escape::bounded(last.as_bytes(), 80);
    Some(format!(
        "is '{host}' a host? mon appends its group's hosts to the monitor line unless that ends in ;;"
    ))
}
