//! `check_privdrop`: has some process given up root only halfway?
//!
//! A daemon that calls `setuid()` before `setgid()` keeps root's group, and may run like this for
//! years. This check applies [`rules`] to the credentials of every process that does not run as root.

mod case;
mod cause;
mod exemption;
mod group;
mod policy;
mod report;
mod rules;
mod snapshot;
mod stray;
mod survey;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::host::names::{self, NoAnswer};
use procwarden::kernel::capability::Capabilities;
use procwarden::nagios::report::Report;
use procwarden::plugin::options::CommonOptions;
use procwarden::plugin::runner::Plugin;
use procwarden::plugin::supervisor::publish;
use procwarden::proc::root::ProcRoot;
use procwarden::select::lines::Listed;
use procwarden::select::population::{Containers, Population};
use procwarden::text::error::Error;
use procwarden::text::escape;

use exemption::RuleExemption;
use policy::Policy;
use rules::Rules;
use survey::Survey;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_privdrop", title: "PRIVDROP", command: Options::command, run };

/// Groups that are as good as root on most systems. A host may lack some of them.
const PRIVILEGED_GROUPS: [&str; 8] =
    ["shadow", "disk", "kmem", "docker", "lxd", "sudo", "wheel", "adm"];

/// Check that no process has given up root only halfway
#[derive(Debug, Parser)]
#[command(name = "check_privdrop", version, max_term_width = 80)]
struct Options {
    /// Rules to apply: gid-root, group-root, uid-regain, caps, groups, no-new-privs, threads;
    /// 'default' is the first three, 'all' is all seven
    #[arg(long, value_name = "RULE,...", value_parser = Rules::parse, default_value = "default")]
    rules: Vec<Rules>,

    /// Rules that make it WARNING, besides uid-regain
    #[arg(long, value_name = "RULE,...", value_parser = Rules::parse)]
    warn_on: Vec<Rules>,

    /// Rules that make it CRITICAL: by default all but uid-regain
    #[arg(long, value_name = "RULE,...", value_parser = Rules::parse)]
    crit_on: Vec<Rules>,

    /// Capabilities that any process may hold, for the rule caps
    #[arg(long, value_name = "CAP,...", value_parser = Capabilities::named, value_delimiter = ',')]
    allow_caps: Vec<Capabilities>,

    /// Groups that are as good as root, for the rules groups and no-new-privs; by default shadow,
    /// disk, kmem, docker, lxd, sudo, wheel and adm
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',')]
    privileged_groups: Vec<String>,

    /// Leave out the processes of a selector, such as name=x,user=y
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    exempt: Vec<OsString>,

    /// Leave them out for one rule only
    #[arg(long, value_name = "RULE:SELECTOR")]
    exempt_rule: Vec<OsString>,

    /// Read exemptions from a file: [RULE:]SELECTOR # REASON, one a line
    #[arg(long, value_name = "FILE")]
    exempt_from: Vec<PathBuf>,

    /// Also judge atd, NRPE, Postfix's local, squid and varnishd, otherwise exempt since they keep
    /// root by design
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    common: CommonOptions,
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let policy = options.policy()?;
    let Listed { items: exemptions, faults } = options.exemptions()?;
    let root = options.common.root()?;
    exemptions.iter().try_for_each(|one| one.exemption.check_labels(&root))?;
    let population = options.population();
    let report = |survey: &Survey| {
        let mut report = survey.report(PLUGIN.title, options.common.verbose);
        report.add_faults(&faults);
        report
    };
    let so_far = |survey: &Survey| publish(report(survey).unsettled());
    let survey = Survey::take(&root, &population, policy, exemptions, waits, so_far)?;
    Ok(report(&survey))
}

/// An exemption for each process that the check would report with its default options, for `procwarden
/// suggest`. Those that are CRITICAL are commented out: they are to be mended rather than exempt.
///
/// # Errors
/// When the processes can't be listed.
pub(crate) fn exemptions(root: &ProcRoot) -> Result<Vec<String>, Error> {
    let options = Options::try_parse_from([PLUGIN.name])?;
    let policy = options.policy()?;
    let (population, known) = (options.population(), options.exemptions()?);
    let survey = Survey::take(root, &population, policy, known.items, std::iter::empty(), |_| {})?;
    let mut lines: Vec<_> = survey.cases.iter().filter_map(|case| case.last.exemption()).collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

impl Options {
    fn policy(&self) -> Result<Policy, Error> {
        let rules = self.rules.iter().copied().collect();
        let allowed = self.allow_caps.iter();
        let (warnings, (privileged, may_lack_groups)) = (self.warnings()?, self.privileged(rules)?);
        self.refuse_idle(rules)?;
        Ok(Policy {
            rules,
            warnings,
            allowed: allowed.fold(Capabilities::default(), |sum, cap| sum.union(*cap)),
            privileged,
            may_lack_groups,
        })
    }

    fn warnings(&self) -> Result<Rules, Error> {
        let mild: Rules = self.warn_on.iter().copied().collect();
        let severe: Rules = self.crit_on.iter().copied().collect();
        let both = mild & severe;
        if !both.is_empty() {
            return Err(Error::new(format!(
                "{} cannot be both in --warn-on and in --crit-on",
                both.names(", ")
            )));
        }
        Ok((Rules::UID_REGAIN | mild) - severe)
    }

    /// Refuses options that are only about rules that are off: who writes `--warn-on caps` thinks that
    /// capabilities are judged.
    fn refuse_idle(&self, on: Rules) -> Result<(), Error> {
        for rules in &self.warn_on {
            refuse_unless_on("--warn-on", *rules, on)?;
        }
        for rules in &self.crit_on {
            refuse_unless_on("--crit-on", *rules, on)?;
        }
        if !self.allow_caps.is_empty() {
            refuse_unless_on("--allow-caps", Rules::CAPS, on)?;
        }
        if !self.privileged_groups.is_empty() {
            refuse_unless_on("--privileged-groups", Rules::GROUPS | Rules::NO_NEW_PRIVS, on)?;
        }
        Ok(())
    }

    /// The ids of the privileged groups, and whether we may lack some. We look up the usual ones only
    /// if a rule needs them; those that were named must exist.
    fn privileged(&self, rules: Rules) -> Result<(Vec<u32>, bool), Error> {
        let are_usual = self.privileged_groups.is_empty();
        let needs_usual = are_usual && rules.intersects(Rules::GROUPS | Rules::NO_NEW_PRIVS);
        let usual = PRIVILEGED_GROUPS.into_iter().filter(|_| needs_usual);
        let (mut ids, mut may_lack_groups) = (Vec::new(), false);
        for name in self.privileged_groups.iter().map(String::as_str).chain(usual) {
            match names::gid(name) {
                Ok(Some(id)) => ids.push(id),
                Ok(None) if are_usual => {}
                Ok(None) => {
                    let name = escape::bounded(name.as_bytes(), 100);
                    return Err(Error::new(format!(
                        "there is no group '{name}'; write a group's name or number"
                    )));
                }
                Err(NoAnswer) => may_lack_groups = true,
            }
        }
        Ok((ids, may_lack_groups))
    }

    fn exemptions(&self) -> Result<Listed<RuleExemption>, Error> {
        let mut all = Listed::default();
        for selector in &self.exempt {
            all.add_typed(RuleExemption::from_all(selector.as_bytes()))?;
        }
        for text in &self.exempt_rule {
            let read = RuleExemption::from_rules(text.as_bytes());
            let read = read.map_err(|error| error.at("--exempt-rule"));
            if let Ok(read) = &read {
                let on = self.rules.iter().copied().collect();
                refuse_unless_on("--exempt-rule", read.rules, on)?;
            }
            all.add_typed(read)?;
        }
        for file in &self.exempt_from {
            all.add_file(file, RuleExemption::from_line)?;
        }
        if !self.strict {
            all.items.extend(RuleExemption::built_in());
        }
        Ok(all)
    }

    /// Includes containers: a container's root group is the host's. Includes kernel threads: they run
    /// as root, so no rule is about them, and recognizing them would cost a read.
    fn population(&self) -> Population {
        Population::new(self.common.containers.unwrap_or(Containers::Include), true)
    }
}

/// Refuses an option if all the rules that it is about are off.
fn refuse_unless_on(option: &str, about: Rules, on: Rules) -> Result<(), Error> {
    if about.intersects(on) {
        return Ok(());
    }
    let (names, rules) = (about.names(" and "), (on | about).names(","));
    let off = if about.iter().count() == 1 { "is off" } else { "are off" };
    Err(Error::new(format!("{option} does nothing while {names} {off}; write --rules {rules}")))
}
