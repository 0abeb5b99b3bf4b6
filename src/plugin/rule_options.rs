//! The options of plugins that have rules: which are on, how bad each is, and what is exempt.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Command;

use crate::proc::root::ProcRoot;
use crate::rules::exemption::RuleExemption;
use crate::rules::set::{Chosen, RuleSet};
use crate::rules::severities::Severities;
use crate::select::lines::Listed;
use crate::text::error::Error;

/// As typed.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct RuleOptions<R: RuleSet> {
    /// Rules to apply
    #[arg(long, value_name = "RULE,...", value_parser = Chosen::<R>::parse, default_value = "default")]
    pub rules: Vec<Chosen<R>>,

    /// Rules that make it WARNING
    #[arg(long, value_name = "RULE,...", value_parser = R::parse)]
    pub warn_on: Vec<R>,

    /// Rules that make it CRITICAL
    #[arg(long, value_name = "RULE,...", value_parser = R::parse)]
    pub crit_on: Vec<R>,

    /// Exempt processes by a selector
    ///
    /// An example is name=x,user=y.
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    pub exempt: Vec<OsString>,

    /// Exempt them from one rule only
    #[arg(long, value_name = "RULE:SELECTOR")]
    pub exempt_rule: Vec<OsString>,

    /// Files of exemptions.
    #[arg(
        long,
        value_name = "FILE",
        help = "Read exemptions from a file",
        long_help = "Read exemptions from a file: [RULE:]SELECTOR # REASON, one a line"
    )]
    pub exempt_from: Vec<PathBuf>,
}

impl<R: RuleSet> RuleOptions<R> {
    /// Completes `command`, which has these options: adds the plugin's rules to their help.
    #[must_use]
    pub fn described(command: Command) -> Command {
        let (default, others) = (R::DEFAULT.names(", "), R::all().difference(R::DEFAULT));
        let others = others.names(", ");
        let mild = R::MILD.names(", ");
        let rules = format!("Rules to apply: {default} ('default'), {others} ('all')");
        command
            .mut_arg("rules", |arg| arg.long_help(rules))
            .mut_arg("warn_on", |arg| {
                arg.long_help(format!("Rules that make it WARNING, besides {mild}"))
            })
            .mut_arg("crit_on", |arg| {
                arg.long_help(format!("Rules that make it CRITICAL: by default all but {mild}"))
            })
    }

    /// Which rules are on, and how bad each is.
    ///
    /// # Errors
    /// If a rule is in both options, or all rules of an option are off: whoever writes `--warn-on caps`
    /// expects that capabilities are judged.
    pub fn severities(&self) -> Result<Severities<R>, Error> {
        let (mild, severe) = (R::union_of(self.warn_on.clone()), R::union_of(self.crit_on.clone()));
        let both = mild.intersection(severe);
        if !both.is_empty() {
            let both = both.names(", ");
            let why = format!("{both} cannot be both in --warn-on and in --crit-on");
            return Err(Error::new(why));
        }
        for rules in &self.warn_on {
            self.refuse_unless_on("--warn-on", *rules)?;
        }
        for rules in &self.crit_on {
            self.refuse_unless_on("--crit-on", *rules)?;
        }
        Ok(Severities {
            on: self.on(),
            named: R::union_of(self.rules.iter().map(|chosen| chosen.named)),
            warnings: R::MILD.union(mild).difference(severe),
            chosen: mild.union(severe),
        })
    }

    /// Refuses an option if all rules that it is about are off.
    ///
    /// # Errors
    /// What to write instead.
    pub fn refuse_unless_on(&self, option: &str, about: R) -> Result<(), Error> {
        let on = self.on();
        if about.intersects(on) {
            return Ok(());
        }
        let (names, rules) = (about.names(" and "), on.union(about).names(","));
        let off = if about.count() == 1 { "is off" } else { "are off" };
        let why = format!("{option} does nothing while {names} {off}; write --rules {rules}");
        Err(Error::new(why))
    }

    /// The exemptions for processes of `root`, from options and then files.
    ///
    /// # Errors
    /// An exemption on the command line that is malformed or whose rules are all off, or an unusable file.
    /// Everything else becomes a fault in the list.
    pub fn exemptions(&self, root: Option<&ProcRoot>) -> Result<Listed<RuleExemption<R>>, Error> {
        let fit = |one: RuleExemption<R>| one.fit_for(root);
        let mut all = Listed::default();
        for selector in &self.exempt {
            all.add_typed(RuleExemption::from_all(selector.as_bytes()).and_then(fit))?;
        }
        for text in &self.exempt_rule {
            let read = RuleExemption::from_rules(text.as_bytes()).and_then(fit);
            let read = read.map_err(|error| error.at("--exempt-rule"));
            if let Ok(read) = &read {
                self.refuse_unless_on("--exempt-rule", read.rules)?;
            }
            all.add_typed(read)?;
        }
        for file in &self.exempt_from {
            all.add_file(file, |line| RuleExemption::from_line(line).and_then(fit))?;
        }
        Ok(all)
    }

    fn on(&self) -> R {
        R::union_of(self.rules.iter().map(|chosen| chosen.rules))
    }
}
