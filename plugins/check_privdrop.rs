//! `check_privdrop`: has some process given up root only halfway?
//!
//! A daemon that calls `setuid()` before `setgid()` keeps root's group, and runs on for years. This
//! check reads the credentials of every process that does not run as root and holds the [`rule`]s
//! against them.

mod cause;
mod group;
mod known;
mod policy;
mod portrait;
mod rule;
mod sparing;
mod survey;
mod verdict;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use procwarden::host::names;
use procwarden::kernel::capability::Capabilities;
use procwarden::nagios::report::Report;
use procwarden::plugin::options::CommonOptions;
use procwarden::plugin::runner::Plugin;
use procwarden::select::lines;
use procwarden::select::population::{Containers, Population};
use procwarden::text::error::Error;
use procwarden::text::escape;

use policy::Policy;
use rule::{Rule, RuleSet};
use sparing::{Scoped, Sparings};
use survey::Survey;

pub(crate) const PLUGIN: Plugin =
    Plugin { name: "check_privdrop", title: "PRIVDROP", command: Options::command, run };

/// Groups that are as good as root on usual systems; those that a machine lacks are left out.
const PRIVILEGED_GROUPS: [&str; 8] =
    ["shadow", "disk", "kmem", "docker", "lxd", "sudo", "wheel", "adm"];

/// Check that no process has given up root only halfway
#[derive(Debug, Parser)]
#[command(name = "check_privdrop", version, max_term_width = 80)]
struct Options {
    /// Rules to apply: gid-root, group-root, uid-regain, caps, groups, no-new-privs; 'default' is
    /// the first three, 'all' is all six
    #[arg(long, value_name = "RULE,...", value_parser = RuleSet::parse, default_value = "default")]
    rules: Vec<RuleSet>,

    /// Rules that make it WARNING, besides uid-regain
    #[arg(long, value_name = "RULE,...", value_parser = RuleSet::parse)]
    warn_on: Vec<RuleSet>,

    /// Rules that make it CRITICAL: by default all but uid-regain
    #[arg(long, value_name = "RULE,...", value_parser = RuleSet::parse)]
    crit_on: Vec<RuleSet>,

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

    /// Also judge atd and Postfix's local, otherwise exempt since they keep root by design
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    common: CommonOptions,
}

fn run(matches: &ArgMatches) -> Result<Report, Error> {
    let options = Options::from_arg_matches(matches)?;
    let waits = options.common.waits(Duration::ZERO)?;
    let policy = options.policy()?;
    let mut sparings = options.sparings()?;
    let root = options.common.root()?;
    let population = options.population();
    let survey = Survey::take(&root, &population, &policy, &mut sparings, waits)?;
    let verbose = options.common.verbose;
    Ok(verdict::report(PLUGIN.title, &survey, &policy, &sparings, verbose))
}

impl Options {
    fn policy(&self) -> Result<Policy, Error> {
        let rules = union(&self.rules);
        let allowed = self.allow_caps.iter();
        Ok(Policy {
            rules,
            warnings: self.warnings()?,
            allowed: allowed.fold(Capabilities::default(), |sum, cap| sum.union(*cap)),
            privileged: self.privileged(rules)?,
        })
    }

    fn warnings(&self) -> Result<RuleSet, Error> {
        let (mild, severe) = (union(&self.warn_on), union(&self.crit_on));
        let both = mild.intersection(severe);
        if !both.is_empty() {
            return Err(Error::new(format!(
                "{} cannot be both in --warn-on and in --crit-on",
                both.names(", ")
            )));
        }
        Ok(RuleSet::of(Rule::UidRegain).union(mild).without(severe))
    }

    /// The privileged groups' ids; the name service is asked only if a rule needs them.
    fn privileged(&self, rules: RuleSet) -> Result<Vec<u32>, Error> {
        if !rules.contains(Rule::Groups) && !rules.contains(Rule::NoNewPrivs) {
            return Ok(Vec::new());
        }
        if self.privileged_groups.is_empty() {
            return Ok(PRIVILEGED_GROUPS.into_iter().filter_map(names::gid).collect());
        }
        let named = self.privileged_groups.iter().map(|name| {
            names::gid(name).ok_or_else(|| {
                let name = escape::bounded(name.as_bytes(), 100);
                Error::new(format!("there is no group '{name}'; write a group's name or number"))
            })
        });
        named.collect()
    }

    fn sparings(&self) -> Result<Sparings, Error> {
        let mut all = Vec::new();
        for selector in &self.exempt {
            all.push(Scoped::from_all(selector.as_bytes())?);
        }
        for scoped in &self.exempt_rule {
            let read = Scoped::from_rules(scoped.as_bytes());
            all.push(read.map_err(|error| error.at("--exempt-rule"))?);
        }
        for file in &self.exempt_from {
            all.extend(lines::parsed_lines(file, Scoped::from_line)?);
        }
        if !self.strict {
            all.extend(known::known());
        }
        Ok(Sparings(all))
    }

    /// A root group in a container is the host's root group, so containers are included. Kernel
    /// threads run as root and are out by themselves; telling them apart would cost a read.
    fn population(&self) -> Population {
        Population::new(self.common.containers.unwrap_or(Containers::Include), true)
    }
}

fn union(sets: &[RuleSet]) -> RuleSet {
    let sets = sets.iter();
    sets.fold(RuleSet::default(), |sum, set| sum.union(*set))
}
