//! `check_selinux_domain`: does each security domain hold the processes it should, and no others?

mod default_specs;
mod domains;

use std::path::Path;
use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use procwarden::count::headcount::Headcount;
use procwarden::host::security::Enforcement;
use procwarden::nagios::perfdata::Perfdata;
use procwarden::nagios::range::Thresholds;
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::plugin::options::{CommonOptions, SpecOptions};
use procwarden::plugin::runner::Plugin;
use procwarden::plugin::supervisor::publish;
use procwarden::proc::labelling::Labelling;
use procwarden::proc::root::ProcRoot;
use procwarden::select::lines::Listed;
use procwarden::select::selector::Subject;
use procwarden::select::spec::Spec;
use procwarden::text::error::Error;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_selinux_domain", title: "SELINUX_DOMAIN", command, run };

/// The spec that `--no-permissive-domains` adds.
const NO_PERMISSIVE_DOMAINS: &str = "permissive=yes,label=permissive domains:0-0";

/// The spec that `--no-unconfined` adds.
const NO_UNCONFINED: &str = "mode=unconfined,profiled=yes,label=unconfined:0-0";

/// Check that security domains hold the right processes
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Parser)]
#[command(name = "check_selinux_domain", version, max_term_width = 80)]
struct Options {
    #[command(flatten)]
    specs: SpecOptions,

    /// CRITICAL unless the policy is enforced
    ///
    /// SELinux must be enforcing; of AppArmor no loaded profile may be in complain mode.
    #[arg(long)]
    enforcing: bool,

    /// CRITICAL if a domain in use is permissive
    ///
    /// That is a domain that SELinux has made permissive, or a profile of AppArmor's in complain mode.
    #[arg(long)]
    no_permissive_domains: bool,

    /// CRITICAL if a process runs unconfined though AppArmor has a profile for its program
    ///
    /// It was started before the profile was loaded. Profiles that only complain do not count.
    #[arg(long)]
    no_unconfined: bool,

    /// OK if no such security system is active
    ///
    /// Without this option the check is then UNKNOWN.
    #[arg(long)]
    absent_ok: bool,

    #[command(flatten)]
    common: CommonOptions,
}

/// For `--help`.
const EXAMPLES: &str = "  \
  check_selinux_domain --enforcing --no-permissive-domains --recheck 5
  check_selinux_domain init_t:1-1 initrc_t:0-0 unconfined_service_t:0-0
  check_selinux_domain sshd_t,user=root:1- crond_t:1-
  check_selinux_domain mode=complain:0-0 rsyslogd:1-1
  check_selinux_domain --specs-from /etc/procwarden/domains --absent-ok";

fn command() -> Command {
    let what = "What to count, such as sshd_t,user=root:1-";
    let how = "What to count: DOMAIN[,KEY=VALUE...][:[WARN:]CRIT], such as sshd_t,user=root:1-";
    let with_defaults = format!("{how}. Without any spec:\n{}", default_specs::in_words());
    Options::command()
        .mut_arg("specs", |specs| specs.help(what).long_help(with_defaults))
        .after_long_help(EXAMPLES)
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let root = options.common.root();
    let mut typed = options.specs.specs(Subject::Domain, root.as_ref().ok())?;
    options.common.refuse_lasting(&mut typed);
    if typed.items.is_empty() && !typed.faults.is_empty() && !options.asks_more() {
        return Ok(Report::of_faults(PLUGIN.title, &typed.faults));
    }
    if typed.items.is_empty() {
        options.specs.refuse_idle_ranges(&[])?;
    }
    let root = root?;
    if let Some(absence) = root.labelling().absence() {
        let mut report = options.without_labels(&typed.items, &absence);
        report.add_faults(&typed.faults);
        return Ok(report);
    }
    let specs = options.all_specs(typed, root.labelling())?;
    let population = options.common.population();
    let verbose = options.common.verbose;
    let enforcement = options.enforcing.then(|| options.enforcement(&root));
    let report = |headcount: &Headcount<'_>| {
        let mut report = headcount.report(PLUGIN.title, verbose);
        if let Some(enforcement) = &enforcement {
            judge(enforcement, &mut report);
        }
        report
    };
    let mut headcount =
        Headcount::take(&root, &population, &specs.items)?.with_faults(&specs.faults);
    headcount.settle(waits, |so_far| publish(report(so_far).unsettled()))?;
    headcount.look(verbose > 0, |settled| publish(report(settled)))?;
    let mut report = report(&headcount);
    if verbose > 0 {
        report.details.extend(domains::in_use(&root, &population)?);
    }
    Ok(report)
}

impl Options {
    /// Whether there is more to judge than the specs.
    const fn asks_more(&self) -> bool {
        self.enforcing || self.no_permissive_domains || self.no_unconfined
    }

    /// The specs from the command line, or the default specs of the active security system.
    fn all_specs(&self, typed: Listed<Spec>, labelling: &Labelling) -> Result<Listed<Spec>, Error> {
        let parse =
            |text: &str| Spec::parse(text.as_bytes(), Subject::Domain, Thresholds::default());
        let mut specs = typed;
        if specs.items.is_empty() && specs.faults.is_empty() {
            let defaults = default_specs::of(labelling.system())?;
            specs.items = defaults.iter().copied().map(parse).collect::<Result<_, _>>()?;
        }
        if self.no_permissive_domains {
            specs.items.push(parse(NO_PERMISSIVE_DOMAINS)?);
        }
        if self.no_unconfined {
            specs.items.push(parse(NO_UNCONFINED)?);
        }
        Ok(specs)
    }

    /// The report of a host without labels. It has all performance data, with zeros, so that graphs have no
    /// gaps.
    fn without_labels(&self, specs: &[Spec], absence: &str) -> Report {
        let zero = |spec: &Spec| Perfdata {
            thresholds: spec.thresholds,
            ..Perfdata::plain(spec.label.clone(), 0.0)
        };
        let unknown = Finding {
            state: State::Unknown,
            text: format!("{absence}; if that is as it should be, say --absent-ok"),
        };
        Report {
            title: PLUGIN.title,
            findings: if self.absent_ok { Vec::new() } else { vec![unknown] },
            all_well: absence.into(),
            perfdata: specs.iter().map(zero).collect(),
            ..Report::default()
        }
    }

    /// Whether the running kernel enforces its policy, even if the tree is a recorded one.
    fn enforcement(&self, root: &ProcRoot) -> Enforcement {
        let kernels;
        let labelling = if root.is_procfs() {
            root.labelling()
        } else {
            match ProcRoot::open(Path::new("/proc")) {
                Ok(root) => kernels = root.labelled_by(self.common.lsm),
                Err(error) => return Enforcement::Unknown(error.to_string()),
            }
            kernels.labelling()
        };
        let why = match (labelling.system(), labelling.absence()) {
            (Some(system), _) => return system.enforcement(),
            (None, Some(absence)) => absence,
            (None, None) => default_specs::UNCLEAR.into(),
        };
        Enforcement::Unknown(format!("cannot tell whether this kernel enforces: {why}"))
    }
}

fn judge(enforcement: &Enforcement, report: &mut Report) {
    let (state, text) = match enforcement {
        Enforcement::Full => {
            report.all_well.push_str(", enforcing");
            return;
        }
        Enforcement::Lacking(how) => (State::Critical, how),
        Enforcement::Unknown(why) => (State::Unknown, why),
    };
    report.findings.insert(0, Finding { state, text: text.clone() });
}
