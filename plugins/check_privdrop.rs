//! `check_privdrop`: has some process given up root only halfway?
//!
//! A daemon that calls `setuid()` before `setgid()` keeps root's group, and may run like this for
//! years. This check applies [`rules`] to the credentials of every process that does not run as root.

mod cause;
mod exemption;
mod policy;
mod rules;
mod snapshot;
mod stray;

use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use procwarden::host::names::{self, NoAnswer};
use procwarden::kernel::capability::Capabilities;
use procwarden::nagios::report::Report;
use procwarden::plugin::options::CommonOptions;
use procwarden::plugin::rule_options::RuleOptions;
use procwarden::plugin::rule_report;
use procwarden::plugin::runner::Plugin;
use procwarden::proc::root::ProcRoot;
use procwarden::rules::exemption::RuleExemption;
use procwarden::rules::survey::Survey;
use procwarden::select::lines::Listed;
use procwarden::select::population::Population;
use procwarden::suggest::spared;
use procwarden::text::error::Error;
use procwarden::text::escape;

use policy::Policy;
use rules::Rules;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_privdrop", title: "PRIVDROP", command, run };

/// Groups that are as good as root on most systems. A host may lack some of them.
const PRIVILEGED_GROUPS: [&str; 8] =
    ["shadow", "disk", "kmem", "docker", "lxd", "sudo", "wheel", "adm"];

/// For `--help`.
const EXAMPLES: &str = "  \
  check_privdrop --recheck 3
  check_privdrop --exempt-from /etc/procwarden/privdrop
  check_privdrop --rules default,caps --allow-caps net_bind_service
  check_privdrop --rules all --warn-on caps,groups,no-new-privs
  check_privdrop --exempt-rule 'uid-regain:proftpd # logs users in'";

/// Check that no process has given up root only halfway
#[derive(Debug, Parser)]
#[command(name = "check_privdrop", version, max_term_width = 80, after_long_help = EXAMPLES)]
struct Options {
    #[command(flatten)]
    rules: RuleOptions<Rules>,

    /// Capabilities that any process may hold
    ///
    /// They are for the rule caps.
    #[arg(long, hide_short_help = true, value_name = "CAP,...", value_parser = Capabilities::named, value_delimiter = ',')]
    allow_caps: Vec<Capabilities>,

    /// Groups that are as good as root
    ///
    /// They are for the rules groups and no-new-privs. By default they are shadow, disk, kmem, docker,
    /// lxd, sudo, wheel and adm.
    #[arg(long, hide_short_help = true, value_name = "GROUP,...", value_delimiter = ',')]
    privileged_groups: Vec<String>,

    /// Also judge daemons that keep root by design
    ///
    /// Without it atd, NRPE, Postfix's local, squid and varnishd are exempt.
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    common: CommonOptions,
}

fn command() -> Command {
    RuleOptions::<Rules>::described(Options::command())
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let policy = options.policy()?;
    let root = options.common.root();
    let Listed { items: exemptions, faults } = options.exemptions(root.as_ref().ok())?;
    let root = root?;
    let population = options.population();
    let survey = Survey::take(&root, &population, policy, exemptions)?;
    let shown = (PLUGIN.title, options.common.verbose);
    Ok(rule_report::settled(survey, &root, waits, &faults, shown))
}

/// For `procwarden suggest`: an exemption for each process that the check would report with its default
/// options. Lines for CRITICAL findings are commented out: they should be fixed, not exempt.
///
/// # Errors
/// If the processes can't be listed.
pub(crate) fn exemptions(root: &ProcRoot) -> Result<Vec<String>, Error> {
    let options = Options::try_parse_from([PLUGIN.name])?;
    let policy = options.policy()?;
    let (population, known) = (options.population(), options.exemptions(Some(root))?);
    let survey = Survey::take(root, &population, policy, known.items)?;
    Ok(spared::exemptions(&survey))
}

impl Options {
    fn policy(&self) -> Result<Policy, Error> {
        let severities = self.rules.severities()?;
        let (privileged, may_lack_groups) = self.privileged(severities.on)?;
        if !self.allow_caps.is_empty() {
            self.rules.refuse_unless_on("--allow-caps", Rules::CAPS)?;
        }
        if !self.privileged_groups.is_empty() {
            let about = Rules::GROUPS | Rules::NO_NEW_PRIVS;
            self.rules.refuse_unless_on("--privileged-groups", about)?;
        }
        let allowed = self.allow_caps.iter();
        Ok(Policy {
            severities,
            allowed: allowed.fold(Capabilities::default(), |sum, cap| sum.union(*cap)),
            privileged,
            may_lack_groups,
        })
    }

    /// The ids of the privileged groups, and whether some may be missing. The default groups are looked up
    /// only if a rule needs them. Groups that the administrator named must exist.
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

    fn exemptions(&self, root: Option<&ProcRoot>) -> Result<Listed<RuleExemption<Rules>>, Error> {
        let mut all = self.rules.exemptions(root)?;
        if !self.strict {
            all.items.extend(exemption::built_in());
        }
        Ok(all)
    }

    /// Includes containers: a container's root group is the host's. Includes kernel threads, because
    /// excluding them would cost a read: they run as root, so no rule is about them anyway.
    fn population(&self) -> Population {
        Population::new(self.common.containers, true)
    }
}
