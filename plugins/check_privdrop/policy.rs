//! What each rule asks of a process, from one read of its `status`, and how bad a yes is.

use procwarden::kernel::capability::Capabilities;
use procwarden::kernel::file::File;
use procwarden::kernel::status::{Held, Ids, Status};
use procwarden::nagios::state::State;
use procwarden::proc::fact::{self, Cause, Fact, Hidden, Missing};
use procwarden::proc::process::Process;

use super::rule::{Rule, RuleSet};

/// What is wrong with a process, as far as can be seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Suspicion {
    /// Rules that it certainly breaks.
    pub(crate) broken: RuleSet,
    /// Rules that it may break, for all we can see.
    pub(crate) doubtful: RuleSet,
    /// What hides the answer to the doubtful ones.
    pub(crate) hidden: Option<Hidden>,
}

impl Suspicion {
    /// Whether there is none.
    pub(crate) const fn is_empty(self) -> bool {
        self.broken.is_empty() && self.doubtful.is_empty()
    }

    /// Says that rules may be broken.
    pub(crate) fn doubt(&mut self, rules: RuleSet, hidden: Hidden) {
        self.broken = self.broken.without(rules);
        self.doubtful = self.doubtful.union(rules);
        self.hidden = self.hidden.or(Some(hidden));
    }

    /// Says that rules do not apply.
    pub(crate) fn lift(&mut self, rules: RuleSet) {
        self.broken = self.broken.without(rules);
        self.doubtful = self.doubtful.without(rules);
    }
}

/// Which rules are on, how bad each is, and what is allowed.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Those that are on.
    pub(crate) rules: RuleSet,
    /// Those of them that make a WARNING; the others are CRITICAL.
    pub(crate) warnings: RuleSet,
    /// Capabilities that anyone may hold.
    pub(crate) allowed: Capabilities,
    /// Groups that are as good as root.
    pub(crate) privileged: Vec<u32>,
}

/// What a process's groups say.
#[derive(Clone, Copy, Default)]
struct Membership {
    root: bool,
    privileged: bool,
}

impl Policy {
    /// What is wrong with `process`; `None` if it runs as root, which no rule is about.
    ///
    /// # Errors
    /// Gone.
    pub(crate) fn judge(&self, process: &mut Process<'_>) -> Fact<Option<Suspicion>> {
        let status = match process.status() {
            Ok(status) => status,
            Err(Missing::Gone) => return Err(Missing::Gone),
            Err(Missing::Hidden(hidden)) => return self.judge_unseen(process, hidden),
        };
        if status.uid.effective == 0 {
            return Ok(None);
        }
        let mut suspicion = Suspicion::default();
        for (rule, answer) in self.answers(process, &status) {
            match answer {
                _ if !self.rules.contains(rule) => {}
                Ok(true) => suspicion.broken = suspicion.broken.union(RuleSet::of(rule)),
                Ok(false) => {}
                Err(Missing::Hidden(hidden)) => suspicion.doubt(RuleSet::of(rule), hidden),
                Err(Missing::Gone) => return Err(Missing::Gone),
            }
        }
        Ok(Some(suspicion))
    }

    /// Whether a rule is on that asks for capabilities.
    pub(crate) const fn is_about_capabilities(&self) -> bool {
        self.rules.contains(Rule::Caps) || self.rules.contains(Rule::NoNewPrivs)
    }

    /// How bad it is to break these rules.
    pub(crate) fn state(&self, broken: RuleSet) -> State {
        if !broken.without(self.warnings).is_empty() {
            State::Critical
        } else if broken.is_empty() {
            State::Ok
        } else {
            State::Warning
        }
    }

    /// Every rule is in doubt, unless the directory, which may be seen all the same, is root's.
    fn judge_unseen(&self, process: &mut Process<'_>, hidden: Hidden) -> Fact<Option<Suspicion>> {
        match process.owner() {
            Ok(owner) if owner.uid == 0 => return Ok(None),
            Err(Missing::Gone) => return Err(Missing::Gone),
            _ => {}
        }
        let mut suspicion = Suspicion::default();
        suspicion.doubt(self.rules, hidden);
        Ok(Some(suspicion))
    }

    fn answers(&self, process: &mut Process<'_>, status: &Status) -> [(Rule, Fact<bool>); 6] {
        let line_missing = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
        let groups = self.membership(process, status.gid);
        let held = status.held.map(Held::any).ok_or(line_missing);
        let may_gain = status.no_new_privs.map(|set| !set).ok_or(line_missing);
        let in_privileged = groups.map(|groups| groups.privileged);
        let has_some = fact::any([held.map(|held| !held.is_empty()), in_privileged]);
        [
            (Rule::GidRoot, Ok(status.gid.all().contains(&0))),
            (Rule::GroupRoot, groups.map(|groups| groups.root)),
            (Rule::UidRegain, Ok(status.uid.all().contains(&0))),
            (Rule::Caps, held.map(|held| !held.without(self.allowed).is_empty())),
            (Rule::Groups, in_privileged),
            (Rule::NoNewPrivs, fact::all([may_gain, has_some])),
        ]
    }

    fn membership(&self, process: &mut Process<'_>, gid: Ids) -> Fact<Membership> {
        let mut found = Membership {
            privileged: gid.all().into_iter().any(|id| self.is_privileged(id, gid)),
            ..Membership::default()
        };
        for group in process.groups()? {
            found.root |= group == 0;
            found.privileged |= self.is_privileged(group, gid);
        }
        Ok(found)
    }

    /// Whether `group` is as good as root and not the one that a process with these ids was given
    /// for its own: the real one, which neither set-group-ID programs nor `setegid()` change.
    pub(crate) fn is_privileged(&self, group: u32, of: Ids) -> bool {
        group != of.real && self.privileged.contains(&group)
    }
}
